import { readSecret, signWebhook } from '#webhooks';
import { encodeId } from '../../apps/api/src/graphql/ids.js';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import type { UserError } from '../support/marketplace.js';
import { answerWith, Receiver } from '../webhooks/receiver.js';
import { OpenHandover, terms } from './open-handover.js';

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
  expect(it_.errors.splice(0)).toEqual([]);
  await app.verifyInvariants();
});
afterAll(async () => await app.stop());

const fields = `id name kind status disabledReason isDefault version webhook { url headers
  fields { path value type } answer { verdictPath reasonPath rejected duplicate } } email { address subject text }
  buyer { id } contracts { id } circuit { state failures until }`;
interface Shown {
  readonly destination: { readonly id: string; readonly version: number } & Record<string, unknown>;
}
const act = async (
  name: string,
  input: Record<string, unknown>,
  key: TestKey = 'buyer',
  selection = `destination { ${fields} }`,
) => await it_.market.act<Shown>(key, name, input, selection);
const codes = (errors: readonly UserError[]) =>
  errors.map(({ code, field }) => `${code} ${field?.join('.')}`);
const toWebhook = (webhook: object, name = 'ours') => ({ name, target: { webhook } });

describe('a destination', () => {
  it('is made, shown without its secrets, listed, changed, disabled, enabled and deleted', async () => {
    const webhook = { url: receiver.url, headers: [{ header: 'X-Token', value: 'hush-hush' }] };
    const made = await it_.market.done<Shown & { secret: string }>(
      'buyer',
      'createDestination',
      toWebhook(webhook),
      `secret destination { ${fields} }`,
    );
    expect(made.secret).toMatch(/^whsec_/);
    const { id } = made.destination;
    expect(made.destination).toMatchObject({
      kind: 'WEBHOOK',
      status: 'ENABLED',
      isDefault: false,
      version: 1,
      webhook: { url: receiver.url, headers: ['x-token'], fields: null, answer: { verdictPath: 'status' } },
      email: null,
      buyer: { id: app.organizations.buyer.id },
      circuit: { state: 'CLOSED', failures: 0, until: null },
    });
    const changed = {
      destinationId: id,
      name: 'theirs',
      target: { webhook: { ...webhook, headers: [{ header: 'x-token' }] } },
    };
    expect((await act('updateDestination', changed)).destination).toMatchObject({
      name: 'theirs',
      version: 2,
    });
    const stale = await act('updateDestination', { destinationId: id, name: 'x', expectedVersion: 1 });
    expect(stale.userErrors).toMatchObject([{ code: 'STALE_VERSION', currentVersion: 2 }]);
    for (const [name, status] of [
      ['disableDestination', 'DISABLED'],
      ['enableDestination', 'ENABLED'],
      ['deleteDestination', 'DELETED'],
    ] as const)
      expect((await act(name, { destinationId: id })).destination).toMatchObject({ status });
    expect(codes((await act('enableDestination', { destinationId: id })).userErrors)).toEqual([
      'ILLEGAL_TRANSITION input.destinationId',
    ]);
    const { destinations } = await app.ask<{ destinations: { nodes: { id: string }[] } }>(
      app.keys.buyer,
      '{ destinations(first: 50) { nodes { id } } }',
    );
    expect(destinations.nodes.map((each) => each.id)).not.toContain(id);
    const everything = JSON.stringify([
      made.destination,
      destinations,
      await app.database.query('select * from audit_entries'),
    ]);
    expect(everything).not.toContain('hush-hush');
    expect(everything).not.toContain(made.secret);
  });

  it('is made once by twenty calls with one key, and shows its secret to the first', async () => {
    const input = { idempotencyKey: 'one-destination', ...toWebhook({ url: receiver.url }, 'once') };
    const made = await Promise.all(
      Array.from({ length: 20 }, () =>
        act('createDestination', input, 'buyer', 'secret replayed destination { id }'),
      ),
    );
    expect(new Set(made.map(({ destination }) => destination.id)).size).toBe(1);
    expect(
      made.filter((each) => (each as unknown as { secret: string | null }).secret !== null),
    ).toHaveLength(1);
  });

  it.each([
    [{ url: 'http://example.com/' }, 'INVALID_VALUE input.target.webhook.url'],
    [{ url: 'https://10.0.0.1/' }, 'INVALID_VALUE input.target.webhook.url'],
    [{ url: 'https://user:pw@example.com/' }, 'INVALID_VALUE input.target.webhook.url'],
    [
      { headers: [{ header: 'Webhook-Id', value: 'x' }] },
      'INVALID_VALUE input.target.webhook.headers.0.header',
    ],
    [
      { headers: [{ header: 'Content-Length', value: '0' }] },
      'INVALID_VALUE input.target.webhook.headers.0.header',
    ],
    [{ headers: [{ header: 'a b', value: 'x' }] }, 'INVALID_VALUE input.target.webhook.headers.0.header'],
    [
      { headers: [{ header: 'x', value: 'a\r\nhost: evil' }] },
      'INVALID_VALUE input.target.webhook.headers.0.value',
    ],
    [{ headers: [{ header: 'x-new' }] }, 'INVALID_VALUE input.target.webhook.headers.0.value'],
    [{ fields: [] }, 'INVALID_VALUE input.target.webhook.fields'],
    [
      { fields: [{ path: 'a', value: '{{contact.age}}' }] },
      'INVALID_VALUE input.target.webhook.fields.0.value',
    ],
    [{ answer: { verdictPath: 'a b' } }, 'INVALID_VALUE input.target.webhook.answer.verdictPath'],
    [
      { answer: { rejected: ['no'], duplicate: ['No'] } },
      'INVALID_VALUE input.target.webhook.answer.rejected.0',
    ],
  ])('with %j is refused by its place: %s', async (wrong, expected) => {
    const { userErrors } = await act('createDestination', toWebhook({ url: receiver.url, ...wrong }));
    expect(codes(userErrors)).toEqual([expected]);
    expect(JSON.stringify(userErrors)).not.toContain('evil');
  });

  it('is a buyer’s own: of others it is missing, and the operator stops it without changing where it leads', async () => {
    const { id } = await it_.webhook(receiver.url);
    const input = { destinationId: id };
    for (const name of ['disableDestination', 'sendSampleLead', 'rotateDestinationSecret'] as const) {
      const selection = name === 'sendSampleLead' ? 'sample { id }' : 'destination { id }';
      expect(codes((await act(name, input, 'otherBuyer', selection)).userErrors)).toEqual([
        'NOT_FOUND input.destinationId',
      ]);
    }
    expect(codes((await act('setDefaultDestination', input, 'otherBuyer')).userErrors)).toEqual([
      'NOT_FOUND input.destinationId',
    ]);
    expect((await act('updateDestination', { ...input, name: 'mine' }, 'admin')).userErrors[0]?.code).toBe(
      'NOT_PERMITTED',
    );
    expect((await act('disableDestination', input, 'admin')).destination).toMatchObject({
      status: 'DISABLED',
    });
    const forbidden = await app.gql(app.keys.agency, '{ destinations(first: 1) { nodes { id } } }');
    expect(forbidden.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    const hidden = await app.ask<{ node: unknown }>(
      app.keys.otherBuyer,
      'query ($id: ID!) { node(id: $id) { id } }',
      { id },
    );
    expect(hidden.node).toBeNull();
  });

  it('signs by every secret that is still right while one is replaced, and by none after a rotation without overlap', async () => {
    const { id, secret } = await it_.webhook(receiver.url);
    const contract = await it_.contractTo(id);
    const rotate = async (more: object = {}): Promise<string> => {
      const input = { destinationId: id, ...more };
      const selection = 'secret destination { id }';
      return (await it_.market.done<{ secret: string }>('buyer', 'rotateDestinationSecret', input, selection))
        .secret;
    };
    const isSignedBy = (index: number, ...secrets: string[]): void => {
      const received = receiver.received[index];
      const keys = secrets.map(readSecret).filter((each) => each !== undefined);
      if (!received || keys.length < secrets.length) throw new Error('nothing was received');
      const timestampSeconds = Number(received.headers['webhook-timestamp']);
      const message = { id: received.headers['webhook-id'] ?? '', timestampSeconds, body: received.body };
      expect(received.headers['webhook-signature']).toBe(signWebhook(message, keys));
    };
    // Whoever lost the answer rotates again, and the receiver still has the first.
    const second = await rotate();
    const third = await rotate();
    it_.relay();
    await it_.over(await it_.offer(contract));
    isSignedBy(0, third, second, secret);
    const last = await rotate({ overlapHours: 0 });
    await it_.over(await it_.offer(contract));
    isSignedBy(1, last);
  });

  it('must know the attributes of the verticals whose leads go there', async () => {
    const vertical = `solar-${it_.market.nextKey()}`;
    await it_.market.done('admin', 'defineVertical', { key: vertical, name: 'Solar' }, 'vertical { key }');
    const attributes = [{ key: 'rooms', type: 'INTEGER', required: false, label: 'Rooms' }];
    const schema = { attributes, otherAttributes: false };
    await it_.market.done('admin', 'publishLeadSchema', { vertical, schema }, 'vertical { key }');
    const named = async (value: string, type = 'TEXT') =>
      (await it_.webhook(receiver.url, { fields: [{ path: 'x', value, type }] })).id;
    const proposed = await it_.market.done<{ contract: { id: string } }>(
      'agency',
      'proposeContract',
      {
        agencyId: app.organizations.agency.id,
        buyerId: app.organizations.buyer.id,
        vertical,
        terms: { timeZone: 'UTC', ...terms },
      },
      'contract { id }',
    );
    const contractId = proposed.contract.id;
    const attach = async (destinationId: string) =>
      codes((await act('setContractDestination', { contractId, destinationId })).userErrors);
    expect(await attach(await named('{{attributes.colour}}'))).toEqual(['INVALID_VALUE input.destinationId']);
    expect(await attach(await named('{{attributes.rooms}}', 'BOOLEAN'))).toEqual([
      'INVALID_VALUE input.destinationId',
    ]);
    const good = await named('{{attributes.rooms}}', 'NUMBER');
    expect(await attach(good)).toEqual([]);
    const target = {
      webhook: { url: receiver.url, fields: [{ path: 'x', value: '{{attributes.colour}}' }] },
    };
    expect(codes((await act('updateDestination', { destinationId: good, target })).userErrors)).toEqual([
      'INVALID_VALUE input.target.webhook.fields.0.value',
    ]);
  });
});

describe('leads', () => {
  it('go to the default unless their contract has a destination of its own, and to the inbox when there is none', async () => {
    const [general, own] = [
      await it_.webhook(`${receiver.url}/general`),
      await it_.webhook(`${receiver.url}/own`),
    ];
    const plain = await it_.market.contract(terms);
    const placed = await it_.contractTo(own.id);
    await act('setDefaultDestination', { destinationId: general.id });
    it_.relay();
    await it_.over([...(await it_.offer(plain)), ...(await it_.offer(placed))]);
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/hook/general', '/hook/own']);
    await act('setContractDestination', { contractId: placed.contractId, destinationId: null });
    await it_.over(await it_.offer(placed));
    expect(receiver.received.at(-1)?.path).toBe('/hook/general');
    await act('setDefaultDestination', { destinationId: null });
    const [inbox] = await it_.deliveries(await it_.offer(plain));
    expect(inbox).toMatchObject({ state: 'ACCEPTED', lead: 'SOLD', queue: null, charges: 2 });
    expect(receiver.received).toHaveLength(3);
  });

  it('are nothing that a buyer sees before it has taken them; their tries are', async () => {
    receiver.answer = answerWith(200, {}, '{"status":"rejected","reason":"BUDGET"}');
    const { id } = await it_.webhook(receiver.url);
    const [offer] = await it_.offer(await it_.contractTo(id));
    if (!offer) throw new Error('nothing was offered');
    const ids = [encodeId('dlv', offer.deliveryId), encodeId('lead', offer.leadId)];
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Delivery { status lead { id contact { email } }
      nextTryAt speedToLead { breached } attempts(first: 5) { nodes { number status verdict reason failure fields webhookId
      answer destination { id } } pageInfo { hasNextPage } } } } }`;
    const seenBy = async (key: TestKey) =>
      (await app.ask<{ nodes: unknown[] }>(app.keys[key], query, { ids })).nodes;
    expect(await seenBy('buyer')).toMatchObject([{ status: 'PENDING', lead: null, speedToLead: null }, null]);
    it_.relay();
    await it_.over([offer]);
    const attempt = {
      number: 1,
      status: 200,
      verdict: 'REJECTED',
      reason: 'BUDGET',
      failure: null,
      answer: null,
    };
    expect(await seenBy('buyer')).toMatchObject([
      {
        status: 'REJECTED',
        lead: null,
        nextTryAt: null,
        attempts: { nodes: [{ ...attempt, fields: null, webhookId: ids[0], destination: { id } }] },
      },
      null,
    ]);
    // The agency learns why, and not where to.
    expect(await seenBy('agency')).toMatchObject([
      { status: 'REJECTED', lead: { id: ids[1] }, attempts: { nodes: [{ ...attempt, destination: null }] } },
      { id: ids[1] },
    ]);
    expect(await seenBy('otherBuyer')).toEqual([null, null]);
    const { leads } = await app.ask<{ leads: { nodes: { id: string }[] } }>(
      app.keys.buyer,
      '{ leads(first: 100) { nodes { id } } }',
    );
    expect(leads.nodes.map((each) => each.id)).not.toContain(ids[1]);
    const report = { leadId: ids[1], outcome: { stage: { stage: 'CONTACTED' } } };
    expect((await it_.market.act('buyer', 'reportOutcome', report, 'lead { id }')).userErrors[0]?.code).toBe(
      'NOT_FOUND',
    );
  });

  it('that were taken are sent again when the buyer asks, under the same id, and not charged again', async () => {
    const { id } = await it_.webhook(receiver.url);
    const contract = await it_.contractTo(id);
    const [offer] = await it_.offer(contract);
    if (!offer) throw new Error('nothing was offered');
    const input = { deliveryId: encodeId('dlv', offer.deliveryId) };
    const resend = async () =>
      codes((await act('resendDelivery', input, 'buyer', 'delivery { id }')).userErrors);
    expect(await resend()).toEqual(['ILLEGAL_TRANSITION input.deliveryId']);
    it_.relay();
    await it_.over([offer]);
    receiver.answer = answerWith(200, {}, '{"status":"rejected"}');
    expect(await resend()).toEqual([]);
    await receiver.has(2);
    expect(await it_.over([offer])).toMatchObject([{ state: 'ACCEPTED', lead: 'SOLD', charges: 2 }]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(codes((await act('resendDelivery', input, 'otherBuyer', 'delivery { id }')).userErrors)).toEqual([
      'NOT_FOUND input.deliveryId',
    ]);
    await act('setContractDestination', { contractId: contract.contractId, destinationId: null });
    expect(await resend()).toEqual(['ILLEGAL_TRANSITION input.deliveryId']);
  });
});

describe('a sample', () => {
  const selection = `replayed sample { id to subject body destination { id } attempt { number status verdict reason failure answer
    fields bodyBytes } }`;

  it('is sent at once, and shows what was sent and what was answered', async () => {
    receiver.answer = answerWith(202, {}, 'thank you, Ada');
    const { id } = await it_.webhook(receiver.url, {
      fields: [{ path: 'who', value: '{{contact.fullName}}' }],
    });
    const input = { destinationId: id, idempotencyKey: 'a-sample' };
    const sent = await act('sendSampleLead', input, 'buyer', selection);
    expect(sent).toMatchObject({
      replayed: false,
      sample: {
        to: receiver.url,
        body: '{"who":"Ada Sample"}',
        attempt: {
          number: 1,
          status: 202,
          verdict: 'ACCEPTED',
          failure: null,
          answer: 'thank you, Ada',
          fields: ['who'],
        },
      },
    });
    const again = await act('sendSampleLead', input, 'buyer', selection);
    expect(again).toMatchObject({ replayed: true, sample: (sent as unknown as { sample: object }).sample });
    expect(receiver.received).toHaveLength(1);
    const money = await app.database.query(
      'select 1 from handovers h join charges c on c.delivery_id = h.id where h.kind = $1',
      ['SAMPLE'],
    );
    expect(money).toEqual([]);
  });

  it('says why it did not come', async () => {
    const { id } = await it_.webhook('http://127.0.0.1:9/');
    const sent = await act('sendSampleLead', { destinationId: id, vertical: 'solar' }, 'buyer', selection);
    expect(sent).toMatchObject({
      sample: { attempt: { status: null, verdict: null, failure: 'CONNECTION' } },
    });
  });
});
