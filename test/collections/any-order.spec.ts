/** News of the provider, in every order and more than once: the books end the same. */
import type { DisputeSnapshot, FundsMovement, InvoiceSnapshot, PaymentSnapshot } from '#payments';
import type { Collection } from '#collections';
import { newId } from '#database';
import { type Billing, openBilling, usd } from './open-billing.js';

let billing: Billing;
beforeAll(async () => {
  billing = await openBilling();
});
afterAll(async () => {
  expect(await billing.broken()).toEqual([]);
  await billing.close();
});

/** Something that the provider tells of one collection. */
type News = (of: {
  readonly id: string;
  readonly collection: Collection;
}) => readonly ['payment' | 'invoice' | 'dispute', PaymentSnapshot | InvoiceSnapshot | DisputeSnapshot];

const movement = (id: string, amountMinor: bigint, feeMinor = 0n): FundsMovement => ({
  ...{
    id: `txn_${id}`,
    type: 'payment',
    amountMinor,
    feeMinor,
    netMinor: amountMinor - feeMinor,
    currency: usd,
  },
  ...{ sourceId: null, createdAt: billing.now(), availableAt: billing.now() },
});
const paymentOf = (
  id: string,
  operationId: string | null,
  wanted: Partial<PaymentSnapshot>,
): PaymentSnapshot => ({
  ...{
    object: 'payment',
    id: `pi_${id}`,
    operationId,
    state: 'PROCESSING',
    amountMinor: 100_000n,
    currency: usd,
  },
  ...{ chargeId: `py_${id}`, method: 'BANK_DEBIT', funds: null, failure: null, returnedFunds: null },
  ...wanted,
});
const moneyIn = (id: string): FundsMovement => movement(`in_${id}`, 100_000n, 500n);
const payment =
  (wanted: (id: string) => Partial<PaymentSnapshot>): News =>
  ({ id, collection }) => ['payment', paymentOf(id, collection.operationId, wanted(id))];
const invoice =
  (wanted: (id: string) => Partial<InvoiceSnapshot>): News =>
  ({ id, collection }) => [
    'invoice',
    {
      ...{
        object: 'invoice',
        id: `in_${id}`,
        operationId: collection.operationId,
        state: 'OPEN',
        currency: usd,
      },
      ...{ amountMinor: 100_000n, hostedUrl: `https://pay.example/${id}`, dueAt: null, payment: null },
      ...wanted(id),
    },
  ];
const dispute =
  (wanted: (id: string) => Partial<DisputeSnapshot>): News =>
  ({ id }) => [
    'dispute',
    {
      ...{ object: 'dispute', id: `du_${id}`, chargeId: `py_${id}`, state: 'OPEN', reason: 'fraudulent' },
      ...{
        method: 'CARD',
        amountMinor: 100_000n,
        currency: usd,
        evidenceDueAt: null,
        openedAt: billing.now(),
        isOver: wanted(id).state === 'WON' || wanted(id).state === 'LOST',
      },
      movements: [movement(`w_${id}`, -100_000n, 1_500n)],
      ...wanted(id),
    },
  ];

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) => ordersOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** What is left of a statement, its invoice and its collection after the news. */
async function endOf(news: readonly News[]): Promise<object> {
  // A buyer of its own: what others have does not count.
  const buyerId = await billing.organization('BUYER');
  const agencyId = await billing.organization('AGENCY');
  const statement = await billing.statement({ buyerId, agencyId });
  await billing.database.query(
    `insert into billing_profiles (buyer_id, terms, net_terms_days, currency, provider_buyer_id, provider_has_email,
       method_id, method_kind, method_usable, method_saved_at, changed_at)
     values ($1::uuid, $2, 30, 'USD', $1::uuid::text, true, 'pm_1', 'BANK_DEBIT', true, now(), now())`,
    [buyerId, terms],
  );
  const bill = billing.handlers.dueWork.find(({ name }) => name === 'bill-buyers');
  await bill?.run(billing.now(), 10);
  const collection = await billing.lastCollection(buyerId);
  const id = newId();
  for (const each of news) {
    const [kind, snapshot] = each({ id, collection });
    if (kind === snapshot.object) await billing.applySnapshot(kind, snapshot as never);
  }
  const [first] = await billing.allCollections(buyerId);
  const invoices = await billing.allInvoices(buyerId);
  const balance = async (kind: 'stripe' | 'receivable' | 'dispute_held' | 'held') =>
    (await billing.balance(agencyId, kind)).toString();
  return {
    collection: [first?.state, first?.receivedMinor.toString(), first?.creditedMinor.toString()],
    invoices: invoices.map(({ state }) => state),
    settlement: await billing.state(statement),
    books: [
      await balance('stripe'),
      await balance('receivable'),
      await balance('dispute_held'),
      await balance('held'),
    ],
  };
}

let terms: 'AUTOPAY' | 'INVOICE' = 'AUTOPAY';

async function expectOneEnd(history: readonly News[], again: readonly News[] = []): Promise<object> {
  const ends = new Map<string, object>();
  for (const order of ordersOf(history)) {
    const end = await endOf([...order, ...again]);
    ends.set(JSON.stringify(end), end);
  }
  expect([...ends.keys()]).toHaveLength(1);
  const [only] = ends.values();
  return only ?? {};
}

it('a debit that succeeds and comes back, in all orders of five', async () => {
  terms = 'AUTOPAY';
  const end = await expectOneEnd([
    payment(() => ({})),
    payment(() => ({ state: 'SUCCEEDED' })),
    payment((id) => ({ state: 'SUCCEEDED', funds: moneyIn(id) })),
    payment((id) => ({ state: 'SUCCEEDED', funds: moneyIn(id) })),
    payment((id) => ({
      state: 'FAILED',
      funds: moneyIn(id),
      returnedFunds: movement(`back_${id}`, -100_000n),
    })),
  ]);
  expect(end).toMatchObject({
    collection: ['RETURNED', '0', '0'],
    invoices: ['OPEN'],
    books: ['0', '100000', '0', '100000'],
  });
}, 120_000);

it('a page that is paid, and contested', async () => {
  terms = 'INVOICE';
  const paid = (id: string) => paymentOf(id, null, { state: 'SUCCEEDED', funds: moneyIn(id) });
  const contested = dispute(() => ({}));
  const history = [
    invoice(() => ({})),
    invoice((id) => ({ state: 'PAID', payment: paymentOf(id, null, { state: 'SUCCEEDED' }) })),
    invoice((id) => ({ state: 'PAID', payment: paid(id) })),
    contested,
  ];
  // A dispute that came too early is looked at again when its payment is there.
  const end = await expectOneEnd(history, [contested]);
  expect(end).toMatchObject({
    collection: ['SUCCEEDED', '100000', '0'],
    invoices: ['PAID'],
    settlement: 'COLLECTED',
    books: ['0', '0', '100000', '100000'],
  });
}, 120_000);

it('a debit whose return is told as a lost dispute, and by the payment too', async () => {
  terms = 'AUTOPAY';
  const lost = dispute((id) => ({
    ...{ state: 'LOST', method: 'BANK_DEBIT', reason: 'insufficient_funds' },
    movements: [movement(`back_${id}`, -100_000n, 1_500n)],
  }));
  const end = await expectOneEnd(
    [
      payment((id) => ({ state: 'SUCCEEDED', funds: moneyIn(id) })),
      payment((id) => ({
        state: 'FAILED',
        funds: moneyIn(id),
        returnedFunds: movement(`back_${id}`, -100_000n, 1_500n),
      })),
      lost,
    ],
    [lost],
  );
  expect(end).toMatchObject({ collection: ['RETURNED', '0', '0'], books: ['0', '100000', '0', '100000'] });
}, 60_000);

it('what is said twice, and late, changes nothing', async () => {
  terms = 'AUTOPAY';
  const all = [
    payment((id) => ({ state: 'SUCCEEDED', funds: moneyIn(id) })),
    payment(() => ({})),
    payment(() => ({ state: 'FAILED', failure: { code: 'card_declined', declineCode: null } })),
    payment(() => ({ state: 'CANCELED' })),
  ];
  const end = await endOf([...all, ...all, ...all]);
  expect(end).toMatchObject({
    collection: ['SUCCEEDED', '100000', '0'],
    invoices: ['PAID'],
    settlement: 'COLLECTED',
  });
});
