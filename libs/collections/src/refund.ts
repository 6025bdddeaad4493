import type { CurrencyCode } from '#money';
import type { RefundSnapshot } from '#payments';

export const refundStates = ['REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED'] as const;
export type RefundState = (typeof refundStates)[number];

/** A buyer's credit that is given back the way a payment came. */
export interface Refund {
  readonly id: string;
  readonly buyerId: string;
  /** Out of whose book the credit is. */
  readonly bookId: string;
  readonly collectionId: string;
  /** Null: it was made at the provider, by somebody there. */
  readonly financeRequestId: string | null;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly state: RefundState;
  readonly operationId: string | null;
  readonly providerRefundId: string | null;
  readonly fundsId: string | null;
  readonly failedFundsId: string | null;
  readonly failureCode: string | null;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
}

/** What news of a refund mean. */
export interface RefundNews {
  readonly state: RefundState;
  /** It left the balance, and that is not booked. FROM_CREDIT: it was given up before, so the buyer has its credit again. */
  readonly left: 'FROM_REFUND_DUE' | 'FROM_CREDIT' | null;
  /** It came back after it had left, and that is not booked. */
  readonly cameBack: boolean;
  /** It failed without having left: the buyer has its credit again. */
  readonly failedBefore: boolean;
}

/** Movements are booked once each, whatever the state says; the state only moves forward. */
export function afterRefund(
  refund: Pick<Refund, 'state' | 'fundsId' | 'failedFundsId'>,
  snapshot: Pick<RefundSnapshot, 'state' | 'funds' | 'failedFunds'>,
): RefundNews {
  const left = leaving(refund, snapshot);
  const hasLeft = refund.fundsId !== null || left !== null;
  const cameBack = hasLeft && refund.failedFundsId === null && snapshot.failedFunds !== null;
  const hasFailed = snapshot.state === 'FAILED' || snapshot.state === 'CANCELED';
  const failedBefore = hasFailed && !hasLeft && refund.state !== 'FAILED';
  // One that has left has failed when its money is back, not when somebody says so.
  const isOver = refund.state === 'FAILED' || failedBefore || cameBack;
  const isDone = refund.state === 'SUCCEEDED' || (snapshot.state === 'SUCCEEDED' && hasLeft);
  return { left, cameBack, failedBefore, state: isOver ? 'FAILED' : isDone ? 'SUCCEEDED' : 'PENDING' };
}

function leaving(
  { state, fundsId }: Pick<Refund, 'state' | 'fundsId'>,
  { funds, failedFunds }: Pick<RefundSnapshot, 'funds' | 'failedFunds'>,
): RefundNews['left'] {
  if (fundsId !== null || funds === null) return null;
  if (state !== 'FAILED') return 'FROM_REFUND_DUE';
  return failedFunds === null ? null : 'FROM_CREDIT';
}
