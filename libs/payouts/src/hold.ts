import type { CurrencyCode } from '#money';
import type { SettlementRef } from '#settlements';

/**
 * One round of waiting of a settlement's agency share. The first begins with its approval; a new one begins whenever
 * released money is taken back into waiting, by a dispute or by a payment that went back to the buyer's bank.
 */
export interface Hold extends SettlementRef {
  readonly round: number;
  readonly currency: CurrencyCode;
  /** What this round put into waiting. Minor units, not negative. */
  readonly amountMinor: bigint;
  /** What was taken from the settlement before the round began, and is no part of its amount any more. */
  readonly takenBeforeMinor: bigint;
  /** Both null while the buyer has not paid (again). */
  readonly heldFrom: Date | null;
  readonly heldUntil: Date | null;
  readonly overriddenBy: string | null;
  readonly overrideApprovedBy: string | null;
  readonly releasedAt: Date | null;
  readonly releasedMinor: bigint | null;
  /** Released, and taken back into waiting before it was sent. */
  readonly undoneAt: Date | null;
  /** All that was released of it was sent, or netted against what the agency owed. */
  readonly paidAt: Date | null;
}

/** What a settlement still waits for: its own amount less what was taken for its own sake since. */
export function expectedOf(
  { amountMinor, takenBeforeMinor }: Pick<Hold, 'amountMinor' | 'takenBeforeMinor'>,
  takenMinor: bigint,
): bigint {
  // Less may have been taken than was thought before: a lost dispute can come back, and then it is paid by itself.
  return between(0n, amountMinor - (takenMinor - takenBeforeMinor), amountMinor);
}

/** A settlement whose agency share waits, in one book and currency. */
export interface Waiting extends SettlementRef {
  readonly expectedMinor: bigint;
}

export interface Release extends SettlementRef {
  readonly releasedMinor: bigint;
}

/**
 * What each of the holds that are over releases, in the order of `due`. `waiting` is everything of the book and
 * currency that waits, `due` included. Money that was taken from `held` for other statements' sake is missing: the
 * first that is released bears it, so that what the others wait for stays there. Nothing is released below zero or
 * beyond what is expected.
 */
export function releaseHolds(
  book: { readonly heldMinor: bigint; readonly waiting: readonly Waiting[] },
  due: readonly SettlementRef[],
): readonly Release[] {
  const expected = new Map(book.waiting.map((each) => [each.id, each.expectedMinor]));
  let heldMinor = book.heldMinor;
  let othersMinor = book.waiting.reduce((sum, { expectedMinor }) => sum + expectedMinor, 0n);
  return due.map(({ agencyId, id }) => {
    const expectedMinor = expected.get(id) ?? 0n;
    othersMinor -= expectedMinor;
    const releasedMinor = between(0n, heldMinor - othersMinor, expectedMinor);
    heldMinor -= releasedMinor;
    return { agencyId, id, releasedMinor };
  });
}

/** Why released money goes back into waiting. RETURNED: the buyer's bank took its payment back. */
export type TakeBackCause = 'DISPUTED' | 'RETURNED';

/** A released round whose money may not be sent, or should not have been. */
export interface Released {
  readonly releasedMinor: bigint;
  /** Of it what was sent or netted already. */
  readonly sentMinor: bigint;
  readonly cause: TakeBackCause;
  /** What the buyer was billed for the settlement, and how much of that is not paid now. */
  readonly billedMinor: bigint;
  readonly missingMinor: bigint;
}

/** What goes back into waiting, and out of what. Minor units. */
export interface TakenBack {
  readonly fromPayableMinor: bigint;
  /** It was sent already: the agency owes it from now on, and earns it again when the buyer pays. */
  readonly fromOwedMinor: bigint;
}

/**
 * What was not sent yet waits again, as far as it is still payable. What was sent is owed back when the buyer's payment
 * has gone, in proportion to what is missing of it, rounded down in favour of the agency; while it is only contested, it
 * stays where it is.
 */
export function takeBack(released: Released, payableMinor: bigint): TakenBack {
  const { releasedMinor, sentMinor, cause, billedMinor, missingMinor } = released;
  const unsentMinor = releasedMinor - sentMinor;
  const fromPayableMinor = between(0n, unsentMinor, payableMinor > 0n ? payableMinor : 0n);
  if (cause === 'DISPUTED') return { fromPayableMinor, fromOwedMinor: 0n };
  const isAllMissing = billedMinor <= 0n || missingMinor >= billedMinor;
  const fromOwedMinor = isAllMissing ? sentMinor : (sentMinor * missingMinor) / billedMinor;
  return { fromPayableMinor, fromOwedMinor };
}

function between(low: bigint, value: bigint, high: bigint): bigint {
  if (value < low) return low;
  return value > high ? high : value;
}
