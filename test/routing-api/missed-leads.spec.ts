import { RouteAgain } from '#leads';
import type { TestApp, TestKey } from '../support/app.js';
import { defineRoute, type Network, openNetwork, startNetworkApp, submitAll, submitOne } from './network.js';

let app: TestApp;
let network: Network;

beforeAll(async () => {
  app = await startNetworkApp();
});
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

interface Missed {
  readonly nodes: readonly { readonly leadId: string; readonly outcome: string; readonly reason: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly count: number;
}

async function missed(
  key: TestKey,
  contractId: string | undefined,
  page: { readonly first?: number; readonly after?: string | null } = {},
): Promise<Missed> {
  const { missedLeads } = await app.ask<{ missedLeads: Missed }>(
    app.keys[key],
    `query ($contractId: ID!, $first: Int, $after: String) {
       missedLeads(contractId: $contractId, first: $first, after: $after) {
         nodes { leadId decidedAt outcome reason } pageInfo { hasNextPage endCursor } count } }`,
    { contractId, ...page },
  );
  return missedLeads;
}

/** Everything that the API tells a buyer about where leads went, as one text. */
async function everythingTold(key: TestKey, leadIds: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const contract of network.contracts) {
    texts.push(JSON.stringify(await missed(key, contract.id, { first: 100 })));
    texts.push(
      JSON.stringify(
        await app.ask(
          app.keys[key],
          `query ($id: ID!) { contract(id: $id) { id buyingRules { version caps { unit leads } } } }`,
          { id: contract.id },
        ),
      ),
    );
  }
  for (const id of leadIds) {
    texts.push(
      JSON.stringify(
        await app.ask(
          app.keys[key],
          `query ($id: ID!) { lead(id: $id) { status routing { number result summary decidedAt entries { route outcome reason
             contract { id } price { amount } } } deliveries { status contract { id } } }
             node(id: $id) { id } routes(first: 100) { nodes { id name summary entries { clauses } } } }`,
          { id },
        ),
      ),
    );
  }
  return texts.join('\n');
}

describe('why a lead did not come to a buyer', () => {
  // What one buyer must not learn of the other, and nobody of the person who is not theirs.
  const minScore = 83;
  const secrets = {
    routeName: 'Route-Quokka',
    price: '73.19',
    cap: '41701983',
    capInWords: '41,701,983',
    email: 'zebulon@secret-person.example',
    givenName: 'Zebulonius',
    familyName: 'Quixworth',
    phone: '2025550147',
    postalCode: '94107',
    externalId: 'agency-number-5511',
    campaign: 'campaign-okapi',
    attribute: 'Plantedstreet',
  };

  it('is told to the buyer, without a word of others or of the person', async () => {
    network = await openNetwork(app, [
      { buyer: 'buyer' },
      { buyer: 'otherBuyer', terms: { baseRate: { amount: secrets.price, currency: 'USD' } } },
    ]);
    const [own, rival] = network.contracts;
    await defineRoute(network, {
      name: secrets.routeName,
      entries: [
        { contractId: own?.id, priority: 2, minScore: 20, caps: [{ unit: 'DAY', leads: 1 }] },
        {
          contractId: rival?.id,
          priority: 1,
          minScore,
          caps: [{ unit: 'MONTH', leads: Number(secrets.cap) }],
        },
      ],
    });
    const person = {
      contact: {
        ...{ email: secrets.email, phone: `+1${secrets.phone}`, givenName: secrets.givenName },
        ...{ familyName: secrets.familyName, postalCode: secrets.postalCode, country: 'US' },
      },
      source: { channel: 'search', campaign: secrets.campaign },
      attributes: [{ key: 'street', value: secrets.attribute }],
      externalId: secrets.externalId,
    };
    const rivals = await submitOne(network, { ...person, score: 90 });
    const low = await submitOne(network, { score: 10 });
    const mine = await submitOne(network, { score: 30 });
    const capped = await submitOne(network, { score: 30 });
    expect((await missed('buyer', own?.id)).nodes).toMatchObject([
      {
        leadId: capped,
        outcome: 'CAP_REACHED',
        reason: 'The cap was reached: at most 1 lead a day, in America/New_York.',
      },
      { leadId: low, outcome: 'BELOW_MIN_SCORE' },
      { leadId: rivals, outcome: 'SELL_LIMIT_REACHED' },
    ]);
    const told = await everythingTold('buyer', [rivals, low, mine, capped]);
    expect(told).toContain(own?.id);
    const others = [rival?.id ?? '', app.organizations.otherBuyer.id, 'otherBuyer'];
    for (const secret of [...Object.values(secrets), ...others]) expect(told).not.toContain(secret);
    // As a number of its own: two digits are in any id and any time.
    expect(told).not.toMatch(new RegExp(`\\b${minScore}\\b`));
    // The rival learns as little of this one; here it is looked for what the first has.
    const rivalTold = await everythingTold('otherBuyer', [rivals, low, mine, capped]);
    expect(rivalTold).toContain(rivals);
    for (const secret of [own?.id ?? '', app.organizations.buyer.id, '"10.00"', secrets.routeName])
      expect(rivalTold).not.toContain(secret);
    // The agency sees the same of its contracts, and strangers nothing.
    expect((await missed('agency', own?.id)).count).toBe(3);
    expect((await missed('admin', own?.id)).count).toBe(3);
    for (const [key, id] of [
      ['buyer', rival?.id],
      ['otherAgency', own?.id],
      ['buyer', 'ctr_nothing'],
    ] as const)
      expect(await missed(key, id)).toMatchObject({ nodes: [], count: 0 });
  });

  it('is paged, newest first, also where most leads are of others', async () => {
    network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'otherBuyer' }]);
    const [own] = network.contracts;
    await defineRoute(network, { entries: [{ contractId: own?.id, minScore: 50 }] });
    const scores = Array.from({ length: 230 }, (_, index) => (index % 20 === 0 ? 10 : 90));
    const ids = await submitAll(
      network,
      scores.map((score) => ({ score })),
    );
    const low = ids.filter((_, index) => index % 20 === 0).toReversed();
    const found: string[] = [];
    let after: string | null = null;
    do {
      const page: Missed = await missed('buyer', own?.id, { first: 5, after });
      expect(page.count).toBe(low.length);
      found.push(...page.nodes.map(({ leadId }) => leadId));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(found).toEqual(low);
    const { missedLeads: oldest } = await app.ask<{ missedLeads: Missed }>(
      app.keys.buyer,
      'query ($id: ID!) { missedLeads(contractId: $id, last: 3) { nodes { leadId } } }',
      { id: own?.id },
    );
    expect(oldest.nodes.map(({ leadId }) => leadId)).toEqual(low.slice(-3));
  });

  it('says of one that was taken from it why it is not offered again', async () => {
    network = await openNetwork(app, [
      { buyer: 'buyer', terms: { contactSlaSeconds: 60, contactSlaReroute: true } },
      { buyer: 'otherBuyer' },
    ]);
    await defineRoute(network, { entries: [{ contractId: network.contracts[0]?.id }] });
    const id = await submitOne(network);
    expect((await missed('buyer', network.contracts[0]?.id)).nodes).toEqual([]);
    await app.advanceClock(new Date(app.now().getTime() + 61_000));
    await app.nest.get(RouteAgain, { strict: false }).execute(app.now(), 10);
    expect((await missed('buyer', network.contracts[0]?.id)).nodes).toMatchObject([
      { leadId: id, outcome: 'DUPLICATE_FOR_BUYER' },
    ]);
  });
});
