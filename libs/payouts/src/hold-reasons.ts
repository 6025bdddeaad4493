import { type CurrencyCode, formatMoney } from '#money';
import type { HoldReason, SettlementState } from '#settlements';
import type { AccountState } from './payment-account.js';
import type { WaitReason } from './plan.js';
import { showDay } from './show-date.js';

/** Why (a part of) what an agency earned by a settlement is not sent yet. */
export interface HoldShown {
  readonly reason: HoldReason;
  readonly since: Date;
  /** When it ends by itself; null: that depends on somebody. */
  readonly until: Date | null;
  readonly amountMinor: bigint;
  readonly words: string;
}

/** What is known of a settlement's share, and of the agency that it is for. */
export interface HeldShare {
  readonly state: SettlementState;
  readonly currency: CurrencyCode;
  /** What is still to come of the share: expected while it waits, not sent yet once it is released. Minor units. */
  readonly amountMinor: bigint;
  readonly approvedAt: Date;
  /** When it came into its present state. */
  readonly stateSince: Date;
  readonly heldFrom: Date | null;
  readonly heldUntil: Date | null;
  readonly releasedAt: Date | null;
  /** When the oldest dispute was opened that is not decided. */
  readonly disputedSince: Date | null;
  /** What of the buyer's money is missing. Minor units. */
  readonly missingMinor: bigint;
  /** Null: the agency has none. */
  readonly account: { readonly state: AccountState; readonly changedAt: Date } | null;
  /** What the agency would be sent in this currency, and the least that is sent. */
  readonly restMinor: bigint;
  readonly minimumMinor: bigint;
  /** Why a payout of the agency's would not be made now; null: it would. Of what is released. */
  readonly waitsFor: {
    readonly reason: WaitReason;
    readonly words: string;
    readonly until: Date | null;
  } | null;
}

const unpaidStates: readonly SettlementState[] = ['APPROVED', 'COLLECTING', 'COLLECTION_FAILED'];
const heldStates: readonly SettlementState[] = ['COLLECTED', 'HOLDING', 'TRANSFER_FAILED', 'WRITTEN_OFF'];

/** Every reason that stands now, in the order in which they end. At least one for everything that is not sent yet. */
export function holdsOf(share: HeldShare, now: Date): readonly HoldShown[] {
  const { state, amountMinor } = share;
  if (amountMinor <= 0n) return [];
  if (unpaidStates.includes(state)) return [...waitsForBuyer(share), ...contested(share)];
  if (!heldStates.includes(state)) return [];
  const found = [...inHoldPeriod(share, now), ...contested(share), ...notSendable(share)];
  return found.length === 0 ? [next(share)] : found;
}

/** Nothing stands in its way but that it is somebody's turn to see to it. */
function next({
  missingMinor,
  releasedAt,
  heldFrom,
  heldUntil,
  stateSince,
  amountMinor,
}: HeldShare): HoldShown {
  const common = { until: null, amountMinor };
  if (missingMinor > 0n) {
    const words = "The buyer's payment has gone. It waits again until the buyer has paid.";
    return { ...common, reason: 'BUYER_UNPAID', since: stateSince, words };
  }
  if (releasedAt === null) {
    const words = 'The hold period is over. It is released within minutes.';
    return { ...common, reason: 'HOLD_PERIOD', since: heldFrom ?? stateSince, until: heldUntil, words };
  }
  const words = 'It goes out with the next payout, within minutes.';
  return { ...common, reason: 'NEXT_PAYOUT', since: releasedAt, words };
}

function waitsForBuyer(share: HeldShare): readonly HoldShown[] {
  const { state, approvedAt, stateSince, amountMinor } = share;
  return [
    {
      reason: 'HOLD_PERIOD',
      since: approvedAt,
      until: null,
      amountMinor,
      words: 'The hold begins when the buyer has paid.',
    },
    {
      reason: 'BUYER_UNPAID',
      since: state === 'COLLECTION_FAILED' ? stateSince : approvedAt,
      until: null,
      amountMinor,
      words:
        state === 'COLLECTION_FAILED'
          ? 'The buyer has not paid: its payment failed, or was not made in time.'
          : 'The buyer has not paid yet.',
    },
  ];
}

function inHoldPeriod(
  { heldFrom, heldUntil, releasedAt, stateSince, amountMinor }: HeldShare,
  now: Date,
): readonly HoldShown[] {
  if (releasedAt !== null) return [];
  const reason = 'HOLD_PERIOD';
  if (heldUntil === null) {
    const words = 'The hold period is about to begin.';
    return [{ reason, since: stateSince, until: null, amountMinor, words }];
  }
  if (heldUntil.getTime() <= now.getTime()) return [];
  const words = `Held until ${showDay(heldUntil, now)}, in case a lead is returned or a deal refunded.`;
  return [{ reason, since: heldFrom ?? stateSince, until: heldUntil, amountMinor, words }];
}

function contested({ disputedSince, amountMinor }: HeldShare): readonly HoldShown[] {
  if (disputedSince === null) return [];
  const words = 'The buyer contests its payment at its bank. It is held until that is decided.';
  return [{ reason: 'DISPUTE', since: disputedSince, until: null, amountMinor, words }];
}

function notSendable(share: HeldShare): readonly HoldShown[] {
  const { releasedAt, account, amountMinor, restMinor, minimumMinor, currency, waitsFor } = share;
  if (releasedAt === null) return [];
  const later = (a: Date, b: Date): Date => (a.getTime() > b.getTime() ? a : b);
  const found: HoldShown[] = [];
  if (account === null || account.state === 'CREATING' || account.state === 'ONBOARDING') {
    const words = 'The agency has no account yet that money can be sent to.';
    found.push({ reason: 'NO_PAYOUT_METHOD', since: releasedAt, until: null, amountMinor, words });
  } else if (account.state !== 'ACTIVE') {
    const since = later(releasedAt, account.changedAt);
    const words = "The payment provider has restricted the agency's account.";
    found.push({ reason: 'ACCOUNT_RESTRICTED', since, until: null, amountMinor, words });
  }
  if (restMinor > 0n && restMinor < minimumMinor) {
    const minimum = formatMoney({ amountMinor: minimumMinor, currency });
    const words = `Less than the least that is sent, ${minimum}: it goes out together with what comes next.`;
    found.push({ reason: 'BELOW_THRESHOLD', since: releasedAt, until: null, amountMinor, words });
  }
  if (waitsFor !== null) {
    const { words, until } = waitsFor;
    const reason = holdReasonOf[waitsFor.reason];
    if (!found.some((each) => each.reason === reason))
      found.push({ reason, since: releasedAt, until, amountMinor, words });
  }
  return found;
}

const holdReasonOf: Readonly<Record<WaitReason, HoldReason>> = {
  OFF: 'PAYMENTS_OFF',
  STOPPED: 'PAYMENTS_STOPPED',
  FROZEN: 'BOOKS_FROZEN',
  UNDER_WAY: 'TRANSFER_UNDER_WAY',
  RETRY_LATER: 'TRANSFER_RETRY',
  NO_ACCOUNT: 'NO_PAYOUT_METHOD',
  ACCOUNT_RESTRICTED: 'ACCOUNT_RESTRICTED',
  BELOW_MINIMUM: 'BELOW_THRESHOLD',
  UNSENDABLE: 'BELOW_THRESHOLD',
  FUNDS_SHORT: 'FUNDS_SHORT',
};

/** What buyers are told of it: nothing about the agency's account. */
export const reasonsForBuyers: readonly HoldReason[] = ['HOLD_PERIOD', 'BUYER_UNPAID', 'DISPUTE'];
