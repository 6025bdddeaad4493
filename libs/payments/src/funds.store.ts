import { newId, type Transaction } from '#database';
import { type NewPosting, postJournals, type Reader } from '#ledger';
import type { CurrencyCode } from '#money';
import { invariant } from '#outcome';
import type { FundsMovement } from './provider.js';

/** A line of the mirror of the provider's account statement. */
export interface MirroredMovement extends FundsMovement {
  readonly seenAt: Date;
}

/**
 * Notes a movement of the balance at the provider; call it in the transaction that books it, under the source
 * `stripe:{movement.id}`. The same movement again changes nothing. Throws when it differs from what was noted.
 */
export async function recordFunds(tx: Transaction, movement: FundsMovement, now: Date): Promise<void> {
  await recordAllFunds(tx, [movement], now);
}

/** The same for many; gives the ids of those that were new. */
export async function recordAllFunds(
  tx: Transaction,
  movements: readonly FundsMovement[],
  now: Date,
): Promise<readonly string[]> {
  if (movements.length === 0) return [];
  // In one order, so that two who note the same movements wait for each other and not in a circle.
  const sorted = [...movements].sort((a, b) => (a.id < b.id ? -1 : 1));
  const rows = await tx.query<{ id: string }>(
    `insert into balance_transactions (id, type, source_id, amount_minor, fee_minor, net_minor, currency, created_at,
       available_at, seen_at)
     select *, $10::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[],
       $6::bigint[], $7::bpchar[], $8::timestamptz[], $9::timestamptz[])
     on conflict on constraint balance_transactions_pkey do nothing returning id`,
    [
      sorted.map(({ id }) => id),
      sorted.map(({ type }) => type),
      sorted.map(({ sourceId }) => sourceId),
      sorted.map(({ amountMinor }) => amountMinor.toString()),
      sorted.map(({ feeMinor }) => feeMinor.toString()),
      sorted.map(({ netMinor }) => netMinor.toString()),
      sorted.map(({ currency }) => currency),
      sorted.map(({ createdAt }) => createdAt.toISOString()),
      sorted.map(({ availableAt }) => availableAt.toISOString()),
      now,
    ],
  );
  const fresh = new Set(rows.map(({ id }) => id));
  await checkKnown(
    tx,
    sorted.filter(({ id }) => !fresh.has(id)),
  );
  return [...fresh];
}

/** A line of an account statement does not change: one that did is no longer what was booked. */
async function checkKnown(tx: Transaction, movements: readonly FundsMovement[]): Promise<void> {
  if (movements.length === 0) return;
  const rows = await tx.query<{ id: string; amount_minor: string; fee_minor: string; currency: string }>(
    `select id, amount_minor, fee_minor, currency from balance_transactions where id = any ($1)`,
    [movements.map(({ id }) => id)],
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const { id, amountMinor, feeMinor, currency } of movements) {
    const row = known.get(id);
    const isSame =
      row?.amount_minor === amountMinor.toString() &&
      row.fee_minor === feeMinor.toString() &&
      row.currency === currency;
    invariant(isSame, `movement ${id} is not what it was when it was first seen`);
  }
}

/** The operator's book, for money that is no agency's. Throws when there is no operator. */
export async function operatorBook(reader: Reader): Promise<string> {
  const [row] = await reader.query<{ id: string }>(
    `select id from organizations where kind = 'OPERATOR' order by id limit 1`,
  );
  invariant(row, 'there is no operator');
  return row.id;
}

const movementColumns =
  'b.id, b.type, b.source_id, b.amount_minor, b.fee_minor, b.net_minor, b.currency, b.created_at, b.available_at, b.seen_at';

/** A condition on `balance_transactions b`: no journal is of it, and it changes the balance. */
export const unbookedSql = `b.net_minor <> 0 and not exists (
  select from journals j where j.source = 'stripe:' || b.id and j.source like 'stripe:%')`;

/** Movements that nobody booked, newest first. */
export async function unbookedMovements(
  reader: Reader,
  limit: number,
  ids: readonly string[] | null = null,
): Promise<readonly MirroredMovement[]> {
  const rows = await reader.query<MovementRow>(
    `select ${movementColumns} from balance_transactions b
     where ${unbookedSql} and ($2::text[] is null or b.id = any ($2))
     order by b.created_at desc, b.id desc limit $1`,
    [limit, ids],
  );
  return rows.map(toMovement);
}

/** The same for one, locked, so that two people do not say at once what it was; undefined: it is booked, or is none. */
export async function lockUnbooked(tx: Transaction, id: string): Promise<MirroredMovement | undefined> {
  await tx.query('select id from balance_transactions where id = $1 for update', [id]);
  return (await unbookedMovements(tx, 1, [id]))[0];
}

/** Books a movement that is of nothing else here, once. */
export async function bookMovement(
  tx: Transaction,
  booking: {
    readonly movement: FundsMovement;
    readonly kind: string;
    readonly postings: readonly NewPosting[];
    readonly bookId: string;
    readonly by: { readonly id: string };
    readonly now: Date;
  },
): Promise<void> {
  const { movement, kind, postings, bookId, by, now } = booking;
  const posted = await postJournals(tx, by, now, [
    {
      bookId,
      id: newId(),
      kind,
      source: `stripe:${movement.id}`,
      idempotencyKey: `funds:${movement.id}`,
      currency: movement.currency,
      effectiveAt: movement.createdAt,
      reverses: null,
      postings,
    },
  ]);
  invariant(posted.ok, 'a movement was booked before as something else');
}

interface MovementRow {
  readonly id: string;
  readonly type: string;
  readonly source_id: string | null;
  readonly amount_minor: string;
  readonly fee_minor: string;
  readonly net_minor: string;
  readonly currency: CurrencyCode;
  readonly created_at: Date;
  readonly available_at: Date;
  readonly seen_at: Date;
}

function toMovement(row: MovementRow): MirroredMovement {
  return {
    id: row.id,
    type: row.type,
    sourceId: row.source_id,
    amountMinor: BigInt(row.amount_minor),
    feeMinor: BigInt(row.fee_minor),
    netMinor: BigInt(row.net_minor),
    currency: row.currency,
    createdAt: row.created_at,
    availableAt: row.available_at,
    seenAt: row.seen_at,
  };
}
