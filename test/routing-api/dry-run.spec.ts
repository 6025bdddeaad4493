import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '#database';
import { encodeId } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';
import { ask, type DryRun, dryRun, routeInput, type Wish } from './ask-dry-run.js';
import { defineRoute, type Network, openNetwork, startNetworkApp, submitOne } from './network.js';

let app: TestApp;
let network: Network;

beforeAll(async () => {
  app = await startNetworkApp();
});
beforeEach(async () => {
  network = await openNetwork(app, [
    { buyer: 'buyer' },
    { buyer: 'otherBuyer', terms: { baseRate: { amount: '12.00', currency: 'USD' } } },
  ]);
});
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

/** Everything that a dry run could have written. */
async function everything(): Promise<object> {
  const [row] = await app.database.query<object>(
    `select (select count(*) from leads) as leads, (select count(*) from deliveries) as deliveries,
       (select count(*) from routing_decisions) as decisions, (select count(*) from routing_batches) as batches,
       (select count(*) from route_versions) as versions, (select count(*) from routes) as routes,
       (select count(*) from charges) as charges, (select count(*) from events) as events,
       (select count(*) from audit_entries) as audit, (select count(*) from idempotency_keys) as keys,
       (select md5(string_agg(c::text, '' order by c::text)) from cap_counters c) as counted,
       (select md5(string_agg(s::text, '' order by s::text)) from route_standings s) as stood`,
  );
  return row ?? {};
}

const usd = (amount: string) => [{ amount, currency: 'USD' }];

describe('a dry run of a route', () => {
  it('says what changes, for whom and for how much, and writes nothing', async () => {
    await defineRoute(network);
    const leads = [10, 60, 90].map((score) => ({ score }));
    const ids: string[] = [];
    for (const lead of leads) ids.push(await submitOne(network, lead));
    const before = await everything();
    const entries = network.contracts.map(({ id }, index) => ({
      contractId: id,
      priority: 2 - index,
      ...(index === 1 && { minScore: 50, caps: [{ unit: 'DAY', leads: 1 }] }),
    }));
    const run = await dryRun(network, { entries });
    expect(await everything()).toEqual(before);
    expect(run).toMatchObject({ changed: 1, unreadable: 0 });
    expect(run.before).toEqual({ sold: 3, unsold: 0, offered: 0, amounts: usd('30.00') });
    expect(run.after).toEqual({ sold: 3, unsold: 0, offered: 0, amounts: usd('32.00') });
    expect(run.contracts).toEqual(
      network.contracts
        .map(({ id }, index) => ({
          contract: { id },
          before: index === 0 ? { leads: 3, amounts: usd('30.00') } : { leads: 0, amounts: [] },
          after: index === 0 ? { leads: 2, amounts: usd('20.00') } : { leads: 1, amounts: usd('12.00') },
        }))
        .toSorted((a, b) => (a.contract.id < b.contract.id ? -1 : 1)),
    );
    expect(run.decisions.map(({ leadId, isChanged }) => [leadId, isChanged])).toEqual([
      [ids[2], false],
      [ids[1], true],
      [ids[0], false],
    ]);
    expect(run.decisions[0]?.after.entries.map(({ outcome }) => outcome)).toEqual(['CAP_REACHED', 'SOLD']);
    expect(run.decisions[2]?.after.entries.map(({ outcome }) => outcome)).toEqual([
      'BELOW_MIN_SCORE',
      'SOLD',
    ]);
  });

  it('takes the last ones, or those before a lead, and none of others', async () => {
    await defineRoute(network);
    const ids: string[] = [];
    for (let each = 0; each < 4; each += 1) ids.push(await submitOne(network));
    await submitOne(network, { contractId: network.contracts[0]?.id });
    await submitOne(network, { test: true });
    const leadsOf = async (more: Wish) =>
      (await dryRun(network, {}, more)).decisions.map(({ leadId }) => leadId);
    expect(await leadsOf({})).toEqual(ids.toReversed());
    expect(await leadsOf({ last: 2 })).toEqual([ids[3], ids[2]]);
    expect(await leadsOf({ last: 2, before: ids[2] })).toEqual([ids[1], ids[0]]);
    expect(await leadsOf({ before: ids[0] })).toEqual([]);
    for (const before of [
      'lead_nothing',
      'lead_x',
      '',
      'ctr_00000000000000000000000000',
      encodeId('lead', newId()),
    ])
      expect(await ask(network, {}, { before })).toMatchObject({
        userErrors: [{ code: 'NOT_FOUND', field: ['before'] }],
        decisions: [],
      });
    for (const last of [0, -1, 201])
      expect((await ask(network, {}, { last })).userErrors).toMatchObject([
        { code: 'INVALID_VALUE', field: ['last'] },
      ]);
  });

  it('counts a lead once, by its last decision, however often it was decided on', async () => {
    await defineRoute(network, {
      entries: [{ contractId: network.contracts[0]?.id, caps: [{ unit: 'DAY', leads: 0 }] }],
    });
    const id = await submitOne(network);
    for (let each = 0; each < 4; each += 1)
      await network.market.done('agency', 'routeLead', { leadId: id }, 'replayed');
    const run = await dryRun(network, {});
    expect(run).toMatchObject({
      before: { unsold: 1, sold: 0 },
      after: { sold: 1 },
      changed: 1,
      unreadable: 0,
    });
    expect(run.decisions).toHaveLength(1);
    expect(run.decisions[0]?.before).toMatchObject({
      number: 5,
      summary: expect.stringMatching(/^Unsold: 1 entry/) as string,
    });
    expect(run.decisions[0]?.after).toMatchObject({
      summary: 'Would be sold to 1 of 2 entries considered, by PRIORITY on the route main.',
    });
    expect(run.decisions[0]?.after.entries[0]).toMatchObject({ reason: 'Would be sold for $10.00.' });
  });

  it('takes nothing from a sale when nobody more was found after it', async () => {
    await defineRoute(network);
    await submitOne(network);
    // As it is written when one of two buyers of a shared lead does not take it, and there is no other.
    await app.database.query(
      `insert into routing_decisions (agency_id, lead_id, number, batch_id, position, result, sales, trail, decided_at)
       select agency_id, lead_id, 2, batch_id, position + 1, 'UNSOLD', '[]', '{D1D2}', decided_at from routing_decisions d
       where lead_id = (select id from leads where vertical = $1)`,
      [network.vertical],
    );
    expect(await dryRun(network, {})).toMatchObject({
      before: { sold: 1, unsold: 0, amounts: usd('10.00') },
      changed: 0,
    });
  });

  it('takes no states where the schema of the vertical has none', async () => {
    const entries = [
      { contractId: network.contracts[0]?.id, geography: { only: [{ country: 'US', states: ['CA'] }] } },
    ];
    const path = ['entries', '0', 'geography', 'only', '0', 'states'];
    const attribute = (key: string, more: object = {}) => ({ key, type: 'TEXT', label: key, ...more });
    const publish = async (expectedVersion: number, schema: object) =>
      await network.market.done(
        'admin',
        'publishLeadSchema',
        { vertical: network.vertical, schema, expectedVersion },
        'replayed',
      );
    // Where a schema takes other attributes, a lead may bring its state as one.
    expect((await ask(network, { entries })).userErrors).toEqual([]);
    await publish(2, { attributes: [attribute('floor')], otherAttributes: false });
    expect((await ask(network, { entries })).userErrors).toMatchObject([
      { code: 'INVALID_VALUE', field: ['route', ...path] },
    ]);
    await publish(3, { attributes: [attribute('state', { personal: true })], otherAttributes: false });
    expect((await ask(network, { entries })).userErrors).toEqual([]);
  });

  it('tells nothing of a person, and leaves one who was erased where it was', async () => {
    await defineRoute(network);
    const contact = { email: 'quillfeather@people.example', familyName: 'Quillfeather', postalCode: '94107' };
    const id = await submitOne(network, { contact: { ...contact, country: 'US' } });
    const other = await submitOne(network);
    const west = network.contracts.map(({ id: contractId }, index) => ({
      contractId,
      priority: 2 - index,
      ...(index === 1 && { geography: { only: [{ country: 'US', postalPrefixes: ['94'] }] } }),
    }));
    const run = await dryRun(network, { entries: west });
    expect(run.decisions.map(({ isChanged }) => isChanged)).toEqual([false, true]);
    expect(JSON.stringify(run).toLowerCase()).not.toMatch(/quillfeather|94107/);
    await network.market.done('agency', 'erasePerson', { person: { leadId: id } }, 'erased');
    const after = await dryRun(network, { entries: west });
    expect(after).toMatchObject({ unreadable: 1, changed: 0 });
    expect(after.decisions.map(({ leadId }) => leadId)).toEqual([other]);
  });

  it('refuses what defineRoute refuses, and is for agencies alone', async () => {
    const { userErrors, decisions } = await ask(network, {
      entries: [{ contractId: 'ctr_nothing' }],
      method: 'WEIGHTED',
    });
    expect(decisions).toEqual([]);
    expect(userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['route', 'entries', '0', 'contractId'] }]);
    expect((await ask(network, {}, {}, 'otherAgency')).userErrors).toMatchObject([
      { code: 'NOT_FOUND' },
      { code: 'NOT_FOUND' },
    ]);
    await expect(ask(network, {}, {}, 'buyer')).rejects.toThrow('FORBIDDEN');
  });
});

it('the requests of docs/routing.md do what the page says', async () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'routing.md'), 'utf8');
  const requestWith = (field: string): string =>
    [...page.matchAll(/```graphql\n([^]*?)```/g)]
      .map(([, text = '']) => text)
      .find((text) => text.includes(field)) ?? '';
  await defineRoute(network, { entries: [{ contractId: network.contracts[0]?.id, minScore: 50 }] });
  const id = await submitOne(network, { score: 10 });
  const { dryRunRoute } = await app.ask<{ dryRunRoute: DryRun }>(
    app.keys.agency,
    requestWith('dryRunRoute'),
    {
      route: routeInput(network, {}),
    },
  );
  expect(dryRunRoute).toMatchObject({
    changed: 1,
    userErrors: [],
    decisions: [{ leadId: id, isChanged: true }],
  });
  const { missedLeads } = await app.ask<{ missedLeads: object }>(app.keys.buyer, requestWith('missedLeads'), {
    contractId: network.contracts[0]?.id,
  });
  expect(missedLeads).toMatchObject({ nodes: [{ leadId: id, outcome: 'BELOW_MIN_SCORE' }] });
});
