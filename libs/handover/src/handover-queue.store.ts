import { Database, type Transaction } from '#database';
import type { RelayRoom } from '#webhooks';
import { Injectable } from '@nestjs/common';
import type { Verdict } from './answer.js';
import type { DestinationSettings } from './destination.js';
import type { HeaderValues } from './destination.store.js';
import type { HandoverKind, SampleRequest } from './handover-log.js';
import type { HandoverFailure, UntriedFailure } from './next-step.js';

/** A delivery that this relay has taken, with all it needs to send it but the lead. */
export interface TakenHandover {
  readonly id: string;
  readonly kind: HandoverKind;
  /** Only who has the last one may write down how it went. */
  readonly fence: string;
  /** The destination's. */
  readonly endpointId: string;
  readonly destinationVersion: number;
  readonly settings: DestinationSettings;
  readonly headerValues: HeaderValues;
  readonly secrets: readonly Uint8Array[];
  readonly agencyId: string;
  readonly leadId: string;
  readonly contractId: string;
  readonly contractVersion: number;
  /** This one included; since it was queued last. */
  readonly tries: number;
  /** This one included; of all. */
  readonly attempt: number;
  /** Whole milliseconds until it is given up. */
  readonly leftMs: number;
  /** It finds out whether its destination is back. */
  readonly isProbe: boolean;
  /** Taken to be ended, not to be sent: it does not count as a try. */
  readonly isHopeless: boolean;
  /** From when until when the buyer buys nothing under the contract, in business time; null: it has not said so. */
  readonly pause: { readonly from: string; readonly until: string | null } | null;
  /** Why it is not to be sent at all. */
  readonly stopped: UntriedFailure | null;
}

/** How one try went, as the log keeps it. */
export interface TryLogged {
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly status: number | null;
  readonly bodyBytes: number;
  readonly answerBytes: number;
  readonly answerStart: string | null;
}

/** How the try of a delivery went, and what becomes of it in the queue. */
export interface FinishedHandover {
  readonly handover: Pick<TakenHandover, 'id' | 'fence' | 'attempt' | 'endpointId' | 'destinationVersion'>;
  /** Null: it was ended without a try. */
  readonly made: TryLogged | null;
  readonly failure: HandoverFailure | null;
  readonly verdict: Verdict | null;
  readonly reason: string | null;
  /** Null: it is over. */
  readonly retryInMs: number | null;
}

/** Longer than a try lasts; who has not written down its end by then is taken for dead. */
const leaseSeconds = 15;
/** The same of a mail, whose server may take its time: nobody sends it again meanwhile. */
const mailLeaseSeconds = 45;

/** Common tables from `leased` (rows of handovers with is_probe and is_hopeless) to what a relay needs. */
const shownSql = `
  select l.id, l.kind, l.fence::text as fence, l.destination_id as "endpointId", d.version as "destinationVersion",
    d.settings, d.header_values as "headerValues", l.agency_id as "agencyId", v.lead_id as "leadId",
    v.contract_id as "contractId", v.contract_version as "contractVersion", l.tries, l.attempts as attempt,
    l.is_probe as "isProbe", l.is_hopeless as "isHopeless",
    greatest(0, extract(epoch from l.give_up_at - now()) * 1000)::bigint::text as "leftMs",
    array(select s.secret from destination_secrets s
      where s.destination_id = l.destination_id and (s.expires_at is null or s.expires_at > now())
      order by s.number desc) as secrets,
    case when l.kind = 'FIRST' then (select b.rules -> 'pause' from buying_rules b
      where b.agency_id = v.agency_id and b.contract_id = v.contract_id order by b.version desc limit 1) end as pause,
    case when p.state = 'ERASED' then 'LEAD_ERASED'
      when l.kind = 'FIRST' and (v.state <> 'PENDING' or p.state not in ('ACCEPTED', 'SOLD', 'UNSOLD')) then 'LEAD_GONE'
      when l.kind = 'AGAIN' and v.state <> 'ACCEPTED' then 'LEAD_GONE'
      when d.state <> 'ENABLED' then 'DESTINATION_DISABLED'
      when l.kind = 'FIRST' and c.state <> 'ACTIVE' then 'CONTRACT_INACTIVE'
      when l.kind = 'FIRST' and c.credit_blocked_at is not null and not v.test then 'INSUFFICIENT_BALANCE'
      when l.give_up_at <= now() then 'EXPIRED'
      when d.open_until >= l.give_up_at and not l.is_probe then 'CIRCUIT_OPEN' end as stopped
  from leased l join destinations d on d.id = l.destination_id
  join deliveries v on v.agency_id = l.agency_id and v.id = l.id
  join leads p on p.agency_id = v.agency_id and p.id = v.lead_id
  join contracts c on c.agency_id = v.agency_id and c.id = v.contract_id`;

/**
 * Destinations that have something due, found by jumping from one to the next along the index: thousands that wait for one
 * of them cost no more than one. Of a destination whose circuit is half open one delivery is taken, by whoever moves its
 * time forward.
 */
const takeSql = `
  with recursive waiting as (
    (select destination_id from handovers where state = 'WAITING' order by destination_id limit 1)
    union all
    select (select h.destination_id from handovers h where h.state = 'WAITING' and h.destination_id > w.destination_id
            order by h.destination_id limit 1)
    from waiting w where w.destination_id is not null
  ), ready as materialized (
    select d.id, d.open_until, coalesce(x.free, $2) as free,
      case d.settings ->> 'kind' when 'EMAIL' then $6::integer else $5::integer end as lease
    from waiting w join destinations d on d.id = w.destination_id
    left join unnest($3::uuid[], $4::int[]) as x (id, free) on x.id = d.id
    where d.state = 'ENABLED' and (d.open_until is null or d.open_until <= now()) and coalesce(x.free, $2) > 0
      and exists (select from handovers h
        where h.destination_id = d.id and h.state = 'WAITING' and h.next_try_at <= now())
  ), probed as (
    update destinations d set open_until = now() + make_interval(secs => r.lease)
    from ready r where d.id = r.id and r.open_until is not null and d.open_until = r.open_until
    returning d.id
  ), allowed as materialized (
    select r.id, case when r.open_until is null then r.free else 1 end as free, r.open_until is not null as is_probe, r.lease
    from ready r where r.open_until is null or r.id in (select id from probed) order by random()
  ), taken as materialized (
    select h.id, a.is_probe, a.lease from allowed a cross join lateral (
      select id from handovers
      where destination_id = a.id and state = 'WAITING' and next_try_at <= now()
      order by next_try_at limit a.free for update skip locked) h
    limit $1
  ), leased as (
    update handovers h set fence = fence + 1, tries = tries + 1, attempts = attempts + 1,
      next_try_at = now() + make_interval(secs => t.lease), leased_until = now() + make_interval(secs => t.lease)
    from taken t where h.id = t.id
    returning h.*, t.is_probe, false as is_hopeless
  ) ${shownSql}`;

/**
 * What cannot be sent in its time any more: it is late, its destination is disabled, or its circuit stays open too long. Not
 * what is being sent right now.
 */
const hopelessSql = `
  with late as materialized (
    select id from handovers
    where state = 'WAITING' and give_up_at <= now() and coalesce(leased_until <= now(), true)
    order by give_up_at limit $1 for update skip locked
  ), unreachable as materialized (
    select h.id from destinations d cross join lateral (
      select id from handovers
      where destination_id = d.id and state = 'WAITING' and coalesce(leased_until <= now(), true)
        and (d.state <> 'ENABLED' or give_up_at <= d.open_until)
      order by next_try_at limit $1 for update skip locked) h
    where d.state <> 'ENABLED' or d.open_until > now()
    limit $1
  ), leased as (
    update handovers h set fence = fence + 1, next_try_at = now() + make_interval(secs => $2),
      leased_until = now() + make_interval(secs => $2)
    where h.id in (select id from late union select id from unreachable)
    returning h.*, false as is_probe, true as is_hopeless
  ) ${shownSql}`;

/** In the order of the index, so that it is read by the index whatever the plan was made for. */
const anyWaitsSql = `select 1 from handovers where state = 'WAITING' order by destination_id, next_try_at limit 1`;

const finishSql = `
  with r as materialized (
      select * from json_to_recordset($1::json) as r(id uuid, fence bigint, retry_ms bigint, failure text,
        verdict text, reason text, number integer, destination_id uuid, destination_version integer,
        started_at timestamptz, duration_ms integer, status smallint, body_bytes integer, answer_bytes integer,
        answer_start text)
    ), attempt as (
      insert into delivery_attempts (handover_id, number, destination_id, destination_version, started_at,
        duration_ms, status, failure, verdict, reason, body_bytes, answer_bytes, answer_start)
      select id, number, destination_id, destination_version, started_at, duration_ms, status, failure, verdict,
        reason, body_bytes, answer_bytes, answer_start
      from r where started_at is not null
      on conflict on constraint delivery_attempts_pkey do nothing
    )
    update handovers h set last_failure = r.failure, leased_until = null,
      state = case when r.retry_ms is null then 'DONE' else 'WAITING' end,
      next_try_at = now() + make_interval(secs => coalesce(r.retry_ms, 0) / 1000.0),
      finished_at = case when r.retry_ms is null then now() end
    from r where h.id = r.id and h.fence = r.fence and h.state = 'WAITING' returning h.id`;

type TakenRecord = Omit<TakenHandover, 'leftMs'> & { readonly leftMs: string };

/** The queue of deliveries, as a relay works it off. */
@Injectable()
export class HandoverQueueStore {
  constructor(private readonly database: Database) {}

  /**
   * Takes what is due, at most so many of each destination. A statement of its own, which is its own transaction: what is
   * taken is free again when the lease ends, whatever becomes of this process, and counts as tried.
   */
  async take({ capacity, slots, exceptions }: RelayRoom): Promise<TakenHandover[]> {
    // Most looks find an empty queue, and this costs a small part of the other statement.
    const [any] = await this.database.prepared('any-handover-waits', anyWaitsSql, []);
    if (!any) return [];
    // Planned each time: a plan that is kept from when the queue was empty reads all of it when it is full.
    const rows = await this.database.query<TakenRecord>(takeSql, [
      capacity,
      slots,
      exceptions.map(({ endpointId }) => endpointId),
      exceptions.map(({ free }) => free),
      leaseSeconds,
      mailLeaseSeconds,
    ]);
    return rows.map(takenOf);
  }

  /** Takes what cannot be sent any more, to be ended without a try; each says why. */
  async takeHopeless(limit: number): Promise<TakenHandover[]> {
    const rows = await this.database.query<TakenRecord>(hopelessSql, [limit, leaseSeconds]);
    return rows.map(takenOf);
  }

  /**
   * Writes down how tries went, and gives the ids of those that were still this relay's. Whoever was taken for dead meanwhile
   * adds to the log and changes nothing else.
   */
  async finish(tx: Transaction, finished: readonly FinishedHandover[]): Promise<ReadonlySet<string>> {
    const rows = await tx.prepared<{ id: string }>('finish-handovers', finishSql, [
      JSON.stringify(finished.map(rowOf)),
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Gives back what was taken and will not be sent: a relay that stops. It does not count as a try. */
  async giveBack(
    tx: Transaction,
    taken: readonly Pick<TakenHandover, 'id' | 'fence' | 'tries' | 'isHopeless'>[],
  ): Promise<void> {
    await tx.query(
      `update handovers h set next_try_at = now(), leased_until = null, tries = r.tries, fence = h.fence + 1
       from unnest($1::uuid[], $2::bigint[], $3::integer[]) as r (id, fence, tries)
       where h.id = r.id and h.fence = r.fence and h.state = 'WAITING'`,
      [
        taken.map(({ id }) => id),
        taken.map(({ fence }) => fence),
        taken.map(({ tries, isHopeless }) => (isHopeless ? tries : tries - 1)),
      ],
    );
  }

  /** Queues a lead that its buyer has once more, to where the leads of its contract go now; false while it is on its way. */
  async again(
    tx: Transaction,
    delivery: { readonly agencyId: string; readonly id: string },
    destinationId: string,
  ): Promise<boolean> {
    const rows = await tx.query(
      `insert into handovers as h (id, agency_id, destination_id, kind, state, next_try_at, give_up_at, created_at)
       values ($2, $1, $3, 'AGAIN', 'WAITING', now(), now() + interval '60 seconds', now())
       on conflict on constraint handovers_pkey do update set destination_id = $3, kind = 'AGAIN', state = 'WAITING',
         tries = 0, fence = h.fence + 1, next_try_at = now(), leased_until = null, give_up_at = now() + interval '60 seconds',
         finished_at = null, last_failure = null
       where h.state = 'DONE' returning 1`,
      [delivery.agencyId, delivery.id, destinationId],
    );
    return rows.length > 0;
  }

  /** A sample that is sent by whoever asked for it, and by no relay. */
  async insertSample(
    tx: Transaction,
    sample: { readonly id: string; readonly destinationId: string; readonly request: SampleRequest },
  ): Promise<void> {
    await tx.query(
      `insert into handovers (id, destination_id, kind, state, tries, attempts, next_try_at, give_up_at, sample_request,
         created_at, finished_at)
       values ($1, $2, 'SAMPLE', 'DONE', 1, 1, now(), now(), $3, now(), now())`,
      [sample.id, sample.destinationId, JSON.stringify(sample.request)],
    );
  }

  /** Writes down how a sample went. */
  async finishSample(tx: Transaction, finished: FinishedHandover): Promise<void> {
    await tx.query(
      `insert into delivery_attempts (handover_id, number, destination_id, destination_version, started_at, duration_ms,
         status, failure, verdict, reason, body_bytes, answer_bytes, answer_start)
       select id, number, destination_id, destination_version, started_at, duration_ms, status, failure, verdict, reason,
         body_bytes, answer_bytes, answer_start
       from json_to_record($1::json) as r(id uuid, failure text, verdict text, reason text, number integer,
         destination_id uuid, destination_version integer, started_at timestamptz, duration_ms integer, status smallint,
         body_bytes integer, answer_bytes integer, answer_start text)
       on conflict on constraint delivery_attempts_pkey do nothing`,
      [JSON.stringify(rowOf(finished))],
    );
  }

  /** Forgets what was over thirty days ago, with its log; how many. */
  async prune(tx: Transaction, limit: number): Promise<number> {
    const rows = await tx.query(
      `delete from handovers where id in (
         select id from handovers where state = 'DONE' and finished_at < now() - interval '30 days'
         order by finished_at limit $1 for update skip locked) returning 1`,
      [limit],
    );
    return rows.length;
  }
}

function takenOf(row: TakenRecord): TakenHandover {
  return { ...row, leftMs: Number(row.leftMs) };
}

function rowOf({ handover, made, failure, verdict, reason, retryInMs }: FinishedHandover): object {
  return {
    id: handover.id,
    fence: handover.fence,
    retry_ms: retryInMs,
    failure,
    verdict,
    reason,
    number: handover.attempt,
    destination_id: handover.endpointId,
    destination_version: handover.destinationVersion,
    started_at: made?.startedAt,
    duration_ms: made?.durationMs,
    status: made?.status,
    body_bytes: made?.bodyBytes,
    answer_bytes: made?.answerBytes,
    answer_start: made?.answerStart,
  };
}
