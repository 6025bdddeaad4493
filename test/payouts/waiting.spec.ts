/** What is told of money that waits, and what waiting for the clock costs, through the API. */
import { startTestApp, type TestAppWithStripe } from '../support/app.js';
import { PaidDeal } from './paid-deal.js';

const dayMs = 86_400_000;

let app: TestAppWithStripe;
let market: PaidDeal;

beforeEach(async () => {
  app = await startTestApp({ stripe: true });
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

it('does not look at every account in order while somebody waits for the clock', async () => {
  await market.onboard();
  const looks = () => app.stripe.control.requests({ method: 'GET' }).length;
  await market.pass(dayMs);
  const before = looks();
  await market.pass(30 * dayMs);
  const more = app.stripe.control.requests({ method: 'GET' }).slice(before);
  expect(more.filter(({ path }) => path.includes('/accounts/'))).toEqual([]);
});

it('answers the question of what would be sent and why not the rest on a page of the usual size', async () => {
  await market.onboard();
  const month = await market.held();
  const query = `query ($id: ID!) { payoutPreview(agencyId: $id) { wouldSend { amount } words
    waiting { nodes { amount { amount } settlement { number } holds { reason until words } } } } }`;
  const found = await app.ask<object>(app.keys.agency, query, { id: app.organizations.agency.id });
  expect(found).toMatchObject({
    payoutPreview: [{ waiting: { nodes: [{ holds: [{ reason: 'HOLD_PERIOD' }] }] } }],
  });
  // While nothing may leave, whoever waits is told so, and finance by its queue.
  const stop = { reason: 'Something is wrong.' };
  await market.done('preparer', 'stopPayments', stop, 'replayed');
  await market.pass(16 * dayMs);
  const words = 'Payments are stopped.';
  const one = 'query ($id: ID!) { settlement(id: $id) { holds { reason words } } }';
  expect(await app.ask(app.keys.agency, one, { id: month.settlementId })).toEqual({
    settlement: { holds: [{ reason: 'PAYMENTS_STOPPED', words }] },
  });
  expect(
    await app.ask(app.keys.preparer, '{ financeQueues { held { settlements { nodes { holdReasons } } } } }'),
  ).toEqual({
    financeQueues: { held: { settlements: { nodes: [{ holdReasons: ['PAYMENTS_STOPPED'] }] } } },
  });
});
