import type { LedgerInvariant } from '#ledger';

// The sandbox's clock is ahead of the database's.
const leadgerNow = `(now() + (select coalesce(max(offset_ms), 0) from sandbox_clock) * interval '1 millisecond')`;

/** Σ of a flow between kinds of accounts, over all time, by book and currency. */
function flow(debits: string, credits: string): string {
  return `select p.book_id, p.currency, sum(p.amount_minor) as amount from postings p
    join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id
    join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id
    where d.kind in (${debits}) and c.kind in (${credits}) group by p.book_id, p.currency`;
}

const neverMoreThanCollected = `
  with collected as (${flow(`'stripe', 'bank'`, `'receivable'`)}),
  sent as (${flow(`'in_transit'`, `'stripe'`)}),
  under_way as (
    select book_id, currency, sum(amount_minor) as amount from stripe_operations
    where kind = 'TRANSFER' and state not in ('SUCCEEDED', 'REFUSED') group by 1, 2),
  back as (${flow(`'stripe', 'bad_debt'`, `'payable', 'clawback_due'`)}),
  books as (select book_id, currency from sent union select book_id, currency from under_way)
  select 'book ' || b.book_id || ' was sent more in ' || b.currency || ' than was ever collected for it' as violation
  from books b left join collected c using (book_id, currency) left join sent s using (book_id, currency)
  left join under_way u using (book_id, currency) left join back r using (book_id, currency)
  where coalesce(s.amount, 0) + coalesce(u.amount, 0) - coalesce(r.amount, 0) > coalesce(c.amount, 0)`;

const inTransitIsOpen = `
  with moved as (
    select book_id, currency, sum(amount) as amount from (
      select p.book_id, p.currency, p.amount_minor as amount from postings p
        join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id where c.kind = 'in_transit'
      union all
      select p.book_id, p.currency, -p.amount_minor from postings p
        join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id where d.kind = 'in_transit') sides
    group by 1, 2),
  asked as (
    select book_id, currency, sum(amount_minor) as amount from stripe_operations
    where kind = 'TRANSFER' and state not in ('SUCCEEDED', 'REFUSED') group by 1, 2)
  select 'in_transit of book ' || coalesce(m.book_id, a.book_id) || ' in ' || coalesce(m.currency, a.currency)
    || ' is not its open transfers' as violation
  from moved m full join asked a using (book_id, currency) where coalesce(m.amount, 0) <> coalesce(a.amount, 0)`;

/** What each journal does to the balance at the provider. */
const touching = `
  select j.book_id, j.id, j.source, j.kind, p.currency,
    sum(case when d.kind = 'stripe' then p.amount_minor else -p.amount_minor end) as net
  from postings p join journals j on j.book_id = p.book_id and j.id = p.journal_id
  join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id
  join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id
  where (d.kind = 'stripe') <> (c.kind = 'stripe') group by 1, 2, 3, 4, 5`;

// That each movement has a journal is for the reconciliation to say: it may have come a moment ago.
const movementsAreBooked = `
  with touching as (${touching}),
  booked as (select source, currency, sum(net) as net from touching group by 1, 2)
  select b.source || ' is booked in ' || b.currency || ' with another amount than it moved' as violation
  from booked b join balance_transactions m on b.source = 'stripe:' || m.id
  where b.net <> m.net_minor or b.currency <> m.currency
  union all
  select b.source || ' moves the balance at the provider, and no movement of it is known' from booked b
  where b.source like 'stripe:%' and not exists (
    select from balance_transactions m where b.source = 'stripe:' || m.id)
  union all
  select b.source || ' moves the balance at the provider and is no movement' from booked b
  where b.source not like 'stripe:%' and (b.source not like 'collection:%' or b.net <> 0)`;

const bookedOnce = `
  with touching as (${touching})
  select source || ' is booked twice in book ' || book_id as violation from touching
  where source like 'stripe:%' group by source, book_id, kind, currency having count(*) > 1`;

const nothingInDoubt = `
  select 'operation ' || id || ' is ' || state || ' and was sent a day ago' as violation from stripe_operations
  where state in ('SENDING', 'UNKNOWN') and first_sent_at < ${leadgerNow} - interval '24 hours'`;

const requestsByTwo = `
  select 'finance request ' || r.id || ' is done without the approval of another person' as violation
  from finance_requests r where r.state = 'DONE' and not exists (
    select from approvals a where a.book_id = r.book_id and a.subject = 'finance_request:' || r.id
      and a.actor = r.decided_by and a.actor <> r.requested_by and a.content_hash = r.content_hash
      and a.amount_minor = r.amount_minor and a.currency = r.currency)`;

/** What holds between operations, the mirror of the provider's account statement, and the ledger. */
export const paymentInvariants: readonly LedgerInvariant[] = [
  { name: 'I7', title: 'A finance request is done by two people', sql: requestsByTwo },
  {
    name: 'I8',
    title: 'Never more is transferred to an agency than was collected for it',
    sql: neverMoreThanCollected,
  },
  { name: 'I9', title: 'in_transit is the transfers that have not come to their end', sql: inTransitIsOpen },
  {
    name: 'I10',
    title: "What is booked on stripe is the movements of the provider's balance, each to the cent",
    sql: movementsAreBooked,
  },
  { name: 'I11', title: "Each movement of the provider's balance is booked once", sql: bookedOnce },
  { name: 'I15', title: 'No operation is in doubt after its key is forgotten', sql: nothingInDoubt },
];
