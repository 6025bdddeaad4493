/** A buyer's invoices as it, the operator and others see them. */
import { usd } from '../scenarios/one-deal.js';
import { startTestApp, type TestAppWithStripe } from '../support/app.js';
import { BilledBuyer, dayMs, invoiceFields, profileFields } from './billed-buyer.js';

let app: TestAppWithStripe;
let market: BilledBuyer;

beforeEach(async () => {
  app = await startTestApp({ stripe: true, environment: { LEADGER_LIMIT_COST_PER_SECOND: '1000000' } });
  app.stripe.control.fund({ amount: 1_000_000, currency: 'usd' });
  market = new BilledBuyer(app);
});
afterEach(async () => {
  try {
    await app.verifyInvariants();
  } finally {
    await app.stop();
  }
});

const profileSelection = `billingProfile { ${profileFields} } replayed`;
const someText = expect.any(String) as string;

it('a buyer saves a card, its month is paid, and buyer and operator see that, and nobody else', async () => {
  const begun = await market.done<{ url: string; browserSecret: string }>(
    'buyer',
    'beginPaymentSetup',
    { idempotencyKey: 'one-setup' },
    `url browserSecret ${profileSelection}`,
  );
  expect(begun).toMatchObject({ replayed: false, billingProfile: { method: null, terms: 'AUTOPAY' } });
  expect(begun.browserSecret).not.toBe('');
  const again = await market.done(
    'buyer',
    'beginPaymentSetup',
    { idempotencyKey: 'one-setup' },
    'url replayed',
  );
  expect(again).toMatchObject({ url: begun.url, replayed: true });
  await market.page(begun.url, 'pm_card_visa');
  await market.pass(5 * 60_000);
  for (const [key, id] of [['buyer'], ['auditor', app.organizations.buyer.id]] as const) {
    expect(await market.profile(key, id)).toMatchObject({
      method: { kind: 'CARD', label: 'visa •4242', usable: true, failure: null },
      buyer: { name: 'The buyer' },
    });
  }

  await market.billed();
  const invoice = await market.invoice();
  expect(invoice).toMatchObject({
    status: 'PAID',
    total: usd('451.00'),
    ...{ paid: { amount: '451.00' }, open: { amount: '0.00' }, writtenOff: { amount: '0.00' } },
    ...{ paidAt: someText, tries: 1, nextTryAt: null, lastFailure: null, payUrl: null },
    buyer: { name: 'The buyer' },
    settlements: {
      count: 1,
      nodes: [{ status: 'HOLDING', amountCollected: { amount: '451.00' }, invoice: { id: invoice.id } }],
    },
    collections: {
      count: 1,
      nodes: [
        {
          ...{
            method: 'CARD',
            status: 'SUCCEEDED',
            attempt: 1,
            received: { amount: '451.00' },
            failure: null,
          },
          ...{ fee: null, succeededAt: someText, invoice: { id: invoice.id } },
        },
      ],
    },
  });
  const [forOperator] = await market.invoices('auditor', '(status: PAID)');
  expect(forOperator?.collections.nodes).toMatchObject([{ fee: { amount: '13.38' } }]);
  expect(await market.invoices('auditor', '(status: OPEN)')).toEqual([]);
  expect(await market.invoices('auditor', `(buyerId: "${app.organizations.otherBuyer.id}")`)).toEqual([]);
  expect(await market.invoices('auditor', '(buyerId: "nonsense")')).toEqual([]);

  const one = `query ($id: ID!) { invoice(id: $id) { number } node(id: $id) { id } }`;
  const seen = async (key: 'buyer' | 'otherBuyer' | 'preparer') => await market.ask(key, one, invoice);
  expect(await seen('buyer')).toEqual({ invoice: { number: invoice.number }, node: { id: invoice.id } });
  expect(await seen('preparer')).toEqual({ invoice: { number: invoice.number }, node: { id: invoice.id } });
  expect(await seen('otherBuyer')).toEqual({ invoice: null, node: null });
  expect(await market.invoices('otherBuyer')).toEqual([]);
  expect(await market.profile('otherBuyer', app.organizations.buyer.id)).toBeNull();
  // The agency learns that the buyer paid, and not how.
  expect(await market.codes('agency', '{ invoices { count } }')).toEqual(['FORBIDDEN']);
  expect(
    await market.ask('agency', '{ settlements { nodes { amountCollected { amount } invoice { id } } } }'),
  ).toEqual({ settlements: { nodes: [{ amountCollected: { amount: '451.00' }, invoice: null }] } });
});

it('a decline is told in words with what to do, and a person tries again, once a key', async () => {
  await market.saveMethod('pm_card_laterInsufficientFunds');
  await market.billed();
  const lastFailure = {
    code: 'insufficient_funds',
    words: 'There was not enough money on the account.',
    remedy: 'It is tried again by itself; you can also save another method.',
  };
  const invoice = await market.invoice();
  expect(invoice).toMatchObject({
    ...{ status: 'OPEN', lastFailure, tries: 1, nextTryAt: someText, open: { amount: '451.00' } },
    settlements: { nodes: [{ status: 'COLLECTION_FAILED', amountCollected: { amount: '0.00' } }] },
    collections: { nodes: [{ status: 'FAILED', failure: lastFailure }] },
  });
  const input = { invoiceId: invoice.id, idempotencyKey: 'try-now' };
  const selection = `invoice { ${invoiceFields} } replayed`;
  const tried = await market.done<{ invoice: object }>('buyer', 'collectInvoice', input, selection);
  expect(tried).toMatchObject({ replayed: false, invoice: { collections: { count: 2 } } });
  expect(await market.done('buyer', 'collectInvoice', input, selection)).toMatchObject({
    replayed: true,
    invoice: { collections: { count: 2 } },
  });
  const other = { invoiceId: invoice.id };
  expect((await market.act('preparer', 'collectInvoice', other, selection)).userErrors).toMatchObject([
    { code: 'COLLECTION_UNDER_WAY', field: ['input', 'invoiceId'] },
  ]);
  expect((await market.act('otherBuyer', 'collectInvoice', other, selection)).userErrors).toMatchObject([
    { code: 'NOT_FOUND', field: ['input', 'invoiceId'] },
  ]);
  await market.pass(60_000);
  await market.saveMethod();
  await market.pass(60_000);
  expect(await market.invoice()).toMatchObject({ status: 'PAID', lastFailure: null, tries: 3 });
});

it('a bank that asks the buyer gives it a page on which to pay', async () => {
  await market.done('buyer', 'setBillingProfile', { billingEmail: 'bills@buyer.example' }, 'replayed');
  await market.saveMethod();
  const [saved] = await app.database.query<{ id: string }>('select method_id as id from billing_profiles');
  const behaviour = 'pm_card_authenticationRequired';
  app.stripe.control.setBehaviour({ method: saved?.id ?? '', behaviour });
  await market.billed();
  const invoice = await market.invoice();
  const words = 'The bank wants you to confirm the payment yourself.';
  const asked = { code: 'authentication_required', words };
  expect(invoice).toMatchObject({
    ...{ status: 'OPEN', payUrl: expect.stringContaining(app.stripe.url) as string },
    // What failed is said of the collection that failed, and no more of what is going on now.
    lastFailure: null,
    collections: {
      nodes: [
        { method: 'HOSTED_INVOICE', status: 'NEEDS_ACTION', payUrl: invoice.payUrl },
        { method: 'CARD', status: 'FAILED', failure: asked, payUrl: null },
      ],
    },
  });
  await market.page(invoice.payUrl, 'pm_card_visa');
  await market.pass(5 * 60_000);
  expect(await market.invoice()).toMatchObject({ status: 'PAID', payUrl: null, paid: { amount: '451.00' } });
});

it('a payment that the bank takes back is shown with what it concerns', async () => {
  await market.saveMethod();
  await market.billed();
  const [charge] = await app.database.query<{ id: string }>(
    'select provider_charge_id as id from collections where provider_charge_id is not null',
  );
  app.stripe.control.openDispute({ charge: charge?.id ?? '' });
  await market.pass(5 * 60_000);
  const query = `{ disputes(status: OPEN) { count nodes { id status nature amount { amount } reason openedAt
    evidenceDueAt closedAt buyer { name } collection { method invoice { status } }
    parts { status amount { amount } returned { amount } agencyAmount { amount } settlement { number } } } } }`;
  for (const key of ['buyer', 'preparer'] as const) {
    expect(await market.ask(key, query)).toMatchObject({
      disputes: {
        count: 1,
        nodes: [
          {
            ...{ status: 'OPEN', nature: 'DISPUTE', reason: 'fraudulent', amount: { amount: '451.00' } },
            ...{ buyer: { name: 'The buyer' }, collection: { method: 'CARD', invoice: { status: 'PAID' } } },
            parts: [
              {
                ...{ status: 'OPEN', amount: { amount: '451.00' }, returned: { amount: '0.00' } },
                agencyAmount: { amount: '410.00' },
              },
            ],
          },
        ],
      },
    });
  }
  expect(await market.ask('otherBuyer', query)).toMatchObject({ disputes: { count: 0 } });
  expect(await market.codes('agency', query)).toEqual(['FORBIDDEN']);
});

it('reads the invoices of a page of settlements, and the sums of a page of invoices, at once', async () => {
  await market.saveMethod();
  for (let count = 0; count < 3; count += 1) await market.billed();
  // What is told of the payments is kept by now.
  await app.stripe.control.settleWebhooks();
  const statements = async (key: 'buyer' | 'preparer', query: string): Promise<number> => {
    let asked = 0;
    const { dataSource } = app.database;
    const { logger } = dataSource;
    const nothing = (): void => undefined;
    const others = { logQueryError: nothing, logQuerySlow: nothing, logSchemaBuild: nothing };
    dataSource.logger = { ...others, logMigration: nothing, log: nothing, logQuery: () => void (asked += 1) };
    await market.ask(key, query);
    dataSource.logger = logger;
    return asked;
  };
  const sums = 'paid { amount } open { amount } payUrl buyer { name }';
  const ofSettlements = (first: number) =>
    `{ settlements(first: ${first}) { nodes { amountCollected { amount } invoice { number ${sums} } } } }`;
  const ofInvoices = (first: number) =>
    `{ invoices(first: ${first}) { nodes { ${sums} settlements { nodes { number amountCollected { amount } } } } } }`;
  const ofCollections = (first: number) =>
    `{ invoices(first: ${first}) { nodes { collections(first: 2) { nodes { status } } } } }`;
  for (const query of [ofSettlements, ofInvoices, ofCollections]) {
    // One of them may look the key up anew and note its use: the least of several is what the query takes.
    const least = async (first: number): Promise<number> => {
      const asked: number[] = [];
      for (let round = 0; round < 4; round += 1) asked.push(await statements('buyer', query(first)));
      return Math.min(...asked);
    };
    expect(await least(3)).toBe(await least(1));
  }
});

it('leafs through invoices, their settlements and their collections', async () => {
  await market.saveMethod('pm_card_laterInsufficientFunds');
  await market.billed();
  await market.pass(dayMs);
  await market.pass(3 * dayMs);
  interface Paged {
    readonly invoices: {
      readonly nodes: readonly {
        readonly collections: {
          readonly count: number;
          readonly nodes: readonly { readonly attempt: number }[];
          readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
        };
        readonly settlements: {
          readonly nodes: readonly object[];
          readonly pageInfo: { readonly endCursor: string };
        };
      }[];
    };
  }
  const leaf = async (collections: string, settlements: string) => {
    const pageInfo = 'pageInfo { hasNextPage hasPreviousPage endCursor }';
    const { invoices } = await market.ask<Paged>(
      'buyer',
      `{ invoices { nodes { collections(${collections}) { count nodes { attempt } ${pageInfo} }
         settlements(${settlements}) { nodes { id } ${pageInfo} } } } }`,
    );
    const [only] = invoices.nodes;
    if (!only) throw new Error('there is no invoice');
    return only;
  };
  const first = await leaf('first: 2', 'first: 1');
  expect(first).toMatchObject({
    collections: { count: 3, nodes: [{ attempt: 3 }, { attempt: 2 }], pageInfo: { hasNextPage: true } },
    settlements: { pageInfo: { hasNextPage: false, hasPreviousPage: false } },
  });
  const { collections, settlements } = first;
  const next = await leaf(
    `first: 2, after: "${collections.pageInfo.endCursor}"`,
    `first: 1, after: "${settlements.pageInfo.endCursor}"`,
  );
  expect(next).toMatchObject({
    collections: { nodes: [{ attempt: 1 }], pageInfo: { hasNextPage: false } },
    settlements: { nodes: [] },
  });
  expect(await leaf('last: 1', 'last: 1')).toMatchObject({
    collections: { nodes: [{ attempt: 1 }] },
    settlements: { nodes: settlements.nodes },
  });
});
