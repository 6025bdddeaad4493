import { Database } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import { keyset, type KeysetPage } from '#database';
import type { Return, ReturnState } from './return.js';
import { type ReturnRecord, returnColumns, returnOf } from './return.store.js';
import { visibleWithDelivery } from '#organizations';

/** Which returns a list shows; without a state, all. */
export interface ReturnFilter {
  readonly state?: ReturnState;
}

/** Returns as an actor sees them: a buyer its own, an agency those of its leads, the operator all. */
@Injectable()
export class ReturnQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Return[]> {
    const rows = await this.database.query<ReturnRecord>(
      `select ${returnColumns} from returns r where ${visibleWithDelivery(actor, 'r', 'delivery_id')} and r.id = any($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(returnOf);
  }

  /** The returns of these leads: at most one for each buyer that was given the lead. */
  async ofLeads(actor: Actor, leadIds: readonly string[]): Promise<Return[]> {
    const rows = await this.database.query<ReturnRecord>(
      `select ${returnColumns} from deliveries v
       join returns r on r.agency_id = v.agency_id and r.delivery_id = v.id
       where ${visibleWithDelivery(actor, 'v', 'id')} and v.lead_id = any($2::uuid[]) order by r.id`,
      [actor.organizationId, leadIds],
    );
    return rows.map(returnOf);
  }

  /** A page of all visible returns, the last requested first; one row more than the limit when another page follows. */
  async list(actor: Actor, filter: ReturnFilter, page: KeysetPage): Promise<Return[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'r.id',
      newestFirst: true,
      placeholder: '$3',
    });
    const rows = await this.database.query<ReturnRecord>(
      `select ${returnColumns} from returns r
       where ${visibleWithDelivery(actor, 'r', 'delivery_id')} and ($2::text is null or r.state = $2) and ${condition}
       order by ${orderBy} limit $4`,
      [actor.organizationId, filter.state ?? null, key, page.limit + 1],
    );
    return rows.map(returnOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, filter: ReturnFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from returns r where ${visibleWithDelivery(actor, 'r', 'delivery_id')} and ($2::text is null or r.state = $2) limit $3) found`,
      [actor.organizationId, filter.state ?? null, max],
    );
    return row?.count ?? 0;
  }
}
