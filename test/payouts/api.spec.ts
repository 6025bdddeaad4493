/** Payouts as agencies, buyers and finance see them, through the API; the money moves at the Stripe sandbox. */
import { BeginPaymentSetup } from '#collections';
import { newId } from '#database';
import { actorOf } from '../settlements/open-book.js';
import { OneDeal, type Sold, usd, withFee } from '../scenarios/one-deal.js';
import { startTestApp, type TestAppWithStripe, type TestKey } from '../support/app.js';

const dayMs = 86_400_000;

let app: TestAppWithStripe;
let market: OneDeal;

beforeEach(async () => {
  app = await startTestApp({ stripe: true, environment: { LEADGER_LIMIT_COST_PER_SECOND: '1000000' } });
  app.stripe.control.fund({ amount: 1_000_000, currency: 'usd' });
  market = new OneDeal(app);
});
afterEach(async () => {
  try {
    await app.verifyInvariants();
  } finally {
    await app.stop();
  }
});

async function ask<T>(key: TestKey, query: string, variables: object = {}): Promise<T> {
  return await app.ask<T>(app.keys[key], query, variables);
}

const accountFields =
  'account { status words requirements { words } transfersActive providerAccountId agency { name } }';

interface Account {
  readonly status: string;
  readonly words: string;
  readonly requirements: readonly { readonly words: string }[];
  readonly providerAccountId: string;
}

async function onboard(): Promise<void> {
  const input = { email: 'agency@example.com', country: 'US' };
  const { account } = await market.done<{ account: Account }>(
    'agency',
    'beginOnboarding',
    input,
    `${accountFields} url replayed`,
  );
  app.stripe.control.completeAccount({ account: account.providerAccountId });
  await market.done('agency', 'refreshPaymentAccount', {}, `${accountFields} replayed`);
}

async function saveMethod(method = 'pm_card_visa'): Promise<void> {
  const buyerId = app.organizations.buyer.uuid;
  const begin = app.nest.get(BeginPaymentSetup, { strict: false });
  await begin.execute(actorOf('BUYER', buyerId, ['OWNER']), { buyerId, idempotencyKey: newId() });
  const [row] = await app.database.query<{ id: string }>(
    'select provider_setup_id as id from billing_profiles',
  );
  const body = new URLSearchParams({ method, do: 'pay' });
  await fetch(`${app.stripe.url}/setup/${row?.id}`, { method: 'POST', body, redirect: 'manual' });
  await pass(5 * 60_000);
}

async function pass(ms: number): Promise<void> {
  await app.advanceClock(new Date(app.now().getTime() + ms));
}

/** A month of 410.00 for the agency, collected and held. */
async function held(): Promise<Sold & { readonly settlementId: string }> {
  await saveMethod();
  const month = await market.sold({ ...withFee });
  const { id } = await market.close(month.period);
  await pass(60_000);
  return { ...month, settlementId: id };
}

const settlementQuery = `query ($id: ID!) { settlement(id: $id) { status holdReasons
  holds { reason since until amount { amount currency } words } payouts { number status amount { amount } } } }`;

interface Shown {
  readonly settlement: {
    readonly status: string;
    readonly holdReasons: readonly string[];
    readonly holds: readonly {
      readonly reason: string;
      readonly until: string | null;
      readonly words: string;
    }[];
    readonly payouts: readonly { readonly status: string; readonly amount: { readonly amount: string } }[];
  };
}

async function shown(key: TestKey, id: string): Promise<Shown['settlement']> {
  return (await ask<Shown>(key, settlementQuery, { id })).settlement;
}

const previewQuery = `query ($id: ID!) { payoutPreview(agencyId: $id) { currency held { amount } payable { amount }
  owedBack { amount } wouldSend { amount } waitsFor words nextExpectedAt agency { name }
  waiting(first: 10) { nodes { settlement { number } amount { amount } holds { reason until } } count } } }`;

interface Preview {
  readonly held: { readonly amount: string };
  readonly payable: { readonly amount: string };
  readonly wouldSend: { readonly amount: string };
  readonly waitsFor: string | null;
  readonly words: string;
  readonly nextExpectedAt: string | null;
  readonly waiting: { readonly nodes: readonly object[]; readonly count: number };
}

async function preview(key: TestKey): Promise<Preview | null> {
  const { payoutPreview } = await ask<{ payoutPreview: readonly Preview[] | null }>(key, previewQuery, {
    id: app.organizations.agency.id,
  });
  return payoutPreview?.[0] ?? null;
}

it('tells an agency what its account needs, in words, until money can be sent', async () => {
  const accountQuery = `query ($id: ID!) { paymentAccount(agencyId: $id) { status words requirements { words overdue } } }`;
  const id = app.organizations.agency.id;
  const account = async (key: TestKey) =>
    (await ask<{ paymentAccount: Account | null }>(key, accountQuery, { id })).paymentAccount;
  expect(await account('agency')).toMatchObject({ status: 'NONE', requirements: [] });
  const input = { email: 'agency@example.com', country: 'US' };
  const begun = await market.done<{ account: Account; url: string }>(
    'agency',
    'beginOnboarding',
    input,
    `${accountFields} url replayed`,
  );
  expect(begun.url).toContain(app.stripe.url);
  expect(begun.account).toMatchObject({
    status: 'ONBOARDING',
    requirements: [
      { words: "Agreement to the payment provider's terms, now" },
      { words: 'The registered name of the business, now' },
      { words: 'A bank account to pay to, now' },
    ],
  });
  await onboard();
  for (const key of ['agency', 'preparer'] as const) {
    expect(await account(key)).toMatchObject({ status: 'ACTIVE', requirements: [] });
  }
  expect(await account('otherAgency')).toBeNull();
});

it('takes a month to PAID, and tells at each step why the money waits and until when', async () => {
  const month = await held();
  const [first] = (await shown('agency', month.settlementId)).holds;
  expect(first).toMatchObject({ reason: 'HOLD_PERIOD', amount: usd('410.00') });
  expect(await preview('agency')).toMatchObject({
    held: { amount: '410.00' },
    wouldSend: { amount: '0.00' },
    waitsFor: null,
    nextExpectedAt: first?.until,
    waiting: { count: 1, nodes: [{ amount: { amount: '410.00' }, holds: [{ reason: 'HOLD_PERIOD' }] }] },
  });

  await pass(15 * dayMs);
  expect(await shown('agency', month.settlementId)).toMatchObject({
    status: 'HOLDING',
    holdReasons: ['NO_PAYOUT_METHOD'],
    payouts: [],
  });
  // What stands in the way at the agency is no buyer's business.
  expect(await shown('buyer', month.settlementId)).toMatchObject({ holdReasons: [], holds: [], payouts: [] });
  expect(await preview('preparer')).toMatchObject({
    payable: { amount: '410.00' },
    waitsFor: 'NO_ACCOUNT',
    words: 'The agency has no account yet that money can be sent to.',
  });
  expect(await preview('otherAgency')).toBeNull();

  await onboard();
  expect(await preview('agency')).toMatchObject({ wouldSend: { amount: '410.00' }, waitsFor: null });
  await pass(60_000);
  expect(await shown('agency', month.settlementId)).toMatchObject({
    status: 'PAID',
    holdReasons: [],
    payouts: [{ status: 'SUCCEEDED', amount: { amount: '410.00' } }],
  });
  await pass(6 * dayMs);
  const { payouts } = await ask<{ payouts: { nodes: readonly { id: string }[]; count: number } }>(
    'agency',
    `{ payouts { count nodes { id number status amount { amount } released { amount } netted { amount }
       carried { amount } reversed { amount } attempt failure transferId requestedAt finishedAt agency { name }
       bankPayout { status amount { amount } arrivesAt } settlements { count nodes { id } } } } }`,
  );
  expect(payouts).toMatchObject({
    count: 1,
    nodes: [
      {
        status: 'SUCCEEDED',
        released: { amount: '410.00' },
        attempt: 1,
        failure: null,
        transferId: expect.stringMatching(/^tr_/) as string,
        bankPayout: { status: 'PAID', amount: { amount: '410.00' } },
        settlements: { count: 1, nodes: [{ id: month.settlementId }] },
      },
    ],
  });
  const id = payouts.nodes[0]?.id ?? '';
  const one = '($id: ID!) { payout(id: $id) { number } node(id: $id) { id } }';
  const seen = async (key: TestKey) =>
    await ask<{ payout: object | null; node: object | null }>(key, `query ${one}`, { id });
  expect((await seen('agency')).payout).not.toBeNull();
  expect((await seen('auditor')).node).toEqual({ id });
  expect(await seen('otherAgency')).toEqual({ payout: null, node: null });
  for (const key of ['otherAgency', 'preparer'] as const) {
    const list = await ask<{ payouts: { count: number } }>(key, '{ payouts { count } }');
    expect(list.payouts.count).toBe(key === 'preparer' ? 1 : 0);
  }
});

it('shows finance what there is to do, and what is missing to do it', async () => {
  await saveMethod();
  const review = await market.sold();
  await market.endPeriod(review.period);
  await market.inReview(review.period);
  const queues = async () =>
    (
      await ask<{ financeQueues: object }>(
        'preparer',
        `{ financeQueues {
          toApprove { totals { amount currency } settlements { count nodes { status } } }
          held { totals { amount currency } settlements { count nodes { status holds { reason } } } }
          failing { totals { amount } items { count nodes { kind number amount { amount } code words nextTryAt
            buyer { name } agency { name } } } }
          unknown { totals { amount } operations { count nodes { kind status } } }
          disputes { totals { amount } payments { count nodes { amount { amount } isInquiry reason openedAt
            evidenceDueAt buyer { name } } } } } }`,
      )
    ).financeQueues;
  const none = { totals: [] };
  expect(await queues()).toMatchObject({
    toApprove: { totals: [usd('451.00')], settlements: { count: 1, nodes: [{ status: 'IN_REVIEW' }] } },
    ...{ held: none, failing: none, unknown: none, disputes: none },
  });
  const [settlement] = (
    await ask<{ settlements: { nodes: { id: string }[] } }>(
      'preparer',
      '{ settlements(status: IN_REVIEW) { nodes { id } } }',
    )
  ).settlements.nodes;
  await market.decide('approver', 'approveSettlement', settlement?.id ?? '');
  await pass(60_000);
  const [charge] = await app.database.query<{ id: string }>(
    'select provider_charge_id as id from collections where provider_charge_id is not null',
  );
  app.stripe.control.openDispute({ charge: charge?.id ?? '' });
  await pass(5 * 60_000);
  expect(await queues()).toMatchObject({
    toApprove: none,
    held: {
      totals: [usd('410.00')],
      settlements: {
        nodes: [{ status: 'HOLDING', holds: [{ reason: 'HOLD_PERIOD' }, { reason: 'DISPUTE' }] }],
      },
    },
    disputes: {
      totals: [{ amount: '451.00' }],
      payments: {
        count: 1,
        nodes: [{ isInquiry: false, reason: 'fraudulent', buyer: { name: 'The buyer' } }],
      },
    },
  });
  await saveMethod('pm_card_laterInsufficientFunds');
  await market.settled();
  await pass(60_000);
  expect(await queues()).toMatchObject({
    failing: {
      totals: [{ amount: '451.00' }],
      items: {
        nodes: [
          { kind: 'COLLECTION', code: 'insufficient_funds', buyer: { name: 'The buyer' }, agency: null },
        ],
      },
    },
  });
  const { fundingGap } = await ask<{ fundingGap: readonly object[] }>(
    'auditor',
    `{ fundingGap { currency available { amount } pending { amount } dueNow { amount } dueIn30Days { amount }
       missingNow { amount } missingIn30Days { amount } } }`,
  );
  expect(fundingGap).toMatchObject([
    { currency: 'USD', dueNow: { amount: '0.00' }, missingNow: { amount: '0.00' } },
  ]);
});

it('two people let a hold go, and give up what an agency owes', async () => {
  await onboard();
  const month = await held();
  const request = 'financeRequest { id kind amount { amount } status } replayed';
  const asked = await market.done<{ financeRequest: { id: string } }>(
    'preparer',
    'requestHoldOverride',
    { settlementId: month.settlementId, reason: 'Known for years.' },
    request,
  );
  expect(asked.financeRequest).toMatchObject({ kind: 'HOLD_OVERRIDE', amount: { amount: '410.00' } });
  await market.done('approver', 'approveFinanceRequest', { requestId: asked.financeRequest.id }, request);
  await pass(60_000);
  expect((await shown('agency', month.settlementId)).status).toBe('PAID');

  await market.refund(month.deal);
  expect(await preview('agency')).toMatchObject({ owedBack: { amount: '400.00' } });
  const writeOff = { agencyId: app.organizations.agency.id, amount: usd('150.00'), reason: 'A gesture.' };
  const tooMuch = { ...writeOff, amount: usd('400.01') };
  const refused = await market.act('preparer', 'requestClawbackWriteOff', tooMuch, request);
  expect(refused.userErrors).toMatchObject([{ code: 'AMOUNT_TOO_HIGH', field: ['input', 'amount'] }]);
  const given = await market.done<{ financeRequest: { id: string } }>(
    'preparer',
    'requestClawbackWriteOff',
    writeOff,
    request,
  );
  await market.done('approver', 'approveFinanceRequest', { requestId: given.financeRequest.id }, request);
  expect(await preview('agency')).toMatchObject({ owedBack: { amount: '250.00' } });
  const own = await app.gql(app.keys.agency, '{ fundingGap { currency } }');
  expect(own.errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
});

it('reads the holds and payouts of a page of settlements at once', async () => {
  await onboard();
  await saveMethod();
  for (let count = 0; count < 4; count += 1) await market.settled();
  await pass(60_000);
  const statements = async (first: number): Promise<number> => {
    let asked = 0;
    const { dataSource } = app.database;
    const { logger } = dataSource;
    const nothing = (): void => undefined;
    const others = { logQueryError: nothing, logQuerySlow: nothing, logSchemaBuild: nothing };
    dataSource.logger = { ...others, logMigration: nothing, log: nothing, logQuery: () => void (asked += 1) };
    await ask(
      'agency',
      `{ settlements(first: ${first}) { nodes { holdReasons holds { words } payouts { number } } } }`,
    );
    dataSource.logger = logger;
    return asked;
  };
  // The first of a key notes its use.
  await statements(1);
  const one = await statements(1);
  expect(await statements(4)).toBe(one);
});
