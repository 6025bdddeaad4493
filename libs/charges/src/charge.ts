import type { LocalDate } from '#calendar';
import type { ChargeComponent, ChargePart, ChargePayee } from '#contracts';
import type { CurrencyCode } from '#money';

/**
 * One priced amount owed because of one event. `amountMinor` is signed, in minor units of `currency`; a reversal is
 * the exact negative of the charge it names. The charge's journal has the same id.
 */
export interface Charge {
  readonly agencyId: string;
  readonly id: string;
  /** The first revision of the settlement that gathers it. */
  readonly settlementId: string;
  readonly deliveryId: string;
  readonly leadId: string;
  readonly dealId: string | null;
  readonly contractId: string;
  readonly contractVersion: number;
  readonly part: ChargePart;
  readonly payee: ChargePayee;
  readonly component: ChargeComponent;
  /** Counts the charges of one source, part and payee from 1. */
  readonly revision: number;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly inputMinor: bigint;
  readonly ratePpm: number | null;
  readonly reverses: string | null;
  /** It corrects an approved statement, so it was booked against held money and the buyer's credit. */
  readonly afterApproval: boolean;
  /** First day of the period in which the fact happened, when the settlement is a later one's. */
  readonly latePeriodStart: LocalDate | null;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
}

/** Names the thing that is owed at most once at a time: what it rests on, which part, and who earns it. */
export function keyOf(
  charge: Pick<Charge, 'dealId' | 'part' | 'payee'> & { readonly deliveryId: string },
): string {
  return `${charge.dealId ?? charge.deliveryId}:${charge.part}:${charge.payee}`;
}

/** The idempotency key of a charge's journal: from our own operation, never from an amount, a date or a token. */
export function journalKeyOf(charge: Charge): string {
  if (charge.reverses !== null) {
    return `charge:${charge.reverses}:${charge.afterApproval ? 'correction' : 'reversal'}`;
  }
  const source = charge.dealId === null ? `delivery:${charge.deliveryId}` : `deal:${charge.dealId}`;
  const part = charge.part === 'BASE' ? 'base' : 'commission';
  const revision = charge.part === 'BASE' && charge.revision === 1 ? '' : `:${charge.revision}`;
  return `${source}:${part}${revision}${charge.payee === 'OPERATOR' ? ':fee' : ''}`;
}
