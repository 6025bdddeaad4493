import { inputHashSql, postingText } from '#ledger';

/**
 * For a statement that sells many leads at once: common tables (`billed`, `journal`, `posting`, `charge`) that charge and book
 * the base rate, and the fee, of every row of `source`, all dated `at` (an SQL expression). `source` is a common table
 * with agency_id, delivery_id, lead_id, charge_id, fee_id, actor, test, contract_id, version, buyer_id, currency, root_id,
 * late_period_start, unbilled_id, accrued_id, deferred_id, base_minor, fee_minor and fee_rate_ppm. It holds only what
 * was sold just now; test leads are passed over. Put it behind `source`, with a comma.
 *
 * A delivery is charged once whatever calls this: its journal's key and the charge's source key are unique.
 */
export function billingTables({ source, at }: { readonly source: string; readonly at: string }): string {
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
