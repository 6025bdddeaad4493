import { eventTables } from '#events';
import { inputHashSql, postingText } from '#ledger';

/**
 * Finds where the charges of the terms `t` go, for {@link saleTables}: the accounts, and the settlement.
 * The lock keeps it from closing until the transaction ends; root_id is null where it is not open.
 */
export const billedJoins = `join accounts u
    on u.book_id = t.agency_id and u.kind = 'unbilled' and u.currency = t.currency and u.party_id = t.buyer_id
  join accounts a on a.book_id = t.agency_id and a.kind = 'accrued' and a.currency = t.currency
    and a.party_id is null
  join accounts f on f.book_id = t.agency_id and f.kind = 'fee_deferred' and f.currency = t.currency
    and f.party_id is null
  left join lateral (
    select root_id from settlements
    where agency_id = t.agency_id and buyer_id = t.buyer_id and currency = t.currency
      and schedule = t.schedule and time_zone = t.time_zone and period_start = t.period_start
      and state = 'OPEN'
    for key share
  ) s on true`;

/** What {@link billedJoins} find. */
export const billedColumns = 's.root_id, u.id as unbilled_id, a.id as accrued_id, f.id as deferred_id';

interface Sales {
  /**
   * A common table with agency_id, delivery_id, lead_id, charge_id, fee_id, actor, test, contract_id,
   * version, buyer_id, currency, root_id, late_period_start, unbilled_id, accrued_id, deferred_id,
   * base_minor, fee_minor and fee_rate_ppm. It holds only what was sold just now.
   */
  readonly source: string;
  /** When it was sold, an SQL expression. */
  readonly at: string;
}

/**
 * For a statement that sells many leads at once: common tables that charge, book and tell every row of
 * `source`. Put them behind it, with a comma.
 */
export function saleTables({ source, at }: Sales): string {
  return `${billingTables({ source, at })}, ${eventTables({
    type: 'lead.delivered',
    source,
    occurredAt: at,
    test: 'test',
    payload: {
      leadId: 'lead_id',
      deliveryId: 'delivery_id',
      agencyId: 'agency_id',
      buyerId: 'buyer_id',
      contractId: 'contract_id',
      contractVersion: 'version',
      price: { amountMinor: 'base_minor', currency: 'currency' },
    },
  })}`;
}

/**
 * The base rate, and the fee, charged and booked (`billed`, `journal`, `posting`, `charge`); test leads
 * are passed over. A delivery is charged once whatever calls this: its journal's key and the charge's
 * source key are unique.
 */
function billingTables({ source, at }: Sales): string {
  return `billed as materialized (
    select charge_id as id, agency_id, delivery_id, lead_id, actor, root_id, contract_id, version, currency,
      late_period_start, buyer_id, unbilled_id, 'accrued' as earned_kind, 'AGENCY' as payee, 'BASE' as component,
      base_minor as amount_minor, base_minor as input_minor, null::integer as rate_ppm, accrued_id as earned_id,
      ':base' as key
    from ${source} where not test
    union all
    select fee_id, agency_id, delivery_id, lead_id, actor, root_id, contract_id, version, currency,
      late_period_start, buyer_id, unbilled_id, 'fee_deferred', 'OPERATOR', 'PLATFORM_FEE',
      fee_minor, base_minor, fee_rate_ppm, deferred_id, ':base:fee'
    from ${source} where not test and fee_minor > 0
  ), journal as (
    insert into journals (book_id, id, kind, source, idempotency_key, input_hash, effective_at, recorded_at, actor)
    select agency_id, id, 'base', 'charge:' || id, 'delivery:' || delivery_id || key,
      ${journalHash(at)}, ${at}, ${at}, actor
    from billed
  ), posting as (
    insert into postings (book_id, journal_id, ordinal, debit_account_id, credit_account_id, amount_minor, currency)
    select agency_id, id, 1, unbilled_id, earned_id, amount_minor, currency from billed
  ), charge as (
    insert into charges (agency_id, id, settlement_id, delivery_id, lead_id, contract_id, contract_version, source_id,
      part, payee, component, revision, amount_minor, currency, input_minor, rate_ppm, late_period_start, effective_at,
      recorded_at)
    select agency_id, id, root_id, delivery_id, lead_id, contract_id, version, delivery_id, 'BASE', payee, component, 1,
      amount_minor, currency, input_minor, rate_ppm, late_period_start, ${at}, ${at}
    from billed
  )`;
}

// What the ledger would compute for these journals: the statement writes them on its own, for speed.
function journalHash(at: string): string {
  return inputHashSql({
    kind: `'base'`,
    source: `'charge:' || id`,
    currency: 'currency',
    effectiveAt: at,
    reverses: 'null::uuid',
    lines: postingText({
      debitKind: `'unbilled'`,
      debitParty: 'buyer_id',
      creditKind: 'earned_kind',
      creditParty: 'null::uuid',
      amountMinor: 'amount_minor',
    }),
  });
}
