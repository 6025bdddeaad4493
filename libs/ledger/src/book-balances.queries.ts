import type { Transaction } from '#database';
import { type AccountKind, balanceOf } from './account.js';
import type { Reader } from './balances.queries.js';
import { accountTotals } from './ledger-sql.js';

/** The accounts of one book in one currency. */
export interface BookCurrency {
  readonly bookId: string;
  readonly currency: string;
}

/** The balance of a kind of account that a book has one of; minor units, in the direction of its normal side. */
export interface BookBalance extends BookCurrency {
  readonly kind: AccountKind;
  readonly balanceMinor: bigint;
}

/**
 * `lockAndBalance` without the balances, for many books at once: locks their accounts of these kinds until the end of
 * the transaction. Books ascending, and in each the accounts ascending, as everyone does who locks in one book.
 */
export async function lockBooks(
  tx: Transaction,
  books: readonly BookCurrency[],
  kinds: readonly AccountKind[],
): Promise<void> {
  if (books.length === 0) return;
  await tx.query(
    `select a.id from accounts a
     where (a.book_id, a.currency) in (select * from unnest($1::uuid[], $2::bpchar[])) and a.kind = any ($3::text[])
     order by a.book_id, a.id for no key update`,
    [...columnsOf(books), kinds],
  );
}

/** The balances of many books at one instant; what has no account, or none that ever moved, is left out. */
export async function balancesOfBooks(
  reader: Reader,
  books: readonly BookCurrency[],
  kinds: readonly AccountKind[],
): Promise<readonly BookBalance[]> {
  if (books.length === 0) return [];
  const rows = await reader.query<{
    book_id: string;
    currency: string;
    kind: AccountKind;
    debits: string;
    credits: string;
  }>(
    `with ${accountTotals('book_id = any ($1::uuid[])')}
     select a.book_id, a.currency, a.kind, sum(t.debits) as debits, sum(t.credits) as credits
     from accounts a join totals t on t.book_id = a.book_id and t.account_id = a.id
     where (a.book_id, a.currency) in (select * from unnest($1::uuid[], $2::bpchar[])) and a.kind = any ($3::text[])
     group by a.book_id, a.currency, a.kind`,
    [...columnsOf(books), kinds],
  );
  return rows.map((row) => ({
    bookId: row.book_id,
    currency: row.currency,
    kind: row.kind,
    balanceMinor: balanceOf(row.kind, BigInt(row.debits), BigInt(row.credits)),
  }));
}

function columnsOf(books: readonly BookCurrency[]): [string[], string[]] {
  return [books.map(({ bookId }) => bookId), books.map(({ currency }) => currency)];
}
