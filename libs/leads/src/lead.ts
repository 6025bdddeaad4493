import type { Money } from '#money';

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

/** The person. Personal data: shown only with the `leads:contact` permission, never in logs, errors or URLs. */
export interface Contact {
  readonly email: string | null;
  readonly phone: string | null;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly postalCode: string | null;
  readonly country: string | null;
}

export interface Attribute {
  readonly key: string;
  readonly value: string;
}

/** Where the agency got the lead, and what it paid for it. */
export interface LeadSource {
  readonly channel: string | null;
  readonly campaign: string | null;
  readonly subId: string | null;
  readonly cost: Money | null;
}

export interface Consent {
  readonly text: string | null;
  readonly capturedAt: Date | null;
  readonly ip: string | null;
  readonly certificateUrl: string | null;
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
  readonly contact: Contact;
  readonly attributes: readonly Attribute[];
  readonly source: LeadSource | null;
  readonly consent: Consent | null;
  /** The agency's own score, 0 to 100. */
  readonly score: number | null;
  /** The version of the vertical's schema that it was checked by; null when there was none. */
  readonly schemaVersion: number | null;
  readonly receivedAt: Date;
}
