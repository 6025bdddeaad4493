/** What a buyer and finance set and decide about the buyer's money. */
import { newId } from '#database';
import { CreateApiKey, systemActor } from '#organizations';
import { usd } from '../scenarios/one-deal.js';
import { startTestApp, type TestAppWithStripe } from '../support/app.js';
import { BilledBuyer, profileFields, requestFields } from './billed-buyer.js';

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

it('finance sets terms and the credit limit, the buyer its address and its recharge', async () => {
  const buyerId = app.organizations.buyer.id;
  const terms = { buyerId, terms: 'INVOICE', netTermsDays: 14, creditLimit: usd('1000.00') };
  expect(await market.done('preparer', 'setBillingProfile', terms, profileSelection)).toMatchObject({
    billingProfile: { terms: 'INVOICE', netTermsDays: 14, creditLimit: usd('1000.00'), version: 1 },
    replayed: false,
  });
  const recharge = { below: usd('50.00'), amount: usd('200.00') };
  const own = { billingEmail: 'bills@buyer.example', recharge, expectedVersion: 1 };
  expect(await market.done('buyer', 'setBillingProfile', own, profileSelection)).toMatchObject({
    billingProfile: {
      ...{ terms: 'INVOICE', creditLimit: usd('1000.00'), billingEmail: 'bills@buyer.example', version: 2 },
      recharge: { below: { amount: '50.00' }, amount: { amount: '200.00' }, lastFailure: null },
    },
  });
  const taken = { billingEmail: null, recharge: null, terms: null };
  expect(await market.done('buyer', 'setBillingProfile', taken, profileSelection)).toMatchObject({
    billingProfile: { billingEmail: null, recharge: null, terms: 'INVOICE', version: 3 },
  });
  const refusals: readonly (readonly ['buyer' | 'preparer' | 'admin' | 'otherBuyer', object, object])[] = [
    ['buyer', { creditLimit: usd('9000.00') }, { code: 'NOT_PERMITTED', field: ['input', 'creditLimit'] }],
    ['admin', { buyerId, netTermsDays: 3 }, { code: 'NOT_PERMITTED', field: ['input', 'netTermsDays'] }],
    ['preparer', { buyerId, netTermsDays: 181 }, { code: 'INVALID_VALUE', field: ['input', 'netTermsDays'] }],
    ['preparer', { buyerId, expectedVersion: 1 }, { code: 'STALE_VERSION', currentVersion: 3 }],
    ['preparer', { terms: 'PREPAID' }, { code: 'REQUIRED', field: ['input', 'buyerId'] }],
    [
      'otherBuyer',
      { buyerId, billingEmail: 'me@x.example' },
      { code: 'NOT_FOUND', field: ['input', 'buyerId'] },
    ],
    [
      'preparer',
      { buyerId: app.organizations.agency.id },
      { code: 'NOT_FOUND', field: ['input', 'buyerId'] },
    ],
    ['buyer', { billingEmail: 'nobody' }, { code: 'INVALID_VALUE', field: ['input', 'billingEmail'] }],
    [
      'buyer',
      { recharge: { below: usd('0.00'), amount: usd('5.00') } },
      { code: 'INVALID_AMOUNT', field: ['input', 'recharge', 'below', 'amount'] },
    ],
    [
      'preparer',
      { buyerId, creditLimit: usd('-1.00') },
      { code: 'INVALID_AMOUNT', field: ['input', 'creditLimit', 'amount'] },
    ],
  ];
  for (const [key, input, expected] of refusals) {
    const refused = await market.act(key, 'setBillingProfile', { ...input }, profileSelection);
    expect(refused).toMatchObject({ billingProfile: null, userErrors: [expected] });
  }
  expect(await market.codes('admin', '{ billingProfile { version } }')).toEqual(['BAD_USER_INPUT']);
  // No credit at all: nothing is sold before something was prepaid.
  const none = { buyerId, creditLimit: usd('0.00') };
  expect(await market.done('preparer', 'setBillingProfile', none, profileSelection)).toMatchObject({
    billingProfile: { creditLimit: usd('0.00'), blocked: true, blockedAt: someText },
  });
});

it('a balance is topped up, and refunded by two people', async () => {
  const topUp = { amount: usd('100.00') };
  const selection = 'collection { id status method amount { amount } } replayed';
  expect((await market.act('buyer', 'topUpBalance', topUp, selection)).userErrors).toMatchObject([
    { code: 'PAYMENT_METHOD_MISSING' },
  ]);
  await market.saveMethod();
  expect(await market.done('buyer', 'topUpBalance', topUp, selection)).toMatchObject({
    collection: { status: 'REQUESTED', method: 'CARD', amount: { amount: '100.00' } },
  });
  await market.pass(60_000);
  const balanceOf = async () => await market.profile('buyer');
  expect(await balanceOf()).toMatchObject({
    balances: [
      { currency: 'USD', balance: { amount: '100.00' }, exposure: { amount: '-100.00' }, limit: null },
    ],
    topUps: { count: 1, nodes: [{ status: 'SUCCEEDED', amount: usd('100.00'), invoice: null }] },
  });

  const buyerId = app.organizations.buyer.id;
  const refund = { buyerId, reason: 'It was too much.' };
  const tooMuch = { ...refund, amount: usd('100.01') };
  expect((await market.act('preparer', 'requestRefund', tooMuch, requestFields)).userErrors).toMatchObject([
    { code: 'AMOUNT_TOO_HIGH', field: ['input', 'amount'] },
  ]);
  for (const agencyId of [app.organizations.otherBuyer.id, 'org_00000000000000000000000000', '']) {
    const input = { ...refund, agencyId, amount: usd('1.00') };
    expect((await market.act('preparer', 'requestRefund', input, requestFields)).userErrors).toMatchObject([
      { code: 'NOT_FOUND', field: ['input', 'agencyId'] },
    ]);
  }
  await market.byTwo('requestRefund', { buyerId, amount: usd('40.00') });
  await market.pass(5 * 60_000);
  expect(await balanceOf()).toMatchObject({ balances: [{ balance: { amount: '60.00' } }] });
  const refunds = `{ refunds { count nodes { id status amount { amount } failure finishedAt buyer { name }
    agency { name } collection { method } } } }`;
  for (const key of ['buyer', 'auditor'] as const) {
    expect(await market.ask(key, refunds)).toMatchObject({
      refunds: {
        count: 1,
        nodes: [
          {
            ...{ status: 'SUCCEEDED', amount: { amount: '40.00' }, failure: null, finishedAt: someText },
            ...{ buyer: { name: 'The buyer' }, agency: null, collection: { method: 'CARD' } },
          },
        ],
      },
    });
  }
  expect(await market.ask('otherBuyer', refunds)).toMatchObject({ refunds: { count: 0 } });
  expect(await market.codes('agency', refunds)).toEqual(['FORBIDDEN']);
});

it('a balance is topped up by the operator only as two people, and by nobody with what cannot be charged', async () => {
  const selection = 'collection { id } replayed';
  const buyerId = app.organizations.buyer.id;
  await market.saveMethod();
  const alone = { buyerId, amount: usd('5.00') };
  expect((await market.act('preparer', 'topUpBalance', alone, selection)).userErrors).toMatchObject([
    { code: 'NOT_PERMITTED' },
  ]);
  const bounds = [
    ['0.99', 'AMOUNT_TOO_LOW', 'The least that can be charged is $1.00.'],
    ['1000000.00', 'AMOUNT_TOO_HIGH', 'One charge takes at most $999,999.99.'],
  ];
  for (const [amount = '', code, message] of bounds) {
    const field = ['input', 'amount'];
    expect(
      (await market.act('buyer', 'topUpBalance', { amount: usd(amount) }, selection)).userErrors,
    ).toEqual([{ code, message, field }]);
    const asked = { buyerId, amount: usd(amount), reason: 'It is agreed.' };
    expect((await market.act('preparer', 'requestTopUp', asked, requestFields)).userErrors).toEqual([
      { code, message, field },
    ]);
  }
  for (const missing of [app.organizations.agency.id, 'org_00000000000000000000000000', '']) {
    const asked = { ...alone, buyerId: missing, reason: 'It is agreed.' };
    expect((await market.act('preparer', 'requestTopUp', asked, requestFields)).userErrors).toMatchObject([
      { code: 'NOT_FOUND', field: ['input', 'buyerId'] },
    ]);
  }
  await market.byTwo('requestTopUp', { buyerId, amount: usd('20.00') });
  await market.pass(60_000);
  expect(await market.profile('buyer')).toMatchObject({ balances: [{ balance: { amount: '20.00' } }] });
});

it('a payment to the bank is recorded by two people, and what is left is written off by two', async () => {
  const buyerId = app.organizations.buyer.id;
  const billingEmail = 'bills@buyer.example';
  await market.done('preparer', 'setBillingProfile', { buyerId, terms: 'INVOICE', billingEmail }, 'replayed');
  const month = await market.sold();
  const { settlements } = await market.ask<{ settlements: { nodes: readonly { id: string }[] } }>(
    'preparer',
    '{ settlements(status: OPEN) { nodes { id } } }',
  );
  const early = { settlementId: settlements.nodes[0]?.id, reason: 'Too early.' };
  expect((await market.act('preparer', 'requestWriteOff', early, requestFields)).userErrors).toMatchObject([
    { code: 'ILLEGAL_TRANSITION', field: ['input', 'settlementId'] },
  ]);
  await market.close(month.period);
  await market.pass(60_000);
  const invoice = await market.invoice();
  expect(invoice).toMatchObject({ status: 'OPEN', payUrl: someText });
  const payment = {
    invoiceId: invoice.id,
    amount: usd('400.00'),
    reference: ' wire 4711 ',
    reason: 'It came.',
  };
  const record = async (more: object) =>
    (await market.act('preparer', 'recordOutOfBandPayment', { ...payment, ...more }, requestFields))
      .userErrors;
  expect(await record({})).toMatchObject([{ code: 'COLLECTION_UNDER_WAY' }]);

  const [live] = invoice.collections.nodes;
  const stop = { collectionId: live?.id };
  const stopped = 'collection { id status cancelRequestedAt } replayed';
  expect(await market.codes('buyer', cancelBy(live?.id))).toEqual(['FORBIDDEN']);
  expect(await market.done('preparer', 'cancelCollection', stop, stopped)).toMatchObject({
    collection: { id: live?.id, cancelRequestedAt: someText },
  });
  await market.pass(60_000);
  expect(await market.invoice()).toMatchObject({
    payUrl: null,
    collections: { nodes: [{ status: 'CANCELED', failure: { words: 'The collection was stopped.' } }] },
  });

  expect(await record({ amount: usd('451.01') })).toMatchObject([{ code: 'AMOUNT_TOO_HIGH' }]);
  expect(await record({ amount: { amount: '1.00', currency: 'EUR' } })).toMatchObject([
    { code: 'CURRENCY_MISMATCH', field: ['input', 'amount', 'currency'] },
  ]);
  expect(await record({ reference: ' ' })).toMatchObject([
    { code: 'REQUIRED', field: ['input', 'reference'] },
  ]);
  expect(await record({ reference: 'x'.repeat(201) })).toMatchObject([
    { code: 'INVALID_VALUE', field: ['input', 'reference'] },
  ]);
  expect(await record({ reason: '' })).toMatchObject([{ code: 'REQUIRED', field: ['input', 'reason'] }]);
  await market.byTwo('recordOutOfBandPayment', payment);
  // One transfer of the bank, told of twice, is still one.
  expect(await record({ amount: usd('10.00') })).toMatchObject([{ code: 'REFERENCE_USED' }]);
  expect(await market.invoice()).toMatchObject({
    ...{ status: 'OPEN', paid: { amount: '400.00' }, open: { amount: '51.00' } },
    collections: { nodes: [{ method: 'OUT_OF_BAND', reference: 'wire 4711', status: 'SUCCEEDED' }, {}] },
    settlements: { nodes: [{ amountCollected: { amount: '400.00' } }] },
  });

  const [settlement] = invoice.settlements.nodes;
  await market.byTwo('requestWriteOff', { settlementId: settlement?.id });
  expect(await market.invoice()).toMatchObject({
    ...{ status: 'UNCOLLECTIBLE', open: { amount: '0.00' }, writtenOff: { amount: '51.00' } },
    settlements: { nodes: [{ status: 'WRITTEN_OFF' }] },
  });
  const again = { settlementId: settlement?.id, reason: 'Once more.' };
  expect((await market.act('preparer', 'requestWriteOff', again, requestFields)).userErrors).toMatchObject([
    { code: 'NOTHING_TO_COLLECT', field: ['input', 'settlementId'] },
  ]);
});

function cancelBy(collectionId: string | undefined): string {
  const input = `{ collectionId: "${collectionId}", idempotencyKey: "${newId()}" }`;
  return `mutation { cancelCollection(input: ${input}) { replayed } }`;
}

it('a test key sets nothing and takes nothing', async () => {
  const key = await app.nest.get(CreateApiKey).execute(systemActor('test'), {
    ...{ organizationId: app.organizations.buyer.uuid, userId: null, name: 'test', mode: 'test' },
    ...{ roles: ['OWNER', 'API_CLIENT'], scopes: null, expiresAt: null, idempotencyKey: newId() },
  });
  const token = key.ok ? key.value.token : null;
  for (const act of [
    'beginPaymentSetup(input: { idempotencyKey: "k" })',
    'setBillingProfile(input: { billingEmail: "a@b.example", idempotencyKey: "k" })',
    'topUpBalance(input: { amount: { amount: "1.00", currency: "USD" }, idempotencyKey: "k" })',
  ]) {
    const { errors } = await app.gql(token, `mutation { ${act} { replayed } }`);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  }
});
