import { type Charge, chargeColumns, chargeOf, type ChargeRow } from '#charges';
import {
  type ChargeComponent,
  chargeComponents,
  contractVersionKey,
  explainCharge,
  type PriceExplanation,
  termsOfVersions,
} from '#contracts';
import { Database } from '#database';
import { asCurrency } from '#money';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import { keyset, type KeysetPage } from '#database';
import type { LineGroup } from './settlement-line.js';
import type { Settlement } from './settlement.js';
import { visibleTo } from '#organizations';

/** What of a settlement its lines are found by. */
export type Lined = Pick<Settlement, 'agencyId' | 'rootId'>;

export interface RunningTotal {
  readonly id: string;
  /** The sum of the line and of all before it, in minor units. */
  readonly totalMinor: bigint;
}

/** The lines of settlements, which are charges; what is given as a settlement must be one that the actor was shown. */
@Injectable()
export class SettlementLineQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Charge[]> {
    const rows = await this.database.query<ChargeRow>(
      `select ${chargeColumns} from charges c
       join settlements s on s.agency_id = c.agency_id and s.id = c.settlement_id
       where ${visibleTo(actor, 's')} and ${visibleAgency(actor)} and c.id = any($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(chargeOf);
  }

  /** In the order in which they were charged; one more than the page's limit, in the page's direction. */
  async page({ agencyId, rootId }: Lined, page: KeysetPage): Promise<Charge[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'c.id',
      newestFirst: false,
      placeholder: '$3',
    });
    const rows = await this.database.query<ChargeRow>(
      `select ${chargeColumns} from charges c where c.agency_id = $1 and c.settlement_id = $2 and ${condition}
       order by ${orderBy} limit $4`,
      [agencyId, rootId, key, page.limit + 1],
    );
    return rows.map(chargeOf);
  }

  /** How many lines there are, counted no further than `max`. */
  async count({ agencyId, rootId }: Lined, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from charges where agency_id = $1 and settlement_id = $2 limit $3) found`,
      [agencyId, rootId, max],
    );
    return row?.count ?? 0;
  }

  /**
   * What the statement comes to up to each of these lines of one settlement: one sum over what lies before them, so a
   * page far into a long statement takes longer. Nothing is kept for it, because late lines would change all of it.
   */
  async runningTotals({ agencyId, rootId }: Lined, ids: readonly string[]): Promise<RunningTotal[]> {
    const rows = await this.database.query<{ id: string; total: string }>(
      `with asked as (
         select id, lag(id, 1, '00000000-0000-0000-0000-000000000000') over (order by id) as previous
         from unnest($3::uuid[]) as a (id))
       select a.id, sum(part.amount) over (order by a.id) as total from asked a
       cross join lateral (
         select coalesce(sum(amount_minor), 0) as amount from charges c
         where c.agency_id = $1 and c.settlement_id = $2 and c.id > a.previous and c.id <= a.id) part`,
      [agencyId, rootId, ids],
    );
    return rows.map(({ id, total }) => ({ id, totalMinor: BigInt(total) }));
  }

  /** Why each of these lines is owed, by its id: from its own columns and the terms that it was priced with. */
  async explanations(lines: readonly Charge[]): Promise<ReadonlyMap<string, PriceExplanation>> {
    const refs = lines.map(({ agencyId, contractId, contractVersion: version }) => ({
      agencyId,
      contractId,
      version,
    }));
    const [terms, reversed] = await Promise.all([termsOfVersions(this.database, refs), this.reversed(lines)]);
    return new Map(
      lines.map((line) => {
        const of = reversed.get(line.reverses ?? '');
        const stored = { ...line, reverses: of?.component ?? null, rerouted: of?.rerouted ?? false };
        const version = contractVersionKey({ contractId: line.contractId, version: line.contractVersion });
        return [line.id, explainCharge(stored, terms.get(version))];
      }),
    );
  }

  private async reversed(lines: readonly Charge[]): Promise<ReadonlyMap<string, Reversed>> {
    const reversals = lines.filter(({ reverses }) => reverses !== null);
    if (reversals.length === 0) return new Map();
    const rows = await this.database.query<Reversed & { readonly id: string }>(
      `select c.id, c.component, d.rerouted_at is not null as rerouted
       from unnest($1::uuid[], $2::uuid[]) as r (agency_id, id)
       join charges c on c.agency_id = r.agency_id and c.id = r.id
       join deliveries d on d.agency_id = c.agency_id and d.id = c.delivery_id`,
      [reversals.map(({ agencyId }) => agencyId), reversals.map(({ reverses }) => reverses)],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /**
   * The lines summed up by component and amount, the most numerous first within a component. Beyond `max` groups the
   * rest of a component is one group without a unit.
   */
  async groups({ agencyId, rootId }: Lined, max: number): Promise<LineGroup[]> {
    const rows = await this.database.query<GroupRecord>(
      `with alike as (
         select component, currency, amount_minor, count(*) as count, array_position($3::text[], component) as place
         from charges where agency_id = $1 and settlement_id = $2 group by component, currency, amount_minor),
       ranked as (
         select *, row_number() over (order by count desc, place, amount_minor desc) <= $4 as shown from alike),
       grouped as (
         select place, component, currency, case when shown then amount_minor end as unit, sum(count) as count,
           sum(count * amount_minor) as amount
         from ranked group by place, component, currency, unit)
       select component, currency, unit, count, amount from grouped
       order by place, unit is null, count desc, unit desc`,
      [agencyId, rootId, chargeComponents, max],
    );
    return rows.map((row) => ({
      component: row.component,
      currency: asCurrency(row.currency),
      unitMinor: row.unit === null ? null : BigInt(row.unit),
      count: Number(row.count),
      amountMinor: BigInt(row.amount),
    }));
  }
}

/** What a line takes back, and whether its lead went to another buyer. */
interface Reversed {
  readonly component: ChargeComponent;
  readonly rerouted: boolean;
}

interface GroupRecord {
  readonly component: ChargeComponent;
  readonly currency: string;
  readonly unit: string | null;
  readonly count: string;
  readonly amount: string;
}

/** The same as the settlement's agency; said of the charge as well, its key is found agency by agency. */
function visibleAgency(actor: Actor): string {
  if (actor.kind === 'AGENCY') return 'c.agency_id = $1';
  return actor.kind === 'BUYER'
    ? 'c.agency_id in (select agency_id from contracts where buyer_id = $1)'
    : `c.agency_id in (select id from organizations where kind = 'AGENCY')`;
}
