import { Webhook } from 'standardwebhooks';
import { HoldRounds } from '#offers';
import type { RunningRelay } from '#webhooks';
import {
  assumeCountry,
  defineRoute,
  type Network,
  openNetwork,
  outcomes,
  soldTo,
  submitAll,
  submitOne,
} from '../routing-api/network.js';
import { dryRun } from '../routing-api/ask-dry-run.js';
import type { TestApp, TestKey } from '../support/app.js';
import { answerWith, Receiver } from '../webhooks/receiver.js';
import {
  Bidders,
  bidding,
  charged,
  ended,
  Late,
  noBid,
  openRelays,
  startOfferApp,
  stopRelays,
} from './open-offers.js';

let app: TestApp;
let network: Network;
let bidders: Bidders;
let relays: RunningRelay[] = [];

beforeAll(async () => {
  app = await startOfferApp();
});
beforeEach(async () => {
  network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'otherBuyer' }]);
  bidders = new Bidders(network);
  relays = openRelays(app);
});
afterEach(async () => {
  await stopRelays(relays);
  await bidders.close();
  await app.verifyInvariants();
});
afterAll(async () => await app.stop());

const pingPost = { method: 'PING_POST' } as const;

describe('a lead on a route with PING_POST', () => {
  it('is accepted at once, offered without personal data, and sold to the highest bid at its price', async () => {
    await bidders.open(bidding('12.50'), bidding('14.25'));
    await defineRoute(network, pingPost);
    await assumeCountry(network, 'US');
    const planted = { givenName: 'Plantedgiven', familyName: 'Plantedfamily', phone: '+12125550177' };
    const id = await submitOne(network, {
      contact: { ...planted, email: 'planted@people.example', postalCode: '10001' },
      attributes: [
        { key: 'income', value: '60000' },
        { key: 'nobody-knows', value: 'Plantedattribute' },
      ],
      source: { channel: 'search', campaign: 'Plantedcampaign' },
    });
    const lead = await ended(network, id);
    expect(lead).toMatchObject({ status: 'SOLD', deliveries: [{ status: 'ACCEPTED' }] });
    expect(await soldTo(network, [id])).toEqual(['1']);
    expect(lead.routing.map(({ number, result }) => [number, result])).toEqual([
      [1, 'OFFERED'],
      [2, 'SOLD'],
    ]);
    expect(lead.routing[1]?.entries.map(({ outcome, price }) => [outcome, price?.amount])).toEqual([
      ['SELL_LIMIT_REACHED', undefined],
      ['SOLD', '14.25'],
    ]);
    expect(await charged(network)).toEqual(['1425']);
    for (const [index, { received }] of bidders.receivers.entries()) {
      expect(received).toHaveLength(1);
      const [ping] = received;
      const body = new Webhook(bidders.secrets[index] ?? '').verify(ping?.body ?? '', ping?.headers ?? {});
      expect(body).toEqual({
        type: 'lead.ping',
        timestamp: expect.any(String),
        test: false,
        data: {
          pingId: ping?.headers['webhook-id'],
          leadId: id,
          contractId: network.contracts[index]?.id,
          vertical: network.vertical,
          country: 'US',
          postalPrefix: '100',
          attributes: { income: '60000' },
          source: { channel: 'search' },
          score: null,
          answerWithinMs: 3_000,
        },
      });
      expect(JSON.stringify(ping)).not.toMatch(/planted|10001|2125550177/i);
    }
  });

  it('counts once in a dry run: as it was sold, and as it would be by base rates', async () => {
    await bidders.open(bidding('20.00'), bidding('15.00'));
    await defineRoute(network, pingPost);
    for (const id of await submitAll(
      network,
      Array.from({ length: 10 }, () => ({})),
    ))
      expect((await ended(network, id)).status).toBe('SOLD');
    const usd = (amount: string) => [{ amount, currency: 'USD' }];
    const before = { sold: 10, offered: 0, unsold: 0, amounts: usd('200.00') };
    const byBase = await dryRun(network, {});
    expect(byBase).toMatchObject({ before, after: { ...before, amounts: usd('100.00') }, changed: 10 });
    expect(byBase.decisions).toHaveLength(10);
    // The same rules come out the same.
    expect(await dryRun(network, pingPost)).toMatchObject({ before, after: before, changed: 0 });
  });

  it('goes on without those whose answer is none, and says what each of them did', async () => {
    const others = Array.from({ length: 9 }, () => ({ buyer: 'buyer' as const }));
    network = await openNetwork(app, [...others, { buyer: 'otherBuyer' }]);
    bidders = new Bidders(network);
    const late = new Late();
    const elsewhere = await Receiver.start(bidding('80.00'));
    const bytes = Buffer.alloc(70_000, 'x').toString();
    await bidders.open(
      late.answer,
      bidding('nine'),
      answerWith(200, {}, JSON.stringify({ bid: { amount: '30.00', currency: 'USD' }, padding: bytes })),
      answerWith(307, { location: elsewhere.url }),
      bidding('30.00', { currency: 'EUR' }),
      noBid,
      bidding('500.01'),
      bidding('4.99'),
    );
    // Nobody listens there any more.
    const gone = await Receiver.start();
    const url = gone.url;
    await gone.stop();
    await bidders.address(8, url);
    const last = await Receiver.start(bidding('11.00'));
    bidders.receivers.push(last);
    await bidders.address(9, last.url);
    await defineRoute(network, { ...pingPost, minBid: { amount: '5.00', currency: 'USD' } });
    const id = await submitOne(network);
    const lead = await ended(network, id);
    late.release();
    expect(lead.status).toBe('SOLD');
    expect(lead.routing[1]?.entries.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
      'BELOW_MIN_BID: The answer to the ping came too late.',
      'BELOW_MIN_BID: The answer to the ping could not be read.',
      'BELOW_MIN_BID: The answer to the ping could not be read.',
      "BELOW_MIN_BID: The buyer's system could not be asked for a bid.",
      'BELOW_MIN_BID: The bid was in another currency.',
      'BELOW_MIN_BID: There was no bid.',
      'BELOW_MIN_BID: The bid was so high that it is taken for a mistake.',
      'BELOW_MIN_BID: The bid was below the lowest that counts.',
      "BELOW_MIN_BID: The buyer's system could not be asked for a bid.",
      'SOLD: Sold for $11.00.',
    ]);
    expect(elsewhere.received).toEqual([]);
    await elsewhere.stop();
    const offerings = await offeringsOf(id, 'agency');
    expect(offerings).toMatchObject([{ number: 1, method: 'PING_POST', status: 'OVER' }]);
    const outcomeOf = new Map(offerings[0]?.offeredTo.map(({ contract, outcome }) => [contract.id, outcome]));
    expect(network.contracts.map((contract) => outcomeOf.get(contract.id))).toEqual([
      'LATE',
      'UNREADABLE',
      'UNREADABLE',
      'UNREACHABLE',
      'BID',
      'NO_BID',
      'TOO_HIGH',
      'BID',
      'UNREACHABLE',
      'BID',
    ]);
    // The winner sees its own part of the round and of the decision, and nothing of the others.
    const own = await offeringsOf(id, 'otherBuyer');
    expect(own).toMatchObject([{ offeredTo: [{ outcome: 'BID', bid: { amount: '11.00' } }] }]);
    expect(own[0]?.offeredTo).toHaveLength(1);
  });

  it('is sold to nobody but whom it may, judged again after the bids: a cap may be reached in between', async () => {
    await bidders.open(bidding('20.00'), bidding('14.00'));
    const [first, second] = network.contracts;
    await defineRoute(network, {
      ...pingPost,
      entries: [
        { contractId: first?.id, priority: 1, caps: [{ unit: 'DAY', leads: 1 }] },
        { contractId: second?.id, priority: 2 },
      ],
    });
    // Both are offered before either is sold.
    const ids = await submitAll(network, [{}, {}]);
    const leads = [];
    for (const id of ids) leads.push(await ended(network, id));
    expect(
      leads
        .map(({ routing }) =>
          routing
            .at(-1)
            ?.entries.map(({ outcome }) => outcome)
            .join(),
        )
        .toSorted(),
    ).toEqual(['CAP_REACHED,SOLD', 'SOLD,SELL_LIMIT_REACHED']);
    expect((await charged(network)).toSorted()).toEqual(['1400', '2000']);
  });

  it('goes to the two highest bids of different buyers when it is shared, each at its own price', async () => {
    network = await openNetwork(app, [{ buyer: 'buyer' }, { buyer: 'buyer' }, { buyer: 'otherBuyer' }]);
    bidders = new Bidders(network);
    await bidders.open(bidding('19.00'), bidding('21.00'), bidding('12.00'));
    await defineRoute(network, { ...pingPost, saleMode: 'SHARED', maxBuyers: 2 });
    const id = await submitOne(network);
    await ended(network, id);
    expect(await outcomes(network, id)).toEqual(['DUPLICATE_FOR_BUYER', 'SOLD', 'SOLD']);
    expect((await charged(network)).toSorted()).toEqual(['1200', '2100']);
  });

  it('goes to the first in order of equal bids', async () => {
    await bidders.open(bidding('13.00'), bidding('13.00'));
    await defineRoute(network, {
      ...pingPost,
      entries: network.contracts.map(({ id }, index) => ({ contractId: id, priority: 2 - index })),
    });
    const ids = await submitAll(network, [{}, {}, {}]);
    for (const id of ids) await ended(network, id);
    expect(await soldTo(network, ids)).toEqual(['1', '1', '1']);
  });

  it('goes to the fallback without bids, where who does not want the person is still passed over', async () => {
    await bidders.open(noBid);
    const [first, second] = network.contracts;
    const own = { saleMode: 'EXCLUSIVE', vertical: network.vertical } as const;
    const rest = { ...own, name: 'rest', method: 'PRIORITY', entries: [{ contractId: second?.id }] };
    await network.market.done('agency', 'defineRoute', { route: rest, isDefault: false }, 'replayed');
    await defineRoute(network, { ...pingPost, fallback: 'rest', entries: [{ contractId: first?.id }] });
    const email = `unwanted-${network.vertical}@people.example`;
    await network.market.done('otherBuyer', 'addSuppressions', { entries: [{ who: { email } }] }, 'replayed');
    const ids = await submitAll(network, [{}, { contact: { email } }]);
    const leads = [];
    for (const id of ids) leads.push(await ended(network, id));
    expect(leads.map(({ status }) => status)).toEqual(['SOLD', 'UNSOLD']);
    expect(leads.map(({ routing }) => routing.at(-1)?.entries.map(({ outcome }) => outcome))).toEqual([
      ['BELOW_MIN_BID', 'SOLD'],
      ['BELOW_MIN_BID', 'SUPPRESSED'],
    ]);
  });

  it('is a test lead: its pings say so, the winner has it, and nothing is charged', async () => {
    await bidders.open(bidding('12.00'), bidding('11.00'));
    await defineRoute(network, pingPost);
    const id = await submitOne(network, { test: true });
    const lead = await ended(network, id);
    expect(lead).toMatchObject({ status: 'SOLD', deliveries: [{ status: 'ACCEPTED' }] });
    for (const { received } of bidders.receivers)
      expect(received.map(({ body }) => (JSON.parse(body) as { test: boolean }).test)).toEqual([true]);
    expect(await charged(network)).toEqual([]);
  });

  it('goes to the next bid that lives when the winner does not take it', async () => {
    await bidders.open(
      bidding('20.00', { expiresInSeconds: 120 }),
      bidding('15.00', { expiresInSeconds: 120 }),
    );
    const inbox = await Receiver.start(answerWith(200, {}, '{"status":"rejected"}'));
    bidders.receivers.push(inbox);
    const { destination } = await network.market.done<{ destination: { id: string } }>(
      'buyer',
      'createDestination',
      { name: 'for a test', target: { webhook: { url: inbox.url } } },
      'destination { id } secret',
    );
    const input = { contractId: network.contracts[0]?.id, destinationId: destination.id };
    await network.market.done('buyer', 'setContractDestination', input, 'destination { id }');
    await defineRoute(network, pingPost);
    const id = await submitOne(network);
    const lead = await ended(network, id);
    expect(lead.routing.map(({ result }) => result)).toEqual(['OFFERED', 'SOLD', 'SOLD']);
    expect(await charged(network)).toEqual(['1500']);
    expect(bidders.receivers.slice(0, 2).map(({ received }) => received.length)).toEqual([1, 1]);
  });
});

describe('a round of bids', () => {
  it('is held once, and its lead sold once, by several workers', async () => {
    relays.push(...openRelays(app), ...openRelays(app));
    await bidders.open(bidding('12.00'), bidding('13.00'));
    await defineRoute(network, pingPost);
    const ids = await submitAll(
      network,
      Array.from({ length: 20 }, () => ({})),
    );
    for (const id of ids) expect((await ended(network, id)).status).toBe('SOLD');
    expect(bidders.receivers.map(({ received }) => received.length)).toEqual([20, 20]);
    expect(await charged(network)).toEqual(Array.from({ length: 20 }, () => '1300'));
  });

  it('is held again by another one when its process died in it', async () => {
    await stopRelays(relays);
    await bidders.open(bidding('12.00'), bidding('13.00'));
    await defineRoute(network, pingPost);
    const id = await submitOne(network);
    // Somebody took it and was killed; its lease has run out.
    await app.database.query(
      `update lead_offers set fence = fence + 1, leased_until = now() - interval '1 second' where state = 'OPEN'`,
    );
    relays = openRelays(app);
    expect((await ended(network, id)).status).toBe('SOLD');
    expect(await charged(network)).toEqual(['1300']);
  });

  it('is not held again when its process died after the bids were kept: the lead is sold by them', async () => {
    await stopRelays(relays);
    await bidders.open(bidding('12.00'), bidding('13.00'));
    await defineRoute(network, pingPost);
    const id = await submitOne(network);
    await app.database.query(
      `with held as (
         update lead_offers set state = 'HELD', closed_at = now() where state = 'OPEN' returning *
       ), bid as (
         insert into bids (agency_id, lead_id, number, contract_id, buyer_id, outcome, amount_minor, currency, expires_at,
           duration_ms, asked_at)
         select h.agency_id, h.lead_id, h.number, c.contract_id, c.buyer_id, 'BID', 1700, 'USD', now() + interval '1 hour', 5,
           now() from held h join lead_offer_contracts c using (agency_id, lead_id, number)
       ) insert into leads_to_route select agency_id, lead_id, now() from held`,
    );
    relays = openRelays(app);
    expect((await ended(network, id)).status).toBe('SOLD');
    expect(await charged(network)).toEqual(['1700']);
    expect(bidders.receivers.map(({ received }) => received.length)).toEqual([0, 0]);
  });

  it('that somebody else has held meanwhile comes to nothing, however late it ends', async () => {
    await stopRelays(relays);
    const late = new Late();
    await bidders.open(late.answer, noBid);
    await defineRoute(network, pingPost);
    const id = await submitOne(network);
    const rounds = app.nest.get(HoldRounds, { strict: false });
    const first = await rounds.begin(10, app.now());
    await bidders.at(0).has(1);
    // Its lease runs out while it waits for a buyer.
    await app.database.query(
      `update lead_offers set leased_until = now() - interval '1 second' where state = 'OPEN'`,
    );
    bidders.at(0).answer = bidding('15.00');
    await Promise.all(await rounds.begin(10, app.now()));
    expect((await ended(network, id)).status).toBe('SOLD');
    late.release();
    await Promise.all(first);
    expect(await charged(network)).toEqual(['1500']);
  });

  it('of expired bids sells nothing', async () => {
    await stopRelays(relays);
    await defineRoute(network, pingPost);
    const id = await submitOne(network);
    await app.database.query(
      `with held as (
         update lead_offers set state = 'HELD', closed_at = now() where state = 'OPEN' returning *
       ), bid as (
         insert into bids (agency_id, lead_id, number, contract_id, buyer_id, outcome, amount_minor, currency, expires_at,
           duration_ms, asked_at)
         select h.agency_id, h.lead_id, h.number, c.contract_id, c.buyer_id, 'BID', 1700, 'USD', now() - interval '1 second', 5,
           now() from held h join lead_offer_contracts c using (agency_id, lead_id, number)
       ) insert into leads_to_route select agency_id, lead_id, now() from held`,
    );
    relays = openRelays(app);
    const lead = await ended(network, id);
    expect(lead.status).toBe('UNSOLD');
    expect(lead.routing[1]?.entries.map(({ reason }) => reason)).toEqual([
      'The bid had expired.',
      'The bid had expired.',
    ]);
  });
});

interface OfferingSeen {
  readonly offeredTo: readonly {
    readonly outcome: string | null;
    readonly bid: { readonly amount: string } | null;
    readonly contract: { readonly id: string };
  }[];
}

async function offeringsOf(id: string, key: TestKey): Promise<OfferingSeen[]> {
  const { lead } = await app.ask<{ lead: { offerings: OfferingSeen[] } }>(
    app.keys[key],
    `query ($id: ID!) { lead(id: $id) { offerings { number method status openedAt closedAt
       offeredTo { outcome bid { amount } expiresAt durationMs contract { id } } } } }`,
    { id },
  );
  return lead.offerings;
}
