import type { Transaction } from '#database';

/** What a buyer may still be charged in a currency, in minor units; below zero: it owes more than it may. */
export interface CreditRoom {
  readonly buyerId: string;
  readonly currency: string;
  readonly roomMinor: bigint;
}

interface CreditRoomRecord {
  readonly buyer_id: string;
  readonly currency: string;
  readonly room_minor: string;
}

/** The room of a buyer in a currency; undefined: it has no limit. A limit in one currency is no licence in the others. */
export function roomOf(
  rooms: ReadonlyMap<string, ReadonlyMap<string, bigint>>,
  { buyerId, currency }: Pick<CreditRoom, 'buyerId' | 'currency'>,
): bigint | undefined {
  const own = rooms.get(buyerId);
  return own && (own.get(currency) ?? 0n);
}

/**
 * The rooms of these buyers by currency, held until the transaction ends: nobody else uses or counts them meanwhile. A
 * buyer without a limit is not among them.
 */
export async function holdCreditRooms(
  tx: Transaction,
  buyerIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, bigint>>> {
  const rows = await tx.prepared<CreditRoomRecord>(
    'credit-rooms',
    `select buyer_id, currency, room_minor from credit_rooms where buyer_id = any ($1::uuid[])
     order by buyer_id, currency for no key update`,
    [buyerIds],
  );
  const rooms = new Map<string, Map<string, bigint>>();
  for (const { buyer_id: buyerId, currency, room_minor: room } of rows) {
    const own = rooms.get(buyerId) ?? new Map<string, bigint>();
    rooms.set(buyerId, own.set(currency, BigInt(room)));
  }
  return rooms;
}

/** Takes of rooms that are held what leads were sold for. */
export async function useCredit(
  tx: Transaction,
  uses: readonly { readonly buyerId: string; readonly currency: string; readonly amountMinor: bigint }[],
): Promise<void> {
  if (uses.length === 0) return;
  await tx.query(
    `update credit_rooms r set room_minor = r.room_minor - u.amount_minor
     from unnest($1::uuid[], $2::text[], $3::bigint[]) as u (buyer_id, currency, amount_minor)
     where r.buyer_id = u.buyer_id and r.currency = u.currency`,
    [
      uses.map(({ buyerId }) => buyerId),
      uses.map(({ currency }) => currency),
      uses.map(({ amountMinor }) => amountMinor.toString()),
    ],
  );
}

/** Makes the rooms of a buyer that has a limit, and holds them: count what it owes only then. */
export async function openCreditRooms(
  tx: Transaction,
  buyerId: string,
  currencies: readonly string[],
): Promise<void> {
  await tx.query(
    `insert into credit_rooms (buyer_id, currency, room_minor)
     select $1, currency, 0 from unnest($2::text[]) as c (currency) order by currency on conflict do nothing`,
    [buyerId, currencies],
  );
  await holdCreditRooms(tx, [buyerId]);
}

/** Writes rooms that are held; others of the buyer come to nothing. */
export async function setCreditRooms(
  tx: Transaction,
  buyerId: string,
  rooms: ReadonlyMap<string, bigint>,
): Promise<void> {
  await tx.query(
    `update credit_rooms r set room_minor = coalesce(u.room_minor, 0)
     from (select * from credit_rooms where buyer_id = $1) o
     left join unnest($2::text[], $3::bigint[]) as u (currency, room_minor) on u.currency = o.currency
     where r.buyer_id = o.buyer_id and r.currency = o.currency`,
    [buyerId, [...rooms.keys()], [...rooms.values()].map(String)],
  );
}

/** The buyer has no limit any more. */
export async function closeCreditRooms(tx: Transaction, buyerId: string): Promise<void> {
  await tx.query('delete from credit_rooms where buyer_id = $1', [buyerId]);
}
