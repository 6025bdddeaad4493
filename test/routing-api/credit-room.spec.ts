import { randomUUID } from 'node:crypto';
import { type OtherProcess, startOther } from '../persons/people.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { defineRoute, type Network, openNetwork, outcomes, submitAll, submitOne } from './network.js';

let app: TestApp;
let other: OtherProcess;
let network: Network;

const environment = { LEADGER_LIMIT_COST_PER_SECOND: '1000000', LEADGER_LIMIT_LEADS_PER_SECOND: '100000' };

beforeAll(async () => {
  app = await startTestApp({ stripe: true, environment });
  other = await startOther(app, environment);
});
beforeEach(async () => {
  network = await openNetwork(app, [
    { buyer: 'buyer', terms: { platformFeeRatePpm: 100_000 } },
    { buyer: 'otherBuyer' },
  ]);
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});

/** The operator lets the first buyer owe so much more than it owes now. */
async function limit(amount: string): Promise<void> {
  const [row] = await app.database.query<{ owed: string }>(
    `select coalesce(sum(amount_minor), 0)::text as owed from charges c join deliveries d on d.id = c.delivery_id
     where d.buyer_id = $1`,
    [app.organizations.buyer.uuid],
  );
  const total = Number(amount) + Number(row?.owed) / 100;
  await network.market.done(
    'preparer',
    'setBillingProfile',
    {
      buyerId: app.organizations.buyer.id,
      terms: 'AUTOPAY',
      creditLimit: { amount: total.toFixed(2), currency: 'USD' },
    },
    'replayed',
  );
}

const answersTo = async (count: number, url: string): Promise<string[]> => {
  const leads = Array.from({ length: count }, () => ({
    externalId: randomUUID(),
    vertical: network.vertical,
    contractId: network.contracts[0]?.id,
    contact: { email: `${randomUUID()}@example.com` },
  }));
  const query = `mutation ($input: SubmitLeadsInput!) { payload: submitLeads(input: $input) {
    results { lead { status } userErrors { code } } } }`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.keys.agency}` },
    body: JSON.stringify({ query, variables: { input: { leads } } }),
  });
  const { data } = (await response.json()) as {
    data: { payload: { results: { lead: { status: string } | null; userErrors: { code: string }[] }[] } };
  };
  return data.payload.results.map(({ lead, userErrors }) => lead?.status ?? userErrors[0]?.code ?? '');
};

it('a limit holds for every single lead, in one request and in many of several processes', async () => {
  await limit('100.00');
  // 10.00 and 1.00 fee each: nine leads.
  const requests = Array.from({ length: 10 }, async (_, index) =>
    answersTo(50, index % 2 === 0 ? app.url : other.url),
  );
  const answers = (await Promise.all(requests)).flat();
  expect(answers.filter((answer) => answer === 'SOLD')).toHaveLength(9);
  expect(answers.filter((answer) => answer === 'INSUFFICIENT_BALANCE')).toHaveLength(491);
  await app.verifyInvariants();
});

it('a route passes over a buyer whose limit is used up, and goes on with it when there is room again', async () => {
  await limit('22.00');
  await defineRoute(network);
  const ids = await submitAll(network, [{}, {}, {}]);
  const last = ids[2] ?? '';
  expect(await outcomes(network, last)).toEqual(['INSUFFICIENT_BALANCE', 'SOLD']);
  await limit('11.00');
  expect(await outcomes(network, await submitOne(network))).toEqual(['SOLD', 'SELL_LIMIT_REACHED']);
  expect(await outcomes(network, await submitOne(network))).toEqual(['INSUFFICIENT_BALANCE', 'SOLD']);
});
