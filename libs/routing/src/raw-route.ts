/** Rules of a route as they come from outside: amounts as decimal text, times as "08:30", names unchecked. */
export interface RawRoute {
  readonly name: string;
  readonly vertical: string;
  readonly method: string;
  readonly saleMode: string;
  /** Needed when SHARED, and 1 if given when EXCLUSIVE. */
  readonly maxBuyers?: number | null | undefined;
  readonly fallback?: string | null | undefined;
  readonly minBid?: RawAmount | null | undefined;
  /** Of FIRST_CLAIM: how long a lead may be claimed. */
  readonly claimSeconds?: number | null | undefined;
  readonly entries: readonly RawEntry[];
}

/** Money as text: "12.50" of "USD". */
export interface RawAmount {
  readonly amount: string;
  readonly currency: string;
}

/** What is left out sets no condition; a priority left out is 1, a weight 1, a zone the contract's. */
export interface RawEntry extends RawConditions {
  readonly contractId: string;
  readonly timeZone?: string | null | undefined;
  readonly priority?: number | null | undefined;
  readonly weight?: number | null | undefined;
  readonly bid?: RawAmount | null | undefined;
}

/** What a buyer wants under one of its contracts; a zone left out is the contract's. */
export interface RawBuyingRules extends RawConditions {
  readonly timeZone?: string | null | undefined;
  readonly bid?: RawAmount | null | undefined;
}

/** What is left out sets no condition. */
export interface RawConditions {
  readonly rules?: readonly RawRule[] | null | undefined;
  readonly geography?: RawGeography | null | undefined;
  readonly sources?: RawSources | null | undefined;
  readonly hours?: readonly RawHours[] | null | undefined;
  readonly caps?: readonly RawCap[] | null | undefined;
  readonly minScore?: number | null | undefined;
  readonly maxAgeSeconds?: number | null | undefined;
  readonly requiresConsent?: boolean | null | undefined;
  readonly pause?: RawPause | null | undefined;
}

/** One rule, as a GraphQL input can say it: `is` tells which of the others belong to it, and no others may be given. */
export interface RawRule {
  readonly is: string;
  readonly attribute?: string | null | undefined;
  readonly value?: string | null | undefined;
  readonly values?: readonly string[] | null | undefined;
  readonly atLeast?: string | null | undefined;
  readonly atMost?: string | null | undefined;
  readonly rule?: RawRule | null | undefined;
  readonly rules?: readonly RawRule[] | null | undefined;
}

/** Where leads may come from; what is left out is anywhere. */
export interface RawGeography {
  readonly only?: readonly RawArea[] | null | undefined;
  readonly except?: readonly RawArea[] | null | undefined;
}

/** A country, or those parts of it that are named. */
export interface RawArea {
  readonly country: string;
  readonly states?: readonly string[] | null | undefined;
  readonly postalPrefixes?: readonly string[] | null | undefined;
  readonly postalRanges?: readonly { readonly from: string; readonly to: string }[] | null | undefined;
}

/** Which sources are taken; what is left out is any. */
export interface RawSources {
  readonly only?: readonly RawSource[] | null | undefined;
  readonly except?: readonly RawSource[] | null | undefined;
}

/** At least one of the three. */
export interface RawSource {
  readonly channel?: string | null | undefined;
  readonly campaign?: string | null | undefined;
  readonly subId?: string | null | undefined;
}

/** "08:00" to "18:00"; an end that is not after the beginning is on the next day, and "24:00" is the end of the day. */
export interface RawHours {
  readonly days: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** `leads` or `amount`, one of the two. */
export interface RawCap {
  readonly unit: string;
  readonly leads?: number | null | undefined;
  readonly amount?: RawAmount | null | undefined;
}

/** From when to when nothing is taken; without an end until it is lifted. */
export interface RawPause {
  readonly from: Date;
  readonly until?: Date | null | undefined;
}
