import { Database, type Transaction } from '#database';
import type { WebhookTry } from '#webhooks';
import { Injectable } from '@nestjs/common';
import type { EventType } from './event-type.js';
import type { ToldEvent } from './payload.js';
import type { MessageFailure } from './webhook-message.js';

/** A message that this relay has taken, with all it needs to send it. */
export interface TakenMessage {
  readonly id: string;
  /** Only who has the last one may write down how it went. */
  readonly fence: string;
  readonly endpointId: string;
  readonly url: string;
  readonly secrets: readonly Uint8Array[];
  readonly eventId: string;
  readonly type: EventType;
  /** Null for a sample. */
  readonly event: ToldEvent | null;
  /** This one included; since it was queued last. */
  readonly tries: number;
  /** This one included; of all. */
  readonly attempt: number;
  /** Whole milliseconds until it is given up. */
  readonly leftMs: number;
  /** It finds out whether its endpoint is back. */
  readonly isProbe: boolean;
}

export interface Room {
  /** Messages that may be taken in all. */
  readonly capacity: number;
  /** Messages of an endpoint that is not among the exceptions. */
  readonly slots: number;
  readonly exceptions: readonly { readonly endpointId: string; readonly free: number }[];
}

/** How the try of a message went, and what becomes of it. */
export interface Finished {
  readonly message: TakenMessage;
  /** Null: given up without a try. */
  readonly made: WebhookTry | null;
  readonly failure: MessageFailure | null;
  /** Null: it is over. */
  readonly retryInMs: number | null;
}

/** Longer than a try lasts; who has not written down its end by then is taken for dead. */
const leaseSeconds = 40;

/**
 * Endpoints that have something due, found by jumping from one to the next along the index: thousands that wait for one of
 * them cost no more than one. Of an endpoint whose circuit is half open one message is taken, by whoever moves its time
 * forward. The order of endpoints is drawn, so that none is always last where there is little room.
 */
const takeSql = `
  with recursive waiting as (
    (select endpoint_id from webhook_deliveries where state = 'WAITING' order by endpoint_id limit 1)
    union all
    select (select d.endpoint_id from webhook_deliveries d where d.state = 'WAITING' and d.endpoint_id > w.endpoint_id
            order by d.endpoint_id limit 1)
    from waiting w where w.endpoint_id is not null
  ), ready as materialized (
    select e.id, e.open_until, coalesce(x.free, $2) as free
    from waiting w join webhook_endpoints e on e.id = w.endpoint_id
    left join unnest($3::uuid[], $4::int[]) as x (id, free) on x.id = e.id
    where e.state = 'ENABLED' and (e.open_until is null or e.open_until <= now()) and coalesce(x.free, $2) > 0
      and exists (select from webhook_deliveries d
        where d.endpoint_id = e.id and d.state = 'WAITING' and d.next_try_at <= now())
  ), probed as (
    update webhook_endpoints e set open_until = now() + make_interval(secs => $5)
    from ready r where e.id = r.id and r.open_until is not null and e.open_until = r.open_until
    returning e.id
  ), allowed as materialized (
    select r.id, case when r.open_until is null then r.free else 1 end as free, r.open_until is not null as is_probe
    from ready r where r.open_until is null or r.id in (select id from probed) order by random()
  ), taken as materialized (
    select d.id, a.is_probe from allowed a cross join lateral (
      select id from webhook_deliveries
      where endpoint_id = a.id and state = 'WAITING' and next_try_at <= now()
      order by next_try_at limit a.free for update skip locked) d
    limit $1
  ), leased as (
    update webhook_deliveries d set fence = fence + 1, tries = tries + 1, attempts = attempts + 1,
      next_try_at = now() + make_interval(secs => $5)
    from taken t where d.id = t.id
    returning d.*, t.is_probe
  )
  select l.id, l.fence::text as fence, l.endpoint_id as "endpointId", w.url, l.event_id as "eventId", l.type, l.tries,
    l.attempts as attempt, l.is_probe as "isProbe",
    greatest(0, extract(epoch from l.give_up_at - now()) * 1000)::bigint::text as "leftMs",
    array(select s.secret from webhook_secrets s
      where s.endpoint_id = l.endpoint_id and (s.expires_at is null or s.expires_at > now())
      order by s.number desc) as secrets,
    case when e.id is null then null
      else json_build_object('type', e.type, 'organizationId', e.organization_id, 'counterpartyId', e.counterparty_id,
        'subjectId', e.subject_id, 'test', e.test, 'payload', e.payload, 'occurredAt', e.occurred_at) end as event
  from leased l join webhook_endpoints w on w.id = l.endpoint_id
  left join events e on e.organization_id = l.event_home_id and e.id = l.event_id`;

/** In the order of the index, so that it is read by the index whatever the plan was made for. */
const anyWaitsSql = `select 1 from webhook_deliveries where state = 'WAITING' order by endpoint_id, next_try_at limit 1`;

interface TakenRecord extends Omit<TakenMessage, 'leftMs' | 'event'> {
  readonly leftMs: string;
  readonly event: (Omit<ToldEvent, 'occurredAt'> & { readonly occurredAt: string }) | null;
}

/** The queue of messages, as a relay works it off. */
@Injectable()
export class WebhookQueueStore {
  constructor(private readonly database: Database) {}

  /**
   * Takes what is due, at most so many of each endpoint. A statement of its own, which is its own transaction: what is taken is
   * free again when the lease ends, whatever becomes of this process, and counts as tried.
   */
  async take({ capacity, slots, exceptions }: Room): Promise<TakenMessage[]> {
    // Most looks find an empty queue, and this costs a small part of the other statement.
    const [any] = await this.database.prepared('any-webhook-waits', anyWaitsSql, []);
    if (!any) return [];
    // Planned each time: a plan that is kept from when the queue was empty reads all of it when it is full.
    const rows = await this.database.query<TakenRecord>(takeSql, [
      capacity,
      slots,
      exceptions.map(({ endpointId }) => endpointId),
      exceptions.map(({ free }) => free),
      leaseSeconds,
    ]);
    return rows.map((row) => ({
      ...row,
      leftMs: Number(row.leftMs),
      event: row.event && { ...row.event, occurredAt: new Date(row.event.occurredAt) },
    }));
  }

  /** Writes down how tries went. Whoever was taken for dead meanwhile adds to the log and changes nothing else. */
  async finish(tx: Transaction, finished: readonly Finished[]): Promise<void> {
    await tx.query(
      `with r as materialized (
         select * from json_to_recordset($1::json) as r(id uuid, fence bigint, retry_ms bigint, failure text,
           number integer, started_at timestamptz, duration_ms integer, status smallint, body_hash text,
           answer_bytes integer, answer_start text)
       ), ended as (
         update webhook_deliveries d set last_failure = r.failure,
           state = case when r.failure is null then 'DELIVERED' when r.retry_ms is null then 'DEAD' else 'WAITING' end,
           next_try_at = now() + make_interval(secs => coalesce(r.retry_ms, 0) / 1000.0),
           finished_at = case when r.retry_ms is null then now() end
         from r where d.id = r.id and d.fence = r.fence and d.state = 'WAITING')
       insert into webhook_attempts (delivery_id, number, started_at, duration_ms, status, failure, body_hash,
         answer_bytes, answer_start)
       select id, number, started_at, duration_ms, status, failure, decode(body_hash, 'hex'), answer_bytes, answer_start
       from r where body_hash is not null
       on conflict on constraint webhook_attempts_pkey do nothing`,
      [JSON.stringify(finished.map(rowOf))],
    );
  }

  /** Gives back what was taken and will not be sent: a relay that stops. It does not count as a try. */
  async giveBack(tx: Transaction, messages: readonly Pick<TakenMessage, 'id' | 'fence'>[]): Promise<void> {
    await tx.query(
      `update webhook_deliveries d set next_try_at = now(), tries = tries - 1, fence = d.fence + 1
       from unnest($1::uuid[], $2::bigint[]) as r (id, fence)
       where d.id = r.id and d.fence = r.fence and d.state = 'WAITING'`,
      [messages.map(({ id }) => id), messages.map(({ fence }) => fence)],
    );
  }

  /** Gives up what nobody could be sent for too long: of endpoints that are disabled or whose circuits stay open. */
  async expire(tx: Transaction, limit: number): Promise<number> {
    const rows = await tx.query(
      `update webhook_deliveries set state = 'DEAD', last_failure = coalesce(last_failure, 'EXPIRED'),
         finished_at = now()
       where id in (select id from webhook_deliveries where state = 'WAITING' and give_up_at <= now()
         limit $1 for update skip locked) returning 1`,
      [limit],
    );
    return rows.length;
  }

  /** Forgets what was over thirty days ago, by the time in the ids; how many messages. */
  async prune(tx: Transaction, limit: number): Promise<number> {
    const rows = await tx.query(
      `delete from webhook_deliveries where id in (
         select id from webhook_deliveries
         where id < (lpad(to_hex((extract(epoch from now() - interval '30 days') * 1000)::bigint), 12, '0')
             || repeat('0', 20))::uuid and state <> 'WAITING'
         order by id limit $1 for update skip locked) returning 1`,
      [limit],
    );
    return rows.length;
  }
}

function rowOf({ message, made, failure, retryInMs }: Finished): object {
  return {
    id: message.id,
    fence: message.fence,
    retry_ms: retryInMs,
    failure,
    number: message.attempt,
    started_at: made?.startedAt,
    duration_ms: made?.durationMs,
    status: made?.status,
    body_hash: made?.bodyHash.toString('hex'),
    answer_bytes: made?.answerBytes,
    // Of real events nothing of the answer is kept: it may tell of a person.
    answer_start: message.event === null ? made?.answerStart : null,
  };
}
