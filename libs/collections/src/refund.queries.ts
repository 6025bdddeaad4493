import { Database, keyset, type KeysetPage } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { Refund, RefundState } from './refund.js';
import { refundColumns, refundOf, type RefundRecord } from './refund.store.js';
import { visibleToBuyer } from './visible-to-buyer.js';

export interface RefundFilter {
  readonly state?: RefundState | undefined;
  readonly buyerId?: string | undefined;
}

// $2 and $3 are the parameters of `filterParameters`.
const matches = '($2::text is null or r.state = $2) and ($3::uuid is null or r.buyer_id = $3)';

function filterParameters({ state, buyerId }: RefundFilter): unknown[] {
  return [state ?? null, buyerId ?? null];
}

/** Refunds as an actor sees them: a buyer its own, the operator all, an agency none. */
@Injectable()
export class RefundQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Refund[]> {
    const rows = await this.database.query<RefundRecord>(
      `select ${refundColumns} from refunds r where ${visibleToBuyer(actor, 'r')} and r.id = any ($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(refundOf);
  }

  /** Newest first; one more than the page's limit, in the page's direction. */
  async page(actor: Actor, filter: RefundFilter, page: KeysetPage): Promise<Refund[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'r.id',
      newestFirst: true,
      placeholder: '$4',
    });
    const rows = await this.database.query<RefundRecord>(
      `select ${refundColumns} from refunds r where ${visibleToBuyer(actor, 'r')} and ${matches} and ${condition}
       order by ${orderBy} limit $5`,
      [actor.organizationId, ...filterParameters(filter), key, page.limit + 1],
    );
    return rows.map(refundOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, filter: RefundFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from refunds r where ${visibleToBuyer(actor, 'r')} and ${matches} limit $4) found`,
      [actor.organizationId, ...filterParameters(filter), max],
    );
    return row?.count ?? 0;
  }
}
