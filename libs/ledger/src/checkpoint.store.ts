import type { Transaction } from '#database';

/**
 * Moves a book's checkpoint to before the oldest transaction that is still open, adding only the postings in
 * between. Nothing at or after that edge is counted, so what commits later, in whatever order, is never lost. True
 * when it moved. Safe at any concurrency: the second waits for the first and starts from where that ended.
 *
 * A checkpoint that lies ahead of the cluster's transaction ids came with a restore into another cluster; it is
 * dropped and taken anew, before the ids of this cluster reach it and it seems to be valid.
 */
export async function advanceCheckpoint(tx: Transaction, bookId: string, now: Date): Promise<boolean> {
  await tx.query(
    `insert into ledger_checkpoints (book_id, through_xid, taken_at) values ($1, '0', $2) on conflict do nothing`,
    [bookId, now],
  );
  // The lock first, in a statement of its own: the next one's snapshot then sees the checkpoint that was waited for.
  await tx.query('select 1 from ledger_checkpoints where book_id = $1 for update', [bookId]);
  await dropWhenAhead(tx, bookId, now);
  const moved = await tx.query<{ book_id: string }>(
    `with edge as materialized (
       select through_xid as from_xid, pg_snapshot_xmin(pg_current_snapshot()) as to_xid
       from ledger_checkpoints where book_id = $1),
     passed as materialized (
       select debit_account_id, credit_account_id, amount_minor from postings
       where book_id = $1 and xid >= (select from_xid from edge) and xid < (select to_xid from edge)),
     added as (
       insert into ledger_checkpoint_balances as b (book_id, account_id, debits_minor, credits_minor)
       select $1, account_id, sum(debits), sum(credits) from (
         select debit_account_id as account_id, amount_minor as debits, 0 as credits from passed
         union all select credit_account_id, 0, amount_minor from passed) sides
       group by account_id order by account_id
       on conflict on constraint ledger_checkpoint_balances_pkey do update
         set debits_minor = b.debits_minor + excluded.debits_minor,
             credits_minor = b.credits_minor + excluded.credits_minor)
     update ledger_checkpoints c set through_xid = e.to_xid, taken_at = $2
     from edge e where c.book_id = $1 and e.to_xid > e.from_xid returning c.book_id`,
    [bookId, now],
  );
  return moved.length > 0;
}

async function dropWhenAhead(tx: Transaction, bookId: string, now: Date): Promise<void> {
  const ahead = await tx.query(
    `update ledger_checkpoints set through_xid = '0', taken_at = $2
     where book_id = $1 and through_xid > pg_snapshot_xmax(pg_current_snapshot()) returning 1`,
    [bookId, now],
  );
  if (ahead.length > 0) await tx.query('delete from ledger_checkpoint_balances where book_id = $1', [bookId]);
}

/** The books that have accounts. */
export async function booksWithAccounts(reader: Pick<Transaction, 'query'>): Promise<readonly string[]> {
  // One index probe a book; `select distinct` would read every account.
  const rows = await reader.query<{ id: string }>(
    'select id from organizations o where exists (select from accounts a where a.book_id = o.id) order by id',
  );
  return rows.map(({ id }) => id);
}
