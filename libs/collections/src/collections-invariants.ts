import type { LedgerInvariant } from '#ledger';
import { unapprovedStates } from '#settlements';
import { liveStates } from './collection.js';

const quoted = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');
const unapproved = quoted(unapprovedStates);
const live = quoted(liveStates);

/** Balances by book, kind, currency and buyer, in the direction that `sign` makes positive. */
const balancesOf = (kinds: readonly string[], sign: 1 | -1): string => `
  select a.book_id, a.kind, a.currency, a.party_id, sum(side.amount) * ${sign} as amount from postings p
  cross join lateral (values (p.debit_account_id, p.amount_minor), (p.credit_account_id, -p.amount_minor))
    as side (account_id, amount)
  join accounts a on a.book_id = p.book_id and a.id = side.account_id
  where a.kind in (${quoted(kinds)}) group by 1, 2, 3, 4`;

const operators = `(select id from organizations where kind = 'OPERATOR')`;
const succeeded = `c.state = 'SUCCEEDED'`;

const partsOnce = `
  with spans as (
    select p.agency_id, p.settlement_id, p.collection_id, p.from_minor, p.from_minor + p.amount_minor as until,
      lag(p.from_minor + p.amount_minor) over (
        partition by p.agency_id, p.settlement_id order by p.from_minor) as last_until
    from collection_parts p where p.live)
  select 'settlement ' || settlement_id || ' is paid twice in part by collection ' || collection_id as violation
  from spans where from_minor < last_until
  union all
  select 'collection ' || s.collection_id || ' pays more of settlement ' || s.settlement_id || ' than it comes to'
  from spans s left join invoice_settlements l on l.agency_id = s.agency_id and l.settlement_id = s.settlement_id
  where l.amount_minor is null or s.until > l.amount_minor
  union all
  select 'collection ' || c.id || ' is of another invoice than a settlement that it pays'
  from collections c join collection_parts p on p.collection_id = c.id
  join invoice_settlements l on l.agency_id = p.agency_id and l.settlement_id = p.settlement_id
  where l.invoice_id is distinct from c.invoice_id
  union all
  select 'collection ' || c.id || ' is ' || c.state || ' and pays something' from collections c
  where c.state not in (${live}, 'SUCCEEDED') and exists (
    select from collection_parts p where p.collection_id = c.id and p.live)
  union all
  select 'collection ' || c.id || ' does not pay what it received' from collections c
  left join lateral (
    select coalesce(sum(p.amount_minor), 0) as paid from collection_parts p where p.collection_id = c.id and p.live) p on true
  where (${succeeded} and c.received_minor <> p.paid + c.credited_minor)
    or (c.state in (${live}) and c.invoice_id is not null and p.paid <> c.amount_minor)
    or (c.state <> 'SUCCEEDED' and c.received_minor <> 0)`;

const receivableIsExact = `
  with parts as (
    select s.agency_id as book_id, s.currency, s.buyer_id as party_id, greatest(s.agency_minor + s.fee_minor, 0) as amount
    from settlements s where s.state not in (${unapproved})
    union all
    select l.agency_id, i.currency, i.buyer_id, -(l.credit_minor + l.written_off_minor)
    from invoice_settlements l join invoices i on i.id = l.invoice_id
    union all
    select p.agency_id, c.currency, c.buyer_id, -p.amount_minor
    from collection_parts p join collections c on c.id = p.collection_id where p.live and ${succeeded}),
  expected as (select book_id, currency, party_id, sum(amount) as amount from parts group by 1, 2, 3),
  balances as (${balancesOf(['receivable'], 1)})
  select 'receivable of book ' || coalesce(e.book_id, b.book_id) || ' for buyer ' || coalesce(e.party_id, b.party_id)
    || ' is not what is billed and not paid' as violation
  from expected e full join balances b
    on b.book_id = e.book_id and b.currency = e.currency and b.party_id = e.party_id
  where coalesce(e.amount, 0) <> coalesce(b.amount, 0) and coalesce(e.book_id, b.book_id) not in ${operators}`;

const creditIsExact = `
  with parts as (
    select s.agency_id as book_id, s.currency, s.buyer_id as party_id,
      greatest(-(s.agency_minor + s.fee_minor), 0) as amount
    from settlements s where s.state not in (${unapproved})
    union all
    select c.agency_id, c.currency, s.buyer_id, -c.amount_minor from charges c
    join settlements s on s.agency_id = c.agency_id and s.root_id = c.settlement_id and s.state <> 'VOIDED'
    where c.after_approval and s.state in (${unapproved})
    union all
    select l.agency_id, i.currency, i.buyer_id, -l.credit_minor
    from invoice_settlements l join invoices i on i.id = l.invoice_id
    union all
    select r.book_id, r.currency, r.buyer_id, -r.amount_minor from refunds r
    where r.state <> 'FAILED' and r.book_id not in ${operators}),
  expected as (select book_id, currency, party_id, sum(amount) as amount from parts group by 1, 2, 3),
  balances as (${balancesOf(['buyer_credit'], -1)})
  select 'buyer_credit of book ' || coalesce(e.book_id, b.book_id) || ' for buyer ' || coalesce(e.party_id, b.party_id)
    || ' is not what corrections left' as violation
  from expected e full join balances b
    on b.book_id = e.book_id and b.currency = e.currency and b.party_id = e.party_id
  where coalesce(e.amount, 0) <> coalesce(b.amount, 0) and coalesce(e.book_id, b.book_id) not in ${operators}`;

const prepaidIsExact = `
  with parts as (
    select c.currency, c.buyer_id as party_id, c.credited_minor as amount from collections c where ${succeeded}
    union all
    select c.currency, c.buyer_id, -c.received_minor from collections c where ${succeeded} and c.method = 'BALANCE'
    union all
    select d.currency, d.buyer_id, -(d.balance_minor - d.balance_returned_minor) from disputes d
    where d.balance_state = 'LOST'
    union all
    select r.currency, r.buyer_id, -r.amount_minor from refunds r
    where r.book_id in ${operators} and case when r.finance_request_id is null
      then r.funds_id is not null and r.failed_funds_id is null else r.state <> 'FAILED' end),
  expected as (select currency, party_id, sum(amount) as amount from parts group by 1, 2),
  balances as (
    select currency, party_id, sum(amount) as amount from (${balancesOf(['buyer_credit', 'receivable'], -1)}) b
    where book_id in ${operators} group by 1, 2)
  select 'the balance of buyer ' || coalesce(e.party_id, b.party_id) || ' is not what came in and was not spent' as violation
  from expected e full join balances b on b.currency = e.currency and b.party_id = e.party_id
  where coalesce(e.amount, 0) <> coalesce(b.amount, 0)`;

const waitingIsExact = `
  with parts as (
    select p.agency_id as book_id, 'dispute_held' as kind, d.currency, d.buyer_id as party_id,
      p.amount_minor - p.returned_minor as amount
    from dispute_parts p join disputes d on d.id = p.dispute_id where p.state = 'OPEN'
    union all
    select o.id, 'dispute_held', d.currency, d.buyer_id, d.balance_minor - d.balance_returned_minor
    from disputes d cross join lateral (select id from organizations where kind = 'OPERATOR' order by id limit 1) o
    where d.balance_state = 'OPEN'
    union all
    select r.book_id, 'refund_due', r.currency, r.buyer_id, r.amount_minor from refunds r
    where r.state in ('REQUESTED', 'PENDING') and r.funds_id is null and r.finance_request_id is not null),
  expected as (select book_id, kind, currency, party_id, sum(amount) as amount from parts group by 1, 2, 3, 4),
  balances as (${balancesOf(['dispute_held'], 1)} union all ${balancesOf(['refund_due'], -1)})
  select coalesce(e.kind, b.kind) || ' of book ' || coalesce(e.book_id, b.book_id) || ' for buyer '
    || coalesce(e.party_id, b.party_id) || ' is not what is contested or to be given back' as violation
  from expected e full join balances b
    on b.book_id = e.book_id and b.kind = e.kind and b.currency = e.currency and b.party_id = e.party_id
  where coalesce(e.amount, 0) <> coalesce(b.amount, 0)`;

const invoicesAreTrue = `
  with lines as (
    select l.invoice_id, l.agency_id, l.settlement_id, l.amount_minor, l.written_off_minor, coalesce((
      select sum(p.amount_minor) from collection_parts p join collections c on c.id = p.collection_id
      where p.agency_id = l.agency_id and p.settlement_id = l.settlement_id and p.live and ${succeeded}), 0) as paid
    from invoice_settlements l),
  sums as (
    select invoice_id, sum(amount_minor) as amount, sum(written_off_minor) as off,
      sum(amount_minor - written_off_minor - paid) as open, min(amount_minor - written_off_minor - paid) as least
    from lines group by 1)
  select 'invoice ' || i.id || ' is not the sum of its settlements' as violation
  from invoices i left join sums s on s.invoice_id = i.id where s.amount is distinct from i.amount_minor
  union all
  select 'invoice ' || i.id || ' is ' || i.state || ', and its settlements are not' from invoices i
  join sums s on s.invoice_id = i.id
  where i.state <> case when s.open > 0 then 'OPEN' when s.off > 0 then 'UNCOLLECTIBLE' else 'PAID' end or s.least < 0
  union all
  select 'settlement ' || l.settlement_id || ' is ' || t.state || ', and its invoice says otherwise' from lines l
  join settlements t on t.agency_id = l.agency_id and t.id = l.settlement_id
  where case
    when l.written_off_minor > 0 then t.state <> 'WRITTEN_OFF'
    when l.paid = l.amount_minor then t.state in ('APPROVED', 'COLLECTING', 'COLLECTION_FAILED', 'WRITTEN_OFF')
    else t.state in ('APPROVED', 'COLLECTED', 'WRITTEN_OFF') end
  union all
  select 'settlement ' || t.id || ' is ' || t.state || ' and on no invoice' from settlements t
  where t.state not in (${unapproved}, 'APPROVED') and t.agency_minor + t.fee_minor > 0 and not exists (
    select from invoice_settlements l where l.agency_id = t.agency_id and l.settlement_id = t.id)
  union all
  select 'invoice ' || i.id || ' asks for settlements of another buyer or currency' from invoices i
  join invoice_settlements l on l.invoice_id = i.id
  join settlements t on t.agency_id = l.agency_id and t.id = l.settlement_id
  where (t.buyer_id, t.currency) <> (i.buyer_id, i.currency)
    or l.due_minor <> greatest(t.agency_minor + t.fee_minor, 0)`;

const movementsAreKept = `
  select 'collection ' || c.id || ' names a movement that is not noted' as violation from collections c
  where (c.funds_id is not null and not exists (select from balance_transactions b where b.id = c.funds_id))
    or (c.returned_funds_id is not null and not exists (
      select from balance_transactions b where b.id = c.returned_funds_id))
  union all
  select 'collection ' || c.id || ' of the provider succeeded without a movement' from collections c
  where ${succeeded} and c.funds_id is null and c.method not in ('BALANCE', 'OUT_OF_BAND')
  union all
  select 'journal ' || j.id || ' spends a balance that does not come out even' from journals j
  join postings p on p.book_id = j.book_id and p.journal_id = j.id
  where j.source like 'collection:%' and j.kind = 'balance_spent' and j.source in (
    select j.source from journals j join postings p on p.book_id = j.book_id and p.journal_id = j.id
    cross join lateral (values (p.debit_account_id, p.amount_minor), (p.credit_account_id, -p.amount_minor))
      as side (account_id, amount)
    join accounts a on a.book_id = p.book_id and a.id = side.account_id and a.kind = 'stripe'
    where j.source like 'collection:%' group by 1 having sum(side.amount) <> 0)`;

const fourEyes = `
  select 'collection ' || id || ' was recorded by one person' as violation from collections
  where method = 'OUT_OF_BAND' and (approved_by is null or approved_by = requested_by)`;

/** What holds between invoices, collections, disputes, refunds, settlements and the ledger. */
export const collectionInvariants: readonly LedgerInvariant[] = [
  {
    name: 'I6',
    title: 'No cent of a settlement is paid by two collections, and none by one that has ended',
    sql: partsOnce,
  },
  {
    name: 'I6',
    title: 'receivable is what was approved, less credit, payments and what was written off',
    sql: receivableIsExact,
  },
  {
    name: 'I6',
    title: 'The credit of a buyer with an agency is what corrections left of it',
    sql: creditIsExact,
  },
  {
    name: 'I6',
    title: 'The balance of a buyer is what came in for it and was not spent',
    sql: prepaidIsExact,
  },
  { name: 'I6', title: 'dispute_held and refund_due are the open disputes and refunds', sql: waitingIsExact },
  {
    name: 'I6',
    title: 'Invoices and their settlements are what their payments make them',
    sql: invoicesAreTrue,
  },
  {
    name: 'I11',
    title: 'What came in by the provider names its movement, and spent balances come out even',
    sql: movementsAreKept,
  },
  { name: 'I7', title: 'A payment that came another way was recorded by two people', sql: fourEyes },
];
