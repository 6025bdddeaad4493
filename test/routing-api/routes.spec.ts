import type { TestApp } from '../support/app.js';
import {
  assumeCountry,
  defineRoute,
  type Network,
  openNetwork,
  outcomes,
  seen,
  soldTo,
  startNetworkApp,
  submitAll,
  submitOne,
} from './network.js';

let app: TestApp;

beforeAll(async () => {
  app = await startNetworkApp();
});
afterAll(async () => await app.stop());
afterEach(async () => await app.verifyInvariants());

const threeBuyers = [
  { buyer: 'buyer' },
  { buyer: 'otherBuyer', terms: { baseRate: { amount: '12.00', currency: 'USD' } } },
  { buyer: 'buyer' },
] as const;
const leads = (count: number) => Array.from({ length: count }, () => ({}));

describe('a route', () => {
  let network: Network;
  beforeEach(async () => {
    network = await openNetwork(app, threeBuyers);
  });

  it('gives leads that name no contract to the first that takes them, and charges its price', async () => {
    await defineRoute(network, {
      entries: network.contracts.map(({ id }, index) => ({ contractId: id, priority: 3 - index })),
    });
    const id = await submitOne(network);
    const lead = await seen(network, id);
    expect(lead).toMatchObject({
      status: 'SOLD',
      deliveries: [{ status: 'ACCEPTED', contract: { id: network.contracts[2]?.id } }],
      routing: [{ number: 1, result: 'SOLD' }],
    });
    expect(lead.routing[0]?.entries.map(({ outcome, price }) => [outcome, price?.amount])).toEqual([
      ['SOLD', '10.00'],
      ['SELL_LIMIT_REACHED', undefined],
      // It is of the same buyer as the first.
      ['DUPLICATE_FOR_BUYER', undefined],
    ]);
  });

  it('is left aside by a lead that names its contract', async () => {
    await defineRoute(network);
    const id = await submitOne(network, { contractId: network.contracts[1]?.id });
    const lead = await seen(network, id);
    expect(lead.deliveries).toEqual([{ status: 'ACCEPTED', contract: { id: network.contracts[1]?.id } }]);
    expect(lead.routing).toEqual([]);
  });

  it('shares a lead among different buyers, each at its own price', async () => {
    await defineRoute(network, { saleMode: 'SHARED', maxBuyers: 2 });
    const id = await submitOne(network);
    const { deliveries, routing } = await seen(network, id);
    // The third contract is of the first buyer, who has the lead already.
    expect(deliveries).toHaveLength(2);
    expect(routing[0]?.entries.map(({ outcome, price }) => [outcome, price?.amount])).toEqual([
      ['SOLD', '10.00'],
      ['SOLD', '12.00'],
      ['DUPLICATE_FOR_BUYER', undefined],
    ]);
    const charges = await app.database.query<{ amount_minor: string }>(
      `select amount_minor from charges where lead_id in (select lead_id from deliveries d join contracts c
         on c.id = d.contract_id where c.vertical = $1) order by amount_minor`,
      [network.vertical],
    );
    expect(charges.map(({ amount_minor }) => Number(amount_minor))).toEqual([1000, 1200]);
  });

  it('keeps to caps, and what nobody takes is unsold', async () => {
    const [first, second] = network.contracts;
    await defineRoute(network, {
      entries: [
        { contractId: first?.id, caps: [{ unit: 'DAY', leads: 2 }] },
        {
          contractId: second?.id,
          priority: 2,
          caps: [{ unit: 'MONTH', amount: { amount: '25.00', currency: 'USD' } }],
        },
      ],
    });
    const ids = await submitAll(network, leads(6));
    expect(await soldTo(network, ids)).toEqual(['0', '0', '1', '1', '', '']);
    expect(await outcomes(network, ids[5] ?? '')).toEqual(['CAP_REACHED', 'BUDGET_REACHED']);
    expect((await seen(network, ids[5] ?? '')).status).toBe('UNSOLD');
  });

  it('sells the last lead of a cap once, however many come at once', async () => {
    const [first] = network.contracts;
    await defineRoute(network, { entries: [{ contractId: first?.id, caps: [{ unit: 'DAY', leads: 3 }] }] });
    await submitAll(network, leads(2));
    const ids = (await Promise.all(Array.from({ length: 50 }, () => submitAll(network, [{}])))).flat();
    const sold = (await soldTo(network, ids)).filter((to) => to === '0');
    expect(sold).toHaveLength(1);
  });

  it('gives each its share by weight, over many requests', async () => {
    const [first, second] = network.contracts;
    await defineRoute(network, {
      method: 'WEIGHTED',
      entries: [
        { contractId: first?.id, weight: 3 },
        { contractId: second?.id, weight: 1 },
      ],
    });
    const ids: string[] = [];
    for (let round = 0; round < 4; round += 1) ids.push(...(await submitAll(network, leads(4))));
    const to = await soldTo(network, ids);
    expect(to.filter((each) => each === '0')).toHaveLength(12);
    expect(to.filter((each) => each === '1')).toHaveLength(4);
  });

  it('serves who has waited longest, over many requests', async () => {
    await defineRoute(network, { method: 'ROUND_ROBIN' });
    const ids: string[] = [];
    for (let round = 0; round < 6; round += 1) ids.push(await submitOne(network));
    expect(await soldTo(network, ids)).toEqual(['0', '1', '2', '0', '1', '2']);
  });

  it('sells for a standing bid instead of the base rate, and a return gives the bid back', async () => {
    const [first, second] = network.contracts;
    await defineRoute(network, {
      method: 'HIGHEST_BID',
      entries: [
        { contractId: first?.id, bid: { amount: '15.50', currency: 'USD' } },
        { contractId: second?.id },
      ],
    });
    const id = await submitOne(network);
    const { routing } = await seen(network, id);
    expect(routing[0]?.entries[0]).toMatchObject({ outcome: 'SOLD', price: { amount: '15.50' } });
    await network.market.returnLead(id);
    const amounts = await app.database.query<{ amount_minor: string }>(
      `select amount_minor from charges c join deliveries d on d.id = c.delivery_id
       join contracts k on k.id = d.contract_id where k.vertical = $1 order by c.recorded_at, c.id`,
      [network.vertical],
    );
    expect(amounts.map(({ amount_minor }) => Number(amount_minor))).toEqual([1550, -1550]);
  });

  it('falls back on another route, and a route that is one cannot be removed', async () => {
    const [first, second] = network.contracts;
    const rest = await defineRoute(network, { name: 'rest', entries: [{ contractId: second?.id }] });
    const filter = { rules: [{ is: 'RANGE', attribute: 'income', atLeast: '50000' }] };
    await defineRoute(
      network,
      { fallback: 'rest', entries: [{ contractId: first?.id, ...filter }] },
      { isDefault: true },
    );
    const [rich = '', poor = ''] = await submitAll(network, [
      { attributes: [{ key: 'income', value: '60000' }] },
      { attributes: [{ key: 'income', value: '10000' }] },
    ]);
    expect(await soldTo(network, [rich, poor])).toEqual(['0', '1']);
    expect(await outcomes(network, poor)).toEqual(['FILTER_MISMATCH', 'SOLD']);
    const refused = await network.market.act('agency', 'removeRoute', { routeId: rest.route.id }, 'replayed');
    expect(refused.userErrors).toMatchObject([{ code: 'ROUTE_IN_USE' }]);
  });

  it('goes by what holds now: a changed or removed route counts from the next lead on', async () => {
    const [first, second] = network.contracts;
    const made = await defineRoute(network, { entries: [{ contractId: first?.id }] });
    const before = await submitOne(network);
    await defineRoute(
      network,
      { entries: [{ contractId: second?.id }] },
      { expectedVersion: made.route.version },
    );
    const after = await submitOne(network);
    expect(await soldTo(network, [before, after])).toEqual(['0', '1']);
    await network.market.done('agency', 'removeRoute', { routeId: made.route.id }, 'replayed');
    const { results } = await network.market.act<{ results: { userErrors: { code: string }[] }[] }>(
      'agency',
      'submitLeads',
      { leads: [{ externalId: 'late', vertical: network.vertical, contact: { email: 'late@example.com' } }] },
      'results { userErrors { code } }',
      false,
    );
    expect(results[0]?.userErrors).toEqual([{ code: 'CONTRACT_AMBIGUOUS' }]);
  });

  it('holds leads that nobody takes to the newest rules of their vertical', async () => {
    const { market, vertical } = network;
    await defineRoute(network, { entries: [{ contractId: network.contracts[0]?.id, minScore: 50 }] });
    const lead = async (more: object = {}) =>
      await market.act<{ lead: { status: string } | null; userErrors: { code: string }[] }>(
        'agency',
        'submitLead',
        { externalId: market.nextKey(), vertical, contact: { phone: '+12125550100' }, score: 1, ...more },
        'lead { status }',
        false,
      );
    expect(await lead()).toMatchObject({ lead: { status: 'UNSOLD' } });
    const attributes = [
      { key: 'income', type: 'INTEGER', label: 'Income', required: true },
      { key: 'roof', type: 'ENUM', label: 'Roof', values: ['flat', 'steep'], required: false },
    ];
    const schema = { attributes, otherAttributes: true };
    await market.done('admin', 'publishLeadSchema', { vertical, schema, graceDays: 0 }, 'replayed');
    expect(await lead()).toMatchObject({ lead: null, userErrors: [{ code: 'REQUIRED' }] });
    const key = { key: vertical, name: 'Solar', expectedVersion: 3, dedupeWindowDays: 0 };
    const again = { attributes: [{ key: 'income', value: '1' }] };
    expect(await lead(again)).toMatchObject({ lead: { status: 'DUPLICATE' } });
    await market.done('admin', 'defineVertical', key, 'replayed');
    expect(await lead(again)).toMatchObject({ lead: { status: 'UNSOLD' } });
  });

  it('takes a lead that names no country for one of its vertical’s country', async () => {
    await assumeCountry(network, 'US');
    const newYork = [{ country: 'US', postalPrefixes: ['100'] }];
    const [first, second] = network.contracts.map(({ id }) => id);
    await defineRoute(network, {
      entries: [
        { contractId: first, priority: 1, geography: { except: newYork } },
        { contractId: second, priority: 2, geography: { only: newYork } },
      ],
    });
    const ids = await submitAll(network, [
      { contact: { phone: '(212) 555-0101', postalCode: '10001' } },
      { contact: { phone: '(212) 555-0102', postalCode: '10001', country: 'US' } },
      { contact: { phone: '(212) 555-0103', postalCode: '90210' } },
    ]);
    expect(await soldTo(network, ids)).toEqual(['1', '1', '0']);
  });

  it('refuses what is wrong with it by its path, and a version that is old', async () => {
    const wrong = await network.market.act(
      'agency',
      'defineRoute',
      {
        route: {
          name: 'main',
          vertical: network.vertical,
          method: 'PRIORITY',
          saleMode: 'SHARED',
          entries: [{ contractId: 'ctr_nobody', hours: [{ days: ['MONDAY'], from: '8', to: '18:00' }] }],
        },
      },
      'replayed',
    );
    expect(wrong.userErrors.map(({ code, field }) => [code, field?.join('.')])).toEqual([
      ['REQUIRED', 'input.route.maxBuyers'],
      ['NOT_FOUND', 'input.route.entries.0.contractId'],
    ]);
    await defineRoute(network);
    const again = await network.market.act(
      'agency',
      'defineRoute',
      {
        route: {
          name: 'main',
          vertical: network.vertical,
          method: 'PRIORITY',
          saleMode: 'EXCLUSIVE',
          entries: [],
        },
      },
      'replayed',
    );
    expect(again.userErrors).toMatchObject([{ code: 'STALE_VERSION', currentVersion: 1 }]);
  });
});

describe('what a buyer wants', () => {
  let network: Network;
  beforeEach(async () => {
    network = await openNetwork(app, threeBuyers);
  });

  const setRules = async (of: Network, rules: object) =>
    await of.market.done(
      'otherBuyer',
      'setBuyingRules',
      { contractId: of.contracts[1]?.id, rules },
      'contract { buyingRules { version timeZone minScore } } replayed',
    );

  it('holds beside the conditions of the route, and a lead that names the contract keeps to it too', async () => {
    const [, second] = network.contracts;
    await defineRoute(network, {
      entries: [{ contractId: second?.id, rules: [{ is: 'EQ', attribute: 'roof', value: 'flat' }] }],
    });
    await setRules(network, { minScore: 50, timeZone: 'Europe/Berlin' });
    const flat = { attributes: [{ key: 'roof', value: 'flat' }] };
    const ids = await submitAll(network, [{ ...flat, score: 60 }, { ...flat, score: 40 }, { score: 60 }]);
    expect(await soldTo(network, ids)).toEqual(['1', '', '']);
    const direct = await submitOne(network, { contractId: second?.id, score: 40 });
    expect(await seen(network, direct)).toMatchObject({
      status: 'UNSOLD',
      routing: [{ entries: [{ outcome: 'BELOW_MIN_SCORE' }] }],
    });
  });

  it('is paused and resumed at once', async () => {
    const [, second] = network.contracts;
    await defineRoute(network, { entries: [{ contractId: second?.id }] });
    const act = async (name: string) =>
      await network.market.done('otherBuyer', name, { contractId: second?.id }, 'contract { id } replayed');
    await act('pauseBuying');
    const paused = await submitOne(network);
    await act('resumeBuying');
    const resumed = await submitOne(network);
    expect(await outcomes(network, paused)).toEqual(['BUYER_PAUSED']);
    expect(await soldTo(network, [resumed])).toEqual(['1']);
  });

  it('holds without any route, too, for the only contract of a vertical', async () => {
    const alone = await openNetwork(app, [{ buyer: 'otherBuyer' }]);
    const contractId = alone.contracts[0]?.id;
    await alone.market.done('otherBuyer', 'pauseBuying', { contractId }, 'replayed');
    const paused = await seen(alone, await submitOne(alone));
    expect(paused).toMatchObject({ status: 'UNSOLD', routing: [{ entries: [{ outcome: 'BUYER_PAUSED' }] }] });
    await alone.market.done('otherBuyer', 'resumeBuying', { contractId }, 'replayed');
    expect(await seen(alone, await submitOne(alone))).toMatchObject({ status: 'SOLD' });
  });

  it('takes an unsold lead once it is routed again, and no other', async () => {
    const [, second] = network.contracts;
    await defineRoute(network, { entries: [{ contractId: second?.id }] });
    await setRules(network, { minScore: 50 });
    const id = await submitOne(network, { score: 40 });
    await setRules(network, { minScore: 30 });
    const act = async () =>
      await network.market.act('agency', 'routeLead', { leadId: id }, 'lead { status } replayed');
    expect(await act()).toMatchObject({ lead: { status: 'SOLD' }, userErrors: [] });
    expect((await seen(network, id)).routing.map(({ result }) => result)).toEqual(['UNSOLD', 'SOLD']);
    expect(await act()).toMatchObject({ userErrors: [{ code: 'ILLEGAL_TRANSITION' }] });
  });

  it('is nobody else’s to say, and a rival’s part of a decision is not shown', async () => {
    await defineRoute(network);
    const refused = await network.market.act(
      'buyer',
      'setBuyingRules',
      { contractId: network.contracts[1]?.id, rules: {} },
      'replayed',
    );
    expect(refused.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    const id = await submitOne(network);
    const own = await seen(network, id, 'buyer');
    expect(own.routing).toMatchObject([{ result: null, entries: [{ outcome: 'SOLD' }, {}] }]);
    expect(own.routing[0]?.entries.map(({ contract }) => contract.id)).toEqual([
      network.contracts[0]?.id,
      network.contracts[2]?.id,
    ]);
  });
});
