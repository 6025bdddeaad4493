import { type CurrencyCode, formatMoney } from '#money';
import { unreachable } from '#outcome';
import { showFailure } from './failure-words.js';
import type { AccountState } from './payment-account.js';
import {
  byRelease,
  isAccountProblem,
  isShortage,
  type PayoutSize,
  type PayoutState,
  sizePayout,
  type Unpaid,
} from './payout.js';
import { showDay } from './show-date.js';

/**
 * Why released money is not sent now. OFF: there is no payment provider here. STOPPED: a person stopped payments, or the
 * provider refuses our key. FROZEN: the books do not match. UNDER_WAY: an earlier transfer is not decided yet.
 */
export const waitReasons = [
  'OFF',
  'STOPPED',
  'FROZEN',
  'UNDER_WAY',
  'RETRY_LATER',
  'NO_ACCOUNT',
  'ACCOUNT_RESTRICTED',
  'BELOW_MINIMUM',
  'UNSENDABLE',
  'FUNDS_SHORT',
] as const;
export type WaitReason = (typeof waitReasons)[number];

/** The last payout of a book and currency. */
export interface LatestPayout {
  readonly state: PayoutState;
  readonly attempt: number;
  readonly failureCode: string | null;
  readonly finishedAt: Date | null;
  readonly retryAt: Date | null;
}

/** The one charge that all the money of a payout comes from. */
export interface SourceCharge {
  readonly chargeId: string;
  /** Of the charge. Minor units. */
  readonly amountMinor: bigint;
  readonly availableAt: Date;
}

/** All that decides what an agency is sent in one currency. Amounts in minor units. */
export interface BookSituation {
  readonly agencyId: string;
  readonly currency: CurrencyCode;
  readonly payableMinor: bigint;
  readonly clawbackDueMinor: bigint;
  /** Of what is owed back, the part that reversals under way will bring. */
  readonly reversingMinor: bigint;
  readonly minimumMinor: bigint;
  readonly unpaid: readonly Unpaid[];
  /** Null: the agency has none. */
  readonly account: {
    readonly state: AccountState;
    readonly providerAccountId: string | null;
    readonly changedAt: Date;
  } | null;
  readonly latest: LatestPayout | null;
  readonly halt: 'OFF' | 'STOPPED' | 'FROZEN' | null;
  readonly source: SourceCharge | null;
  /** Of the provider's balance; null: not known. */
  readonly availableMinor: bigint | null;
}

export type PayoutPlan =
  | {
      readonly is: 'SEND';
      readonly size: PayoutSize;
      readonly accountId: string;
      readonly sourceChargeId: string | null;
      readonly attempt: number;
      readonly releasedAt: Date;
    }
  | { readonly is: 'NET'; readonly size: PayoutSize }
  | {
      readonly is: 'WAIT';
      readonly reason: WaitReason;
      /** What would be sent. */
      readonly restMinor: bigint;
      /** When it is looked at again, if nothing happens before. */
      readonly lookAt: Date;
      readonly words: string;
    }
  | { readonly is: 'NOTHING' };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What is done for an agency now. Money that is short in all is given out by `whoIsPaid` afterwards. */
export function planPayout(book: BookSituation, now: Date): PayoutPlan {
  const decision = sizePayout(book);
  const inAnHour = new Date(now.getTime() + hourMs);
  if (decision.is === 'NOTHING') return { is: 'NOTHING' };
  const restMinor = 'size' in decision ? decision.size.amountMinor : decision.restMinor;
  const wait = (reason: WaitReason, lookAt = inAnHour): PayoutPlan => {
    return { is: 'WAIT', reason, restMinor, lookAt, words: showWait(reason, book, now) };
  };
  if (book.halt === 'FROZEN') return wait('FROZEN', new Date(now.getTime() + minuteMs));
  if (book.latest?.state === 'REQUESTED') return wait('UNDER_WAY');
  if (decision.is === 'NET') return decision;
  if (decision.is !== 'SEND') return wait(decision.is);
  const { account, latest, halt } = book;
  if (halt !== null) return wait(halt, new Date(now.getTime() + minuteMs));
  if (!account?.providerAccountId || account.state === 'CREATING' || account.state === 'ONBOARDING')
    return wait('NO_ACCOUNT');
  if (account.state !== 'ACTIVE') return wait('ACCOUNT_RESTRICTED');
  const retryAt = mayRetryAt(book, decision.size.amountMinor, now);
  if (retryAt !== null) return wait('RETRY_LATER', retryAt);
  const [oldest] = byRelease(book.unpaid);
  return {
    is: 'SEND',
    size: decision.size,
    accountId: account.providerAccountId,
    sourceChargeId: sourceOf(book, decision.size, now),
    attempt: latest?.state === 'FAILED' ? latest.attempt + 1 : 1,
    releasedAt: oldest?.releasedAt ?? now,
  };
}

/** When the next try may be made after a failure; null: now. It is sooner when what was wrong has changed. */
function mayRetryAt(
  { latest, account, availableMinor }: BookSituation,
  amountMinor: bigint,
  now: Date,
): Date | null {
  if (latest?.state !== 'FAILED' || latest.finishedAt === null || latest.retryAt === null) return null;
  if (latest.retryAt.getTime() <= now.getTime()) return null;
  if (isAccountProblem(latest.failureCode)) {
    const hasChanged = account !== null && account.changedAt.getTime() > latest.finishedAt.getTime();
    return hasChanged ? null : latest.retryAt;
  }
  if (!isShortage(latest.failureCode)) return latest.retryAt;
  // Money may have come in. Not at once: the provider has just said no, whatever the balance says.
  const soonest = new Date(latest.finishedAt.getTime() + minuteMs);
  if (soonest.getTime() > now.getTime()) return soonest;
  const isThere = availableMinor !== null && availableMinor >= amountMinor;
  return isThere ? null : earlier(latest.retryAt, new Date(now.getTime() + minuteMs));
}

/** The charge to take it from, while its money cannot be sent otherwise. */
function sourceOf({ source }: BookSituation, size: PayoutSize, now: Date): string | null {
  if (source === null || source.availableAt.getTime() <= now.getTime()) return null;
  // Money that comes from elsewhere, too, cannot be taken from that charge.
  return size.carriedMinor <= 0n && size.amountMinor <= source.amountMinor ? source.chargeId : null;
}

/** Why it waits, for people. */
export function showWait(
  reason: WaitReason,
  { minimumMinor, currency, latest }: Pick<BookSituation, 'minimumMinor' | 'currency' | 'latest'>,
  now: Date,
): string {
  switch (reason) {
    case 'OFF':
      return 'Payments are switched off here.';
    case 'STOPPED':
      return 'Payments are stopped.';
    case 'FROZEN':
      return 'The books and the payment provider do not match. Nothing leaves until they do.';
    case 'UNDER_WAY':
      return 'An earlier transfer is under way. The rest follows it.';
    case 'RETRY_LATER': {
      const why = latest?.failureCode ? showFailure(latest.failureCode) : 'The last transfer failed.';
      return latest?.retryAt
        ? `${why} The next try is on ${showDay(latest.retryAt, now)} at the latest.`
        : why;
    }
    case 'NO_ACCOUNT':
      return 'The agency has no account yet that money can be sent to.';
    case 'ACCOUNT_RESTRICTED':
      return "The payment provider has restricted the agency's account.";
    case 'BELOW_MINIMUM':
      return `Less than the least that is sent, ${formatMoney({ amountMinor: minimumMinor, currency })}.`;
    case 'UNSENDABLE':
      return 'Less than the smallest amount that the payment provider takes in this currency.';
    case 'FUNDS_SHORT':
      return "The operator's balance at the payment provider does not cover it yet.";
    default:
      return unreachable(reason);
  }
}

function earlier(a: Date, b: Date): Date {
  return a.getTime() < b.getTime() ? a : b;
}
