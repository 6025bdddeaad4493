import type { Transaction } from '#database';
import { balancesOfBooks, trialBalances } from '#ledger';
import type { CurrencyCode } from '#money';
import type { ComparedAccount, Difference } from './difference.js';
import { operatorBook } from './funds.store.js';
import type { ProviderBalance } from './provider.js';

/** What the provider says, and which of its movements wait for their operation. */
export interface ProviderSide {
  readonly balances: readonly ProviderBalance[];
  readonly inFlight: ReadonlySet<string>;
}

const booksAtOnce = 500;

export interface Comparison {
  readonly accounts: readonly ComparedAccount[];
  readonly differences: readonly Difference[];
}

/** Call it first in a transaction: everything that it reads is of one instant then. */
export async function readAtOneInstant(tx: Transaction): Promise<void> {
  await tx.query('set transaction isolation level repeatable read, read only');
}

/** Compares the books with the mirror of the provider's account statement, and that with the balance itself. */
export async function compareBooks(tx: Transaction, side: ProviderSide): Promise<Comparison> {
  const operatorId = await operatorBook(tx);
  const movements = await wrongMovements(tx, operatorId, side.inFlight);
  const balances = await compareBalances(tx, side);
  const transit = await compareTransit(tx);
  const isOff = balances.some((each) => each.ledgerMinor + each.inFlightMinor !== each.mirrorMinor);
  return {
    accounts: [...balances.map(({ mirrorMinor: _, ...account }) => account), ...transit],
    differences: [
      ...movements,
      // To look through all postings takes long, and is of use only when the sums do not fit.
      ...(isOff ? await journalsWithoutMovement(tx) : []),
      ...balances.flatMap((each): Difference[] =>
        each.mirrorMinor === each.providerMinor
          ? []
          : [
              {
                ...{ kind: 'BALANCE', bookId: operatorId, currency: each.currency, subject: null },
                ...{ sourceId: null, ledgerMinor: each.mirrorMinor, providerMinor: each.providerMinor },
              },
            ],
      ),
      ...transit.flatMap(({ bookId, currency, ledgerMinor, providerMinor }): Difference[] =>
        ledgerMinor === providerMinor || bookId === null
          ? []
          : [
              {
                kind: 'IN_TRANSIT',
                bookId,
                currency,
                subject: null,
                sourceId: null,
                ledgerMinor,
                providerMinor,
              },
            ],
      ),
    ],
  };
}

/** Σ of what journals of a movement do to the balance, by source and currency. */
const bookedSql = `
  select j.source, p.currency,
    sum(case when d.kind = 'stripe' then p.amount_minor else 0 end
      - case when c.kind = 'stripe' then p.amount_minor else 0 end) as net_minor,
    min(j.book_id::text) as book_id, count(distinct j.book_id) as books
  from journals j
  join postings p on p.book_id = j.book_id and p.journal_id = j.id
  join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id
  join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id
  where j.source like 'stripe:%' group by j.source, p.currency`;

async function wrongMovements(
  tx: Transaction,
  operatorId: string,
  inFlight: ReadonlySet<string>,
): Promise<readonly Difference[]> {
  const rows = await tx.query<{
    source: string;
    id: string | null;
    source_id: string | null;
    currency: CurrencyCode;
    book_id: string | null;
    books: string | null;
    booked: string | null;
    net: string | null;
  }>(
    `with booked as (${bookedSql})
     select coalesce('stripe:' || m.id, b.source) as source, m.id, m.source_id, coalesce(m.currency, b.currency) as currency,
       b.book_id, b.books, b.net_minor::text as booked, m.net_minor::text as net
     from balance_transactions m full join booked b on b.source = 'stripe:' || m.id and b.currency = m.currency
     where coalesce(m.net_minor, 0) <> coalesce(b.net_minor, 0) order by 1 limit 1000`,
  );
  return rows.flatMap((row): Difference[] => {
    if (row.id !== null && row.booked === null && inFlight.has(row.id)) return [];
    return [
      {
        kind: row.id === null ? 'NO_MOVEMENT' : row.booked === null ? 'NOT_BOOKED' : 'BOOKED_OTHERWISE',
        bookId: row.book_id !== null && row.books === '1' ? row.book_id : operatorId,
        currency: row.currency,
        subject: row.source.replace('stripe:', 'movement:'),
        sourceId: row.source_id,
        ledgerMinor: BigInt(row.booked ?? 0),
        providerMinor: BigInt(row.net ?? 0),
      },
    ];
  });
}

/** Journals that touch the balance and are of no movement, nor one of the halves of a spent prepaid balance. */
async function journalsWithoutMovement(tx: Transaction): Promise<readonly Difference[]> {
  const rows = await tx.query<{ book_id: string; source: string; currency: CurrencyCode; net: string }>(
    `with touching as (
       select j.book_id, j.source, p.currency, case when d.kind = 'stripe' then p.amount_minor else -p.amount_minor end as net
       from postings p join journals j on j.book_id = p.book_id and j.id = p.journal_id
       join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id
       join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id
       where (d.kind = 'stripe') <> (c.kind = 'stripe') and j.source not like 'stripe:%')
     select min(book_id::text) as book_id, source, currency, sum(net)::text as net from touching
     group by source, currency having sum(net) <> 0 or source not like 'collection:%' order by source limit 1000`,
  );
  return rows.map(({ book_id: bookId, source, currency, net }) => ({
    ...({ kind: 'NO_MOVEMENT', bookId, currency, subject: source, sourceId: null } as const),
    ...{ ledgerMinor: BigInt(net), providerMinor: 0n },
  }));
}

interface ComparedBalance extends ComparedAccount {
  readonly mirrorMinor: bigint;
}

async function compareBalances(
  tx: Transaction,
  { balances, inFlight }: ProviderSide,
): Promise<readonly ComparedBalance[]> {
  const mirrored = await tx.query<{ currency: CurrencyCode; net: string; in_flight: string }>(
    `select currency, sum(net_minor)::text as net,
       coalesce(sum(net_minor) filter (where id = any ($1)), 0)::text as in_flight
     from balance_transactions group by currency`,
    [[...inFlight]],
  );
  const ledger = new Map<string, bigint>();
  for (const { currency, kinds } of await trialBalances(tx)) {
    const stripe = kinds.find(({ kind }) => kind === 'stripe');
    if (stripe) ledger.set(currency, stripe.balanceMinor);
  }
  const currencies = new Set([...ledger.keys(), ...mirrored.map((row) => row.currency)]);
  for (const { currency } of balances) currencies.add(currency);
  return [...currencies].sort().map((name) => {
    const currency = name as CurrencyCode;
    const mirror = mirrored.find((row) => row.currency === currency);
    const provider = balances.find((balance) => balance.currency === currency);
    return {
      account: 'STRIPE' as const,
      bookId: null,
      currency,
      ledgerMinor: ledger.get(currency) ?? 0n,
      mirrorMinor: BigInt(mirror?.net ?? 0),
      providerMinor: provider ? provider.availableMinor + provider.pendingMinor : 0n,
      inFlightMinor: BigInt(mirror?.in_flight ?? 0),
    };
  });
}

async function compareTransit(tx: Transaction): Promise<readonly ComparedAccount[]> {
  const open = await tx.query<{ book_id: string; currency: CurrencyCode; sum: string }>(
    `select book_id, currency, sum(amount_minor)::text as sum from stripe_operations
     where kind = 'TRANSFER' and state not in ('SUCCEEDED', 'REFUSED') group by book_id, currency`,
  );
  const books = await tx.query<{ book_id: string; currency: CurrencyCode }>(
    `select distinct book_id, currency from accounts where kind = 'in_transit'
     union select book_id, currency from stripe_operations
       where kind = 'TRANSFER' and state not in ('SUCCEEDED', 'REFUSED') order by 1, 2`,
  );
  const keyOf = (bookId: string, currency: string): string => `${bookId} ${currency}`;
  const asked = new Map(open.map(({ book_id: id, currency, sum }) => [keyOf(id, currency), BigInt(sum)]));
  const ledger = new Map<string, bigint>();
  for (let start = 0; start < books.length; start += booksAtOnce) {
    const some = books.slice(start, start + booksAtOnce);
    const wanted = some.map(({ book_id: bookId, currency }) => ({ bookId, currency }));
    for (const { bookId, currency, balanceMinor } of await balancesOfBooks(tx, wanted, ['in_transit']))
      ledger.set(keyOf(bookId, currency), balanceMinor);
  }
  const compared = books.map(({ book_id: bookId, currency }): ComparedAccount => ({
    account: 'IN_TRANSIT',
    bookId,
    currency,
    ledgerMinor: ledger.get(keyOf(bookId, currency)) ?? 0n,
    providerMinor: asked.get(keyOf(bookId, currency)) ?? 0n,
    inFlightMinor: 0n,
  }));
  return withoutEmpty(compared);
}

/** Agencies to which nothing is on its way, by either side, are one line for each currency: there may be thousands. */
function withoutEmpty(compared: readonly ComparedAccount[]): readonly ComparedAccount[] {
  const isEmpty = ({ ledgerMinor, providerMinor }: ComparedAccount): boolean =>
    ledgerMinor === 0n && providerMinor === 0n;
  const empty = new Set(compared.filter(isEmpty).map(({ currency }) => currency));
  return [
    ...compared.filter((each) => !isEmpty(each)),
    ...[...empty].sort().map((currency): ComparedAccount => {
      const nothing = { ledgerMinor: 0n, providerMinor: 0n, inFlightMinor: 0n };
      return { account: 'IN_TRANSIT', bookId: null, currency, ...nothing };
    }),
  ];
}
