import { Database, keyset, type KeysetPage } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { Dispute, DisputePart, DisputeState } from './dispute.js';
import { disputeColumns, disputeOf, disputeParts, type DisputeRecord } from './dispute.store.js';
import { visibleToBuyer } from './visible-to-buyer.js';

export interface DisputeFilter {
  readonly state?: DisputeState | undefined;
  readonly buyerId?: string | undefined;
}

// $2 and $3 are the parameters of `filterParameters`.
const matches = '($2::text is null or d.state = $2) and ($3::uuid is null or d.buyer_id = $3)';

function filterParameters({ state, buyerId }: DisputeFilter): unknown[] {
  return [state ?? null, buyerId ?? null];
}

/** Disputes as an actor sees them: a buyer its own, the operator all that are of our payments, an agency none. */
@Injectable()
export class DisputeQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Dispute[]> {
    const rows = await this.database.query<DisputeRecord>(
      `select ${disputeColumns} from disputes d where ${visibleToBuyer(actor, 'd')} and d.id = any ($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(disputeOf);
  }

  /** Newest first; one more than the page's limit, in the page's direction. */
  async page(actor: Actor, filter: DisputeFilter, page: KeysetPage): Promise<Dispute[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'd.id',
      newestFirst: true,
      placeholder: '$4',
    });
    const rows = await this.database.query<DisputeRecord>(
      `select ${disputeColumns} from disputes d where ${visibleToBuyer(actor, 'd')} and ${matches} and ${condition}
       order by ${orderBy} limit $5`,
      [actor.organizationId, ...filterParameters(filter), key, page.limit + 1],
    );
    return rows.map(disputeOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, filter: DisputeFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from disputes d where ${visibleToBuyer(actor, 'd')} and ${matches} limit $4) found`,
      [actor.organizationId, ...filterParameters(filter), max],
    );
    return row?.count ?? 0;
  }

  /** What they concern. Not limited to an actor: give disputes that the actor was shown. */
  async parts(
    disputeIds: readonly string[],
  ): Promise<readonly (DisputePart & { readonly disputeId: string })[]> {
    return await disputeParts(this.database, disputeIds);
  }
}
