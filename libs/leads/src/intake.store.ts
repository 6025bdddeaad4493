import { Injectable } from '@nestjs/common';
import type { LocalDate } from '#calendar';
import type { SettlementSeries } from '#charges';
import type { PricedCharge } from '#contracts';
import { Database } from '#database';
import { inputHashSql, postingText } from '#ledger';
import type { CheckedSubmission } from './check-submission.js';

/** A lead that is to be delivered under `terms`, with the ids that its rows will have. */
export interface IntakeLead {
  readonly agencyId: string;
  readonly leadId: string;
  readonly deliveryId: string;
  readonly chargeId: string;
  readonly feeId: string;
  /** Who submitted it, as an actor's id. */
  readonly submittedBy: string;
  readonly submission: CheckedSubmission;
  /** SHA-256 of the submission as hex. */
  readonly inputHash: string;
}

/** What all leads of one contract in a batch share. */
export interface IntakeTerms {
  readonly contractId: string;
  readonly version: number;
  /** The contract as it was read; a change since then leaves its leads out of the batch. */
  readonly rowVersion: number;
  /** It was not named: if another contract takes leads of its vertical by now, its leads are left out as well. */
  readonly isOnly: boolean;
  /** The vertical's version by whose rules the leads were checked, 0 where it is not defined; another leaves them out. */
  readonly verticalVersion: number;
  readonly series: SettlementSeries;
  /** The first day of the settlement that takes the charges. */
  readonly periodStart: LocalDate;
  readonly latePeriodStart: LocalDate | null;
  readonly base: PricedCharge;
  readonly fee: PricedCharge | null;
}

// What the ledger would compute for these journals: the statement writes them on its own, for speed.
const journalHash = inputHashSql({
  kind: `'base'`,
  source: `'charge:' || id`,
  currency: 'currency',
  effectiveAt: '$3::timestamptz',
  reverses: 'null::uuid',
  lines: postingText({
    debitKind: `'unbilled'`,
    debitParty: 'buyer_id',
    creditKind: 'earned_kind',
    creditParty: 'null::uuid',
    amountMinor: 'amount_minor',
  }),
});

/**
 * One statement for the leads of many agencies: lead, delivery, charge, journal and posting, all or nothing. As eleven
 * statements per lead the same work took three to four times as long, and TypeORM repositories cost nine tenths of the
 * throughput. A lead is left out, and so is not in the answer, when its natural key exists already, when its contract
 * changed since it was read or its vertical since the lead was checked, or when it costs something and its settlement is
 * not open or its buyer's balance is used up; the caller then finds out which.
 *
 * Rows go in by natural key, so that two batches with the same leads wait for each other, never in a circle. The lock
 * on the settlement keeps it from closing until this commits; the lock on the contract keeps its terms in force.
 */
const intakeSql = `
with input as materialized (
  select * from json_to_recordset($1::json) as r(agency_id uuid, lead_id uuid, delivery_id uuid, charge_id uuid,
    fee_id uuid, external_id text, test boolean, input_hash text, vertical text, contact jsonb, attributes jsonb,
    source jsonb, consent jsonb, score smallint, schema_version integer, actor text, k integer)
), terms as materialized (
  select t.*, c.credit_blocked, s.root_id, u.id as unbilled_id, a.id as accrued_id, f.id as deferred_id
  from json_to_recordset($2::json) as t(k integer, agency_id uuid, contract_id uuid, version integer,
    row_version integer, is_only boolean, vertical_version integer, buyer_id uuid, currency char(3), schedule text, time_zone text, period_start date,
    late_period_start date, base_minor bigint, fee_minor bigint, fee_rate_ppm integer)
  cross join lateral (
    select vertical, credit_blocked_at is not null as credit_blocked from contracts
    where agency_id = t.agency_id and id = t.contract_id and row_version = t.row_version and state = 'ACTIVE'
    for key share
  ) c
  join accounts u on u.book_id = t.agency_id and u.kind = 'unbilled' and u.currency = t.currency
    and u.party_id = t.buyer_id
  join accounts a on a.book_id = t.agency_id and a.kind = 'accrued' and a.currency = t.currency and a.party_id is null
  join accounts f on f.book_id = t.agency_id and f.kind = 'fee_deferred' and f.currency = t.currency
    and f.party_id is null
  left join lateral (
    select root_id from settlements
    where agency_id = t.agency_id and buyer_id = t.buyer_id and currency = t.currency and schedule = t.schedule
      and time_zone = t.time_zone and period_start = t.period_start and state = 'OPEN'
    for key share
  ) s on true
  where not (t.is_only and exists (
    select from contracts o
    where o.agency_id = t.agency_id and o.vertical = c.vertical and o.state = 'ACTIVE' and o.id <> t.contract_id))
  and t.vertical_version = coalesce((select version from verticals where key = c.vertical collate "C"), 0)
), lead as (
  insert into leads (agency_id, id, external_id, test, input_hash, vertical, state, contact, attributes, source,
    consent, score, schema_version, submitted_by, received_at)
  select i.agency_id, i.lead_id, i.external_id, i.test, decode(i.input_hash, 'hex'), i.vertical, 'SOLD', i.contact,
    i.attributes, i.source, i.consent, i.score, i.schema_version, i.actor, $3
  from input i join terms t using (k)
  where i.test or (t.root_id is not null and not t.credit_blocked)
  order by i.agency_id, i.external_id
  on conflict on constraint leads_external_id_key do nothing
  returning id
), delivery as (
  insert into deliveries (agency_id, id, lead_id, buyer_id, contract_id, contract_version, test, state, stage,
    delivered_at)
  select i.agency_id, i.delivery_id, i.lead_id, t.buyer_id, t.contract_id, t.version, i.test, 'ACCEPTED', 'NEW', $3
  from lead l join input i on i.lead_id = l.id join terms t using (k)
), billed as materialized (
  select i.charge_id as id, i.agency_id, i.delivery_id, i.lead_id, i.actor, t.root_id, t.contract_id,
    t.version, t.currency, t.late_period_start, t.buyer_id, t.unbilled_id, 'accrued' as earned_kind, 'AGENCY' as payee, 'BASE' as component,
    t.base_minor as amount_minor, t.base_minor as input_minor, null::integer as rate_ppm,
    t.accrued_id as earned_id, ':base' as key
  from lead l join input i on i.lead_id = l.id join terms t using (k) where not i.test
  union all
  select i.fee_id, i.agency_id, i.delivery_id, i.lead_id, i.actor, t.root_id, t.contract_id,
    t.version, t.currency, t.late_period_start, t.buyer_id, t.unbilled_id, 'fee_deferred', 'OPERATOR', 'PLATFORM_FEE',
    t.fee_minor, t.base_minor, t.fee_rate_ppm, t.deferred_id, ':base:fee'
  from lead l join input i on i.lead_id = l.id join terms t using (k) where not i.test and t.fee_minor > 0
), journal as (
  insert into journals (book_id, id, kind, source, idempotency_key, input_hash, effective_at, recorded_at, actor)
  select agency_id, id, 'base', 'charge:' || id, 'delivery:' || delivery_id || key,
    ${journalHash}, $3, $3, actor
  from billed
), posting as (
  insert into postings (book_id, journal_id, ordinal, debit_account_id, credit_account_id, amount_minor, currency)
  select agency_id, id, 1, unbilled_id, earned_id, amount_minor, currency from billed
), charge as (
  insert into charges (agency_id, id, settlement_id, delivery_id, lead_id, contract_id, contract_version, source_id,
    part, payee, component, revision, amount_minor, currency, input_minor, rate_ppm, late_period_start, effective_at,
    recorded_at)
  select agency_id, id, root_id, delivery_id, lead_id, contract_id, version, delivery_id, 'BASE', payee, component, 1,
    amount_minor, currency, input_minor, rate_ppm, late_period_start, $3, $3
  from billed
)
select id from lead`;

@Injectable()
export class IntakeStore {
  constructor(private readonly database: Database) {}

  /** Delivers the leads under their terms; returns the ids of those that were. */
  async deliver(
    groups: readonly { readonly terms: IntakeTerms; readonly leads: readonly IntakeLead[] }[],
    now: Date,
  ): Promise<ReadonlySet<string>> {
    const leads = groups.flatMap((group, k) => group.leads.map((lead) => leadParameter(lead, k)));
    const terms = groups.map((group, k) => termsParameter(group.terms, k));
    const rows = await this.database.prepared<{ id: string }>('intake', intakeSql, [
      JSON.stringify(leads),
      JSON.stringify(terms),
      now,
    ]);
    return new Set(rows.map(({ id }) => id));
  }
}

function leadParameter(lead: IntakeLead, k: number): object {
  const { submission } = lead;
  return {
    agency_id: lead.agencyId,
    lead_id: lead.leadId,
    delivery_id: lead.deliveryId,
    charge_id: lead.chargeId,
    fee_id: lead.feeId,
    external_id: submission.externalId,
    test: submission.test,
    input_hash: lead.inputHash,
    vertical: submission.vertical,
    contact: submission.contact,
    attributes: submission.attributes,
    source: storedSource(submission),
    consent: submission.consent,
    score: submission.score,
    schema_version: submission.schemaVersion,
    actor: lead.submittedBy,
    k,
  };
}

function storedSource({ source }: CheckedSubmission): object | null {
  if (!source) return null;
  const { cost } = source;
  return { ...source, cost: cost && { amountMinor: cost.amountMinor.toString(), currency: cost.currency } };
}

function termsParameter(terms: IntakeTerms, k: number): object {
  return {
    k,
    agency_id: terms.series.agencyId,
    contract_id: terms.contractId,
    version: terms.version,
    row_version: terms.rowVersion,
    is_only: terms.isOnly,
    vertical_version: terms.verticalVersion,
    buyer_id: terms.series.buyerId,
    currency: terms.series.currency,
    schedule: terms.series.schedule,
    time_zone: terms.series.timeZone,
    period_start: terms.periodStart,
    late_period_start: terms.latePeriodStart,
    base_minor: terms.base.amountMinor.toString(),
    fee_minor: (terms.fee?.amountMinor ?? 0n).toString(),
    fee_rate_ppm: terms.fee?.ratePpm ?? null,
  };
}
