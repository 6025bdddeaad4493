/**
 * What each book's postings count from: its checkpoint, if that is of this cluster's past. After a restore into
 * another cluster transaction ids start anew, and a checkpoint ahead of them would hide every new posting.
 */
export const checkpointsInForce = `select book_id, through_xid from ledger_checkpoints
  where through_xid <= pg_snapshot_xmax(pg_current_snapshot())`;

/**
 * Common tables that end in `totals (book_id, account_id, debits, credits)`: checkpoint and later postings of the
 * books that the condition on `book_id` names. Each side is summed before the two meet, so that few rows are moved, and
 * book by book, which keeps the planner from reading all postings where few come after the checkpoints.
 */
export function accountTotals(bookCondition: string): string {
  const side = (column: string) => `
    select b.book_id, p.account_id, p.amount from book_edges b cross join lateral (
      select ${column} as account_id, sum(amount_minor) as amount from postings
      where book_id = b.book_id and xid >= b.through_xid group by 1) p`;
  return `edges as (${checkpointsInForce}),
    book_edges as materialized (
      select o.book_id, coalesce(e.through_xid, '0') as through_xid, e.book_id is not null as has_checkpoint
      from (select distinct book_id from accounts where ${bookCondition}) o left join edges e using (book_id)),
    later_debits as (${side('debit_account_id')}),
    later_credits as (${side('credit_account_id')}),
    totals as (
      select book_id, account_id, sum(debits) as debits, sum(credits) as credits from (
        select book_id, account_id, amount as debits, 0::numeric as credits from later_debits
        union all select book_id, account_id, 0, amount from later_credits
        union all select c.book_id, c.account_id, c.debits_minor, c.credits_minor
          from ledger_checkpoint_balances c join book_edges b using (book_id) where b.has_checkpoint) parts
      group by book_id, account_id)`;
}

/** A condition: the one journal has exactly the postings of the other with the sides swapped. Takes SQL expressions. */
export function mirrorsSql(bookId: string, reversalId: string, originalId: string): string {
  const linesOf = (journalId: string, debit: string, credit: string): string =>
    `(select array_agg((${debit}, ${credit}, amount_minor, currency)::text
        order by ${debit}, ${credit}, amount_minor, currency)
      from postings where book_id = ${bookId} and journal_id = ${journalId})`;
  const reversal = linesOf(reversalId, 'debit_account_id', 'credit_account_id');
  const original = linesOf(originalId, 'credit_account_id', 'debit_account_id');
  return `(${reversal} is not distinct from ${original})`;
}

/** SQL expressions of what a posting says. */
export interface PostingSql {
  readonly debitKind: string;
  /** Of a type that prints as the id: uuid or text; `null::uuid` where the account is the book's own. */
  readonly debitParty: string;
  readonly creditKind: string;
  readonly creditParty: string;
  readonly amountMinor: string;
}

/** SQL expressions of what a journal says; `lines` is the `postingText` of each posting in order, with commas. */
export interface JournalSql {
  readonly kind: string;
  readonly source: string;
  readonly currency: string;
  readonly effectiveAt: string;
  readonly reverses: string;
  readonly lines: string;
}

/** One line of the text that is hashed. */
export function postingText(posting: PostingSql): string {
  const side = (kind: string, party: string) =>
    `'"' || ${kind} || '",' || coalesce('"' || (${party})::text || '"', 'null')`;
  const debit = side(posting.debitKind, posting.debitParty);
  const credit = side(posting.creditKind, posting.creditParty);
  return `'[' || ${debit} || ',' || ${credit} || ',"' || (${posting.amountMinor})::text || '"]'`;
}

/**
 * The same hash as `inputHashOf`, computed by the database: for statements that write journals from rows of their
 * own, and for the invariant that compares. Instants count to the millisecond.
 */
export function inputHashSql(journal: JournalSql): string {
  const { kind, source, currency, effectiveAt, reverses, lines } = journal;
  const instant = `to_char((${effectiveAt}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return `sha256(convert_to('[' || to_json(${kind}::text)::text || ',' || to_json(${source}::text)::text || ',"'
    || ${currency} || '","' || ${instant} || '",' || coalesce('"' || (${reverses})::text || '"', 'null')
    || ',[' || ${lines} || ']]', 'UTF8'))`;
}
