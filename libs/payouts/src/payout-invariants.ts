import type { LedgerInvariant } from '#ledger';
import { unapprovedStates } from '#settlements';
import { expectedSql, shareCtes, waitingStates, wantedColumns } from './share-sql.js';

const unapproved = unapprovedStates.map((state) => `'${state}'`).join(', ');

/** What the journals with these keys move from one kind of account to another; `condition` is on `j`, a journal. */
function moved(from: string, to: string, condition: string): string {
  return `select j.book_id, j.idempotency_key as key, sum(p.amount_minor) as amount from journals j
    join postings p on p.book_id = j.book_id and p.journal_id = j.id
    join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id and d.kind = '${from}'
    join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id and c.kind = '${to}'
    where ${condition} group by 1, 2`;
}

/** Rows that say what is booked against the journals that book it: a violation where either lacks the other. */
function bookedAs(what: string, rows: string, journals: string): string {
  return `
    select '${what} ' || coalesce(r.key, j.key) || ' is not booked as it says' as violation
    from (${rows}) r full join (${journals}) j on j.book_id = r.book_id and j.key = r.key
    where coalesce(r.amount, 0) <> coalesce(j.amount, 0)`;
}

const reversalsFit = `
  select 'payout ' || p.id || ' is not reversed as its reversals say' as violation from payouts p
  left join lateral (
    select coalesce(sum(r.amount_minor), 0) as amount from transfer_reversals r
    where r.agency_id = p.agency_id and r.payout_id = p.id and r.state = 'SUCCEEDED') r on true
  where p.reversed_minor <> r.amount or p.reversed_minor > case when p.state = 'SUCCEEDED' then p.amount_minor else 0 end
  union all
  select 'reversal ' || r.id || ' is in another currency than its payout' from transfer_reversals r
  join payouts p on p.agency_id = r.agency_id and p.id = r.payout_id where p.currency <> r.currency
  union all
  ${bookedAs(
    'reversal',
    `select agency_id as book_id, 'reversal:' || provider_reversal_id as key, owed_minor as amount
     from transfer_reversals where state = 'SUCCEEDED'`,
    moved('stripe', 'clawback_due', `j.kind = 'transfer_reversed'`),
  )}
  union all
  ${bookedAs(
    'reversal',
    `select agency_id as book_id, 'reversal:' || provider_reversal_id as key, amount_minor - owed_minor as amount
     from transfer_reversals where state = 'SUCCEEDED'`,
    moved('stripe', 'payable', `j.kind = 'transfer_reversed'`),
  )}`;

const payoutsAreBooked = [
  bookedAs(
    'the netting of payout',
    `select agency_id as book_id, 'payout:' || id || ':netted' as key, netted_minor as amount from payouts`,
    moved('payable', 'clawback_due', `j.kind = 'clawback_netted'`),
  ),
  bookedAs(
    'the request of payout',
    `select agency_id as book_id, 'payout:' || id || ':request' as key, amount_minor as amount from payouts`,
    moved('payable', 'in_transit', `j.kind = 'transfer_requested'`),
  ),
  bookedAs(
    'the failure of payout',
    `select agency_id as book_id, 'payout:' || id || ':failed' as key, amount_minor as amount from payouts
     where state = 'FAILED'`,
    moved('in_transit', 'payable', `j.kind = 'transfer_failed'`),
  ),
  bookedAs(
    'the transfer of payout',
    `select agency_id as book_id, 'transfer:' || id as key, amount_minor as amount from payouts
     where state = 'SUCCEEDED'`,
    moved('in_transit', 'stripe', `j.kind = 'transfer'`),
  ),
].join(' union all ');

const paidIsSent = `
  with latest as (
    select distinct on (h.agency_id, h.settlement_id) h.* from holds h
    order by h.agency_id, h.settlement_id, h.round desc),
  carried as (
    select x.agency_id, x.settlement_id, x.round,
      coalesce(sum(x.released_minor) filter (where p.state in ('SUCCEEDED', 'NETTED')), 0) as sent,
      coalesce(sum(x.released_minor) filter (where p.state <> 'FAILED'), 0) as asked
    from payout_settlements x join payouts p on p.agency_id = x.agency_id and p.id = x.payout_id
    group by 1, 2, 3)
  select 'settlement ' || s.id || ' is ' || s.state || ' and its money is not sent' as violation from settlements s
  left join latest h on h.agency_id = s.agency_id and h.settlement_id = s.id
  where s.state = 'PAID' and h.paid_at is null
  union all
  select 'settlement ' || s.id || ' is ' || s.state || ' and its money is not released' from settlements s
  left join latest h on h.agency_id = s.agency_id and h.settlement_id = s.id
  where (s.state = 'HOLDING' and h.held_until is null)
    or (s.state in ('TRANSFERRING', 'TRANSFER_FAILED')
      and (h.released_at is null or h.paid_at is not null or h.undone_at is not null))
  union all
  select 'round ' || h.round || ' of settlement ' || h.settlement_id || ' is paid and not sent in full' from holds h
  left join carried c using (agency_id, settlement_id, round)
  where (h.paid_at is not null and coalesce(c.sent, -1) <> h.released_minor)
    or coalesce(c.asked, 0) > coalesce(h.released_minor, 0)
  union all
  select 'round ' || h.round || ' of settlement ' || h.settlement_id || ' is undone and none follows' from holds h
  where h.undone_at is not null and not exists (
    select from holds n where n.agency_id = h.agency_id and n.settlement_id = h.settlement_id and n.round = h.round + 1)
  union all
  select 'payout ' || p.id || ' is not the sum of its settlements' from payouts p
  where p.released_minor <> (
    select coalesce(sum(x.released_minor), 0) from payout_settlements x
    where x.agency_id = p.agency_id and x.payout_id = p.id)
  union all ${payoutsAreBooked}`;

const heldIsFor = `
  with ${shareCtes(`select ${wantedColumns} from settlements s where s.state in (${waitingStates})`)},
  waiting as (
    select agency_id as book_id, currency, sum(${expectedSql}) as amount from shares group by 1, 2),
  held as (
    select a.book_id, a.currency, sum(side.amount) as amount from postings p
    cross join lateral (values (p.debit_account_id, -p.amount_minor), (p.credit_account_id, p.amount_minor))
      as side (account_id, amount)
    join accounts a on a.book_id = p.book_id and a.id = side.account_id
    where a.kind = 'held' group by 1, 2)
  select 'held of book ' || h.book_id || ' in ' || h.currency || ' is more than its settlements wait for' as violation
  from held h left join waiting w using (book_id, currency) where h.amount > coalesce(w.amount, 0)
  union all
  ${bookedAs(
    'the release of',
    `select agency_id as book_id, 'hold:' || settlement_id || ':' || round || ':release' as key,
       released_minor as amount from holds where released_at is not null`,
    moved('held', 'payable', `j.kind = 'hold_released'`),
  )}`;

/** What is owed to agencies, or they owe, by the ledger; without what disputes and people's explanations moved. */
const owedByLedger = `
  select a.book_id, a.currency, sum(side.amount) as amount from postings p
  join journals j on j.book_id = p.book_id and j.id = p.journal_id
    and j.kind not in ('dispute_lost', 'dispute_regained', 'FUNDS_EXPLAINED_AGENCY')
  cross join lateral (values (p.debit_account_id, -p.amount_minor), (p.credit_account_id, p.amount_minor))
    as side (account_id, amount)
  join accounts a on a.book_id = p.book_id and a.id = side.account_id
  where a.kind in ('held', 'reserve', 'payable', 'in_transit', 'clawback_due') group by 1, 2`;

const earnedIsOwedOrSent = `
  with parts as (
    select agency_id as book_id, currency, agency_minor - corrected_agency_minor as amount from settlements
    where state not in (${unapproved})
    union all
    select agency_id, currency, amount_minor from charges where after_approval and payee = 'AGENCY'
    union all
    select i.agency_id, s.currency, -i.written_off_agency_minor from invoice_settlements i
    join settlements s on s.agency_id = i.agency_id and s.id = i.settlement_id
    union all
    select agency_id, currency, reversed_minor - amount_minor from payouts where state = 'SUCCEEDED'
    union all
    select book_id, currency, amount_minor from finance_requests where kind = 'CLAWBACK_WRITE_OFF' and state = 'DONE'),
  earned as (select book_id, currency, sum(amount) as amount from parts group by 1, 2),
  owed as (${owedByLedger})
  select 'agency ' || coalesce(e.book_id, o.book_id) || ' is not owed in ' || coalesce(e.currency, o.currency)
    || ' what it earned and was not sent' as violation
  from earned e full join owed o using (book_id, currency)
  where coalesce(e.amount, 0) <> coalesce(o.amount, 0)`;

const heldByTwo = `
  select 'the hold of settlement ' || settlement_id || ' was ended by one person' as violation from holds
  where overridden_by is not null and (override_approved_by is null or override_approved_by = overridden_by)`;

/** What holds between holds, payouts, reversals, settlements and the ledger. */
export const payoutInvariants: readonly LedgerInvariant[] = [
  { name: 'I7', title: 'A hold is ended early by two people', sql: heldByTwo },
  {
    name: 'I8',
    title: 'What an agency earned, less what was taken back and sent, is what the books owe it',
    sql: earnedIsOwedOrSent,
  },
  {
    name: 'I9',
    title: 'held is never more than settlements wait for, and every release is booked',
    sql: heldIsFor,
  },
  {
    name: 'I14',
    title: 'No more is reversed than was transferred, and every reversal is booked',
    sql: reversalsFit,
  },
  {
    name: 'I16',
    title: 'PAID means that all that was released is sent or netted, and every payout is booked as it says',
    sql: paidIsSent,
  },
];
