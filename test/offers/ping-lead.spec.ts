import { randomUUID } from 'node:crypto';
import { defineRoute, type Network, openNetwork, seen, submitAll } from '../routing-api/network.js';
import type { TestApp } from '../support/app.js';
import {
  act,
  Bidders,
  bidding,
  charged,
  codes,
  Late,
  noBid,
  ping,
  startOfferApp,
  type Told,
  until,
} from './open-offers.js';

let app: TestApp;
let network: Network;
let bidders: Bidders;

beforeAll(async () => {
  app = await startOfferApp();
});
beforeEach(async () => {
  network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'otherBuyer' }]);
  bidders = new Bidders(network);
});
afterEach(async () => {
  await bidders.close();
  await app.verifyInvariants();
});
afterAll(async () => await app.stop());

const pingPost = { method: 'PING_POST' } as const;
const place = { country: 'US', postalCode: '10001' } as const;

interface Submitted extends Told {
  readonly lead: { readonly id: string; readonly status: string } | null;
}

const asked = (more: object = {}) => ({
  externalId: randomUUID(),
  vertical: network.vertical,
  contact: place,
  attributes: [{ key: 'income', value: '60000' }],
  ...more,
});
const posted = (more: object = {}) =>
  asked({ contact: { ...place, email: `${randomUUID()}@people.example` }, ...more });
const submit = async (input: object, key: 'agency' | 'otherAgency' = 'agency') =>
  await act<Submitted>(network, key, 'submitLead', { input, selection: 'lead { id status }' });

/** How many rows everything has that a lead would leave behind. */
async function rows(): Promise<object[]> {
  const counts = [
    'leads',
    'deliveries',
    'charges',
    'journals',
    'events',
    'routing_decisions',
    'person_hashes',
    'handovers',
  ];
  return await app.database.query(
    `select ${counts.map((table) => `(select count(*)::int from ${table}) as ${table}`).join(', ')},
       (select coalesce(sum(leads), 0)::int from cap_counters) as counted`,
  );
}

async function claims(): Promise<number> {
  const [row] = await app.database.query<{ count: number }>('select count(*)::int as count from ping_claims');
  return row?.count ?? 0;
}

describe('a ping', () => {
  it('asks the buyers, answers with the best bid, and sells nothing; the post uses its bids', async () => {
    await bidders.open(bidding('12.00'), bidding('17.00'));
    await defineRoute(network, pingPost);
    const before = await rows();
    const { ping: answer } = await ping(network, asked());
    expect(answer).toMatchObject({ price: { amount: '17.00', currency: 'USD' }, isBid: true });
    expect(answer?.entries.map(({ outcome }) => outcome)).toEqual(['SELL_LIMIT_REACHED', 'SOLD']);
    expect(answer?.summary).toBe(
      'Would be sold to 1 of 2 entries considered, by PING_POST on the route main.',
    );
    expect(answer?.entries.map(({ reason }) => reason)).toEqual([
      'It fits, but others would come first, and the lead could not be sold again.',
      'Would be sold for $17.00.',
    ]);
    expect(await rows()).toEqual(before);
    const { lead } = await submit(posted({ pingId: answer?.id }));
    expect(lead).toMatchObject({ status: 'SOLD' });
    // Nobody was asked again, and what they were told names the lead that there is now.
    for (const { received } of bidders.receivers)
      expect(
        received.map(({ body }) => (JSON.parse(body) as { data: { leadId: string } }).data.leadId),
      ).toEqual([lead?.id]);
    expect(await charged(network)).toEqual(['1700']);
    expect((await seen(network, lead?.id ?? '')).routing.map(({ result }) => result)).toEqual(['SOLD']);
  });

  it('says what any other route would make of it, and whom it would go to without one', async () => {
    const direct = await openNetwork(app, [{ buyer: 'buyer' }]);
    expect((await ping(direct, { ...asked(), vertical: direct.vertical })).ping).toMatchObject({
      price: { amount: '10.00' },
      isBid: false,
      entries: [],
    });
    const before = await rows();
    await defineRoute(network, {
      entries: [{ contractId: network.contracts[1]?.id, caps: [{ unit: 'DAY', leads: 1 }] }],
    });
    expect((await ping(network, asked())).ping).toMatchObject({
      price: { amount: '10.00', currency: 'USD' },
      isBid: false,
      entries: [{ outcome: 'SOLD' }],
    });
    // Asking takes nothing of the cap.
    expect((await ping(network, asked())).ping).toMatchObject({ price: { amount: '10.00' } });
    expect(await rows()).toEqual(before);
    await submitAll(network, [{}]);
    const { ping: none } = await ping(network, asked());
    expect(none).toMatchObject({ price: null, entries: [{ outcome: 'CAP_REACHED' }] });
    expect(none?.summary).toMatch(/^Would be unsold: 1 entry considered/);
  });

  it('that nobody bids for says so, and goes on to the fallback', async () => {
    await bidders.open(noBid, noBid);
    await defineRoute(network, pingPost);
    const { ping: none } = await ping(network, asked());
    expect(none).toMatchObject({
      price: null,
      entries: [{ outcome: 'BELOW_MIN_BID' }, { outcome: 'BELOW_MIN_BID' }],
    });
    // It may be posted all the same, and is kept.
    expect((await submit(posted({ pingId: none?.id }))).lead).toMatchObject({ status: 'UNSOLD' });
  });

  it('is refused whatever is about the person, by its place', async () => {
    await defineRoute(network);
    const refused = await ping(
      network,
      asked({
        contact: {
          ...place,
          email: 'ada@people.example',
          phone: '+12125550100',
          givenName: 'Ada',
          familyName: 'L',
        },
        attributes: [
          { key: 'income', value: '1' },
          { key: 'diary', value: 'x' },
        ],
        consent: {
          text: 'yes',
          capturedAt: '2026-01-01T00:00:00Z',
          ip: '192.0.2.1',
          certificateUrl: 'https://c.example',
        },
      }),
    );
    expect(refused.ping).toBeNull();
    expect(codes(refused).toSorted()).toEqual(
      [
        ...['email', 'phone', 'givenName', 'familyName'].map((name) => `INVALID_VALUE input.contact.${name}`),
        'INVALID_VALUE input.attributes.1.key',
        'INVALID_VALUE input.consent.ip',
        'INVALID_VALUE input.consent.certificateUrl',
      ].toSorted(),
    );
    expect(JSON.stringify(refused)).not.toMatch(/ada@|diary|192\.0/);
    expect(codes(await ping(network, asked({ vertical: 'no-such' })))).toEqual([
      'INVALID_VALUE input.attributes.0.key',
    ]);
    expect(codes(await ping(network, asked({ vertical: 'no-such', attributes: [] })))).toEqual([
      'NO_MATCHING_CONTRACT input.vertical',
    ]);
  });

  it('gives the same answer under the same name while it lives, and asks nobody again', async () => {
    await bidders.open(bidding('12.00'), bidding('17.00'));
    await defineRoute(network, pingPost);
    const input = asked();
    const first = await ping(network, input);
    const again = await ping(network, input);
    expect(again).toEqual({ ...first, replayed: true });
    expect(bidders.at(0).received).toHaveLength(1);
    const other = await ping(network, { ...input, attributes: [{ key: 'income', value: '70000' }] });
    expect(other.ping?.id).not.toBe(first.ping?.id);
    // What was told first is still known under the name.
    expect(await ping(network, input)).toEqual(again);
  });

  it('is one, and asks once, when it comes twenty times at once', async () => {
    await bidders.open(bidding('12.00'), bidding('17.00'));
    await defineRoute(network, pingPost);
    const input = asked();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await ping(network, input)));
    expect(answers.flatMap(codes)).toEqual([]);
    expect(new Set(answers.map((each) => JSON.stringify(each.ping))).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(bidders.receivers.map(({ received }) => received.length)).toEqual([1, 1]);
    expect(await claims()).toBe(0);
  });

  it('waits for another one that asks, and asks itself when that one has died', async () => {
    const late = new Late();
    await bidders.open(late.answer);
    await defineRoute(network, { ...pingPost, entries: [{ contractId: network.contracts[0]?.id }] });
    const input = asked();
    const first = ping(network, input);
    await until(async () => (await claims()) === 1, 'one asks');
    // As if the one who asks had stood still for long: its claim is over, and another one asks and answers.
    await app.database.query("update ping_claims set expires_at = clock_timestamp() - interval '1 second'");
    const second = ping(network, input);
    const [one, other] = await Promise.all([first, second]);
    late.release();
    expect(one.ping).toEqual(other.ping);
    expect([one.replayed, other.replayed].toSorted()).toEqual([false, true]);
    expect(await claims()).toBe(0);
  });

  it('that is refused leaves its name to the next', async () => {
    const input = asked({ vertical: 'no-such', attributes: [] });
    for (const _ of [1, 2])
      expect(codes(await ping(network, input))).toEqual(['NO_MATCHING_CONTRACT input.vertical']);
    expect(await claims()).toBe(0);
  });

  it('says of a lead that would be claimed what would be', async () => {
    await defineRoute(network, { method: 'FIRST_CLAIM' });
    const { ping: answer } = await ping(network, asked());
    expect(answer?.summary).toBe(
      'Would be offered to 2 of 2 entries considered, by FIRST_CLAIM on the route main.',
    );
    expect(answer?.entries[0]).toMatchObject({
      outcome: 'OFFERED',
      reason: 'Would be offered, to be claimed or bid for.',
    });
  });

  it('holds a bid for five minutes at most, whatever its buyer says', async () => {
    await bidders.open(bidding('17.00', { expiresInSeconds: 9_999 }));
    await defineRoute(network, { ...pingPost, entries: [{ contractId: network.contracts[0]?.id }] });
    const { ping: answer } = await ping(network, asked());
    const heldMs = new Date(answer?.expiresAt ?? 0).getTime() - app.now().getTime();
    expect(answer?.isBid).toBe(true);
    expect(heldMs).toBeGreaterThan(290_000);
    expect(heldMs).toBeLessThanOrEqual(300_000 + 5_000);
  });
});

describe('a post', () => {
  it('is refused with a ping that is used, expired, changed, unknown or of another agency', async () => {
    await bidders.open(
      bidding('12.00', { expiresInSeconds: 1 }),
      bidding('17.00', { expiresInSeconds: 300 }),
    );
    await defineRoute(network, pingPost);
    const pinged = async () => (await ping(network, asked())).ping?.id;
    const id = await pinged();
    for (const [more, told] of [
      [{ attributes: [{ key: 'income', value: '70000' }] }, 'PING_CHANGED input.attributes'],
      [
        { contact: { email: 'a@people.example', country: 'US', postalCode: '10002' } },
        'PING_CHANGED input.contact.postalCode',
      ],
      [{ score: 50 }, 'PING_CHANGED input.score'],
      [{ test: true }, 'PING_CHANGED input.test'],
      [{ source: { channel: 'other' } }, 'PING_CHANGED input.source'],
      [{ pingId: 'ping_00000000000000000000000000' }, 'NOT_FOUND input.pingId'],
      [{ pingId: 'lead_zzz' }, 'NOT_FOUND input.pingId'],
    ] as const)
      expect(codes(await submit(posted({ pingId: id, ...more })))).toEqual([told]);
    // More than was asked about may be told of the person.
    const whole = posted({ pingId: id });
    expect((await submit(whole)).lead?.status).toBe('SOLD');
    expect(await submit(whole)).toMatchObject({ replayed: true, lead: { status: 'SOLD' } });
    expect(codes(await submit(posted({ pingId: id })))).toEqual(['PING_USED input.pingId']);
    const late = await pinged();
    await app.advanceClock(new Date(app.now().getTime() + 301_000));
    expect(codes(await submit(posted({ pingId: late })))).toEqual(['PING_EXPIRED input.pingId']);
    // Another agency with a contract in the vertical knows no such ping.
    const theirs = await app.database.query<{ id: string }>('select id from pings where posted_at is null');
    expect(theirs).not.toHaveLength(0);
    const foreign = await act<Submitted>(network, 'otherAgency', 'submitLead', {
      input: posted({ pingId: late }),
      selection: 'lead { id status }',
    });
    expect(codes(foreign)).toEqual(['NO_MATCHING_CONTRACT input.vertical']);
    expect(await charged(network)).toEqual(['1700']);
  });

  it('sells one lead for each ping, in a batch and twenty at once', async () => {
    await bidders.open(bidding('12.00'), bidding('17.00'));
    await defineRoute(network, pingPost);
    const b = await ping(network, asked());
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => await submit(posted({ pingId: b.ping?.id }))),
    );
    expect(answers.filter(({ lead }) => lead?.status === 'SOLD')).toHaveLength(1);
    expect(answers.filter(({ lead }) => lead === null).map((each) => codes(each).join())).toEqual(
      Array.from({ length: 19 }, () => 'PING_USED input.pingId'),
    );
    const c = await ping(network, asked());
    const { payload } = await app.ask<{ payload: { results: Submitted[] } }>(
      app.keys.agency,
      `mutation ($input: SubmitLeadsInput!) { payload: submitLeads(input: $input) {
         results { lead { id status } replayed userErrors { code message field } } } }`,
      { input: { leads: [posted({ pingId: c.ping?.id }), posted({ pingId: c.ping?.id }), posted()] } },
    );
    expect(payload.results.map((each) => each.lead?.status ?? codes(each).join())).toEqual([
      'SOLD',
      'PING_USED input.leads.1.pingId',
      'ACCEPTED',
    ]);
    expect(await charged(network)).toEqual(['1700', '1700']);
  });
});
