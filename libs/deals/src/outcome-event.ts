import type { OutcomeStage } from '#leads';
import type { CurrencyCode } from '#money';

/** What happened: a stage that was reached, or a deal that was corrected. */
export type OutcomeKind = OutcomeStage | 'AMOUNT_RESTATED';

/** How the fact came to be known. */
export const outcomeProvenances = [
  'CRM_SIGNED',
  'DOCUMENT',
  'API',
  'PORTAL_MANUAL',
  'CSV_IMPORT',
  'CONSUMER_CONFIRMED',
  'INFERRED',
] as const;
export type OutcomeProvenance = (typeof outcomeProvenances)[number];

/** A dated fact about a delivered lead, as it was reported; never changed afterwards. Amounts in minor units. */
export interface OutcomeEvent {
  readonly agencyId: string;
  readonly id: string;
  readonly deliveryId: string;
  readonly leadId: string;
  readonly kind: OutcomeKind;
  readonly provenance: OutcomeProvenance;
  readonly dealId: string | null;
  /** The deal's amount after this event; null for an event without a deal. */
  readonly amountMinor: bigint | null;
  readonly currency: CurrencyCode | null;
  readonly reason: string | null;
  readonly note: string | null;
  /** When it happened. */
  readonly occurredAt: Date;
  /** When it was reported. */
  readonly recordedAt: Date;
  readonly actorId: string;
}
