/** Payouts as agencies, buyers and finance see them, through the API; the money moves at the Stripe sandbox. */
import { usd } from '../scenarios/one-deal.js';
import { startTestApp, type TestAppWithStripe, type TestKey } from '../support/app.js';
import { type Account, accountFields, PaidDeal } from './paid-deal.js';

const dayMs = 86_400_000;

let app: TestAppWithStripe;
let market: PaidDeal;

beforeEach(async () => {
  app = await startTestApp({ stripe: true, environment: { LEADGER_LIMIT_COST_PER_SECOND: '1000000' } });
  app.stripe.control.fund({ amount: 1_000_000, currency: 'usd' });
  market = new PaidDeal(app);
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
  await market.onboard();
  for (const key of ['agency', 'preparer'] as const) {
    expect(await account(key)).toMatchObject({ status: 'ACTIVE', requirements: [] });
  }
  expect(await account('otherAgency')).toBeNull();
});

it('takes a month to PAID, and tells at each step why the money waits and until when', async () => {
  const month = await market.held();
  const [first] = (await shown('agency', month.settlementId)).holds;
  expect(first).toMatchObject({ reason: 'HOLD_PERIOD', amount: usd('410.00') });
  expect(await preview('agency')).toMatchObject({
    held: { amount: '410.00' },
    wouldSend: { amount: '0.00' },
    waitsFor: null,
    nextExpectedAt: first?.until,
    waiting: { count: 1, nodes: [{ amount: { amount: '410.00' }, holds: [{ reason: 'HOLD_PERIOD' }] }] },
  });

  await market.pass(15 * dayMs);
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

  await market.onboard();
  expect(await preview('agency')).toMatchObject({ wouldSend: { amount: '410.00' }, waitsFor: null });
  await market.pass(60_000);
  expect(await shown('agency', month.settlementId)).toMatchObject({
    status: 'PAID',
    holdReasons: [],
    payouts: [{ status: 'SUCCEEDED', amount: { amount: '410.00' } }],
  });
  await market.pass(6 * dayMs);
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

it('tells an agency why it got nothing for what its buyer paid, and the buyer only what concerns it', async () => {
  await market.onboard();
  const month = await market.held();
  const [charge] = app.stripe.control.rows({ table: 'charges' }) as readonly { readonly id: string }[];
  const dispute = app.stripe.control.openDispute({ charge: charge?.id ?? '' });
  await market.pass(dayMs);
  app.stripe.control.resolveDispute({ dispute: dispute.id, won: false });
  await market.pass(16 * dayMs);
  const query = `query ($id: ID!) { settlement(id: $id) { status history { to note } payouts { status words }
    adjustments { reason amount { amount } agencyAmount { amount } words at } } }`;
  const words = "The buyer contested its payment, and the buyer's bank gave it back for good.";
  const lost = { reason: 'DISPUTE_LOST', amount: { amount: '-451.00' }, words };
  const nothing = 'Nothing was sent: all that its settlements had earned was taken after their approval.';
  for (const key of ['agency', 'preparer'] as const) {
    const { settlement } = await ask<{ settlement: { history: readonly object[] } }>(key, query, {
      id: month.settlementId,
    });
    expect(settlement).toMatchObject({
      status: 'PAID',
      adjustments: [{ ...lost, agencyAmount: { amount: '-410.00' } }],
      payouts: [{ status: 'NETTED', words: nothing }],
    });
    expect(settlement.history.slice(-2)).toEqual([
      {
        to: 'TRANSFERRING',
        note: expect.stringContaining('taken by a dispute that was lost after the approval.') as string,
      },
      { to: 'PAID', note: nothing },
    ]);
  }
  expect(await ask('buyer', query, { id: month.settlementId })).toMatchObject({
    settlement: { adjustments: [{ ...lost, agencyAmount: null }], payouts: [] },
  });
  expect(await ask('otherAgency', query, { id: month.settlementId })).toEqual({ settlement: null });
});

it('shows finance what there is to do, and what is missing to do it', async () => {
  await market.saveMethod();
  const review = await market.sold();
  const queues = async () =>
    (
      await ask<{ financeQueues: object }>(
        'preparer',
        `{ financeQueues {
          toPrepare { totals { amount currency } settlements { count nodes { status total { amount } } } }
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
  expect(await queues()).toMatchObject({ toPrepare: none });
  await market.endPeriod(review.period);
  expect(await queues()).toMatchObject({
    toPrepare: {
      totals: [usd('451.00')],
      settlements: { count: 1, nodes: [{ status: 'OPEN', total: { amount: '451.00' } }] },
    },
  });
  await market.inReview(review.period);
  expect(await queues()).toMatchObject({
    toPrepare: none,
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
  await market.pass(60_000);
  const [charge] = await app.database.query<{ id: string }>(
    'select provider_charge_id as id from collections where provider_charge_id is not null',
  );
  app.stripe.control.openDispute({ charge: charge?.id ?? '' });
  await market.pass(5 * 60_000);
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
  await market.saveMethod('pm_card_laterInsufficientFunds');
  await market.settled();
  await market.pass(60_000);
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
  await market.onboard();
  const month = await market.held();
  const request = 'financeRequest { id kind amount { amount } status } replayed';
  const asked = await market.done<{ financeRequest: { id: string } }>(
    'preparer',
    'requestHoldOverride',
    { settlementId: month.settlementId, reason: 'Known for years.' },
    request,
  );
  expect(asked.financeRequest).toMatchObject({ kind: 'HOLD_OVERRIDE', amount: { amount: '410.00' } });
  await market.done('approver', 'approveFinanceRequest', { requestId: asked.financeRequest.id }, request);
  await market.pass(60_000);
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
  await market.onboard();
  await market.saveMethod();
  for (let count = 0; count < 4; count += 1) await market.settled();
  await market.pass(60_000);
  const lists = [
    (first: number) => `settlements(first: ${first}) { nodes { holdReasons holds { words } payouts { number }
      adjustments { words } } }`,
    (first: number) => `payouts(first: ${first}) { nodes { words settlements(first: 2) { nodes { number
      holds { reason } } } } }`,
  ];
  const statements = async (first: number, list = lists[0]): Promise<number> => {
    let asked = 0;
    const { dataSource } = app.database;
    const { logger } = dataSource;
    const nothing = (): void => undefined;
    const others = { logQueryError: nothing, logQuerySlow: nothing, logSchemaBuild: nothing };
    dataSource.logger = { ...others, logMigration: nothing, log: nothing, logQuery: () => void (asked += 1) };
    await ask('agency', `{ ${list?.(first)} }`);
    dataSource.logger = logger;
    return asked;
  };
  // One of them may look the key up anew and note its use: the least of several is what the query takes.
  const least = async (first: number, list = lists[0]): Promise<number> => {
    const asked: number[] = [];
    for (let round = 0; round < 4; round += 1) asked.push(await statements(first, list));
    return Math.min(...asked);
  };
  expect(await least(4)).toBe(await least(1));
  // Later they are sent, each by a payout of its own.
  for (let month = 0; month < 2; month += 1) await market.pass(16 * dayMs);
  const { payouts } = await ask<{ payouts: { count: number } }>('agency', '{ payouts { count } }');
  expect(payouts.count).toBe(4);
  for (const list of lists) expect(await least(4, list)).toBe(await least(1, list));
});
