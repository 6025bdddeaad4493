import { encodeId } from '../../apps/api/src/graphql/ids.js';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import type { Payload } from '../support/marketplace.js';
import { answerWith, Receiver } from '../webhooks/receiver.js';
import { type Offer, OpenHandover, terms, until } from './open-handover.js';

let app: TestApp;
let it_: OpenHandover;
let receiver: Receiver;

beforeAll(async () => {
  app = await startTestApp();
  it_ = new OpenHandover(app);
}, 60_000);
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  await it_.stopRelays();
  await receiver.stop();
  await app.verifyInvariants();
});
afterAll(async () => await app.stop());

async function erase({ leadId }: Offer): Promise<void> {
  const input = { person: { leadId: encodeId('lead', leadId) } };
  expect(await it_.market.done('agency', 'erasePerson', input, 'erased')).toMatchObject({ erased: 1 });
}

interface Told {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What one side's feed has about a lead. */
async function feed({ leadId }: Offer, key: TestKey, type: string): Promise<Told['payload'][]> {
  const shown: Told[] = [];
  let after: string | null = null;
  do {
    const {
      events,
    }: { events: { nodes: Told[]; pageInfo: { endCursor: string | null; hasNextPage: boolean } } } =
      await app.ask(
        app.keys[key],
        `query ($after: String, $types: [String!]) { events(first: 100, after: $after, types: $types) {
           nodes { type payload } pageInfo { endCursor hasNextPage } } }`,
        { after, types: [type] },
      );
    shown.push(...events.nodes);
    after = events.pageInfo.hasNextPage ? events.pageInfo.endCursor : null;
  } while (after !== null);
  return shown
    .map(({ payload }) => payload)
    .filter((payload) => payload['leadId'] === encodeId('lead', leadId));
}

async function one(contract: Parameters<OpenHandover['offer']>[0]): Promise<Offer> {
  const [offer] = await it_.offer(contract);
  if (!offer) throw new Error('nothing was offered');
  return offer;
}

async function failureOf({ deliveryId }: Offer): Promise<object> {
  const { node } = await app.ask<{ node: object }>(
    app.keys.agency,
    'query ($id: ID!) { node(id: $id) { ... on Delivery { status failure nextTryAt } } }',
    { id: encodeId('dlv', deliveryId) },
  );
  return node;
}

const destined = async () => await it_.contractTo((await it_.webhook(receiver.url)).id);

describe('an erased lead', () => {
  it('is told to its agency and to the buyer that had it, without anything of the person', async () => {
    const offer = await one(await it_.market.contract(terms));
    await erase(offer);
    const base = { leadId: encodeId('lead', offer.leadId), agencyId: app.organizations.agency.id };
    const own = { ...base, buyerId: null, deliveryId: null };
    const buyers = {
      ...base,
      buyerId: app.organizations.buyer.id,
      deliveryId: encodeId('dlv', offer.deliveryId),
    };
    const told = await feed(offer, 'agency', 'lead.erased');
    expect(told).toHaveLength(2);
    expect(told).toEqual(expect.arrayContaining([own, buyers]));
    expect(await feed(offer, 'buyer', 'lead.erased')).toEqual([buyers]);
    for (const other of ['otherBuyer', 'otherAgency'] as const)
      expect(await feed(offer, other, 'lead.erased')).toEqual([]);
    // Once more erases nothing and tells nothing.
    const again = { person: { leadId: base.leadId } };
    expect(await it_.market.done('agency', 'erasePerson', again, 'erased')).toMatchObject({ erased: 0 });
    expect(await feed(offer, 'agency', 'lead.erased')).toHaveLength(2);
  });

  it('that is not sent yet is canceled, with the reason, and told to no buyer', async () => {
    const offer = await one(await destined());
    await erase(offer);
    expect(await failureOf(offer)).toEqual({ status: 'CANCELED', failure: 'LEAD_ERASED', nextTryAt: null });
    const [failed, ...others] = await feed(offer, 'buyer', 'delivery.failed');
    expect(failed).toMatchObject({ state: 'CANCELED', reason: 'LEAD_ERASED' });
    expect(others).toEqual([]);
    expect(await feed(offer, 'buyer', 'lead.erased')).toEqual([]);
    // A relay finds nothing: what comes after it is sent alone.
    const next = await one(await destined());
    it_.relay();
    await it_.over([next]);
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([
      encodeId('dlv', next.deliveryId),
    ]);
    expect(await it_.deliveries([offer])).toMatchObject([{ state: 'CANCELED', lead: 'ERASED', charges: 0 }]);
  });

  it('that is being sent just now is not sold by the answer, and the buyer is told', async () => {
    let answer = (): void => undefined;
    receiver.answer = (response) => {
      answer = () => void response.writeHead(200).end();
    };
    const offer = await one(await destined());
    it_.relay();
    await receiver.has(1);
    await erase(offer);
    answer();
    const next = await one(await destined());
    receiver.answer = answerWith(200);
    await it_.over([next]);
    await until(async () => (await it_.tried([offer], 1)).length === 1, 'the try was written down');
    expect(await it_.deliveries([offer])).toMatchObject([{ state: 'CANCELED', lead: 'ERASED', charges: 0 }]);
    expect(await feed(offer, 'buyer', 'lead.erased')).toMatchObject([
      { buyerId: app.organizations.buyer.id },
    ]);
    expect(await failureOf(offer)).toMatchObject({ status: 'CANCELED', failure: 'LEAD_ERASED' });
  });

  it('is not sent again: neither what was asked for before, nor what is asked for then', async () => {
    const offer = await one(await destined());
    const relay = it_.relay();
    await it_.over([offer]);
    await relay.stop(5_000);
    const id = encodeId('dlv', offer.deliveryId);
    const resend = async (): Promise<Payload> =>
      await it_.market.act('buyer', 'resendDelivery', { deliveryId: id }, 'delivery { id }');
    expect((await resend()).userErrors).toEqual([]);
    await erase(offer);
    expect(await failureOf(offer)).toEqual({ status: 'ACCEPTED', failure: 'LEAD_ERASED', nextTryAt: null });
    expect((await resend()).userErrors).toMatchObject([
      { code: 'LEAD_ERASED', field: ['input', 'deliveryId'] },
    ]);
    it_.relay();
    const next = await one(await destined());
    await it_.over([next]);
    expect(receiver.received).toHaveLength(2);
  });
});
