import type { Transaction } from '#database';
import type { FetchableKind, Unfinished } from '#payments';

interface Looked {
  readonly kind: FetchableKind;
  /** Null: it was not sent yet, so there is nothing that the provider could show. */
  readonly id: string | null;
}

// The older, the later: a quarter of its age, at least a minute and at most six hours.
const nextLook = (since: string): string =>
  `$1::timestamptz + least(interval '6 hours', greatest(interval '1 minute', ($1::timestamptz - ${since}) / 4))`;

/** The rows that are due, each with its next look; `returning` gives kind and id of the provider's object. */
function looksOf(table: string, key: string, since: string, returning: string): string {
  return `with due as (
      select ${key} as key from ${table} where next_look_at <= $1 order by next_look_at limit $2 for update skip locked)
    update ${table} t set next_look_at = ${nextLook(`t.${since}`)}
    from due where t.${key} = due.key returning ${returning}`;
}

const collections = looksOf(
  'collections',
  'id',
  'requested_at',
  `case when t.provider_invoice_id is null then 'payment' else 'invoice' end as kind,
   coalesce(t.provider_invoice_id, t.provider_payment_id) as id`,
);
const refunds = looksOf('refunds', 'id', 'requested_at', `'refund' as kind, t.provider_refund_id as id`);
const disputes = looksOf('disputes', 'id', 'opened_at', `'dispute' as kind, t.provider_dispute_id as id`);
// For a week and once more: what a buyer has left by then, it begins anew when it comes back.
const setups = `with due as (
      select buyer_id from billing_profiles where next_look_at <= $1 order by next_look_at limit $2
      for update skip locked)
    update billing_profiles t set next_look_at =
      case when coalesce(t.setup_begun_at, t.changed_at) > $1::timestamptz - interval '7 days'
        then ${nextLook('coalesce(t.setup_begun_at, t.changed_at)')} end
    from due where t.buyer_id = due.buyer_id returning 'setup' as kind, t.provider_setup_id as id`;

/** What is looked at when no news of it come. */
export const unfinishedMoneyIn: readonly Unfinished[] = [
  unfinished('collections', collections),
  unfinished('refunds', refunds),
  unfinished('disputes', disputes),
  unfinished('setups', setups),
];

function unfinished(name: string, sql: string): Unfinished {
  return {
    name,
    due: async (tx: Transaction, now: Date, limit: number) => {
      const rows = await tx.query<Looked>(sql, [now, limit]);
      return rows.flatMap(({ kind, id }) => (id === null ? [] : [{ kind, id, accountId: null }]));
    },
  };
}
