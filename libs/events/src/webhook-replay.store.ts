import type { Transaction } from '#database';
import type { OrganizationKind } from '#organizations';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import { messageIdSql } from './event-sql.js';
import { elsewhereSql, feedFloor, feedSql } from './feed-sql.js';
import type { WebhookEndpoint } from './webhook-endpoint.js';

/** Messages that one call queues again. */
export const maxReplayedAtOnce = 5_000;

/** How many messages were queued, and whether there are more that one call did not reach. */
export interface Requeued {
  readonly queued: number;
  readonly hasMore: boolean;
}

// Fenced off from whoever still sends it, and with all its time ahead.
const afresh = `state = 'WAITING', tries = 0, fence = d.fence + 1, next_try_at = now(),
  give_up_at = now() + interval '72 hours', finished_at = null, last_failure = null`;

/** Queues messages again. */
@Injectable()
export class WebhookReplayStore {
  /** The endpoint of a message; undefined when there is no such message. */
  async endpointOf(tx: Transaction, id: string): Promise<string | undefined> {
    const [row] = await tx.query<{ endpoint_id: string }>(
      'select endpoint_id from webhook_deliveries where id = $1',
      [id],
    );
    return row?.endpoint_id;
  }

  async again(tx: Transaction, id: string): Promise<void> {
    await tx.query(`update webhook_deliveries d set ${afresh} where d.id = $1`, [id]);
  }

  /** Those that were given up, of all that were queued since then (real time), the oldest first. */
  async failedSince(tx: Transaction, endpointId: string, since: Date): Promise<Requeued> {
    const found = await tx.query<{ id: string }>(
      `select id from webhook_deliveries where endpoint_id = $1 and state = 'DEAD' and created_at >= $2
       order by id limit $3 for no key update`,
      [endpointId, since, maxReplayedAtOnce + 1],
    );
    const ids = found.slice(0, maxReplayedAtOnce).map(({ id }) => id);
    await tx.query(`update webhook_deliveries d set ${afresh} where d.id = any($1::uuid[])`, [ids]);
    return { queued: ids.length, hasMore: found.length > ids.length };
  }

  /** Whether the endpoint's organization sees the event. */
  async sees(tx: Transaction, { organizationId }: WebhookEndpoint, eventId: string): Promise<boolean> {
    const rows = await tx.query(
      `select 1 from events where id = $2 and (organization_id = $1 or counterparty_id = $1
         or exists (select from organizations where id = $1 and kind = 'OPERATOR')) limit 1`,
      [organizationId, eventId],
    );
    return rows.length > 0;
  }

  /**
   * Every event of the endpoint's types after one and through another, whether it was sent before or not: the oldest first, and
   * never one that could still get a neighbour. What waits already stays as it is.
   */
  async range(
    tx: Transaction,
    endpoint: WebhookEndpoint,
    range: { readonly afterId: string | null; readonly throughId: string | null },
  ): Promise<Requeued & { readonly lastEventId: string | null }> {
    const [of] = await tx.query<{ kind: OrganizationKind }>('select kind from organizations where id = $1', [
      endpoint.organizationId,
    ]);
    invariant(of, 'an endpoint has no organization');
    const feed = feedSql({
      kind: of.kind,
      types: endpoint.types,
      testOnly: false,
      condition: `($3::uuid is null or e.id > $3) and ($4::uuid is null or e.id <= $4)`,
      orderBy: 'e.id',
      limit: '$5',
    });
    const elsewhere = await tx.query<{ xid: string }>(elsewhereSql);
    const found = await tx.query<{ organization_id: string; id: string; type: string }>(
      `with ${feedFloor('$6')} select organization_id, id, type from (${feed}) e order by id limit $5`,
      [
        endpoint.organizationId,
        endpoint.types,
        range.afterId,
        range.throughId,
        maxReplayedAtOnce + 1,
        elsewhere.map(({ xid }) => xid),
      ],
    );
    const events = found.slice(0, maxReplayedAtOnce);
    const queued = await tx.query(
      `insert into webhook_deliveries as d (id, endpoint_id, event_id, event_home_id, type, state, next_try_at,
         give_up_at, created_at)
       select ${messageIdSql()}, $1, r.id, r.home_id, r.type, 'WAITING', now(), now() + interval '72 hours', now()
       from unnest($2::uuid[], $3::uuid[], $4::text[]) with ordinality as r (id, home_id, type, n) order by r.n
       on conflict on constraint webhook_deliveries_event_key do update set ${afresh} where d.state <> 'WAITING'
       returning 1`,
      [
        endpoint.id,
        events.map(({ id }) => id),
        events.map((event) => event.organization_id),
        events.map(({ type }) => type),
      ],
    );
    return {
      queued: queued.length,
      hasMore: found.length > events.length,
      lastEventId: events.at(-1)?.id ?? null,
    };
  }
}
