import { newId, type Transaction } from '#database';
import { invariant } from '#outcome';
import { type AccountKind, type AccountRef, accountKey } from './account.js';
import { checkAccount } from './posting.js';

/** An account across books and currencies. */
export interface AccountAddress extends AccountRef {
  readonly bookId: string;
  readonly currency: string;
}

/**
 * The ids of the accounts, by {@link accountKey}; those that are missing are made. Safe at any concurrency: of two
 * that make the same account, the second waits and takes the first one's. One round trip when all exist, else three.
 */
export async function ensureAccounts(
  tx: Transaction,
  bookId: string,
  currency: string,
  refs: readonly AccountRef[],
): Promise<ReadonlyMap<string, string>> {
  const addresses = refs.map((ref) => ({ bookId, currency, kind: ref.kind, partyId: ref.partyId }));
  const ids = await ensureAccountsAt(tx, addresses);
  return new Map(addresses.map((address) => [accountKey(address), idIn(ids, address)]));
}

/** The same over several books and currencies; the keys are those of {@link addressKey}. */
export async function ensureAccountsAt(
  tx: Transaction,
  addresses: readonly AccountAddress[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map<string, AccountAddress>();
  for (const address of addresses) {
    checkAccount(address);
    wanted.set(addressKey(address), address);
  }
  const ids = await find(tx, [...wanted.values()]);
  const missing = [...wanted].filter(([key]) => !ids.has(key));
  if (missing.length === 0) return ids;
  // In one order everywhere: two transactions that make the same accounts wait for each other, never in a circle.
  missing.sort(([a], [b]) => (a < b ? -1 : 1));
  await make(
    tx,
    missing.map(([, address]) => address),
  );
  const made = await find(
    tx,
    missing.map(([, address]) => address),
  );
  return new Map([...ids, ...made]);
}

export function addressKey({ bookId, currency, kind, partyId }: AccountAddress): string {
  return `${bookId}:${currency}:${accountKey({ kind, partyId })}`;
}

export function idIn(ids: ReadonlyMap<string, string>, address: AccountAddress): string {
  const id = ids.get(addressKey(address));
  invariant(id !== undefined, 'an account that was made is missing');
  return id;
}

interface FoundAccount {
  readonly book_id: string;
  readonly kind: AccountKind;
  readonly currency: string;
  readonly party_id: string | null;
  readonly id: string;
}

// Two halves, because `is not distinct from` cannot use the index of the unique key.
async function find(tx: Transaction, addresses: readonly AccountAddress[]): Promise<Map<string, string>> {
  const rows = await tx.query<FoundAccount>(
    `with wanted as (
       select * from unnest($1::uuid[], $2::text[], $3::bpchar[], $4::uuid[]) as w (book_id, kind, currency, party_id))
     select a.book_id, a.kind, a.currency, a.party_id, a.id from wanted w
       join accounts a on a.book_id = w.book_id and a.kind = w.kind and a.currency = w.currency
         and a.party_id = w.party_id
     union all
     select a.book_id, a.kind, a.currency, a.party_id, a.id from wanted w
       join accounts a on a.book_id = w.book_id and a.kind = w.kind and a.currency = w.currency
         and a.party_id is null
       where w.party_id is null`,
    columnsOf(addresses),
  );
  return new Map(
    rows.map((row) => [
      addressKey({ bookId: row.book_id, currency: row.currency, kind: row.kind, partyId: row.party_id }),
      row.id,
    ]),
  );
}

async function make(tx: Transaction, addresses: readonly AccountAddress[]): Promise<void> {
  await tx.query(
    `insert into accounts (book_id, kind, currency, party_id, id)
     select * from unnest($1::uuid[], $2::text[], $3::bpchar[], $4::uuid[], $5::uuid[])
     on conflict on constraint accounts_kind_key do nothing`,
    [...columnsOf(addresses), addresses.map(() => newId())],
  );
}

function columnsOf(addresses: readonly AccountAddress[]): unknown[] {
  return [
    addresses.map(({ bookId }) => bookId),
    addresses.map(({ kind }) => kind),
    addresses.map(({ currency }) => currency),
    addresses.map(({ partyId }) => partyId),
  ];
}
