import type { Money } from '#money';
import { type Actor, may } from '#organizations';
import type { Attribute, Consent, Contact } from '#persons';

export const leadStates = [
  'RECEIVED',
  'REJECTED',
  'DUPLICATE',
  'SUPPRESSED',
  'QUARANTINED',
  'ACCEPTED',
  'UNSOLD',
  'SOLD',
  'RETURNED',
  'EXPIRED',
  'ERASED',
] as const;
export type LeadState = (typeof leadStates)[number];

/** Why a lead that breaks no rule is set aside for a person to look at. */
export const quarantineReasons = [
  'SOURCE_TOO_FAST',
  'DISPOSABLE_EMAIL',
  'CONSENT_IN_FUTURE',
  'CONSENT_TOO_OLD',
] as const;
export type QuarantineReason = (typeof quarantineReasons)[number];

/** Where the agency got the lead, and what it paid for it. */
export interface LeadSource {
  readonly channel: string | null;
  readonly campaign: string | null;
  readonly subId: string | null;
  readonly cost: Money | null;
}

/** A person's request as an agency submitted it. */
export interface Lead {
  readonly agencyId: string;
  readonly id: string;
  /** The agency's own name for it: with the agency and `test`, the natural key of the submission. */
  readonly externalId: string;
  readonly test: boolean;
  readonly vertical: string;
  readonly state: LeadState;
  /** Why it is QUARANTINED, or was before a person decided; null for every other. */
  readonly stateReason: QuarantineReason | null;
  /** Of a DUPLICATE: the agency's own earlier lead. Null when another agency's stands against it, which is not told. */
  readonly duplicateOf: string | null;
  /** Null for who may not see the person, and of an erased one. */
  readonly contact: Contact | null;
  /** Those about the person only for who may see the person. What no schema names may be about the person. */
  readonly attributes: readonly Attribute[];
  readonly source: LeadSource | null;
  /** Null for who may not see the person. */
  readonly consent: Consent | null;
  /** The agency's own score, 0 to 100. */
  readonly score: number | null;
  /** The version of the vertical's schema that it was checked by; null when there was none. */
  readonly schemaVersion: number | null;
  readonly receivedAt: Date;
  readonly erasedAt: Date | null;
}

/** A lead with all that is known of the person, whoever reads it: never shown without {@link shownTo}. */
export interface OpenedLead extends Lead {
  /** Which attributes are not about the person. */
  readonly publicKeys: ReadonlySet<string>;
  /** The contract that it was submitted for, if one was named. */
  readonly askedContractId: string | null;
}

/** A lead as routes and buyers see it. */
export interface PlacedLead extends OpenedLead {
  /** Where it is from: as it says itself, else as its vertical assumes. */
  readonly country: string | null;
}

/** The lead as the actor may see it: without `leads:contact`, nothing that is about the person. */
export function shownTo(actor: Actor, opened: OpenedLead): Lead {
  const { publicKeys, askedContractId: _asked, ...lead } = opened;
  if (may(actor, 'leads:contact')) return lead;
  const attributes = lead.attributes.filter(({ key }) => publicKeys.has(key));
  return { ...lead, attributes, contact: null, consent: null };
}
