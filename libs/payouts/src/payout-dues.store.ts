import type { Transaction } from '#database';
import type { BookCurrency, Reader } from '#ledger';

/** An agency's released money in a currency, to be looked at. */
export interface PayoutDue extends BookCurrency {
  /** When the oldest of it was released. */
  readonly since: Date;
}

// While one worker is at it; should that end, another begins anew.
const lease = `interval '5 minutes'`;

/** There is money to send: look at once, or at that time. One that is looked at earlier stays so. */
export async function lookAtPayouts(
  tx: Transaction,
  books: readonly BookCurrency[],
  { since, at }: { readonly since: Date; readonly at: Date },
): Promise<void> {
  const unique = new Map(books.map((book) => [`${book.bookId} ${book.currency}`, book]));
  // In one order, so that two who do this wait for each other and never in a circle.
  const sorted = [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, book]) => book);
  if (sorted.length === 0) return;
  await tx.query(
    `insert into payout_dues as d (agency_id, currency, since, look_at)
     select agency_id, currency, $3, $4 from unnest($1::uuid[], $2::bpchar[]) as w (agency_id, currency)
     on conflict on constraint payout_dues_pkey do update
       set since = least(d.since, excluded.since), look_at = least(d.look_at, excluded.look_at)`,
    [sorted.map(({ bookId }) => bookId), sorted.map(({ currency }) => currency), since, at],
  );
}

/** An agency's account can receive (again): whatever waits for it is looked at now. */
export async function lookAtPayoutsOf(tx: Transaction, agencyId: string, now: Date): Promise<void> {
  await tx.query('update payout_dues set look_at = least(look_at, $2) where agency_id = $1', [agencyId, now]);
}

/**
 * Takes at most `limit` that are due, who waits longest first, and puts them off by a lease, in a transaction of its own.
 * Several who ask at once get different ones.
 */
export async function claimDues(tx: Transaction, now: Date, limit: number): Promise<readonly PayoutDue[]> {
  const rows = await tx.query<{ agency_id: string; currency: string; since: Date }>(
    `update payout_dues d set look_at = $1::timestamptz + ${lease}
     from (
       select agency_id, currency from payout_dues where look_at <= $1
       order by since, agency_id limit $2 for update skip locked) due
     where d.agency_id = due.agency_id and d.currency = due.currency
     returning d.agency_id, d.currency, d.since`,
    [now, limit],
  );
  return rows
    .map((row) => ({ bookId: row.agency_id, currency: row.currency, since: row.since }))
    .sort((a, b) => a.since.getTime() - b.since.getTime() || (a.bookId < b.bookId ? -1 : 1));
}

/** When a claimed one is looked at again by itself; null: nothing is left to send. */
export interface NextLook extends BookCurrency {
  readonly at: Date | null;
  /** When the oldest of what is left was released. */
  readonly since: Date | null;
}

/** Which of these books are looked at again only after so much time: they could be paid, and were not. */
export async function putOffBooks(
  reader: Reader,
  books: readonly BookCurrency[],
  { now, withinMs }: { readonly now: Date; readonly withinMs: number },
): Promise<readonly BookCurrency[]> {
  return await reader.query<BookCurrency>(
    `select agency_id as "bookId", currency from payout_dues
     where (agency_id, currency) in (select * from unnest($1::uuid[], $2::bpchar[]))
       and look_at > $3 and look_at <= $4`,
    [
      books.map(({ bookId }) => bookId),
      books.map(({ currency }) => currency),
      now,
      new Date(now.getTime() + withinMs),
    ],
  );
}

/** Says when claimed ones are looked at next. What was asked for since they were claimed is not put off. */
export async function putOffDues(
  tx: Transaction,
  claimedAt: Date,
  looks: readonly NextLook[],
): Promise<void> {
  if (looks.length === 0) return;
  const columns = [
    looks.map(({ bookId }) => bookId),
    looks.map(({ currency }) => currency),
    looks.map(({ at }) => at),
    looks.map(({ since }) => since),
  ];
  const claimed = `d.agency_id = w.agency_id and d.currency = w.currency
    and d.look_at = $5::timestamptz + ${lease}`;
  const wanted = `unnest($1::uuid[], $2::bpchar[], $3::timestamptz[], $4::timestamptz[])
    as w (agency_id, currency, at, since)`;
  await tx.query(`delete from payout_dues d using ${wanted} where ${claimed} and w.at is null`, [
    ...columns,
    claimedAt,
  ]);
  await tx.query(
    `update payout_dues d set look_at = w.at, since = coalesce(w.since, d.since) from ${wanted}
     where ${claimed} and w.at is not null`,
    [...columns, claimedAt],
  );
}
