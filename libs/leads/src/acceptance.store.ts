import { localDateOf, periodContaining } from '#calendar';
import { gather, type SettlementSeries } from '#charges';
import { type ContractTerms, contractVersionKey, price, termsOfVersions } from '#contracts';
import { newId, type Transaction } from '#database';
import { eventTables } from '#events';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import { billedColumns, billedJoins, saleTables } from './billing-sql.js';

/** A delivery that its buyer has taken, or not, with the contract version that it was made under. */
export interface AnsweredDelivery {
  readonly agencyId: string;
  readonly id: string;
  readonly contractId: string;
  readonly contractVersion: number;
}

/** How a delivery ended that the buyer did not take. */
export interface EndedDelivery extends AnsweredDelivery {
  readonly state: 'REJECTED' | 'DUPLICATE' | 'TIMED_OUT' | 'FAILED' | 'CANCELED';
  /** A code; never a person's data. */
  readonly reason: string | null;
}

/** A delivery that came to nothing: the lead is free for another buyer. */
export interface UndeliveredDelivery {
  readonly agencyId: string;
  readonly id: string;
  readonly leadId: string;
  readonly buyerId: string;
  readonly contractId: string;
  readonly test: boolean;
  /** RETURNED: it was taken from the buyer, who had taken it. */
  readonly state: EndedDelivery['state'] | 'RETURNED';
}

/** Who writes, and when it counts. */
export interface WrittenBy {
  readonly actorId: string;
  readonly now: Date;
}

/**
 * One statement for all that were taken together: delivery, lead, charge, journal, posting and event. A
 * delivery that is not PENDING any more is left out, and so is one whose settlement is not open.
 */
const acceptSql = `
with input as materialized (
  select * from json_to_recordset($1::json) as r(agency_id uuid, delivery_id uuid, charge_id uuid, fee_id uuid, k integer)
), terms as materialized (
  select t.*, ${billedColumns}
  from json_to_recordset($2::json) as t(k integer, agency_id uuid, contract_id uuid, version integer, buyer_id uuid,
    currency char(3), schedule text, time_zone text, period_start date, late_period_start date, base_minor bigint,
    fee_minor bigint, fee_rate_ppm integer, contact_sla_seconds integer)
  ${billedJoins}
), taken as (
  update deliveries d set state = 'ACCEPTED', delivered_at = $3,
    contact_due_at = $3::timestamptz + make_interval(secs => t.contact_sla_seconds)
  from input i join terms t using (k)
  where d.agency_id = i.agency_id and d.id = i.delivery_id and d.state = 'PENDING' and (d.test or t.root_id is not null)
  returning d.agency_id, d.id as delivery_id, d.lead_id, d.test, i.charge_id, i.fee_id, $4::text as actor,
    t.contract_id, t.version, t.buyer_id, t.currency, t.root_id, t.late_period_start, t.unbilled_id, t.accrued_id,
    t.deferred_id, t.base_minor, t.fee_minor, t.fee_rate_ppm
), sold as (
  update leads l set state = 'SOLD' from taken t
  where l.agency_id = t.agency_id and l.id = t.lead_id and l.state in ('ACCEPTED', 'UNSOLD')
), ${saleTables({ source: 'taken', at: '$3::timestamptz' })}
select delivery_id as id from taken`;

/** The rows of a batch lie in its order, so that two batches with the same deliveries wait for each other, never in a circle. */
const endSql = `
with input as materialized (
  select * from json_to_recordset($1::json) as r(agency_id uuid, delivery_id uuid, state text, reason text)
), ended as (
  update deliveries d set state = i.state from input i
  where d.agency_id = i.agency_id and d.id = i.delivery_id and d.state = 'PENDING'
  returning d.agency_id, d.id as delivery_id, d.lead_id, d.buyer_id, d.contract_id, d.test, d.state, i.reason
), ${eventTables({
  type: 'delivery.failed',
  source: 'ended',
  occurredAt: '$2::timestamptz',
  test: 'test',
  payload: {
    leadId: 'lead_id',
    deliveryId: 'delivery_id',
    agencyId: 'agency_id',
    buyerId: 'buyer_id',
    contractId: 'contract_id',
    state: 'state',
    reason: 'reason',
  },
})}
select agency_id as "agencyId", delivery_id as id, lead_id as "leadId", buyer_id as "buyerId",
  contract_id as "contractId", test, state from ended order by agency_id, delivery_id`;

/** Deliveries that are sold at one price: of one contract version and one bid. */
interface Lot {
  readonly contractId: string;
  readonly version: number;
  readonly bidMinor: bigint | null;
  readonly terms: ContractTerms;
  readonly series: SettlementSeries;
}

interface Lots {
  readonly byKey: ReadonlyMap<string, Lot>;
  /** The key of each delivery's lot, by the delivery's id. */
  readonly keyOf: ReadonlyMap<string, string>;
}

/** Writes what buyers answered to deliveries that were pending. */
@Injectable()
export class AcceptanceStore {
  /**
   * Sells what buyers took, at `now`, each under the version that its delivery is bound to; gives the ids of those that were
   * pending. What is not pending any more is written by nobody: it was answered, or canceled, before.
   */
  async accept(
    tx: Transaction,
    taken: readonly AnsweredDelivery[],
    by: WrittenBy,
  ): Promise<ReadonlySet<string>> {
    if (taken.length === 0) return new Set();
    const lots = await readLots(tx, taken);
    const accepted = await this.sell(tx, taken, lots, by, ownPeriods(lots, by.now));
    const left = taken.filter(({ id }) => !accepted.has(id));
    if (left.length === 0) return accepted;
    // A settlement that has not begun yet, or is closed already: found or opened, and held.
    const periods = await gatheringPeriods(tx, lots, by.now);
    for (const id of await this.sell(tx, left, lots, by, periods)) accepted.add(id);
    return accepted;
  }

  /** Ends what buyers did not take; gives those that were pending. */
  async end(
    tx: Transaction,
    ended: readonly EndedDelivery[],
    { now }: Pick<WrittenBy, 'now'>,
  ): Promise<UndeliveredDelivery[]> {
    if (ended.length === 0) return [];
    const rows = ended.map(({ agencyId, id, state, reason }) => ({
      agency_id: agencyId,
      delivery_id: id,
      state,
      reason,
    }));
    return await tx.query<UndeliveredDelivery>(endSql, [JSON.stringify(rows), now]);
  }

  /**
   * Leads that nobody has any more, nor is being offered, and that wait for no other route, become UNSOLD. Their rows are locked first: of two deliveries of a
   * lead that end at once, the second sees the end of the first.
   */
  async free(tx: Transaction, undelivered: readonly UndeliveredDelivery[]): Promise<void> {
    const keys = [undelivered.map(({ agencyId }) => agencyId), undelivered.map(({ leadId }) => leadId)];
    const ofLeads = 'unnest($1::uuid[], $2::uuid[]) as k (agency_id, id)';
    await tx.query(
      `select 1 from leads l where (l.agency_id, l.id) in (select agency_id, id from ${ofLeads})
       order by l.agency_id, l.id for no key update`,
      keys,
    );
    await tx.query(
      `update leads l set state = 'UNSOLD' from ${ofLeads}
       where l.agency_id = k.agency_id and l.id = k.id and l.state = 'ACCEPTED' and not exists (
         select from deliveries d where d.agency_id = k.agency_id and d.lead_id = k.id and d.state in ('PENDING', 'ACCEPTED'))
         and not exists (select from leads_to_route r where r.agency_id = k.agency_id and r.lead_id = k.id)`,
      keys,
    );
  }

  private async sell(
    tx: Transaction,
    taken: readonly AnsweredDelivery[],
    { byKey, keyOf }: Lots,
    { actorId, now }: WrittenBy,
    periods: Periods,
  ): Promise<Set<string>> {
    const numbers = new Map([...byKey.keys()].map((key, k) => [key, k]));
    const input = taken.map(({ agencyId, id }) => ({
      agency_id: agencyId,
      delivery_id: id,
      charge_id: newId(),
      fee_id: newId(),
      k: numbers.get(keyOf.get(id) ?? ''),
    }));
    const terms = [...byKey.entries()].map(([key, lot], k) => {
      const period = periods.get(key);
      invariant(period, 'a contract version has no period');
      return termsParameter(lot, { k, ...period }, now);
    });
    // Planning it each time took as long as running it.
    const rows = await tx.prepared<{ id: string }>('accept-deliveries', acceptSql, [
      JSON.stringify(input),
      JSON.stringify(terms),
      now,
      actorId,
    ]);
    return new Set(rows.map(({ id }) => id));
  }
}

async function readLots(tx: Transaction, deliveries: readonly AnsweredDelivery[]): Promise<Lots> {
  const refs = deliveries.map(({ contractVersion: version, ...rest }) => ({ ...rest, version }));
  const found = await termsOfVersions(tx, refs);
  const rows = await tx.query<{ id: string; buyerId: string; bidMinor: string | null }>(
    `select d.id, d.buyer_id as "buyerId", d.bid_minor as "bidMinor"
     from unnest($1::uuid[], $2::uuid[]) as r (agency_id, id) join deliveries d using (agency_id, id)`,
    [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
  );
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const lots = refs.map((ref) => {
    const terms = found.get(contractVersionKey(ref));
    const row = rowOf.get(ref.id);
    invariant(terms && row, 'the terms of a delivery are missing');
    const series = {
      agencyId: ref.agencyId,
      buyerId: row.buyerId,
      currency: terms.baseRate.currency,
      schedule: terms.settlementSchedule,
      timeZone: terms.timeZone,
    };
    const bidMinor = row.bidMinor === null ? null : BigInt(row.bidMinor);
    const lot: Lot = { contractId: ref.contractId, version: ref.version, bidMinor, terms, series };
    return { id: ref.id, key: `${contractVersionKey(ref)}:${row.bidMinor ?? ''}`, lot };
  });
  // In one order in every process: they open the same settlements.
  const sorted = lots.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return {
    byKey: new Map(sorted.map(({ key, lot }) => [key, lot])),
    keyOf: new Map(lots.map(({ id, key }) => [id, key])),
  };
}

type Periods = ReadonlyMap<string, { readonly start: string; readonly lateStart: string | null }>;

function ownPeriods({ byKey }: Lots, now: Date): Periods {
  return new Map(
    [...byKey].map(([key, { series }]) => [key, { start: ownPeriod(series, now).start, lateStart: null }]),
  );
}

async function gatheringPeriods(tx: Transaction, { byKey }: Lots, now: Date): Promise<Periods> {
  const periods = new Map<string, { start: string; lateStart: string | null }>();
  for (const [key, { series }] of byKey) {
    const own = ownPeriod(series, now);
    const { periodStart } = await gather(tx, series, own, now);
    periods.set(key, { start: periodStart, lateStart: periodStart === own.start ? null : own.start });
  }
  return periods;
}

function ownPeriod(series: SettlementSeries, now: Date) {
  return periodContaining(series.schedule, localDateOf(now, series.timeZone));
}

function termsParameter(
  { contractId, version, bidMinor, terms, series }: Lot,
  { k, start, lateStart }: { readonly k: number; readonly start: string; readonly lateStart: string | null },
  now: Date,
): object {
  // All deliveries of a lot have the same facts so far, so one price serves them all.
  const none = { qualifiedAt: null, returnedAt: null, deals: [] };
  const facts = { deliveryId: '', deliveredAt: now, test: false, bidMinor, ...none };
  const { charges } = price(terms, facts);
  const base = charges.find(({ component }) => component === 'BASE');
  const fee = charges.find(({ component }) => component === 'PLATFORM_FEE');
  invariant(base, 'every delivered lead has a base charge');
  return {
    k,
    agency_id: series.agencyId,
    contract_id: contractId,
    version,
    buyer_id: series.buyerId,
    currency: series.currency,
    schedule: series.schedule,
    time_zone: series.timeZone,
    period_start: start,
    late_period_start: lateStart,
    base_minor: base.amountMinor.toString(),
    fee_minor: (fee?.amountMinor ?? 0n).toString(),
    fee_rate_ppm: fee?.ratePpm ?? null,
    contact_sla_seconds: terms.contactSlaSeconds,
  };
}
