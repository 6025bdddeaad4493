import { Database, keyset, type KeysetPage } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { EventType } from './event-type.js';
import type { WebhookEndpoint } from './webhook-endpoint.js';
import {
  endpointColumns,
  endpointOf,
  type EndpointRecord,
  visibleEndpoint,
} from './webhook-endpoint.store.js';
import {
  maxShownAttempts,
  type MessageFailure,
  type MessageState,
  type WebhookAttempt,
  type WebhookMessageLog,
} from './webhook-message.js';

interface MessageRecord {
  readonly id: string;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly event_home_id: string | null;
  readonly type: EventType;
  readonly state: MessageState;
  readonly tries: number;
  readonly next_try_at: Date;
  readonly last_failure: MessageFailure | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

const messageColumns = `d.id, d.endpoint_id, d.event_id, d.event_home_id, d.type, d.state, d.tries, d.next_try_at,
  d.last_failure, d.created_at, d.finished_at`;

function messageOf(row: MessageRecord): WebhookMessageLog {
  const { id, type, state, tries } = row;
  return {
    id,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    sample: row.event_home_id === null,
    type,
    state,
    tries,
    nextTryAt: state === 'WAITING' ? row.next_try_at : null,
    lastFailure: row.last_failure,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}

/** Endpoints and what was sent to them, as an actor sees them. */
@Injectable()
export class WebhookQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, deleted ones included, in no particular order. */
  async endpoints(actor: Actor, ids: readonly string[]): Promise<WebhookEndpoint[]> {
    const rows = await this.database.query<EndpointRecord>(
      `select ${endpointColumns} from webhook_endpoints w where ${visibleEndpoint(actor)} and w.id = any($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(endpointOf);
  }

  /** The endpoints of one organization that are not deleted, oldest first; none when it is not the actor's to see. */
  async endpointPage(actor: Actor, organizationId: string, page: KeysetPage): Promise<WebhookEndpoint[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'w.id',
      newestFirst: false,
      placeholder: '$3',
    });
    const rows = await this.database.query<EndpointRecord>(
      `select ${endpointColumns} from webhook_endpoints w
       where ${visibleEndpoint(actor)} and w.organization_id = $2 and w.state <> 'DELETED' and ${condition}
       order by ${orderBy} limit $4`,
      [actor.organizationId, organizationId, key, page.limit + 1],
    );
    return rows.map(endpointOf);
  }

  /** How many `endpointPage` has, counted no further than `max`. */
  async countEndpoints(actor: Actor, organizationId: string, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from webhook_endpoints w
         where ${visibleEndpoint(actor)} and w.organization_id = $2 and w.state <> 'DELETED' limit $3) found`,
      [actor.organizationId, organizationId, max],
    );
    return row?.count ?? 0;
  }

  /** The visible ones among these ids, in no particular order. */
  async messages(actor: Actor, ids: readonly string[]): Promise<WebhookMessageLog[]> {
    const rows = await this.database.query<MessageRecord>(
      `select ${messageColumns} from webhook_deliveries d join webhook_endpoints w on w.id = d.endpoint_id
       where ${visibleEndpoint(actor)} and d.id = any($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(messageOf);
  }

  /** What was sent, or is to be, to an endpoint that the actor was shown; newest first. Null: in whatever state. */
  async messagePage(
    endpointId: string,
    state: MessageState | null,
    page: KeysetPage,
  ): Promise<WebhookMessageLog[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'd.id',
      newestFirst: true,
      placeholder: '$2',
    });
    const rows = await this.database.query<MessageRecord>(
      `select ${messageColumns} from webhook_deliveries d
       where d.endpoint_id = $1 and ${condition} and ${inState(state)}
       order by ${orderBy} limit $3`,
      [endpointId, key, page.limit + 1],
    );
    return rows.map(messageOf);
  }

  /** How many `messagePage` has, counted no further than `max`. */
  async countMessages(endpointId: string, state: MessageState | null, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from webhook_deliveries d where d.endpoint_id = $1 and ${inState(state)} limit $2) found`,
      [endpointId, max],
    );
    return row?.count ?? 0;
  }

  /** The latest attempts of messages that the actor was shown, in their order. */
  async attempts(messageIds: readonly string[]): Promise<WebhookAttempt[]> {
    return await this.database.query<WebhookAttempt>(
      `select a.delivery_id as "messageId", a.number, a.started_at as "startedAt", a.duration_ms as "durationMs",
         a.status, a.failure, encode(a.body_hash, 'hex') as "bodyHash", a.answer_bytes as "answerBytes",
         a.answer_start as "answerStart"
       from unnest($1::uuid[]) as m (id) cross join lateral (
         select * from webhook_attempts where delivery_id = m.id order by number desc limit $2) a
       order by a.delivery_id, a.number`,
      [messageIds, maxShownAttempts],
    );
  }
}

/** As text, so that the partial indexes of states are used. */
function inState(state: MessageState | null): string {
  return state === null ? 'true' : `d.state = '${state}'`;
}
