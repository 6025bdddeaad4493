import { randomUUID } from 'node:crypto';
import type { RunningRelay } from '#webhooks';
import {
  assumeCountry,
  defineRoute,
  type Network,
  openNetwork,
  seen,
  submitAll,
  submitOne,
} from '../routing-api/network.js';
import type { TestApp } from '../support/app.js';
import { answerWith, Receiver } from '../webhooks/receiver.js';
import {
  charged,
  claim,
  codes,
  ended,
  offersOf,
  openRelays,
  startOfferApp,
  stopRelays,
  until,
} from './open-offers.js';

let app: TestApp;
let network: Network;
let relays: RunningRelay[] = [];

beforeAll(async () => {
  app = await startOfferApp();
});
beforeEach(async () => {
  network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'otherBuyer' }]);
});
afterEach(async () => {
  await stopRelays(relays);
  await app.verifyInvariants();
});
afterAll(async () => await app.stop());

const firstClaim = { method: 'FIRST_CLAIM' } as const;

const inSeconds = (seconds: number): Date => new Date(app.now().getTime() + seconds * 1000);

describe('a lead on a route with FIRST_CLAIM', () => {
  it('is offered without its person to all who may have it, and they are told', async () => {
    await defineRoute(network, firstClaim);
    await assumeCountry(network, 'US');
    const id = await submitOne(network, {
      contact: { email: 'planted@people.example', givenName: 'Planted', postalCode: '10001' },
      attributes: [
        { key: 'roof', value: 'flat' },
        { key: 'secret', value: 'Planted' },
      ],
      source: { channel: 'search', campaign: 'Planted' },
    });
    expect(await seen(network, id)).toMatchObject({
      status: 'ACCEPTED',
      deliveries: [],
      routing: [{ result: 'OFFERED', entries: [{ outcome: 'OFFERED' }, { outcome: 'OFFERED' }] }],
    });
    const offers = [...(await offersOf(network, 'buyer')), ...(await offersOf(network, 'otherBuyer'))];
    expect(offers).toHaveLength(2);
    for (const [index, offer] of offers.entries())
      expect(offer).toMatchObject({
        leadId: id,
        price: { amount: '10.00', currency: 'USD' },
        attributes: [{ key: 'roof', value: 'flat' }],
        country: 'US',
        postalPrefix: '100',
        channel: 'search',
        contract: { id: network.contracts[index]?.id },
      });
    expect(JSON.stringify(offers)).not.toMatch(/planted|10001/i);
    expect((await offersOf(network, 'agency')).map(({ leadId }) => leadId)).toEqual([id, id]);
    expect(await offersOf(network, 'otherAgency')).toEqual([]);
    const { events } = await app.ask<{ events: { nodes: { type: string; payload: object }[] } }>(
      app.keys.buyer,
      '{ events(types: ["lead.offered"], first: 50) { nodes { type payload } } }',
    );
    expect(events.nodes.filter(({ payload }) => JSON.stringify(payload).includes(id))).toMatchObject([
      { payload: { offerId: offers[0]?.id, leadId: id, price: { amount: '10.00', currency: 'USD' } } },
    ]);
    // Nobody sees the lead before it has it.
    const { lead } = await app.ask<{ lead: object | null }>(
      app.keys.buyer,
      'query ($id: ID!) { lead(id: $id) { id } }',
      { id },
    );
    expect(lead).toBeNull();
  });

  it('is of the first that claims it, once, and gone for the others', async () => {
    await defineRoute(network, firstClaim);
    const id = await submitOne(network);
    const [own] = await offersOf(network, 'buyer');
    const [other] = await offersOf(network, 'otherBuyer');
    const key = randomUUID();
    expect(codes(await claim(network, 'buyer', other?.id ?? ''))).toEqual(['NOT_FOUND input.offerId']);
    const won = await claim(network, 'otherBuyer', other?.id ?? '', key);
    expect(won).toMatchObject({ lead: { id }, leadId: id, replayed: false, userErrors: [] });
    expect(won.lead?.contact?.email).toContain('@example.com');
    expect(await claim(network, 'otherBuyer', other?.id ?? '', key)).toMatchObject({
      leadId: id,
      replayed: true,
    });
    expect(codes(await claim(network, 'buyer', own?.id ?? ''))).toEqual(['OFFER_GONE input.offerId']);
    expect(await offersOf(network, 'buyer')).toEqual([]);
    expect(await offersOf(network, 'otherBuyer')).toEqual([]);
    expect(await charged(network)).toEqual(['1000']);
    const lead = await seen(network, id);
    expect(lead).toMatchObject({ status: 'SOLD', deliveries: [{ status: 'ACCEPTED' }] });
    expect(lead.routing.map(({ result }) => result)).toEqual(['OFFERED', 'SOLD']);
  });

  it('is sold exactly once when twenty claim it at once', async () => {
    const contracts = Array.from({ length: 10 }, () => [
      { buyer: 'buyer' as const },
      { buyer: 'otherBuyer' as const },
    ]);
    network = await openNetwork(app, contracts.flat());
    await defineRoute(network, firstClaim);
    const ids = await submitAll(network, [{}, {}]);
    const all = [
      ...(await offersOf(network, 'buyer')).map((offer) => ({ ...offer, key: 'buyer' as const })),
      ...(await offersOf(network, 'otherBuyer')).map((offer) => ({ ...offer, key: 'otherBuyer' as const })),
    ];
    expect(all).toHaveLength(40);
    const claims = await Promise.all(all.map(async ({ id, key }) => await claim(network, key, id)));
    const won = claims.filter(({ leadId }) => leadId !== null);
    expect(won.map(({ leadId }) => leadId).toSorted()).toEqual(ids.toSorted());
    expect(new Set(claims.filter(({ leadId }) => leadId === null).flatMap(codes))).toEqual(
      new Set(['OFFER_GONE input.offerId']),
    );
    expect(await charged(network)).toEqual(['1000', '1000']);
  });

  it('is of as many buyers as may have it when it is shared, each of them once', async () => {
    network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'buyer' }, { buyer: 'otherBuyer' }]);
    await defineRoute(network, { ...firstClaim, saleMode: 'SHARED', maxBuyers: 2 });
    const id = await submitOne(network);
    const offers = [...(await offersOf(network, 'buyer')), ...(await offersOf(network, 'otherBuyer'))];
    const claims = await Promise.all(
      offers.map(async (offer, index) => await claim(network, index < 2 ? 'buyer' : 'otherBuyer', offer.id)),
    );
    expect(claims.filter(({ leadId }) => leadId === id)).toHaveLength(2);
    expect(await charged(network)).toEqual(['1000', '1000']);
    expect((await seen(network, id)).deliveries.map(({ contract }) => contract.id)).toContain(
      network.contracts[2]?.id,
    );
    expect(await offersOf(network, 'agency')).toEqual([]);
  });

  it('is judged by the caps of the moment of the claim, and may be had by another then', async () => {
    const [first, second] = network.contracts;
    await defineRoute(network, {
      ...firstClaim,
      entries: [{ contractId: first?.id, caps: [{ unit: 'DAY', leads: 1 }] }, { contractId: second?.id }],
    });
    await submitAll(network, [{}, {}]);
    const [a, b] = await offersOf(network, 'buyer');
    expect((await claim(network, 'buyer', a?.id ?? '')).leadId).toBe(a?.leadId);
    const refused = await claim(network, 'buyer', b?.id ?? '');
    expect(codes(refused)).toEqual(['CLAIM_REFUSED input.offerId']);
    expect(refused.userErrors[0]?.message).toBe(
      'The cap was reached: at most 1 lead a day, in America/New_York.',
    );
    const [left] = await offersOf(network, 'otherBuyer');
    expect((await claim(network, 'otherBuyer', left?.id ?? '')).leadId).toBe(b?.leadId);
  });

  it('goes to the fallback when nobody claims it in time, and then to nobody', async () => {
    const [first, second] = network.contracts;
    const rest = {
      ...{ name: 'rest', vertical: network.vertical, method: 'PRIORITY', saleMode: 'EXCLUSIVE' },
      entries: [{ contractId: second?.id, caps: [{ unit: 'DAY', leads: 1 }] }],
    };
    await network.market.done('agency', 'defineRoute', { route: rest, isDefault: false }, 'replayed');
    await defineRoute(network, {
      ...{ ...firstClaim, claimSeconds: 3_600, fallback: 'rest' },
      entries: [{ contractId: first?.id }],
    });
    const ids = await submitAll(network, [{}, {}]);
    const [offer] = await offersOf(network, 'buyer');
    await app.advanceClock(inSeconds(3_000));
    expect(await offersOf(network, 'buyer')).toHaveLength(2);
    await app.advanceClock(inSeconds(700));
    expect(await offersOf(network, 'buyer')).toEqual([]);
    expect(codes(await claim(network, 'buyer', offer?.id ?? ''))).toEqual(['OFFER_GONE input.offerId']);
    const leads = [];
    for (const id of ids) leads.push(await seen(network, id));
    expect(leads.map(({ status }) => status).toSorted()).toEqual(['SOLD', 'UNSOLD']);
    expect(leads.map(({ routing }) => routing[1]?.entries[0]?.reason)).toEqual([
      'It was offered, and not claimed in time.',
      'It was offered, and not claimed in time.',
    ]);
    expect(await charged(network)).toEqual(['1000']);
    // And its buyer reads why none of them came to it.
    const { missedLeads } = await app.ask<{ missedLeads: { nodes: { leadId: string; reason: string }[] } }>(
      app.keys.buyer,
      'query ($contractId: ID!) { missedLeads(contractId: $contractId) { nodes { leadId reason } } }',
      { contractId: first?.id },
    );
    expect(missedLeads.nodes).toEqual(
      ids.toReversed().map((leadId) => ({ leadId, reason: 'It was offered, and not claimed in time.' })),
    );
  });

  it('is ended by the worker when its time is over', async () => {
    relays = openRelays(app);
    await defineRoute(network, { ...firstClaim, claimSeconds: 5 });
    const id = await submitOne(network);
    await app.database.query(`update lead_offers set closes_at = $1 where state = 'OPEN'`, [app.now()]);
    expect((await ended(network, id)).status).toBe('UNSOLD');
  });

  it('is offered to the others again when its claimer refuses the handover', async () => {
    relays = openRelays(app);
    const inbox = await Receiver.start(answerWith(200, {}, '{"status":"rejected"}'));
    const { destination } = await network.market.done<{ destination: { id: string } }>(
      'buyer',
      'createDestination',
      { name: 'for a test', target: { webhook: { url: inbox.url } } },
      'destination { id } secret',
    );
    const input = { contractId: network.contracts[0]?.id, destinationId: destination.id };
    await network.market.done('buyer', 'setContractDestination', input, 'destination { id }');
    await defineRoute(network, firstClaim);
    const id = await submitOne(network);
    const [own] = await offersOf(network, 'buyer');
    // On its way to the destination, so the person is not shown yet.
    expect(await claim(network, 'buyer', own?.id ?? '')).toMatchObject({ leadId: id, lead: null });
    await until(async () => (await offersOf(network, 'otherBuyer')).length > 0, 'it is offered again');
    expect(await offersOf(network, 'buyer')).toEqual([]);
    const [again] = await offersOf(network, 'otherBuyer');
    expect((await claim(network, 'otherBuyer', again?.id ?? '')).lead?.id).toBe(id);
    expect(await charged(network)).toEqual(['1000']);
    await inbox.stop();
  });

  it('costs nothing as a test lead, and is seen as one', async () => {
    await defineRoute(network, {
      ...firstClaim,
      entries: [{ contractId: network.contracts[0]?.id, caps: [{ unit: 'DAY', leads: 0 }] }],
    });
    const id = await submitOne(network, { test: true });
    const [offer] = await offersOf(network, 'buyer');
    expect(offer).toMatchObject({ test: true });
    expect((await claim(network, 'buyer', offer?.id ?? '')).leadId).toBe(id);
    expect(await charged(network)).toEqual([]);
  });
});
