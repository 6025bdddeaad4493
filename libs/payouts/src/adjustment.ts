import type { ChargeComponent } from '#contracts';
import { unreachable } from '#outcome';
import type { SettlementRef } from '#settlements';

/**
 * Why a statement is worth something else than what was approved. CORRECTION: lines were taken back or restated by a
 * later statement. DISPUTE_LOST: the buyer's bank gave the buyer its payment back for good. WRITTEN_OFF: the buyer did
 * not pay, and two people gave it up.
 */
export const adjustmentReasons = ['CORRECTION', 'DISPUTE_LOST', 'WRITTEN_OFF'] as const;
export type AdjustmentReason = (typeof adjustmentReasons)[number];

/** What has changed of a settlement since it was approved, in signed minor units: taken below zero. */
export interface Adjustment extends SettlementRef {
  readonly reason: AdjustmentReason;
  /** By how much less the buyer owes, or has paid in the end. */
  readonly amountMinor: bigint;
  /** The agency's part of it. */
  readonly agencyMinor: bigint;
  /** Of a correction: the last of its lines. */
  readonly at: Date;
  /** Of a correction: the statement that lists it, the kinds of its lines, and how many leads or deals they are about. */
  readonly number: string | null;
  readonly components: readonly ChargeComponent[];
  readonly count: number;
}

/** Why, for people of both sides. */
export function showAdjustment({
  reason,
  number,
  components,
  count,
}: Pick<Adjustment, 'reason' | 'number' | 'components' | 'count'>): string {
  switch (reason) {
    case 'CORRECTION':
      return `${correctionOf(components, count)} after the approval: see statement ${number ?? ''}.`;
    case 'DISPUTE_LOST':
      return "The buyer contested its payment, and the buyer's bank gave it back for good.";
    case 'WRITTEN_OFF':
      return 'The buyer did not pay it, and the operator gave it up.';
    default:
      return unreachable(reason);
  }
}

function correctionOf(components: readonly ChargeComponent[], count: number): string {
  const [first, ...others] = components;
  const only = others.length === 0 ? first : undefined;
  if (only === 'RETURN_CREDIT') return count === 1 ? 'A lead was returned' : `${count} leads were returned`;
  if (only === 'CLAWBACK') return count === 1 ? 'A deal was refunded' : `${count} deals were refunded`;
  return count === 1 ? 'It was corrected' : `It was corrected in ${count} places`;
}

const byWords: Readonly<Record<AdjustmentReason, string>> = {
  CORRECTION: 'corrections',
  DISPUTE_LOST: 'a dispute that was lost',
  WRITTEN_OFF: 'a write-off',
};

/**
 * What the history says of a settlement as it goes into a payout: not only that it does, when that is not all of it.
 * Minor units.
 */
export function showPortion({
  payoutNumber,
  shareMinor,
  releasedMinor,
  takenBy,
}: {
  readonly payoutNumber: string;
  /** What was approved for the agency, and what of it was left to send. */
  readonly shareMinor: bigint;
  readonly releasedMinor: bigint;
  readonly takenBy: readonly AdjustmentReason[];
}): string {
  const payout = `Payout ${payoutNumber}`;
  if (shareMinor <= 0n) return `${payout}: the agency had earned nothing by it.`;
  if (releasedMinor >= shareMinor) return `${payout}.`;
  const by = takenBy.map((reason) => byWords[reason]).join(' and ');
  // What is taken for other statements' sake comes out of the next that is released.
  const taken = by === '' ? 'was taken for other statements' : `was taken by ${by} after the approval`;
  return releasedMinor <= 0n
    ? `${payout}: nothing of it was sent, for all of it ${taken}.`
    : `${payout}: a part of it, for the rest ${taken}.`;
}
