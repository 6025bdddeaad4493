import { Database } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import { keyset, type KeysetPage } from '#database';
import type { Settlement, SettlementRef, SettlementState, SettlementTotals } from './settlement.js';
import { settlementColumns, settlementOf, type SettlementRecord } from './settlement.store.js';
import { visibleTo } from '#organizations';

export interface SettlementFilter {
  readonly state?: SettlementState | undefined;
  readonly agencyId?: string | undefined;
  readonly buyerId?: string | undefined;
  /** YYYY-MM-DD: settlements of the periods that begin on this day. */
  readonly periodStart?: string | undefined;
}

/** One change of a settlement's state. */
export interface SettlementEvent {
  readonly agencyId: string;
  readonly settlementId: string;
  /** The version that it led to. */
  readonly version: number;
  readonly from: SettlementState | null;
  readonly to: SettlementState;
  readonly actorId: string;
  readonly note: string | null;
  readonly occurredAt: Date;
}

// $2 to $5 are the parameters of `filterParameters`.
const matches = `($2::text is null or s.state = $2) and ($3::uuid is null or s.agency_id = $3)
  and ($4::uuid is null or s.buyer_id = $4) and ($5::date is null or s.period_start = $5)`;

function filterParameters(filter: SettlementFilter): unknown[] {
  return [filter.state ?? null, filter.agencyId ?? null, filter.buyerId ?? null, filter.periodStart ?? null];
}

/** Settlements as an actor sees them. */
@Injectable()
export class SettlementQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Settlement[]> {
    const rows = await this.database.query<SettlementRecord>(
      `select ${settlementColumns} from settlements s where ${visibleTo(actor, 's')} and s.id = any($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(settlementOf);
  }

  /** Those of these that exist, in no particular order. Not limited to an actor: for work of the system. */
  async byRefs(refs: readonly SettlementRef[]): Promise<Settlement[]> {
    const rows = await this.database.query<SettlementRecord>(
      `select ${settlementColumns} from settlements s
       where (s.agency_id, s.id) in (select * from unnest($1::uuid[], $2::uuid[]))`,
      [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
    );
    return rows.map(settlementOf);
  }

  /** Newest first; one more than the page's limit, in the page's direction. */
  async page(actor: Actor, filter: SettlementFilter, page: KeysetPage): Promise<Settlement[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 's.id',
      newestFirst: true,
      placeholder: '$6',
    });
    const rows = await this.database.query<SettlementRecord>(
      `select ${settlementColumns} from settlements s where ${visibleTo(actor, 's')} and ${matches} and ${condition}
       order by ${orderBy} limit $7`,
      [actor.organizationId, ...filterParameters(filter), key, page.limit + 1],
    );
    return rows.map(settlementOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, filter: SettlementFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from settlements s where ${visibleTo(actor, 's')} and ${matches} limit $6) found`,
      [actor.organizationId, ...filterParameters(filter), max],
    );
    return row?.count ?? 0;
  }

  /**
   * What settlements that still gather come to so far, by their ids; of closed ones the totals are in the settlement.
   * Not limited to an actor: give settlements that the actor was shown.
   */
  async totalsSoFar(
    settlements: readonly Pick<Settlement, 'agencyId' | 'id' | 'rootId'>[],
  ): Promise<ReadonlyMap<string, SettlementTotals>> {
    const rows = await this.database.query<TotalsRecord>(
      `select r.id, t.* from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as r (agency_id, id, root_id)
       cross join lateral (
         select count(*)::int as line_count,
           coalesce(sum(amount_minor) filter (where payee = 'AGENCY'), 0) as agency,
           coalesce(sum(amount_minor) filter (where payee = 'OPERATOR'), 0) as fee,
           coalesce(sum(amount_minor) filter (where after_approval and payee = 'AGENCY'), 0) as corrected_agency,
           coalesce(sum(amount_minor) filter (where after_approval and payee = 'OPERATOR'), 0) as corrected_fee
         from charges c where c.agency_id = r.agency_id and c.settlement_id = r.root_id) t`,
      [
        settlements.map(({ agencyId }) => agencyId),
        settlements.map(({ id }) => id),
        settlements.map(({ rootId }) => rootId),
      ],
    );
    return new Map(rows.map((row) => [row.id, totalsOf(row)]));
  }

  /** The changes of state of these settlements, oldest first. Not limited to an actor, like {@link totalsSoFar}. */
  async history(refs: readonly SettlementRef[]): Promise<SettlementEvent[]> {
    return await this.database.query<SettlementEvent>(
      `select e.agency_id as "agencyId", e.settlement_id as "settlementId", e.version, e.from_state as "from",
         e.to_state as "to", e.actor as "actorId", e.note, e.occurred_at as "occurredAt"
       from (select distinct * from unnest($1::uuid[], $2::uuid[])) as r (agency_id, id)
       join settlement_events e on e.agency_id = r.agency_id and e.settlement_id = r.id
       order by e.settlement_id, e.version`,
      [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
    );
  }
}

interface TotalsRecord {
  readonly id: string;
  readonly line_count: number;
  readonly agency: string;
  readonly fee: string;
  readonly corrected_agency: string;
  readonly corrected_fee: string;
}

function totalsOf(row: TotalsRecord): SettlementTotals {
  return {
    lineCount: row.line_count,
    agencyMinor: BigInt(row.agency),
    feeMinor: BigInt(row.fee),
    correctedAgencyMinor: BigInt(row.corrected_agency),
    correctedFeeMinor: BigInt(row.corrected_fee),
  };
}
