import { type LedgerInvariant, ledgerInvariants } from '#ledger';
import { contentCtes, headerSql } from './statement-content.js';
import { settlementTransitions, unapprovedStates } from './settlement.js';

const quoted = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');
const unapproved = quoted(unapprovedStates);
const steps = Object.entries(settlementTransitions)
  .flatMap(([from, next]) => next.map((to) => `('${from}', '${to}')`))
  .join(', ');
const gathering = quoted(['OPEN', 'DRAFT', 'IN_REVIEW']);
const buyerSide = quoted(['unbilled', 'receivable', 'buyer_credit']);

const statementsAddUp = `
  with recursive statements as materialized (
    select s.agency_id, s.root_id, s.currency, ${headerSql('s')} as header from settlements s
    where s.state not in ('OPEN', 'VOIDED') order by s.agency_id, s.root_id),
  ${contentCtes}
  select case when (s.line_count, s.agency_minor, s.fee_minor, s.corrected_agency_minor, s.corrected_fee_minor)
        is distinct from
        (coalesce(c.line_count, 0), c.agency_minor, c.fee_minor, c.corrected_agency_minor, c.corrected_fee_minor)
      then 'settlement ' || s.id || ' is not the sum of its lines'
      else 'settlement ' || s.id || ' has lines that are not those that were closed' end as violation
  from settlements s left join content c on c.agency_id = s.agency_id and c.root_id = s.root_id
  where s.state not in ('OPEN', 'VOIDED')
    and ((s.line_count, s.agency_minor, s.fee_minor, s.corrected_agency_minor, s.corrected_fee_minor)
        is distinct from
        (coalesce(c.line_count, 0), c.agency_minor, c.fee_minor, c.corrected_agency_minor, c.corrected_fee_minor)
      or s.content_hash is distinct from c.content_hash)`;

const linesAreBooked = `
  with booked as (
    select p.book_id, p.journal_id, min(p.currency) as currency, max(p.currency) as other_currency,
      coalesce(sum(p.amount_minor) filter (where d.kind in (${buyerSide})), 0)
        - coalesce(sum(p.amount_minor) filter (where c.kind in (${buyerSide})), 0) as amount,
      count(*) filter (where d.kind in ('fee_deferred', 'fee_revenue') or c.kind in ('fee_deferred', 'fee_revenue'))
        as of_operator, count(*) as postings,
      count(*) filter (where 'buyer_credit' in (d.kind, c.kind)) as credited,
      min(coalesce(d.party_id, c.party_id)::text) as buyer, max(coalesce(d.party_id, c.party_id)::text) as other_buyer
    from postings p
    join journals j on j.book_id = p.book_id and j.id = p.journal_id and j.source like 'charge:%'
    join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id
    join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id
    group by p.book_id, p.journal_id),
  lines as (
    select c.agency_id, c.id, c.amount_minor, c.currency, c.payee, c.after_approval, s.currency as settlement_currency,
      s.buyer_id, v.buyer_id as delivery_buyer
    from charges c
    left join settlements s on s.agency_id = c.agency_id and s.id = c.settlement_id
    left join deliveries v on v.agency_id = c.agency_id and v.id = c.delivery_id)
  select case when l.id is null then 'journal ' || b.journal_id || ' books no charge'
      when b.journal_id is null then 'charge ' || l.id || ' is not booked'
      when l.currency is distinct from l.settlement_currency then 'charge ' || l.id || ' has another currency than its settlement'
      when l.buyer_id is distinct from l.delivery_buyer then 'charge ' || l.id || ' lies in the settlement of another buyer'
      else 'charge ' || l.id || ' is booked otherwise than it says' end as violation
  from lines l full join booked b on b.book_id = l.agency_id and b.journal_id = l.id
  where l.id is null or b.journal_id is null
    or l.currency is distinct from l.settlement_currency or l.buyer_id is distinct from l.delivery_buyer
    or b.amount <> l.amount_minor or b.currency <> l.currency or b.other_currency <> l.currency
    or b.of_operator <> case l.payee when 'OPERATOR' then b.postings else 0 end
    or b.credited <> case when l.after_approval then b.postings else 0 end
    or b.buyer is distinct from l.buyer_id::text or b.other_buyer is distinct from l.buyer_id::text`;

const approvalsAreBooked = `
  with approved as (
    select agency_id, id, buyer_id, currency, approval_journal_id, agency_minor - corrected_agency_minor as a,
      fee_minor - corrected_fee_minor as f, greatest(-(corrected_agency_minor + corrected_fee_minor), 0) as credit
    from settlements where state not in (${unapproved})),
  due as (select *, a + f as x, least(credit, greatest(a + f, 0)) as applied from approved),
  sides as (
    select j.book_id, j.id, j.idempotency_key, account.kind, account.party_id, p.currency, side.amount
    from journals j join postings p on p.book_id = j.book_id and p.journal_id = j.id
    cross join lateral (values (p.debit_account_id, p.amount_minor), (p.credit_account_id, -p.amount_minor))
      as side (account_id, amount)
    join accounts account on account.book_id = p.book_id and account.id = side.account_id
    where j.idempotency_key like 'settlement:%:approve'),
  booked as (
    select book_id, id, idempotency_key, min(currency) as currency, max(currency) as other_currency,
      min(party_id::text) as buyer, max(party_id::text) as other_buyer,
      coalesce(sum(amount) filter (where kind = 'unbilled'), 0) as unbilled,
      coalesce(sum(amount) filter (where kind = 'receivable'), 0) as receivable,
      coalesce(sum(amount) filter (where kind = 'buyer_credit'), 0) as buyer_credit,
      coalesce(sum(amount) filter (where kind = 'accrued'), 0) as accrued,
      coalesce(sum(amount) filter (where kind = 'fee_deferred'), 0) as fee_deferred,
      coalesce(sum(amount) filter (where kind = 'fee_revenue'), 0) as fee_revenue
    from sides group by book_id, id, idempotency_key)
  select case when d.id is null then 'journal ' || b.id || ' approves no approved settlement'
      when b.id is null then 'the approval of settlement ' || d.id || ' is not booked'
      else 'the approval of settlement ' || d.id || ' is booked otherwise than it says' end as violation
  from due d full join booked b on b.book_id = d.agency_id and b.idempotency_key = 'settlement:' || d.id || ':approve'
  where d.id is null or d.approval_journal_id is distinct from b.id
    or (b.id is null and (d.a <> 0 or d.f <> 0))
    or (b.unbilled, b.receivable, b.buyer_credit, b.accrued, b.fee_deferred, b.fee_revenue) <>
      (-d.x, greatest(d.x, 0) - d.applied, d.applied - greatest(-d.x, 0), d.a, d.f, -d.f)
    or b.currency <> d.currency or b.other_currency <> d.currency
    or b.buyer <> d.buyer_id::text or b.other_buyer <> d.buyer_id::text`;

const unbilledIsExact = `
  with waiting as (
    select c.agency_id as book_id, c.currency, s.buyer_id, c.payee, sum(c.amount_minor) as amount
    from charges c join settlements s on s.agency_id = c.agency_id and s.root_id = c.settlement_id
    where s.state in (${gathering}) and not c.after_approval group by 1, 2, 3, 4),
  expected as (
    select book_id, 'unbilled' as kind, currency, buyer_id as party_id, sum(amount) as amount from waiting
    group by book_id, currency, buyer_id
    union all
    select book_id, case payee when 'AGENCY' then 'accrued' else 'fee_deferred' end, currency, null, sum(amount)
    from waiting group by book_id, payee, currency),
  balances as (
    select a.book_id, a.kind, a.currency, a.party_id,
      sum(side.amount) * case a.kind when 'unbilled' then 1 else -1 end as amount
    from postings p
    cross join lateral (values (p.debit_account_id, p.amount_minor), (p.credit_account_id, -p.amount_minor))
      as side (account_id, amount)
    join accounts a on a.book_id = p.book_id and a.id = side.account_id
    where a.kind in ('unbilled', 'accrued', 'fee_deferred') group by a.book_id, a.kind, a.currency, a.party_id)
  select coalesce(e.kind, b.kind) || ' of book ' || coalesce(e.book_id, b.book_id)
    || coalesce(' for buyer ' || coalesce(e.party_id, b.party_id), '')
    || ' is not the sum of the charges that wait for approval' as violation
  from expected e full join balances b on b.book_id = e.book_id and b.kind = e.kind and b.currency = e.currency
    and coalesce(b.party_id::text, '') = coalesce(e.party_id::text, '')
  where coalesce(e.amount, 0) <> coalesce(b.amount, 0)`;

const fourEyes = `
  select 'settlement ' || id || ' was approved by who prepared or submitted it' as violation from settlements
  where approved_by in (prepared_by, submitted_by)
  union all
  select 'settlement ' || id || ' is approved by nobody' from settlements
  where state not in (${unapproved}) and (approved_by is null or prepared_by is null or submitted_by is null)
  union all
  select 'the approval in the history of settlement ' || s.id || ' is not its own'
  from settlements s left join settlement_events e
    on e.agency_id = s.agency_id and e.settlement_id = s.id and e.to_state = 'APPROVED'
  where (e.actor is distinct from s.approved_by)`;

const approvalsAreGiven = `
  select 'settlement ' || s.id || ' lacks approvals of its content by as many other people as it took' as violation
  from settlements s
  where s.state not in (${unapproved}) and (
    select count(distinct a.actor) from approvals a
    where a.book_id = s.agency_id and a.subject = 'settlement:' || s.id and a.content_hash = s.content_hash
      and a.amount_minor = abs(s.agency_minor + s.fee_minor) and a.currency = s.currency
      and a.actor in (s.approved_by, s.first_approved_by) and a.actor not in (s.prepared_by, s.submitted_by)
      and a.needed <= s.approvals_needed) is distinct from s.approvals_needed
  union all
  select 'settlement ' || s.id || ' was approved by one person where it took two' from settlements s
  join lateral (
    select a.needed from approvals a where a.book_id = s.agency_id and a.subject = 'settlement:' || s.id
    order by a.round desc, a.needed desc limit 1) last on true
  where s.state not in (${unapproved}) and last.needed > s.approvals_needed
  union all
  select 'settlement ' || s.id || ' is in review with all the approvals that it needs' from settlements s
  join approvals a on a.book_id = s.agency_id and a.subject = 'settlement:' || s.id and a.round = s.version
  where s.state = 'IN_REVIEW' group by s.agency_id, s.id having count(*) >= max(a.needed)`;

const historyIsWhole = `
  select 'the history of settlement ' || s.id || ' does not lead to its state' as violation
  from settlements s left join lateral (
    select count(*) as events, max(e.version) as last, (array_agg(e.to_state order by e.version desc))[1] as state
    from settlement_events e where e.agency_id = s.agency_id and e.settlement_id = s.id) h on true
  where h.events <> s.version - 1 or coalesce(h.last, 1) <> s.version or coalesce(h.state, 'OPEN') <> s.state
  union all
  select 'settlement ' || e.settlement_id || ' has made a step that does not exist' from (
    select settlement_id, from_state, to_state, coalesce(lag(to_state) over steps, 'OPEN') as last_state
    from settlement_events window steps as (partition by agency_id, settlement_id order by version)) e
  where e.from_state is distinct from e.last_state or (e.from_state, e.to_state) not in (${steps})`;

const oneLiveCharge = `
  select c.part || ' of ' || c.source_id || ' is charged more than once' as violation
  from charges c
  where c.component in ('BASE', 'COMMISSION_PER_LEAD', 'COMMISSION_PER_DEAL', 'PLATFORM_FEE') and c.reverses is null
    and not exists (select 1 from charges r where r.agency_id = c.agency_id and r.reverses = c.id)
  group by c.agency_id, c.source_id, c.part, c.payee having count(*) > 1
  union all
  select 'delivery ' || v.id || ' has no base charge' from deliveries v
  join leads l on l.agency_id = v.agency_id and l.id = v.lead_id
  where not l.test and v.state in ('ACCEPTED', 'RETURNED')
    and not exists (
      select 1 from charges c where c.agency_id = v.agency_id and c.source_id = v.id and c.part = 'BASE'
        and c.payee = 'AGENCY' and c.component = 'BASE')
  union all
  select 'test lead ' || l.id || ' was charged' from leads l
  join charges c on c.agency_id = l.agency_id and c.lead_id = l.id where l.test
  union all
  select 'lead ' || l.id || ' is sold and was never delivered' from leads l
  where l.state in ('SOLD', 'RETURNED') and not exists (
    select 1 from deliveries v where v.agency_id = l.agency_id and v.lead_id = l.id)`;

const reversalsFit = `
  select 'charge ' || r.id || ' does not mirror ' || r.reverses as violation
  from charges r left join charges o on o.agency_id = r.agency_id and o.id = r.reverses
  where r.reverses is not null and (o.id is null or o.reverses is not null or r.amount_minor <> -o.amount_minor
    or (r.source_id, r.part, r.payee, r.currency) <> (o.source_id, o.part, o.payee, o.currency))
  union all
  select 'charge ' || reverses || ' is reversed more than once' from charges
  where reverses is not null group by agency_id, reverses having count(*) > 1
  union all
  select 'more was taken back of ' || part || ' of ' || source_id || ' than charged' from charges
  group by agency_id, source_id, part, payee having sum(amount_minor) < 0
  union all
  select 'returned delivery ' || v.id || ' still costs something' from deliveries v
  join charges c on c.agency_id = v.agency_id and c.delivery_id = v.id
  where v.state = 'RETURNED' group by v.agency_id, v.id having sum(c.amount_minor) <> 0`;

const linesAreLater = `
  select 'line ' || c.id || ' is not later than the period that it belongs to' as violation
  from charges c join settlements s on s.agency_id = c.agency_id and s.id = c.settlement_id
  where c.late_period_start >= s.period_start`;

const oneLiveRevision = `
  select 'root ' || root_id || ' has not exactly one live revision' as violation from settlements
  group by agency_id, root_id having count(*) filter (where state <> 'VOIDED') <> 1
  union all
  select 'the revisions of root ' || root_id || ' have a gap' from settlements
  group by agency_id, root_id having min(revision) <> 1 or max(revision) <> count(*)
    or count(distinct (buyer_id, currency, schedule, time_zone, period_start, period_end)) <> 1
  union all
  select 'charge ' || c.id || ' names a later revision' from charges c
  join settlements s on s.agency_id = c.agency_id and s.id = c.settlement_id where s.revision <> 1`;

/** What holds between charges, settlements and the ledger. */
export const settlementInvariants: readonly LedgerInvariant[] = [
  {
    name: 'I5',
    title: 'A settlement is the sum of its lines, and they are those that were closed',
    sql: statementsAddUp,
  },
  {
    name: 'I5',
    title: 'Every charge is booked once, as it says, and every journal of a charge has one',
    sql: linesAreBooked,
  },
  {
    name: 'I5',
    title: 'Exactly the approved settlements are booked as billed, with their amounts',
    sql: approvalsAreBooked,
  },
  {
    name: 'I5',
    title: 'unbilled, accrued and fee_deferred are the charges that wait for approval',
    sql: unbilledIsExact,
  },
  { name: 'I7', title: 'Who approves a settlement has neither prepared nor submitted it', sql: fourEyes },
  { name: 'I7', title: 'An approved settlement has its approvals, by enough people', sql: approvalsAreGiven },
  { name: 'I7', title: 'The history of a settlement leads to its state without a gap', sql: historyIsWhole },
  { name: 'I12', title: 'One base and one live commission per delivery or deal', sql: oneLiveCharge },
  { name: 'I13', title: 'Reversals mirror their originals and never exceed them', sql: reversalsFit },
  { name: 'I13', title: 'A late line lies in a later settlement than its period', sql: linesAreLater },
  { name: 'I5', title: 'Of each settlement exactly one revision is live', sql: oneLiveRevision },
];

/** Everything that must hold in the books so far: the ledger's own rules and those of charges and settlements. */
export const bookInvariants: readonly LedgerInvariant[] = [...ledgerInvariants, ...settlementInvariants];
