import type { CurrencyCode } from '#money';

/** A won deal as pricing sees it. A deal that was refunded or canceled is not live and costs nothing. */
export interface DealFact {
  readonly dealId: string;
  readonly amountMinor: bigint;
  readonly closedAt: Date;
  readonly live: boolean;
}

/** All that pricing needs to know of one delivery; amounts in minor units of the terms' currency. */
export interface DeliveryFacts {
  readonly deliveryId: string;
  readonly deliveredAt: Date;
  /** What the buyer bid for this lead, which then stands for the base rate; null: it pays the base rate. */
  readonly bidMinor: bigint | null;
  /** A test lead is never charged. */
  readonly test: boolean;
  /** When the lead was first said to be of high quality; null while that does not hold. */
  readonly qualifiedAt: Date | null;
  /** When an approved return took effect; then nothing is owed for this delivery. */
  readonly returnedAt: Date | null;
  readonly deals: readonly DealFact[];
}

/** What a charge is for: the delivered lead itself, or what came of it. */
export type ChargePart = 'BASE' | 'COMMISSION';
/** Who earns it: the agency, or the operator as its platform fee. */
export type ChargePayee = 'AGENCY' | 'OPERATOR';
/** How a charge that pricing made is named on a statement. */
export type PricedComponent = 'BASE' | 'COMMISSION_PER_LEAD' | 'COMMISSION_PER_DEAL' | 'PLATFORM_FEE';

/**
 * An amount that the facts make owed under the terms. `(dealId ?? deliveryId, part, payee)` names it: there is at
 * most one of each. `amountMinor` is positive; what rounds to zero is a note, not a charge.
 */
export interface PricedCharge {
  readonly part: ChargePart;
  readonly payee: ChargePayee;
  readonly component: PricedComponent;
  readonly dealId: string | null;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  /** The base rate itself, or the amount that the rate was applied to. */
  readonly inputMinor: bigint;
  readonly ratePpm: number | null;
  /** When the fact happened that made it owed. */
  readonly effectiveAt: Date;
}

/** A recorded fact that has no price under the terms, and why, in words. */
export interface PricingNote {
  readonly dealId: string | null;
  readonly text: string;
}

/** All that is owed for a delivery, and what of its facts has no price. */
export interface Price {
  readonly charges: readonly PricedCharge[];
  readonly notes: readonly PricingNote[];
}
