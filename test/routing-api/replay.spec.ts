import fc from 'fast-check';
import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { DecisionStore } from '#routing';
import { decodeId } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';
import { dryRun, type Wish } from './ask-dry-run.js';
import { defineRoute, type Network, openNetwork, startNetworkApp, submitAll } from './network.js';

let app: TestApp;
let network: Network;

beforeAll(async () => {
  app = await startNetworkApp();
});
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

/** Without the words, of which one half tells what was and the other what would be. */
function facts(decision: object): unknown {
  return JSON.parse(
    JSON.stringify(decision, (key, value: unknown) =>
      key === 'reason' || key === 'summary' ? undefined : value,
    ),
  );
}

describe('any batches of the past, through what is stored of them', () => {
  const anyEntry = fc.record({
    priority: fc.integer({ min: 1, max: 2 }),
    weight: fc.integer({ min: 1, max: 5 }),
    minScore: fc.option(fc.nat({ max: 60 })),
    requiresConsent: fc.option(fc.boolean()),
    caps: fc.oneof(
      fc.constant([]),
      fc.integer({ min: 1, max: 4 }).map((leads) => [{ unit: 'DAY', leads }]),
      fc.integer({ min: 1, max: 4 }).map((leads) => [{ unit: 'HOUR', leads }]),
      fc.constant([{ unit: 'MONTH', amount: { amount: '50.00', currency: 'USD' } }]),
    ),
    rules: fc.oneof(
      fc.constant([]),
      fc.constantFrom('flat', 'steep').map((value) => [{ is: 'EQ', attribute: 'roof', value }]),
    ),
  });
  const anyLead = fc.record({
    score: fc.nat({ max: 100 }),
    roof: fc.constantFrom('flat', 'steep'),
    hasConsent: fc.boolean(),
    test: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
    named: fc.option(fc.nat({ max: 2 }), { freq: 3 }),
  });
  /** Acts that leave the rules as they are, and change what decisions rest on. */
  const quiet = [
    'pauseContract',
    'resumeContract',
    'giveBack',
    'redefine',
    'openCircuit',
    'closeCircuit',
  ] as const;
  const anyStep = fc.record({
    leads: fc.array(anyLead, { minLength: 1, maxLength: 3 }),
    // Mostly none: then one transaction after the other rests on the same stored state, unless something happens.
    minutes: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(10, 50, 700, 2_000) },
    ),
    act: fc.oneof(
      { weight: 2, arbitrary: fc.constant(null) },
      { weight: 3, arbitrary: fc.constantFrom(...quiet) },
    ),
  });

  it('come out the same by the same rules', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          entries: fc.tuple(anyEntry, anyEntry, anyEntry),
          method: fc.constantFrom('PRIORITY', 'WEIGHTED', 'ROUND_ROBIN', 'HIGHEST_BID'),
          shared: fc.boolean(),
          steps: fc.array(anyStep, { minLength: 2, maxLength: 8 }),
        }),
        async ({ entries, method, shared, steps }) => {
          network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'otherBuyer' }, { buyer: 'buyer' }]);
          const [first] = network.contracts;
          const route = {
            method,
            ...(shared && { saleMode: 'SHARED', maxBuyers: 2 }),
            entries: entries.map((entry, index) => ({ ...entry, contractId: network.contracts[index]?.id })),
          };
          await defineRoute(network, route);
          const count = await play(steps, first?.id ?? '', route);
          const run = await dryRun(network, route, { last: 200 });
          expect(run.decisions).toHaveLength(count);
          for (const { before, after } of run.decisions) expect(facts(after)).toEqual(facts(before));
          expect(run.after).toEqual(run.before);
        },
      ),
      { numRuns: 6 },
    );
  }, 120_000);

  /** What happens in the market, and how many leads took the route. */
  async function play(
    steps: readonly (typeof anyStep extends fc.Arbitrary<infer T> ? T : never)[],
    contractId: string,
    route: Wish,
  ): Promise<number> {
    let count = 0;
    for (const { leads, minutes, act: what } of steps) {
      if (minutes > 0) await app.advanceClock(new Date(app.now().getTime() + minutes * 60_000));
      if (what) await act(what, contractId, route);
      const given = leads.map(({ score, roof, hasConsent, test, named }) => ({
        ...{ score, test, attributes: [{ key: 'roof', value: roof }] },
        ...(hasConsent && { consent: { text: 'Yes.', capturedAt: app.now().toISOString() } }),
        ...(named !== null && { contractId: network.contracts[named]?.id }),
      }));
      const ids = await submitAny(given);
      const [row] = await app.database.query<{ count: number }>(
        `select count(*)::int as count from leads where id = any ($1) and not test and asked_contract_id is null`,
        [ids],
      );
      count += row?.count ?? 0;
    }
    return count;
  }

  /** Those that name a contract may be refused for it. */
  async function submitAny(leads: readonly Wish[]): Promise<(string | undefined)[]> {
    const free = leads.filter((lead) => lead['contractId'] === undefined);
    const ids = free.length > 0 ? await submitAll(network, free) : [];
    for (const lead of leads.filter((each) => each['contractId'] !== undefined))
      await submitAll(network, [lead]).catch(() => []);
    return ids.map((id) => decodeId('lead', id));
  }

  async function act(what: (typeof quiet)[number], contractId: string, route: Wish): Promise<void> {
    const { market } = network;
    switch (what) {
      case 'pauseContract':
      case 'resumeContract':
        // Refused when it is so already.
        await market.act('agency', what, { contractId }, 'replayed');
        return;
      case 'redefine': {
        const { route: found } = await defineRouteAgain(route);
        expect(found.version).toBeGreaterThan(1);
        return;
      }
      case 'giveBack':
        await giveBack(contractId);
        return;
      case 'openCircuit':
      case 'closeCircuit':
        await setCircuit(contractId, what === 'openCircuit');
    }
  }

  /** The same rules as another version. */
  async function defineRouteAgain(route: Wish): ReturnType<typeof defineRoute> {
    const { routes } = await app.ask<{ routes: { nodes: { version: number }[] } }>(
      app.keys.agency,
      'query ($vertical: String!) { routes(first: 1, vertical: $vertical) { nodes { version } } }',
      { vertical: network.vertical },
    );
    return await defineRoute(network, route, { expectedVersion: routes.nodes[0]?.version });
  }

  /** A sale of the contract comes to nothing, as when its buyer does not take the lead. */
  async function giveBack(contractId: string): Promise<void> {
    const [sold] = await app.database.query<{ agencyId: string; leadId: string }>(
      `select l.agency_id as "agencyId", l.id as "leadId" from leads l
       join routing_decisions d on d.agency_id = l.agency_id and d.lead_id = l.id
       where l.vertical = $1 and not l.test and d.sales @> jsonb_build_array(jsonb_build_object('contractId', $2::text))
         and not l.id = any ($3::uuid[]) limit 1`,
      [network.vertical, decodeId('ctr', contractId), given],
    );
    if (!sold) return;
    given.push(sold.leadId);
    const lost = [{ ...sold, contractId: decodeId('ctr', contractId) ?? '' }];
    const decisions = app.nest.get(DecisionStore, { strict: false });
    await app.nest.get(UnitOfWork).run(async (tx) => done(await decisions.giveBack(tx, lost)));
  }
  const given: string[] = [];

  /** What is sent to the buyer under the contract fails at present, or does not any more. */
  async function setCircuit(contractId: string, isOpen: boolean): Promise<void> {
    const [known] = await app.database.query<{ id: string }>(
      'select destination_id as id from contract_destinations where contract_id = $1',
      [decodeId('ctr', contractId)],
    );
    if (!known && isOpen) {
      const made = await network.market.done<{ destination: { id: string } }>(
        'buyer',
        'createDestination',
        { name: 'nowhere', target: { webhook: { url: 'http://127.0.0.1:9/' } } },
        'destination { id }',
      );
      const input = { contractId, destinationId: made.destination.id };
      await network.market.done('buyer', 'setContractDestination', input, 'destination { id }');
    }
    await app.database.query(
      `update destinations set open_until = case when $2 then now() + interval '1 hour' end
       where id in (select destination_id from contract_destinations where contract_id = $1)`,
      [decodeId('ctr', contractId), isOpen],
    );
  }
});
