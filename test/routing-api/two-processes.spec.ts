import { randomUUID } from 'node:crypto';
import { type OtherProcess, startOther } from '../persons/people.js';
import type { TestApp } from '../support/app.js';
import { defineRoute, type Network, openNetwork, startNetworkApp } from './network.js';

let app: TestApp;
let others: OtherProcess[] = [];
let network: Network;

beforeAll(async () => {
  app = await startNetworkApp();
  const limits = { LEADGER_LIMIT_COST_PER_SECOND: '1000000' };
  others = [await startOther(app, limits), await startOther(app, limits)];
});
beforeEach(async () => {
  network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'otherBuyer' }, { buyer: 'otherBuyer' }]);
});
afterAll(async () => {
  for (const other of others) await other.stop();
  await app.stop();
});

/** Leads about different persons, in requests of a few, through all processes at once. */
async function flood(count: number): Promise<void> {
  const urls = [app.url, ...others.map(({ url }) => url)];
  const requests = Array.from({ length: count / 5 }, async (_, index) => {
    const leads = Array.from({ length: 5 }, () => ({
      externalId: randomUUID(),
      vertical: network.vertical,
      contact: { email: `${randomUUID()}@example.com` },
    }));
    const query = `mutation ($input: SubmitLeadsInput!) { payload: submitLeads(input: $input) {
      results { userErrors { code } } userErrors { code } } }`;
    const response = await fetch(`${urls[index % urls.length]}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${app.keys.agency}` },
      body: JSON.stringify({ query, variables: { input: { leads } } }),
    });
    const { data, errors } = (await response.json()) as {
      data: { payload: { results: { userErrors: object[] }[] } };
      errors?: object[];
    };
    expect(errors).toBeUndefined();
    expect(data.payload.results.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  });
  await Promise.all(requests);
}

interface Sold {
  readonly contract: string;
  readonly deliveries: number;
  readonly counted: number | null;
}

/** Deliveries by contract, beside what the counters of its caps say. */
async function sold(): Promise<Sold[]> {
  return await app.database.query<Sold>(
    `select c.id as contract, count(d.id)::int as deliveries,
       (select max(k.leads) from cap_counters k where k.contract_id = c.id) as counted
     from contracts c left join deliveries d on d.contract_id = c.id
     where c.vertical = $1 group by c.id order by c.id`,
    [network.vertical],
  );
}

it('three processes never sell more than the caps, and count what they sold', async () => {
  const caps = [7, 40, 11];
  await defineRoute(network, {
    method: 'ROUND_ROBIN',
    entries: network.contracts.map(({ id }, index) => ({
      contractId: id,
      caps: [{ unit: 'DAY', leads: caps[index] }],
    })),
  });
  await flood(150);
  expect((await sold()).map(({ deliveries }) => deliveries)).toEqual(caps);
  expect((await sold()).map(({ counted }) => counted)).toEqual(caps);
  await app.verifyInvariants();
});

it('three processes split by weight as one would, to within a lead', async () => {
  const weights = [5, 3, 2];
  await defineRoute(network, {
    method: 'WEIGHTED',
    entries: network.contracts.map(({ id }, index) => ({ contractId: id, weight: weights[index] })),
  });
  await flood(200);
  const [a = 0, b = 0, c = 0] = (await sold()).map(({ deliveries }) => deliveries);
  expect(a + b + c).toBe(200);
  for (const [got, owed] of [
    [a, 100],
    [b, 60],
    [c, 40],
  ] as const) {
    expect(Math.abs(got - owed)).toBeLessThanOrEqual(1);
  }
});

it('a route that changes under the leads sells each lead once, by one of its versions', async () => {
  let version = (await defineRoute(network, { maxBuyers: 1 })).route.version;
  const changes = (async () => {
    for (let round = 0; round < 10; round += 1) {
      const entries = network.contracts.map(({ id }, index) => ({
        contractId: id,
        priority: ((index + round) % 3) + 1,
      }));
      ({ version } = (await defineRoute(network, { entries }, { expectedVersion: version })).route);
    }
  })();
  await Promise.all([flood(150), changes]);
  const [row] = await app.database.query<{ leads: number; sold: number; decisions: number }>(
    `select count(*)::int as leads, count(distinct d.lead_id)::int as sold, count(distinct r.lead_id)::int as decisions
     from leads l left join deliveries d on d.lead_id = l.id left join routing_decisions r on r.lead_id = l.id
     where l.vertical = $1`,
    [network.vertical],
  );
  expect(row).toEqual({ leads: 150, sold: 150, decisions: 150 });
  await app.verifyInvariants();
});
