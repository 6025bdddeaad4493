import { Database, keyset, type KeysetPage } from '#database';
import { type Delivery, deliveryColumns, deliveryOf, type DeliveryRow, destinationOfContract } from '#leads';
import { type Actor, visibleTo } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { Destination, DestinationSettings } from './destination.js';
import {
  destinationColumns,
  destinationOf,
  type DestinationRecord,
  visibleDestination,
} from './destination.store.js';
import type { DeliveryAttempt, HandoverKind, HandoverLog, SampleLog, SampleRequest } from './handover-log.js';
import type { HandoverFailure } from './next-step.js';

interface HandoverRecord {
  readonly id: string;
  readonly destination_id: string;
  readonly kind: HandoverKind;
  readonly state: 'WAITING' | 'DONE';
  readonly next_try_at: Date;
  readonly last_failure: HandoverFailure | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

const attemptColumns = `a.handover_id as "handoverId", a.number, a.destination_id as "destinationId",
  a.destination_version as "destinationVersion", a.started_at as "startedAt", a.duration_ms as "durationMs", a.status,
  a.failure, a.verdict, a.reason, a.body_bytes as "bodyBytes", a.answer_bytes as "answerBytes",
  a.answer_start as "answerStart"`;

/** Null: of all contracts. */
export interface OverdueFilter {
  readonly contractId: string | null;
}

/** Tries of one delivery, by number. */
export interface AttemptPage {
  readonly limit: number;
  readonly backwards: boolean;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
}

/** Destinations, what was sent to them, and what is overdue, as an actor sees them. */
@Injectable()
export class HandoverQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, deleted ones included, in no particular order. */
  async destinations(actor: Actor, ids: readonly string[]): Promise<Destination[]> {
    const rows = await this.database.query<DestinationRecord>(
      `select ${destinationColumns} from destinations d where ${visibleDestination(actor)} and d.id = any($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(destinationOf);
  }

  /** The destinations of one buyer that are not deleted, oldest first; none when they are not the actor's to see. */
  async destinationPage(actor: Actor, buyerId: string, page: KeysetPage): Promise<Destination[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'd.id',
      newestFirst: false,
      placeholder: '$3',
    });
    const rows = await this.database.query<DestinationRecord>(
      `select ${destinationColumns} from destinations d
       where ${visibleDestination(actor)} and d.buyer_id = $2 and d.state <> 'DELETED' and ${condition}
       order by ${orderBy} limit $4`,
      [actor.organizationId, buyerId, key, page.limit + 1],
    );
    return rows.map(destinationOf);
  }

  /** How many `destinationPage` has, counted no further than `max`. */
  async countDestinations(actor: Actor, buyerId: string, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from destinations d
         where ${visibleDestination(actor)} and d.buyer_id = $2 and d.state <> 'DELETED' limit $3) found`,
      [actor.organizationId, buyerId, max],
    );
    return row?.count ?? 0;
  }

  /** The contracts that name each of these destinations, which the actor was shown: at most a hundred of each. */
  async contractsOf(
    ids: readonly string[],
  ): Promise<{ readonly destinationId: string; readonly contractId: string }[]> {
    return await this.database.query(
      `select x.destination_id as "destinationId", x.contract_id as "contractId"
       from unnest($1::uuid[]) as k (id) cross join lateral (
         select * from contract_destinations where destination_id = k.id order by contract_id limit 100) x
       order by 1, 2`,
      [ids],
    );
  }

  /** Settings of versions of destinations that the actor was shown. */
  async settings(
    refs: readonly { readonly id: string; readonly version: number }[],
  ): Promise<{ readonly id: string; readonly version: number; readonly settings: DestinationSettings }[]> {
    return await this.database.query(
      `select v.destination_id as id, v.version, v.settings
       from unnest($1::uuid[], $2::integer[]) as k (id, version)
       join destination_versions v on v.destination_id = k.id and v.version = k.version`,
      [refs.map(({ id }) => id), refs.map(({ version }) => version)],
    );
  }

  /** How deliveries that the actor was shown are handed over; those without a destination are missing. */
  async handovers(deliveryIds: readonly string[]): Promise<HandoverLog[]> {
    const rows = await this.database.query<HandoverRecord>(
      `select id, destination_id, kind, state, next_try_at, last_failure, created_at, finished_at from handovers
       where id = any($1::uuid[]) and kind <> 'SAMPLE'`,
      [deliveryIds],
    );
    return rows.map(handoverOf);
  }

  /** Samples that the actor may see, by id, in no particular order. */
  async samples(actor: Actor, ids: readonly string[]): Promise<SampleLog[]> {
    const rows = await this.database.query<HandoverRecord & { readonly sample_request: SampleRequest }>(
      `select h.sample_request, h.id, h.destination_id, h.kind, h.state, h.next_try_at, h.last_failure, h.created_at, h.finished_at
       from handovers h join destinations d on d.id = h.destination_id
       where ${visibleDestination(actor)} and h.id = any($2::uuid[]) and h.kind = 'SAMPLE'`,
      [actor.organizationId, ids],
    );
    return rows.map((row) => ({ ...handoverOf(row), request: row.sample_request }));
  }

  /** One page of the tries of a delivery, or of a sample, that the actor was shown; oldest first, and one row more. */
  async attempts(id: string, page: AttemptPage): Promise<DeliveryAttempt[]> {
    return await this.database.query<DeliveryAttempt>(
      `select ${attemptColumns} from delivery_attempts a
       where a.handover_id = $1 and ($2::integer is null or a.number > $2) and ($3::integer is null or a.number < $3)
       order by a.number ${page.backwards ? 'desc' : 'asc'} limit $4`,
      [id, page.after ?? null, page.before ?? null, page.limit + 1],
    );
  }

  async countAttempts(id: string, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (select 1 from delivery_attempts where handover_id = $1 limit $2) found`,
      [id, max],
    );
    return row?.count ?? 0;
  }

  /** Deliveries whose time to the first contact has run out and who were not reached since; the oldest first, and one row more. */
  async overdue(actor: Actor, { contractId }: OverdueFilter, page: KeysetPage): Promise<Delivery[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'd.id',
      newestFirst: false,
      placeholder: '$3',
    });
    const rows = await this.database.query<DeliveryRow>(
      `select ${deliveryColumns} from deliveries d where ${overdueFor(actor)} and ${condition}
       order by ${orderBy} limit $4`,
      [actor.organizationId, contractId, key, page.limit + 1],
    );
    return rows.map(deliveryOf);
  }

  /** How many `overdue` has, counted no further than `max`. */
  async countOverdue(actor: Actor, { contractId }: OverdueFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (select 1 from deliveries d where ${overdueFor(actor)} limit $3) found`,
      [actor.organizationId, contractId, max],
    );
    return row?.count ?? 0;
  }

  /**
   * Of these contracts those whose leads cannot be handed over at present: their destination is disabled, or its circuit is
   * open and its next probe not due. For routing, which passes them over (CIRCUIT_OPEN). In real time.
   */
  async unreachable(
    contracts: readonly { readonly agencyId: string; readonly contractId: string }[],
  ): Promise<ReadonlySet<string>> {
    if (contracts.length === 0) return new Set();
    const rows = await this.database.prepared<{ id: string }>('unreachable-contracts', unreachableSql, [
      contracts.map(({ agencyId }) => agencyId),
      contracts.map(({ contractId }) => contractId),
    ]);
    return new Set(rows.map(({ id }) => id));
  }
}

const unreachableSql = `
  select c.id from unnest($1::uuid[], $2::uuid[]) as k (agency_id, id)
  join contracts c on c.agency_id = k.agency_id and c.id = k.id
  join destinations d on d.id = ${destinationOfContract({
    agencyId: 'c.agency_id',
    contractId: 'c.id',
    buyerId: 'c.buyer_id',
  })}
  where d.state <> 'ENABLED' or d.open_until > now()`;

function overdueFor(actor: Actor): string {
  const test = actor.mode === 'test' ? 'd.test' : 'true';
  return `${visibleTo(actor, 'd')} and ($2::uuid is null or d.contract_id = $2) and d.contact_overdue_at is not null and d.first_contact_at is null
    and d.state = 'ACCEPTED' and d.stage in ('NEW', 'ATTEMPTED', 'UNREACHABLE') and ${test}`;
}

function handoverOf(row: HandoverRecord): HandoverLog {
  return {
    id: row.id,
    destinationId: row.destination_id,
    kind: row.kind,
    nextTryAt: row.state === 'WAITING' ? row.next_try_at : null,
    lastFailure: row.last_failure,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
