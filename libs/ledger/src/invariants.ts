import { accountKinds } from './account.js';
import { accountTotals, checkpointsInForce, inputHashSql, mirrorsSql, postingText } from './ledger-sql.js';

/** A rule of the books as SQL that returns a row for each violation, and none while it holds. */
export interface LedgerInvariant {
  /** I1, I2 … as the books of rules name them. */
  readonly name: string;
  /** The rule in one sentence. */
  readonly title: string;
  /** A select with one text column `violation`: what is wrong, with ids and codes, never with amounts or names. */
  readonly sql: string;
}

const neverNegative = Object.entries(accountKinds).filter(([, info]) => !info.mayBeNegative);

function kindsGrowingBy(side: 'DEBIT' | 'CREDIT'): string {
  return neverNegative
    .filter(([, info]) => info.normal === side)
    .map(([kind]) => `'${kind}'`)
    .join(', ');
}

// One pass over the postings for each side serves three questions.
const trialBalance = `
  with in_force as (${checkpointsInForce}),
  debited as (${sideSql('debit_account_id')}),
  credited as (${sideSql('credit_account_id')}),
  sides as (
    select book_id, account_id, currency, amount as debits, 0::numeric as credits, passed as passed_debits,
      0::numeric as passed_credits from debited
    union all
    select book_id, account_id, currency, 0, amount, 0, passed from credited),
  posted as materialized (
    select s.book_id, s.account_id, s.currency, a.currency as account_currency, sum(s.debits) as debits,
      sum(s.credits) as credits, sum(s.passed_debits) as passed_debits, sum(s.passed_credits) as passed_credits
    from sides s left join accounts a on a.book_id = s.book_id and a.id = s.account_id
    group by s.book_id, s.account_id, s.currency, a.currency),
  passed as (
    select book_id, account_id, sum(passed_debits) as debits, sum(passed_credits) as credits from posted
    group by book_id, account_id having sum(passed_debits) + sum(passed_credits) > 0),
  checkpointed as (
    select b.* from ledger_checkpoint_balances b join in_force using (book_id)),
  ${accountTotals('true')}
  select 'postings in ' || account_currency || ' do not balance' as violation from posted
  where account_currency is not null group by account_currency having sum(debits) <> sum(credits)
  union all
  select 'checkpoints and later postings in ' || a.currency || ' do not balance'
  from totals t join accounts a on a.book_id = t.book_id and a.id = t.account_id
  group by a.currency having sum(t.debits) <> sum(t.credits)
  union all
  select 'account ' || account_id || ' has postings in ' || currency || ' and is '
    || coalesce('in ' || account_currency, 'not in book ' || book_id)
  from posted where account_currency is distinct from currency
  union all
  select 'checkpoint of account ' || coalesce(c.account_id, p.account_id) || ' is not the sum of its postings'
  from checkpointed c full join passed p on p.book_id = c.book_id and p.account_id = c.account_id
  where (c.debits_minor, c.credits_minor) is distinct from (p.debits, p.credits)`;

function sideSql(column: string): string {
  return `
    select p.book_id, p.${column} as account_id, p.currency, sum(p.amount_minor) as amount,
      coalesce(sum(p.amount_minor) filter (where p.xid < e.through_xid), 0) as passed
    from postings p left join in_force e on e.book_id = p.book_id group by 1, 2, 3`;
}

const lineAsBooked = postingText({
  debitKind: 'd.kind',
  debitParty: 'd.party_id',
  creditKind: 'c.kind',
  creditParty: 'c.party_id',
  amountMinor: 'p.amount_minor',
});
const hashAsBooked = inputHashSql({
  kind: 'j.kind',
  source: 'j.source',
  currency: 'w.currency',
  effectiveAt: 'j.effective_at',
  reverses: 'j.reverses',
  lines: 'w.lines',
});

const journalsWhole = `
  with written as (
    select p.book_id, p.journal_id, count(*) as postings, min(p.ordinal) as first, max(p.ordinal) as last,
      min(p.currency) as currency, max(p.currency) as other_currency,
      string_agg(${lineAsBooked}, ',' order by p.ordinal) as lines
    from postings p
    left join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id
    left join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id
    group by p.book_id, p.journal_id)
  select case
      when j.id is null then 'postings of ' || w.journal_id || ' have no journal in book ' || w.book_id
      when w.journal_id is null then 'journal ' || j.id || ' has no postings'
      when w.first <> 1 or w.last <> w.postings then 'journal ' || j.id || ' has a gap in its postings'
      when w.currency <> w.other_currency then 'journal ' || j.id || ' has postings in two currencies'
      else 'journal ' || j.id || ' is not what was booked' end as violation
  from journals j full join written w on w.book_id = j.book_id and w.journal_id = j.id
  where j.id is null or w.journal_id is null or w.first <> 1 or w.last <> w.postings
    or w.currency <> w.other_currency
    or ${hashAsBooked} is distinct from j.input_hash
  union all
  select 'account ' || a.id || ' is in the book of ' || coalesce('a ' || o.kind, 'nobody')
  from accounts a left join organizations o on o.id = a.book_id
  where o.kind is distinct from 'AGENCY' and o.kind is distinct from 'OPERATOR'
  union all
  select 'account ' || a.id || ' is kept for ' || coalesce('a ' || o.kind, 'nobody')
  from accounts a left join organizations o on o.id = a.party_id
  where a.party_id is not null and o.kind is distinct from 'BUYER'`;

const negativeBalances = `
  with ${accountTotals('true')}
  select 'account ' || a.id || ' (' || a.kind || ') is negative' as violation
  from totals t join accounts a on a.book_id = t.book_id and a.id = t.account_id
  where (a.kind in (${kindsGrowingBy('DEBIT')}) and t.debits < t.credits)
    or (a.kind in (${kindsGrowingBy('CREDIT')}) and t.credits < t.debits)`;

const reversals = `
  select 'journal ' || r.id || ' does not mirror ' || r.reverses as violation from journals r
  where r.reverses is not null and not ${mirrorsSql('r.book_id', 'r.id', 'r.reverses')}
  union all
  select 'journal ' || reverses || ' is reversed more than once' from journals
  where reverses is not null group by book_id, reverses having count(*) > 1`;

/** What can be said of the ledger alone; charges, settlements and payments state the others in their own lists. */
export const ledgerInvariants: readonly LedgerInvariant[] = [
  {
    name: 'I1',
    title: 'The trial balance of each currency is zero, in postings and in checkpoints',
    sql: trialBalance,
  },
  {
    name: 'I2',
    title: 'Every journal has exactly the postings that it was booked with, in accounts of its own book',
    sql: journalsWhole,
  },
  {
    name: 'I3',
    title: `No negative balance in ${neverNegative.map(([kind]) => kind).join(', ')}`,
    sql: negativeBalances,
  },
  { name: 'I4', title: 'A reversal mirrors its original exactly, and only once', sql: reversals },
];
