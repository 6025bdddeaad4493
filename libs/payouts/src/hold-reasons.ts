import { type CurrencyCode, formatMoney } from '#money';
import type { HoldReason, SettlementState } from '#settlements';
import type { AccountState } from './payment-account.js';
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
  /** Null: the agency has none. */
  readonly account: { readonly state: AccountState; readonly changedAt: Date } | null;
  /** What the agency would be sent in this currency, and the least that is sent. */
  readonly restMinor: bigint;
  readonly minimumMinor: bigint;
}

const unpaidStates: readonly SettlementState[] = ['APPROVED', 'COLLECTING', 'COLLECTION_FAILED'];
const heldStates: readonly SettlementState[] = ['COLLECTED', 'HOLDING', 'TRANSFER_FAILED', 'WRITTEN_OFF'];

/** Every reason that stands now, the one that ends last or by nobody's knowledge first as it comes; none: nothing holds it. */
export function holdsOf(share: HeldShare, now: Date): readonly HoldShown[] {
  const { state, amountMinor } = share;
  if (amountMinor <= 0n) return [];
  if (unpaidStates.includes(state)) return [...waitsForBuyer(share), ...contested(share)];
  if (!heldStates.includes(state)) return [];
  if (share.releasedAt === null) return [...inHoldPeriod(share, now), ...contested(share)];
  return [...contested(share), ...notSendable(share, share.releasedAt)];
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
      words: state === 'COLLECTION_FAILED' ? "The buyer's payment failed." : 'The buyer has not paid yet.',
    },
  ];
}

function inHoldPeriod(
  { heldFrom, heldUntil, stateSince, amountMinor }: HeldShare,
  now: Date,
): readonly HoldShown[] {
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

function notSendable(share: HeldShare, releasedAt: Date): readonly HoldShown[] {
  const { account, amountMinor, restMinor, minimumMinor, currency } = share;
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
  return found;
}

/** What buyers are told of it: nothing about the agency's account. */
export const reasonsForBuyers: readonly HoldReason[] = ['HOLD_PERIOD', 'BUYER_UNPAID', 'DISPUTE'];
