import { Injectable } from '@nestjs/common';
import { newId, type Transaction } from '#database';
import { saleTables } from './billing-sql.js';
import { handoverTable } from './destination-sql.js';
import type { Verdict } from './decide-intake.js';
import { termsAsked } from './desk.store.js';
import type { IntakeLead } from './pending.js';
import type { IntakeTerms } from './placement.store.js';
import { termsAskedColumns, termsNowTable } from './terms-sql.js';

/** A lead with what was decided, and its person as it is kept. */
export interface KeptLead {
  readonly lead: IntakeLead;
  /** Places of the terms under which it is sold; none for one that is not. */
  readonly groups: readonly number[];
  readonly verdict: Verdict;
  readonly dataKey: Buffer;
  readonly person: Buffer;
  /** Null without consent. `textHash` is hex. */
  readonly consent: { readonly sealed: Buffer; readonly textHash: string | null } | null;
}

/**
 * The second trip of a batch: one statement for the leads of many agencies: lead, proof of consent, delivery, charge,
 * journal and posting. As eleven statements per lead the same work took three to four times as long, and TypeORM
 * repositories cost nine tenths of the throughput. A lead is left out, and so is not in the answer, when its natural key was
 * taken since the first trip; the caller then begins anew.
 *
 * Rows go in by natural key, so that two batches with the same leads wait for each other, never in a circle.
 */
const intakeSql = `
with input as materialized (
  select * from json_to_recordset($1::json) as r(agency_id uuid, lead_id uuid, external_id text, test boolean, input_hash text, vertical text, state text, state_reason text,
    duplicate_of uuid, asked_contract_id uuid, data_key text, person text, attributes jsonb, source jsonb, consent text,
    consent_text_hash text, score smallint, schema_version integer, actor text, is_released boolean,
    is_again boolean)
), sale as materialized (
  select * from json_to_recordset($4::json) as s(lead_id uuid, delivery_id uuid, charge_id uuid, fee_id uuid, k integer)
), asked as materialized (
  select * from json_to_recordset($2::json) as t(${termsAskedColumns}, version integer, late_period_start date,
    base_minor bigint, fee_minor bigint, fee_rate_ppm integer, bid_minor bigint, contact_sla_seconds integer)
), ${termsNowTable('asked')}, terms as materialized (
  select k, contract_id, version, buyer_id, currency, late_period_start, base_minor, fee_minor, fee_rate_ppm,
    bid_minor, contact_sla_seconds, root_id, unbilled_id, accrued_id, deferred_id, destination_id
  from asked join terms_now using (k)
), decided as materialized (
  -- Sold once a buyer has it; one that is still on its way to all its buyers is accepted.
  select i.lead_id, case when i.state = 'SOLD' and not exists (
      select from sale s join terms t using (k) where s.lead_id = i.lead_id and t.destination_id is null)
    then 'ACCEPTED' else i.state end as state
  from input i
), lead as (
  insert into leads (agency_id, id, external_id, test, input_hash, vertical, state, state_reason, duplicate_of,
    asked_contract_id, data_key, person, attributes, source, score, schema_version, submitted_by, received_at)
  select i.agency_id, i.lead_id, i.external_id, i.test, decode(i.input_hash, 'hex'), i.vertical, d.state,
    i.state_reason, i.duplicate_of, i.asked_contract_id, decode(i.data_key, 'base64'), decode(i.person, 'base64'),
    i.attributes, i.source, i.score, i.schema_version, i.actor, $3
  from input i join decided d using (lead_id) where not i.is_released
  order by i.agency_id, i.external_id
  on conflict on constraint leads_external_id_key do nothing
  returning id
), released as (
  -- A lead that another buyer has stays sold.
  update leads l set state = case when l.state = 'SOLD' then l.state else d.state end, duplicate_of = i.duplicate_of
  from input i join decided d using (lead_id)
  where i.is_released and l.agency_id = i.agency_id and l.id = i.lead_id
    and (l.state = 'QUARANTINED' and not i.is_again or l.state in ('ACCEPTED', 'UNSOLD', 'SOLD') and i.is_again)
  returning l.id
), taken as materialized (
  select id from lead union all select id from released
), proof as (
  insert into consent_proofs (agency_id, lead_id, sealed, text_hash, recorded_at)
  select i.agency_id, i.lead_id, decode(i.consent, 'base64'), decode(i.consent_text_hash, 'hex'), $3
  from lead l join input i on i.lead_id = l.id where i.consent is not null
), given as materialized (
  select i.agency_id, i.lead_id, s.delivery_id, s.charge_id, s.fee_id, i.test, i.actor, t.*
  from taken l join input i on i.lead_id = l.id join sale s on s.lead_id = l.id join terms t using (k)
  where t.root_id is not null or i.test
), delivery as (
  insert into deliveries (agency_id, id, lead_id, buyer_id, contract_id, contract_version, test, state, stage,
    delivered_at, bid_minor, contact_due_at)
  select agency_id, delivery_id, lead_id, buyer_id, contract_id, version, test,
    case when destination_id is null then 'ACCEPTED' else 'PENDING' end, 'NEW', $3, bid_minor,
    case when destination_id is null then $3::timestamptz + make_interval(secs => contact_sla_seconds) end
  from given
), ${handoverTable('given')}, sold as materialized (
  select * from given where destination_id is null
), ${saleTables({ source: 'sold', at: '$3::timestamptz' })}
select case when (select count(*) from taken) < (select count(*) from input)
    or (select count(*) from given) < (select count(*) from sale) then batch_moved() end as moved,
  (select json_agg(lead_id) from decided where state = 'ACCEPTED') as accepted`;

/** Whether a statement failed because something moved since it was decided what to write. Nothing was done. */
export function hasMoved(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'LD001';
}

@Injectable()
export class IntakeStore {
  /**
   * Writes the leads as they were decided, in one statement that goes out at once; returns the ids of those that are
   * ACCEPTED, of which those that were to be SOLD are still on their way to their buyers. Fails, see {@link hasMoved},
   * when not all of it can be written.
   */
  async write(
    tx: Transaction,
    kept: readonly KeptLead[],
    terms: readonly IntakeTerms[],
    now: Date,
  ): Promise<ReadonlySet<string>> {
    const [row] = await tx.prepared<{ accepted: readonly string[] | null }>('intake', intakeSql, [
      JSON.stringify(kept.map(leadParameter)),
      JSON.stringify(terms.map(termsParameter)),
      now,
      JSON.stringify(kept.flatMap(saleParameters)),
    ]);
    return new Set(row?.accepted);
  }
}

/** A delivery of the lead to each who gets it, with the ids that its rows will have. */
function saleParameters({ lead, groups }: KeptLead): object[] {
  return groups.map((k) => ({
    lead_id: lead.leadId,
    delivery_id: newId(),
    charge_id: newId(),
    fee_id: newId(),
    k,
  }));
}

function leadParameter({ lead, verdict, dataKey, person, consent }: KeptLead): object {
  const { submission } = lead;
  const { publicKeys } = submission;
  return {
    agency_id: lead.agencyId,
    lead_id: lead.leadId,
    external_id: submission.externalId,
    test: submission.test,
    input_hash: lead.inputHash,
    vertical: submission.vertical,
    state: verdict.state,
    state_reason: verdict.reason,
    duplicate_of: verdict.duplicateOf,
    asked_contract_id: submission.contractId,
    data_key: dataKey.toString('base64'),
    person: person.toString('base64'),
    attributes: submission.attributes.filter(({ key }) => publicKeys.has(key)),
    source: storedSource(lead),
    consent: consent && consent.sealed.toString('base64'),
    consent_text_hash: consent?.textHash ?? null,
    score: submission.score,
    schema_version: submission.schemaVersion,
    actor: lead.submittedBy,
    is_released: lead.isReleased,
    is_again: lead.past !== null,
  };
}

function storedSource({ submission: { source } }: IntakeLead): object | null {
  if (!source) return null;
  const { cost } = source;
  return { ...source, cost: cost && { amountMinor: cost.amountMinor.toString(), currency: cost.currency } };
}

function termsParameter(terms: IntakeTerms, k: number): object {
  const { contract, base, fee } = terms;
  return {
    version: contract.version,
    late_period_start: terms.latePeriodStart,
    base_minor: base.amountMinor.toString(),
    fee_minor: (fee?.amountMinor ?? 0n).toString(),
    fee_rate_ppm: fee?.ratePpm ?? null,
    bid_minor: terms.bidMinor?.toString() ?? null,
    contact_sla_seconds: contract.terms.contactSlaSeconds,
    ...termsAsked(terms, k),
  };
}
