import type { Transaction } from '#database';
import { balancesOfBook, type NewJournal, postJournals, type Reader } from '#ledger';
import { asCurrency, asRatePpm, type CurrencyCode, share } from '#money';
import { type Actor, systemActor } from '#organizations';
import { invariant } from '#outcome';
import { operatorBook } from '#payments';
import type { BillingProfile } from './billing-profile.js';
import { lockProfile } from './billing-profile.store.js';
import type { CreditUse } from './credit.js';
import type { BuyerBalance } from './journals.js';

/** One buyer's money, in the hands of one transaction: its profile is locked. */
export interface BuyerScope {
  readonly tx: Transaction;
  readonly actor: Actor;
  readonly now: Date;
  readonly profile: BillingProfile;
  readonly operatorId: string;
}

/** Who books what the provider tells. */
export const providerNews = systemActor('payment-news');

/** Locks a buyer's money for what follows in this transaction. Lock nothing of its invoices or settlements before. */
export async function openBuyer(
  tx: Transaction,
  { buyerId, actor, now }: { readonly buyerId: string; readonly actor: Actor; readonly now: Date },
): Promise<BuyerScope> {
  const profile = await lockProfile(tx, buyerId, now);
  return { tx, actor, now, profile, operatorId: await operatorBook(tx) };
}

/** The same scope after the profile has changed. */
export async function reread(scope: BuyerScope): Promise<BuyerScope> {
  return { ...scope, profile: await lockProfile(scope.tx, scope.profile.buyerId, scope.now) };
}

/** Books; throws when one of the journals was booked before with other content, which would be a mistake of ours. */
export async function book({ tx, actor, now }: BuyerScope, journals: readonly NewJournal[]): Promise<void> {
  const posted = await postJournals(tx, actor, now, journals);
  invariant(posted.ok, 'money of a buyer was booked before with other content');
}

/** What the buyer has prepaid and what it owes in the operator's book. Only who holds its profile changes either. */
export async function balanceOfBuyer(
  { tx, profile, operatorId }: BuyerScope,
  currency: CurrencyCode,
): Promise<BuyerBalance> {
  const balances = await balancesOfBook(tx, operatorId, { kinds: ['buyer_credit', 'receivable'], currency });
  const of = (kind: string): bigint =>
    balances.find((each) => each.kind === kind && each.partyId === profile.buyerId)?.balanceMinor ?? 0n;
  return { creditMinor: of('buyer_credit'), owedMinor: of('receivable') };
}

const creditKinds = ['unbilled', 'receivable', 'buyer_credit'] as const;

/** What a buyer owes and has over all books, for each currency of its contracts. */
export async function creditUsesOf(
  reader: Reader,
  { buyerId, operatorId }: { readonly buyerId: string; readonly operatorId: string },
): Promise<readonly CreditUse[]> {
  const agencies = await reader.query<{ id: string }>(
    'select distinct agency_id as id from contracts where buyer_id = $1',
    [buyerId],
  );
  const sums = new Map<string, Record<(typeof creditKinds)[number], bigint>>();
  for (const bookId of [...agencies.map(({ id }) => id), operatorId]) {
    for (const { kind, partyId, currency, balanceMinor } of await balancesOfBook(reader, bookId, {
      kinds: creditKinds,
    })) {
      if (partyId !== buyerId) continue;
      const sum = sums.get(currency) ?? { unbilled: 0n, receivable: 0n, buyer_credit: 0n };
      const [known] = creditKinds.filter((each) => each === kind);
      if (known) sums.set(currency, { ...sum, [known]: sum[known] + balanceMinor });
    }
  }
  const offered = await offeredTo(reader, buyerId);
  for (const currency of offered.keys()) {
    if (!sums.has(currency)) sums.set(currency, { unbilled: 0n, receivable: 0n, buyer_credit: 0n });
  }
  return [...sums].map(([currency, sum]) => ({
    currency: asCurrency(currency),
    offeredMinor: offered.get(currency) ?? 0n,
    unbilledMinor: sum.unbilled,
    receivableMinor: sum.receivable,
    creditMinor: sum.buyer_credit,
  }));
}

/** The currencies of a buyer's contracts. */
export async function currenciesOfBuyer(reader: Reader, buyerId: string): Promise<readonly string[]> {
  const rows = await reader.query<{ currency: string }>(
    `select distinct v.currency from contracts c
     join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id where c.buyer_id = $1`,
    [buyerId],
  );
  return rows.map(({ currency }) => currency);
}

/** What the buyer will owe for leads on their way to it if it takes them, by currency: each with the operator's fee on it. */
async function offeredTo(reader: Reader, buyerId: string): Promise<ReadonlyMap<string, bigint>> {
  const rows = await reader.query<{ currency: string; price: string; rate: number; count: number }>(
    `select v.currency, coalesce(d.bid_minor, v.base_rate_minor) as price, v.platform_fee_rate_ppm as rate,
       count(*)::int as count
     from deliveries d
     join contract_versions v on v.agency_id = d.agency_id and v.contract_id = d.contract_id
       and v.version = d.contract_version
     where d.buyer_id = $1 and d.state = 'PENDING' and not d.test group by 1, 2, 3`,
    [buyerId],
  );
  const offered = new Map<string, bigint>();
  for (const { currency, price, rate, count } of rows) {
    const each = BigInt(price) + share(BigInt(price), asRatePpm(rate));
    offered.set(currency, (offered.get(currency) ?? 0n) + each * BigInt(count));
  }
  return offered;
}

/** What a buyer has prepaid, by currency. */
export async function prepaidOf(
  reader: Reader,
  { buyerId, operatorId }: { readonly buyerId: string; readonly operatorId: string },
): Promise<ReadonlyMap<string, bigint>> {
  const balances = await balancesOfBook(reader, operatorId, { kinds: ['buyer_credit'] });
  return new Map(
    balances.filter(({ partyId }) => partyId === buyerId).map((each) => [each.currency, each.balanceMinor]),
  );
}
