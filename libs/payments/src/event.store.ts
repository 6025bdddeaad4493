import type { Transaction } from '#database';
import type { Reader } from '#ledger';
import type { FetchableKind, ProviderEvent } from './provider.js';

/** RECEIVED: to be applied. IGNORED: of nothing that we look at. FAILED: given up; the sweeper finds what it was about. */
export type EventState = 'RECEIVED' | 'APPLIED' | 'IGNORED' | 'FAILED';

export interface ClaimedEvent {
  readonly id: string;
  readonly type: string;
  readonly accountId: string | null;
  readonly objectKind: FetchableKind;
  readonly objectId: string;
  readonly tries: number;
}

/** Keeps an event; false when it was there already. What is of no kind that we look at is over at once. */
export async function insertEvent(tx: Transaction, event: ProviderEvent, now: Date): Promise<boolean> {
  const { id, type, accountId, objectKind, objectId, createdAt, livemode } = event;
  const isOver = objectKind === null || objectId === null;
  const rows = await tx.query(
    `insert into stripe_events (id, type, account_id, object_kind, object_id, livemode, state, next_try_at, created_at,
       received_at, finished_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $10)
     on conflict on constraint stripe_events_pkey do nothing returning id`,
    [
      id,
      type,
      accountId,
      objectKind,
      objectId,
      livemode,
      isOver ? 'IGNORED' : 'RECEIVED',
      now,
      createdAt,
      isOver ? now : null,
    ],
  );
  return rows.length === 1;
}

/** Takes events that are due; who takes them and dies leaves them to the next one after two minutes. */
export async function claimEvents(
  tx: Transaction,
  now: Date,
  limit: number,
): Promise<readonly ClaimedEvent[]> {
  return await tx.query<ClaimedEvent>(
    `with due as (
       select id from stripe_events where state = 'RECEIVED' and next_try_at <= $1
       order by next_try_at, id limit $2 for update skip locked)
     update stripe_events e set tries = e.tries + 1, next_try_at = $1::timestamptz + interval '2 minutes'
     from due where e.id = due.id
     returning e.id, e.type, e.account_id as "accountId", e.object_kind as "objectKind", e.object_id as "objectId",
       e.tries`,
    [now, limit],
  );
}

export async function finishEvents(
  tx: Transaction,
  ids: readonly string[],
  end: { readonly state: Exclude<EventState, 'RECEIVED'>; readonly code: string | null; readonly at: Date },
): Promise<void> {
  await tx.query(
    `update stripe_events set state = $2, last_code = $3, finished_at = $4
     where id = any ($1) and state = 'RECEIVED'`,
    [ids, end.state, end.code, end.at],
  );
}

export async function putEventsOff(
  tx: Transaction,
  ids: readonly string[],
  until: Date,
  code: string,
): Promise<void> {
  await tx.query(
    `update stripe_events set next_try_at = $2, last_code = $3 where id = any ($1) and state = 'RECEIVED'`,
    [ids, until, code],
  );
}

/** Forgets what was over ninety days ago, at most `limit`; returns how many. */
export async function pruneEvents(tx: Transaction, now: Date, limit = 10_000): Promise<number> {
  const rows = await tx.query(
    `delete from stripe_events where id in (
       select id from stripe_events
       where state <> 'RECEIVED' and received_at < $1::timestamptz - interval '90 days' limit $2) returning 1`,
    [now, limit],
  );
  return rows.length;
}

/** How many events are in which state. */
export async function countEvents(reader: Reader): Promise<Readonly<Partial<Record<EventState, number>>>> {
  const rows = await reader.query<{ state: EventState; count: number }>(
    `select state, count(*)::int as count from stripe_events group by state`,
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}
