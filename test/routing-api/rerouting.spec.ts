import { encodeId, decodeId } from '../../apps/api/src/graphql/ids.js';
import { RerouteOverdue, TellOverdueContacts } from '#handover';
import { UnitOfWork } from '#database';
import { ReleasedLeads, RouteAgain } from '#leads';
import { systemActor } from '#organizations';
import { refused } from '#outcome';
import { startNetworkApp, defineRoute, type Network, openNetwork, submitAll, submitOne } from './network.js';
import type { TestApp, TestKey } from '../support/app.js';

let app: TestApp;
let network: Network;

const sla = { contactSlaSeconds: 300, contactSlaReroute: true, platformFeeRatePpm: 100_000 };

beforeAll(async () => {
  app = await startNetworkApp();
});
beforeEach(async () => {
  network = await openNetwork(app, [{ buyer: 'buyer', terms: sla }, { buyer: 'otherBuyer' }]);
});
afterEach(async () => await app.verifyInvariants());
afterAll(async () => await app.stop());

const service = <T>(token: abstract new (...args: never[]) => T): T =>
  app.nest.get<T>(token as never, { strict: false });

const later = (seconds: number): Date => new Date(app.now().getTime() + seconds * 1_000);

/** The time runs out, and the worker does what follows. */
async function runOut(): Promise<void> {
  await app.advanceClock(later(301));
  await routeAgain();
}

async function routeAgain(): Promise<void> {
  await service(RouteAgain).execute(app.now(), 100);
}

/** What has run out is told, and nothing is decided yet. */
async function tell(): Promise<void> {
  await service(TellOverdueContacts).execute(later(301), 100);
}

const reroute = async () => await service(RerouteOverdue).execute(later(301), 100);

interface Seen {
  readonly status: string;
  readonly contact: object | null;
  readonly deliveries: readonly {
    readonly id: string;
    readonly status: string;
    readonly reroutedAt: string | null;
    readonly contract: { readonly id: string };
    readonly speedToLead: { readonly breached: boolean } | null;
  }[];
  readonly routing: readonly {
    readonly entries: readonly { readonly outcome: string; readonly reason: string }[];
  }[];
}

async function seen(leadId: string, key: TestKey = 'agency'): Promise<Seen | null> {
  const { lead } = await app.ask<{ lead: Seen | null }>(
    app.keys[key],
    `query ($id: ID!) { lead(id: $id) { status contact { email } routing { entries { outcome reason } }
       deliveries { id status reroutedAt contract { id } speedToLead { breached } } } }`,
    { id: leadId },
  );
  return lead;
}

/** How each contract's delivery of the lead stands, in the order of the network. */
async function states(leadId: string): Promise<(string | undefined)[]> {
  const lead = await seen(leadId);
  return network.contracts.map(
    ({ id }) => lead?.deliveries.find(({ contract }) => contract.id === id)?.status,
  );
}

async function charges(leadId: string, buyer: TestKey & ('buyer' | 'otherBuyer')): Promise<string[]> {
  const rows = await app.database.query<{ text: string }>(
    `select c.component || ' ' || c.amount_minor as text from charges c
     join deliveries d on d.agency_id = c.agency_id and d.id = c.delivery_id
     where c.lead_id = $1 and d.buyer_id = $2 order by c.id`,
    [decodeId('lead', leadId), app.organizations[buyer].uuid],
  );
  return rows.map(({ text }) => text);
}

async function report(leadId: string, stage: string): Promise<readonly { code: string; message: string }[]> {
  const input = { leadId, outcome: { stage: { stage } } };
  return (await network.market.act('buyer', 'reportOutcome', input, 'lead { id }')).userErrors;
}

const events = async (type: string, leadId: string) =>
  await app.database.query<{ payload: Record<string, unknown>; counterparty_id: string }>(
    `select payload, counterparty_id from events where type = $1 and payload->>'leadId' = $2`,
    [type, decodeId('lead', leadId)],
  );

describe('a lead whose person its buyer did not reach in time', () => {
  it('is taken from it, costs it nothing, and goes to the next buyer', async () => {
    await defineRoute(network, {
      entries: [
        { contractId: network.contracts[0]?.id, priority: 1, caps: [{ unit: 'DAY', leads: 1 }] },
        { contractId: network.contracts[1]?.id, priority: 2 },
      ],
    });
    const id = await submitOne(network);
    expect((await seen(id, 'buyer'))?.contact).not.toBeNull();
    expect(await report(id, 'UNREACHABLE')).toEqual([]);
    await runOut();
    expect(await states(id)).toEqual(['RETURNED', 'ACCEPTED']);
    expect(await charges(id, 'buyer')).toEqual([
      'BASE 1000',
      'PLATFORM_FEE 100',
      'RETURN_CREDIT -1000',
      'RETURN_CREDIT -100',
    ]);
    expect(await charges(id, 'otherBuyer')).toEqual(['BASE 1000']);
    const lead = await seen(id);
    expect(lead?.status).toBe('SOLD');
    const first = lead?.deliveries.find(({ status }) => status === 'RETURNED');
    expect(first).toMatchObject({ speedToLead: { breached: true } });
    expect(first?.reroutedAt).not.toBeNull();
    expect(lead?.routing.at(-1)?.entries[0]).toMatchObject({
      outcome: 'DUPLICATE_FOR_BUYER',
      reason: 'The buyer was given the lead before, and did not take it or did not reach the person in time.',
    });
    const [told, ...others] = await events('delivery.rerouted', id);
    expect(others).toEqual([]);
    expect(told?.counterparty_id).toBe(app.organizations.buyer.uuid);
    // The cap of the first has room again: the next lead is its own.
    const next = await submitOne(network);
    expect(await states(next)).toEqual(['ACCEPTED', undefined]);
  });

  it('is out of reach of the first buyer from then on, in every way', async () => {
    await defineRoute(network);
    const email = `taken-${network.vertical}@people.example`;
    const id = await submitOne(network, { contact: { email, familyName: 'Takenback' } });
    const delivery = (await seen(id))?.deliveries[0]?.id;
    await runOut();
    expect(await seen(id, 'buyer')).toBeNull();
    const all = await app.ask<object>(
      app.keys.buyer,
      `query ($id: ID!, $delivery: ID!, $vertical: String!) { node(id: $id) { id }
         delivery: node(id: $delivery) { ... on Delivery { status reroutedAt lead { contact { email } } } }
         leads(first: 100, vertical: $vertical) { nodes { id contact { email familyName } } } }`,
      { id, delivery, vertical: network.vertical },
    );
    expect(all).toMatchObject({
      node: null,
      delivery: { status: 'RETURNED', lead: null },
      leads: { nodes: [] },
    });
    expect(JSON.stringify(all)).not.toContain('Takenback');
    const refused = await report(id, 'CONTACTED');
    expect(refused).toMatchObject([{ code: 'LEAD_RETURNED' }]);
    expect(refused[0]?.message).toContain('not reached in the time');
    const asked = { leadId: id, reason: 'INVALID_PHONE' };
    expect(
      (await network.market.act('buyer', 'requestReturn', asked, 'return { id }')).userErrors,
    ).toMatchObject([{ code: 'NOT_FOUND' }]);
    const again = { deliveryId: delivery };
    expect(
      (await network.market.act('buyer', 'resendDelivery', again, 'delivery { id }')).userErrors,
    ).toMatchObject([{ code: 'ILLEGAL_TRANSITION' }]);
    expect((await seen(id, 'otherBuyer'))?.contact).toEqual({ email });
  });

  it('is UNSOLD when nobody else takes it, and explained on the statement', async () => {
    const [first] = network.contracts;
    await defineRoute(network, { entries: [{ contractId: first?.id }] });
    const id = await submitOne(network);
    await runOut();
    expect((await seen(id))?.status).toBe('UNSOLD');
    expect(await charges(id, 'buyer')).toHaveLength(4);
    const rows = await app.database.query<{ id: string }>(
      `select distinct settlement_id as id from charges where lead_id = $1`,
      [decodeId('lead', id)],
    );
    const lines = await network.market.lines(encodeId('stl', rows[0]?.id ?? ''));
    const texts = lines.filter(({ lead }) => lead?.id === id).map(({ explanation }) => explanation.text);
    expect(texts).toContain(
      'Person not reached in time, lead given to another buyer: reverses the base rate of $10.00',
    );
  });

  it('leaves a shared lead with the others that have it', async () => {
    network = await openNetwork(app, [
      { buyer: 'buyer', terms: sla },
      { buyer: 'otherBuyer', terms: { ...sla, contactSlaReroute: false } },
    ]);
    await defineRoute(network, { saleMode: 'SHARED', maxBuyers: 2 });
    const id = await submitOne(network);
    await runOut();
    expect(await states(id)).toEqual(['RETURNED', 'ACCEPTED']);
    expect((await seen(id))?.status).toBe('SOLD');
    expect(await charges(id, 'otherBuyer')).toEqual(['BASE 1000', 'PLATFORM_FEE 100']);
  });
});

describe('a lead stays where it is', () => {
  const stays = async (id: string): Promise<void> => {
    await runOut();
    expect(await states(id)).toEqual(['ACCEPTED', undefined]);
    expect(await events('delivery.rerouted', id)).toEqual([]);
  };

  it.each(['CONTACTED', 'NOT_INTERESTED', 'DISQUALIFIED', 'QUALIFIED'])('after %s', async (stage) => {
    await defineRoute(network);
    const id = await submitOne(network);
    expect(await report(id, stage)).toEqual([]);
    await stays(id);
  });

  it('after it was sold on or lost', async () => {
    await defineRoute(network);
    const [won, lost] = await submitAll(network, [{}, {}]);
    await network.market.reportWon(won ?? '', { amount: '100.00', currency: 'USD' });
    const input = { leadId: lost, outcome: { lost: { reason: 'no answer' } } };
    await network.market.done('buyer', 'reportOutcome', input, 'lead { id }');
    await stays(won ?? '');
    await stays(lost ?? '');
  });

  it('while its buyer asks to give it back', async () => {
    await defineRoute(network);
    const id = await submitOne(network);
    await network.market.done(
      'buyer',
      'requestReturn',
      { leadId: id, reason: 'INVALID_PHONE' },
      'return { id }',
    );
    await stays(id);
  });

  it('when its agency named the contract', async () => {
    await defineRoute(network);
    await stays(await submitOne(network, { contractId: network.contracts[0]?.id }));
  });

  it('when the terms that it was sold under do not say so, whatever newer ones do', async () => {
    const { contactSlaReroute: _off, ...without } = sla;
    network = await openNetwork(app, [{ buyer: 'buyer', terms: without }, { buyer: 'otherBuyer' }]);
    await defineRoute(network);
    const id = await submitOne(network);
    const contractId = network.contracts[0]?.id;
    const terms = {
      ...{ baseRate: { amount: '10.00', currency: 'USD' }, commissionBasis: 'NONE', commissionRatePpm: 0 },
      ...{ commissionTrigger: 'QUALIFIED', timeZone: 'America/New_York', ...sla },
    };
    await network.market.done('agency', 'proposeContractVersion', { contractId, terms }, 'contract { id }');
    await network.market.done('buyer', 'acceptContract', { contractId, version: 2 }, 'contract { id }');
    await stays(id);
    const next = await submitOne(network);
    await runOut();
    expect(await states(next)).toEqual(['RETURNED', 'ACCEPTED']);
  });

  it('once its statement is approved', async () => {
    network = await openNetwork(app, [
      { buyer: 'buyer', terms: { ...sla, contactSlaSeconds: 2_592_000, settlementSchedule: 'DAILY' } },
      { buyer: 'otherBuyer' },
    ]);
    await defineRoute(network);
    const id = await submitOne(network);
    const [row] = await app.database.query<{ id: string; start: string; end: string }>(
      `select s.id, s.period_start::text as start, s.period_end::text as end from settlements s
       join charges c on c.settlement_id = s.root_id where c.lead_id = $1 limit 1`,
      [decodeId('lead', id)],
    );
    await network.market.endPeriod({ start: row?.start ?? '', end: row?.end ?? '' } as never);
    await network.market.settle({ start: row?.start, end: row?.end } as never);
    await app.advanceClock(later(2_592_001));
    await routeAgain();
    expect(await events('delivery.contact_overdue', id)).toHaveLength(1);
    expect(await states(id)).toEqual(['ACCEPTED', undefined]);
  });
});

describe('at the same moment', () => {
  it('twenty contacts are reported and twenty leads taken: exactly one of both wins, for each', async () => {
    await defineRoute(network);
    const ids = await submitAll(
      network,
      Array.from({ length: 20 }, () => ({})),
    );
    await tell();
    const [answers] = await Promise.all([
      Promise.all(ids.map(async (id) => await report(id, 'CONTACTED'))),
      ...Array.from({ length: 3 }, reroute),
    ]);
    await routeAgain();
    for (const [index, id] of ids.entries()) {
      const isReported = answers[index]?.length === 0;
      expect(answers[index]).toMatchObject(isReported ? [] : [{ code: 'LEAD_RETURNED' }]);
      expect(await states(id)).toEqual(isReported ? ['ACCEPTED', undefined] : ['RETURNED', 'ACCEPTED']);
      expect(await charges(id, 'buyer')).toHaveLength(isReported ? 2 : 4);
      expect(await events('delivery.rerouted', id)).toHaveLength(isReported ? 0 : 1);
    }
  });

  it('one lead is reported on and taken twenty times: one wins', async () => {
    await defineRoute(network);
    const id = await submitOne(network);
    await tell();
    const [answers] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, async () => await report(id, 'CONTACTED'))),
      ...Array.from({ length: 20 }, reroute),
    ]);
    await routeAgain();
    const reported = answers.filter((errors) => errors.length === 0).length;
    const [state] = await states(id);
    expect(state === 'ACCEPTED' ? reported : 1 + reported).toBe(1);
    expect(await charges(id, 'buyer')).toHaveLength(state === 'ACCEPTED' ? 2 : 4);
  });

  it('another buyer of a shared lead loses it as well: what was read before decides nothing', async () => {
    network = await openNetwork(app, [
      { buyer: 'buyer', terms: sla },
      { buyer: 'otherBuyer', terms: { ...sla, contactSlaReroute: false } },
    ]);
    await defineRoute(network, { saleMode: 'SHARED', maxBuyers: 2 });
    const lead = {
      agencyId: app.organizations.agency.uuid,
      leadId: decodeId('lead', await submitOne(network)) ?? '',
    };
    const past = await service(RouteAgain).pastOf(lead);
    const at = { agencyId: lead.agencyId, id: lead.leadId };
    const release = await service(ReleasedLeads).prepare(systemActor('test'), at, app.now(), past);
    const decide = async () =>
      await service(UnitOfWork).run(async (tx) =>
        release ? await service(ReleasedLeads).decide(tx, release) : refused<undefined>(),
      );
    await tell();
    await reroute();
    // Refused without a reason: it is read again, and decided then.
    expect(await decide()).toEqual({ ok: false, refusals: [] });
    await routeAgain();
  });

  it('another buyer of a shared lead gives it back: it is routed again and held up by nothing', async () => {
    await defineRoute(network, { saleMode: 'SHARED', maxBuyers: 2 });
    const id = await submitOne(network);
    await tell();
    await reroute();
    // Between the taking and the routing.
    const input = { leadId: id, reason: 'INVALID_PHONE' };
    const { return: asked } = await network.market.done<{ return: { id: string } }>(
      'otherBuyer',
      'requestReturn',
      input,
      'return { id }',
    );
    await network.market.done(
      'agency',
      'decideReturn',
      { returnId: asked.id, decision: 'APPROVE' },
      'return { id }',
    );
    await routeAgain();
    expect(await app.database.query('select 1 from leads_to_route')).toEqual([]);
    expect(await states(id)).toEqual(['RETURNED', 'RETURNED']);
  });
});
