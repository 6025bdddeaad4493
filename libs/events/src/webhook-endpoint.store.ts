import type { Transaction } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import { messageIdSql } from './event-sql.js';
import type { EventType } from './event-type.js';
import type { DisabledReason, EndpointState, WebhookEndpoint } from './webhook-endpoint.js';

/** A row of `webhook_endpoints` as the driver hands it over. */
export interface EndpointRecord {
  readonly id: string;
  readonly organization_id: string;
  readonly url: string;
  readonly description: string;
  readonly types: readonly EventType[] | null;
  readonly state: EndpointState;
  readonly disabled_because: DisabledReason | null;
  readonly created_at: Date;
  readonly changed_at: Date;
  readonly failures: number;
  readonly open_until: Date | null;
}

/** The columns of an endpoint, for a select over `webhook_endpoints` under the alias `w`. */
export const endpointColumns = `w.id, w.organization_id, w.url, w.description, w.types, w.state, w.disabled_because,
  w.created_at, w.changed_at, w.failures, w.open_until`;

export function endpointOf(row: EndpointRecord): WebhookEndpoint {
  const { id, url, description, types, state, failures } = row;
  return {
    id,
    organizationId: row.organization_id,
    url,
    description,
    types,
    state,
    disabledBecause: row.disabled_because,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    failures,
    openUntil: row.open_until,
  };
}

/** The condition under which the actor, whose organization is $1, sees an endpoint: its own, the operator all of them. */
export function visibleEndpoint(actor: Actor): string {
  return actor.kind === 'OPERATOR' || actor.kind === 'SYSTEM'
    ? '$1::uuid is not null'
    : 'w.organization_id = $1';
}

/** Writes endpoints, their secrets, and what people queue. */
@Injectable()
export class WebhookEndpointStore {
  /** Locks the organization, so that two calls at once do not go beyond the bound together; how many endpoints it has. */
  async lockAndCount(tx: Transaction, organizationId: string): Promise<number> {
    await tx.query('select 1 from organizations where id = $1 for no key update', [organizationId]);
    const [row] = await tx.query<{ count: number }>(
      `select count(*)::int as count from webhook_endpoints where organization_id = $1 and state <> 'DELETED'`,
      [organizationId],
    );
    return row?.count ?? 0;
  }

  async insert(
    tx: Transaction,
    endpoint: WebhookEndpoint,
    by: { readonly actorId: string; readonly secret: Uint8Array },
  ): Promise<void> {
    const { id, organizationId, url, description, types, createdAt } = endpoint;
    await tx.query(
      `insert into webhook_endpoints (id, organization_id, url, description, types, state, created_by, created_at,
         changed_at)
       values ($1, $2, $3, $4, $5, 'ENABLED', $6, $7, $7)`,
      [id, organizationId, url, description, types, by.actorId, createdAt],
    );
    await tx.query(
      `insert into webhook_secrets (endpoint_id, number, secret, created_at) values ($1, 1, $2, now())`,
      [id, by.secret],
    );
  }

  /** The endpoint when the actor sees it, locked until the transaction ends. */
  async lock(tx: Transaction, actor: Actor, id: string): Promise<WebhookEndpoint | undefined> {
    const [row] = await tx.query<EndpointRecord>(
      `select ${endpointColumns} from webhook_endpoints w where ${visibleEndpoint(actor)} and w.id = $2
       for no key update of w`,
      [actor.organizationId, id],
    );
    return row && endpointOf(row);
  }

  /** The new secret is right at once; those before it for as long as it is said, and none for longer than was said of it. */
  async rotate(tx: Transaction, endpointId: string, secret: Uint8Array, overlapHours: number): Promise<void> {
    await tx.query(
      `update webhook_secrets set expires_at = least(expires_at, now() + make_interval(hours => $2))
       where endpoint_id = $1 and (expires_at is null or expires_at > now())`,
      [endpointId, overlapHours],
    );
    await tx.query(
      `insert into webhook_secrets (endpoint_id, number, secret, created_at)
       select $1, coalesce(max(number), 0) + 1, $2, now() from webhook_secrets where endpoint_id = $1`,
      [endpointId, secret],
    );
  }

  /** Changes the state of a locked endpoint. An endpoint that is enabled again begins with a closed circuit. */
  async change(
    tx: Transaction,
    endpoint: WebhookEndpoint,
    change: { readonly to: EndpointState; readonly because: DisabledReason | null; readonly at: Date },
  ): Promise<void> {
    await tx.query(
      `update webhook_endpoints set state = $2, disabled_because = $3, changed_at = $4, failures = 0, opened = 0,
         open_until = null
       where id = $1`,
      [endpoint.id, change.to, change.because, change.at],
    );
    if (change.to !== 'DELETED') return;
    await tx.query('delete from webhook_secrets where endpoint_id = $1', [endpoint.id]);
    await tx.query(
      `update webhook_deliveries set state = 'CANCELED', finished_at = now()
       where endpoint_id = $1 and state = 'WAITING'`,
      [endpoint.id],
    );
  }

  /** Queues a made-up event; the id of its message. */
  async queueSample(tx: Transaction, endpointId: string, type: EventType): Promise<string> {
    const [row] = await tx.query<{ id: string }>(
      `insert into webhook_deliveries (id, endpoint_id, event_id, type, state, next_try_at, give_up_at, created_at)
       select m.id, $1, m.id, $2, 'WAITING', now(), now() + interval '72 hours', now()
       from (select ${messageIdSql()} as id) m returning id`,
      [endpointId, type],
    );
    return row?.id ?? '';
  }
}
