import { Database } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { Deal, DealState } from './deal.js';
import { type DealRecord, dealColumns, dealOf } from './deal.store.js';
import { keyset, type KeysetPage } from '#database';
import { visibleWithDelivery } from '#organizations';

/** Which deals a list shows; without a state, all. */
export interface DealFilter {
  readonly state?: DealState;
}

/** Deals as an actor sees them: a buyer its own, an agency those of its leads, the operator all. */
@Injectable()
export class DealQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Deal[]> {
    const rows = await this.database.query<DealRecord>(
      `select ${dealColumns} from deals d where ${visibleWithDelivery(actor, 'd', 'delivery_id')} and d.id = any($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(dealOf);
  }

  /** A page of all visible deals, the last reported first; one row more than the limit when another page follows. */
  async list(actor: Actor, filter: DealFilter, page: KeysetPage): Promise<Deal[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'd.id',
      newestFirst: true,
      placeholder: '$3',
    });
    const rows = await this.database.query<DealRecord>(
      `select ${dealColumns} from deals d
       where ${visibleWithDelivery(actor, 'd', 'delivery_id')} and ($2::text is null or d.state = $2) and ${condition}
       order by ${orderBy} limit $4`,
      [actor.organizationId, filter.state ?? null, key, page.limit + 1],
    );
    return rows.map(dealOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, filter: DealFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from deals d where ${visibleWithDelivery(actor, 'd', 'delivery_id')} and ($2::text is null or d.state = $2) limit $3) found`,
      [actor.organizationId, filter.state ?? null, max],
    );
    return row?.count ?? 0;
  }

  /** The same page of the deals of each of several leads, in the order in which they were reported. */
  async ofLeads(actor: Actor, leadIds: readonly string[], page: KeysetPage): Promise<Deal[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'd.id',
      newestFirst: false,
      placeholder: '$3',
    });
    const rows = await this.database.query<DealRecord>(
      `select found.* from unnest($2::uuid[]) with ordinality as asked (lead_id, place)
       cross join lateral (
         select ${dealColumns} from deliveries v
         join deals d on d.agency_id = v.agency_id and d.delivery_id = v.id
         where ${visibleWithDelivery(actor, 'v', 'id')} and v.lead_id = asked.lead_id and ${condition}
         order by ${orderBy} limit $4) found
       order by asked.place, ${orderBy.replace('d.', 'found.')}`,
      [actor.organizationId, leadIds, key, page.limit + 1],
    );
    return rows.map(dealOf);
  }

  /** How many deals a lead has brought, counted no further than `max`. */
  async countOfLead(actor: Actor, leadId: string, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from deliveries v join deals d on d.agency_id = v.agency_id and d.delivery_id = v.id
         where ${visibleWithDelivery(actor, 'v', 'id')} and v.lead_id = $2 limit $3) found`,
      [actor.organizationId, leadId, max],
    );
    return row?.count ?? 0;
  }
}
