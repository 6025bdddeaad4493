import { invariant } from '#outcome';
import { type AccountRef, accountKey, accountKinds } from './account.js';

/** An amount that goes from one account to another: debited here, credited there. Minor units, above zero. */
export interface NewPosting {
  readonly debit: AccountRef;
  readonly credit: AccountRef;
  readonly amountMinor: bigint;
}

/** What is booked at once. It balances by its form: each posting names both sides. */
export interface NewJournal {
  /** The agency's id (or the operator's, for its own money). */
  readonly bookId: string;
  readonly id: string;
  /** What happened, in the words of the business: CHARGE, REVERSAL, SETTLEMENT_APPROVED … */
  readonly kind: string;
  /** What it came from, as type:id. */
  readonly source: string;
  /** Unique in the book. The same key with the same content is the same journal, whatever its id. */
  readonly idempotencyKey: string;
  readonly currency: string;
  /** When it happened; when it is booked is told by the transaction. */
  readonly effectiveAt: Date;
  /** The journal that this one takes back, exactly and at most once; else null. */
  readonly reverses: string | null;
  readonly postings: readonly NewPosting[];
}

/** The postings that undo the given ones exactly: the sides swapped, amounts and order the same. */
export function mirrorOf(postings: readonly NewPosting[]): readonly NewPosting[] {
  return postings.map(({ debit, credit, amountMinor }) => ({ debit: credit, credit: debit, amountMinor }));
}

const largestMinor = 2n ** 63n - 1n;
const mostPostings = 32_767;

/** Throws InvariantViolation for a journal that the ledger could not hold: recipes never make one. */
export function checkJournal(journal: NewJournal): void {
  const { postings, effectiveAt } = journal;
  invariant(postings.length > 0, 'a journal needs a posting');
  invariant(postings.length <= mostPostings, 'a journal has too many postings');
  invariant(!Number.isNaN(effectiveAt.getTime()), 'a journal needs a valid instant');
  for (const { debit, credit, amountMinor } of postings) {
    invariant(amountMinor > 0n && amountMinor <= largestMinor, 'the amount of a posting is out of range');
    invariant(accountKey(debit) !== accountKey(credit), 'a posting needs two different accounts');
    checkAccount(debit);
    checkAccount(credit);
  }
}

/** Throws InvariantViolation for an account of a buyer without the buyer, or the other way round. */
export function checkAccount({ kind, partyId }: AccountRef): void {
  invariant(
    (accountKinds[kind].per === 'BUYER') === (partyId !== null),
    `${kind} has the wrong kind of owner`,
  );
}
