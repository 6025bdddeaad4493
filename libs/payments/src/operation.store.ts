import type { Transaction } from '#database';
import type { Reader } from '#ledger';
import type { CurrencyCode } from '#money';
import { invariant } from '#outcome';
import type { Operation, OperationState } from './operation.js';
import type { FrozenBody, OperationKind } from './provider.js';

/** An operation that a worker holds until its lease ends by the database's own clock. */
export interface ClaimedOperation extends Operation {
  /** Leases in a row that nobody gave back, this one not counted. */
  readonly lostLeases: number;
}

export type NewOperation = Pick<
  Operation,
  'id' | 'kind' | 'subject' | 'bookId' | 'idempotencyKey' | 'body' | 'amountMinor' | 'currency'
>;

/** How long a worker has for one operation, sending and booking. Longer than any call to the provider may take. */
export const leaseSeconds = 60;

const columns = `id, kind, subject, book_id, idempotency_key, body, amount_minor, currency, state, tries, in_doubt,
  first_sent_at, next_try_at, last_code, object_id, fence, lost_leases, created_at, finished_at`;

/** Writes a READY operation; false, and nothing written, when its key is there already. */
export async function insertOperation(tx: Transaction, operation: NewOperation, now: Date): Promise<boolean> {
  const { id, kind, subject, bookId, idempotencyKey, body, amountMinor, currency } = operation;
  const rows = await tx.query(
    `insert into stripe_operations (id, kind, subject, book_id, idempotency_key, body, amount_minor, currency, state,
       next_try_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'READY', $9, $9)
     on conflict on constraint stripe_operations_key do nothing returning id`,
    [
      id,
      kind,
      subject,
      bookId,
      idempotencyKey,
      JSON.stringify(body),
      amountMinor?.toString() ?? null,
      currency,
      now,
    ],
  );
  return rows.length === 1;
}

export async function operationByKey(reader: Reader, key: string): Promise<Operation | undefined> {
  return await one(reader, 'idempotency_key = $1', [key]);
}

export async function operationById(reader: Reader, id: string): Promise<Operation | undefined> {
  return await one(reader, 'id = $1', [id]);
}

/** Newest first; of one subject such as `payout:…`. */
export async function operationsOfSubject(reader: Reader, subject: string): Promise<readonly Operation[]> {
  const rows = await reader.query<OperationRow>(
    `select ${columns} from stripe_operations where subject = $1 order by id desc`,
    [subject],
  );
  return rows.map(toOperation);
}

// What is not sent yet goes out only when nobody stopped payments, the provider takes our key, and nothing is frozen
// there; what was sent is brought to its end whatever happens. The stop is part of this one statement, so that it acts
// on everything that is not on its way. $1: the one operation, or null. $2: the Leadger clock. $3: it is the one that
// finds out whether the key is taken again.
const claimSql = `
  with control as (
    select stopped_at is null and (breaker_opened_at is null or $3) and funds_opened_at is not null as is_open
    from payment_control),
  next as (
    select o.id, o.state from stripe_operations o, control c
    where ($1::uuid is null or o.id = $1)
      and o.state in ('READY', 'UNKNOWN', 'SENDING')
      and (o.state <> 'SENDING' or o.leased_until < clock_timestamp())
      and (o.state = 'SENDING' or o.next_try_at <= $2 or $1 is not null)
      and (o.state <> 'READY' or (c.is_open and not (o.kind in ('TRANSFER', 'REFUND') and exists (
        select from account_freezes f where f.lifted_at is null and f.currency = o.currency
          and (f.book_id = o.book_id or f.book_id in (select id from organizations where kind = 'OPERATOR'))))))
    order by o.next_try_at, o.id limit 1 for update of o skip locked)
  update stripe_operations o
  set state = 'SENDING', fence = o.fence + 1, tries = o.tries + 1, first_sent_at = coalesce(o.first_sent_at, $2),
    in_doubt = o.in_doubt or next.state <> 'READY',
    lost_leases = case when next.state = 'SENDING' then o.lost_leases + 1 else o.lost_leases end,
    leased_until = clock_timestamp() + interval '${leaseSeconds} seconds'
  from next where o.id = next.id
  returning ${columns.replaceAll(/(\w+)/g, 'o.$1')}`;

export interface Claim {
  readonly now: Date;
  /** Only this one, whether it is due or not; absent: whichever is due first. */
  readonly id?: string;
  readonly probe?: boolean;
}

/** Takes an operation under a lease, in a transaction of its own that is committed before anything is sent. */
export async function claimOperation(
  tx: Transaction,
  { now, id, probe = false }: Claim,
): Promise<ClaimedOperation | undefined> {
  const [row] = await tx.query<OperationRow>(claimSql, [id ?? null, now, probe]);
  return row && { ...toOperation(row), lostLeases: row.lost_leases };
}

/** Locks what a worker holds; false when its lease was given to another since, who then decides what happens. */
export async function holdClaimed(
  tx: Transaction,
  { id, fence }: Pick<Operation, 'id' | 'fence'>,
): Promise<boolean> {
  const rows = await tx.query(
    `select id from stripe_operations where id = $1 and fence = $2 and state = 'SENDING' for no key update`,
    [id, fence],
  );
  return rows.length === 1;
}

/** How a claimed operation goes on. */
export interface OperationChange {
  readonly state: Exclude<OperationState, 'SENDING'>;
  readonly code: string | null;
  readonly nextTryAt: Date;
  readonly inDoubt: boolean;
  readonly objectId?: string | null;
  readonly now: Date;
}

/** Gives a claimed operation back; false, and nothing changed, when the lease was given to another since. */
export async function releaseOperation(
  tx: Transaction,
  { id, fence }: Pick<Operation, 'id' | 'fence'>,
  change: OperationChange,
): Promise<boolean> {
  const { state, code, nextTryAt, inDoubt, objectId = null, now } = change;
  const isOver = state === 'SUCCEEDED' || state === 'REFUSED';
  const rows = await tx.query(
    `update stripe_operations set state = $3, last_code = $4, next_try_at = $5, in_doubt = $6,
       object_id = coalesce($7, object_id), finished_at = $8, leased_until = null, lost_leases = 0
     where id = $1 and fence = $2 and state = 'SENDING' returning id`,
    [id, fence, state, code, nextTryAt, inDoubt, objectId, isOver ? now : null],
  );
  return rows.length === 1;
}

/** Puts what was stopped back to where it is tried: by its key and a look when it may have been sent. */
export async function reviveOperation(tx: Transaction, id: string, now: Date): Promise<boolean> {
  const rows = await tx.query(
    `update stripe_operations set state = case when in_doubt then 'UNKNOWN' else 'READY' end, next_try_at = $2,
       lost_leases = 0, tries = greatest(tries, 3)
     where id = $1 and state = 'STOPPED' returning id`,
    [id, now],
  );
  return rows.length === 1;
}

/** How many operations are in which state; those that are over are not counted. */
export async function countUnfinished(
  reader: Reader,
): Promise<Readonly<Partial<Record<OperationState, number>>>> {
  const rows = await reader.query<{ state: OperationState; count: number }>(
    `select state, count(*)::int as count from stripe_operations
     where state in ('READY', 'SENDING', 'UNKNOWN', 'STOPPED') group by state`,
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

async function one(
  reader: Reader,
  condition: string,
  parameters: readonly unknown[],
): Promise<Operation | undefined> {
  const rows = await reader.query<OperationRow>(
    `select ${columns} from stripe_operations where ${condition}`,
    parameters,
  );
  invariant(rows.length <= 1, 'more than one operation was found by a key');
  return rows[0] && toOperation(rows[0]);
}

export interface OperationRow {
  readonly id: string;
  readonly kind: OperationKind;
  readonly subject: string;
  readonly book_id: string;
  readonly idempotency_key: string;
  readonly body: FrozenBody;
  readonly amount_minor: string | null;
  readonly currency: CurrencyCode | null;
  readonly state: OperationState;
  readonly tries: number;
  readonly in_doubt: boolean;
  readonly first_sent_at: Date | null;
  readonly next_try_at: Date;
  readonly last_code: string | null;
  readonly object_id: string | null;
  readonly fence: string;
  readonly lost_leases: number;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

export const operationColumns = columns;

export function toOperation(row: OperationRow): Operation {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    bookId: row.book_id,
    idempotencyKey: row.idempotency_key,
    body: row.body,
    amountMinor: row.amount_minor === null ? null : BigInt(row.amount_minor),
    currency: row.currency,
    state: row.state,
    tries: row.tries,
    inDoubt: row.in_doubt,
    firstSentAt: row.first_sent_at,
    nextTryAt: row.next_try_at,
    lastCode: row.last_code,
    objectId: row.object_id,
    fence: Number(row.fence),
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What an operation in doubt did is known to have happened: it is looked at now, not after its pause. */
export async function hurryOperation(tx: Transaction, id: string, now: Date): Promise<void> {
  // The provider's metadata may be of another program.
  if (!uuid.test(id)) return;
  await tx.query(
    `update stripe_operations set next_try_at = $2, tries = greatest(tries, 3)
     where id = $1 and state = 'UNKNOWN' and next_try_at > $2`,
    [id, now],
  );
}

/** Those of these operations that have not come to an end. */
export async function unfinishedAmong(reader: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await reader.query<{ id: string }>(
    `select id from stripe_operations where id = any ($1::uuid[]) and state not in ('SUCCEEDED', 'REFUSED')`,
    [ids.filter((id) => uuid.test(id))],
  );
  return new Set(rows.map(({ id }) => id));
}
