/** The state of a marketplace's money without what differs between two that went the same way: ids and times. */
import type { Database } from '#database';

/** Names in place of ids. Columns that are amounts, states and codes. */
const views: Readonly<Record<string, string>> = {
  settlements: `select a.name as agency, b.name as buyer, t.period_start::text, t.state, t.agency_minor, t.fee_minor
    from settlements t join organizations a on a.id = t.agency_id join organizations b on b.id = t.buyer_id`,
  invoices: `select b.name as buyer, t.amount_minor, t.state, t.failures from invoices t
    join organizations b on b.id = t.buyer_id`,
  collections: `select b.name as buyer, t.method, t.state, t.amount_minor, t.received_minor, t.credited_minor, t.fee_minor,
      t.failure_code, t.decline_code from collections t join organizations b on b.id = t.buyer_id`,
  collection_parts: `select a.name as agency, c.method, c.state, t.from_minor, t.amount_minor, t.live
    from collection_parts t join collections c on c.id = t.collection_id join organizations a on a.id = t.agency_id`,
  disputes: `select b.name as buyer, t.state, t.nature, t.amount_minor from disputes t
    join organizations b on b.id = t.buyer_id`,
  dispute_parts: `select a.name as agency, t.state, t.amount_minor, t.agency_minor, t.returned_minor from dispute_parts t
    join organizations a on a.id = t.agency_id`,
  refunds: `select b.name as buyer, o.name as book, t.state, t.amount_minor, t.failure_code from refunds t
    join organizations b on b.id = t.buyer_id join organizations o on o.id = t.book_id`,
  holds: `select a.name as agency, t.round, t.amount_minor, t.released_minor, t.paid_at is not null as paid,
      t.undone_at is not null as undone from holds t join organizations a on a.id = t.agency_id`,
  payouts: `select a.name as agency, t.state, sum(t.amount_minor) as amount, sum(t.netted_minor) as netted,
      sum(t.reversed_minor) as reversed from payouts t join organizations a on a.id = t.agency_id group by 1, 2`,
  transfer_reversals: `select a.name as agency, t.state, t.amount_minor, t.owed_minor from transfer_reversals t
    join organizations a on a.id = t.agency_id`,
  bank_payouts: `select a.name as agency, t.state, t.amount_minor from bank_payouts t
    join organizations a on a.id = t.agency_id`,
  accounts: `select a.name as agency, t.state from payment_accounts t join organizations a on a.id = t.agency_id`,
  balances: `select o.name as book, k.kind, k.currency, p.name as party, sum(side.amount) as balance
    from postings t cross join lateral (values (t.debit_account_id, t.amount_minor), (t.credit_account_id, -t.amount_minor))
      as side (account_id, amount)
    join accounts k on k.book_id = t.book_id and k.id = side.account_id
    join organizations o on o.id = k.book_id left join organizations p on p.id = k.party_id
    group by 1, 2, 3, 4 having sum(side.amount) <> 0`,
};

export type Canonical = Readonly<Record<string, readonly string[]>>;

export async function canonicalState(database: Database): Promise<Canonical> {
  const state: Record<string, readonly string[]> = {};
  for (const [name, sql] of Object.entries(views)) {
    const rows = await database.query<Record<string, unknown>>(sql);
    state[name] = rows.map((row) => Object.values(row).map(String).join(' | ')).sort();
  }
  return state;
}
