import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { agency, useSandbox } from './support.js';

const used = useSandbox();

interface Received {
  readonly body: string;
  readonly signature: string;
}

/** An endpoint that keeps what it gets and answers what it is told. */
class Receiver {
  readonly received: Received[] = [];
  status = 200;
  private server: Server | undefined;

  async listen(): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const signature = String(request.headers['stripe-signature']);
        this.received.push({ body: Buffer.concat(chunks).toString(), signature });
        response.writeHead(this.status).end();
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/stripe`;
  }

  types(): readonly string[] {
    return this.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  }

  close(): Promise<unknown> {
    return new Promise((resolve) => this.server?.close(resolve));
  }
}

let receiver: Receiver;
let url: string;

beforeEach(async () => {
  receiver = new Receiver();
  url = await receiver.listen();
});
afterEach(() => receiver.close());

async function customers(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await used.stripe.customers.create({ name: String(index) });
  }
}

function names(): readonly (string | null | undefined)[] {
  return receiver.received.map(
    ({ body }) => (JSON.parse(body) as { data: { object: Stripe.Customer } }).data.object.name,
  );
}

describe('a webhook', () => {
  it('is signed so that the SDK accepts it, and nothing else is accepted', async () => {
    const { stripe, sandbox } = used;
    const { secret } = await stripe.webhookEndpoints.create({ url, enabled_events: ['customer.created'] });
    const made = await stripe.customers.create({ name: 'Buyer' }, { idempotencyKey: 'cus:1' });
    await stripe.customers.update(made.id, { name: 'Other' });
    await sandbox.control.settleWebhooks();
    expect(receiver.types()).toEqual(['customer.created']);
    const [{ body, signature } = { body: '', signature: '' }] = receiver.received;
    const event = stripe.webhooks.constructEvent(body, signature, String(secret));
    expect(event).toMatchObject({
      type: 'customer.created',
      data: { object: { id: made.id, name: 'Buyer' } },
      request: { idempotency_key: 'cus:1' },
    });
    expect(() => stripe.webhooks.constructEvent(body, signature, 'whsec_other')).toThrow();
    expect(() =>
      stripe.webhooks.constructEvent(body.replace('Buyer', 'Thief'), signature, String(secret)),
    ).toThrow();
    expect((await stripe.events.retrieve(event.id)).data.object).toMatchObject({ name: 'Buyer' });
  });

  it('of a connected account goes to connect endpoints', async () => {
    const { sandbox } = used;
    const own = sandbox.control.registerEndpoint({ url, events: ['*'], scope: 'platform' });
    const connect = sandbox.control.registerEndpoint({ url, events: ['account.updated'], scope: 'connect' });
    const account = await agency(used);
    await sandbox.control.settleWebhooks();
    expect([own.secret === connect.secret, receiver.types()]).toEqual([false, ['account.updated']]);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ account });
  });

  it('of v2 is thin: the SDK reads it, and fetches what it is about', async () => {
    const { stripe, sandbox } = used;
    const destination = await stripe.v2.core.eventDestinations.create({
      name: 'thin',
      type: 'webhook_endpoint',
      event_payload: 'thin',
      enabled_events: ['v2.core.account[configuration.recipient].capability_status_updated'],
      webhook_endpoint: { url },
      include: ['webhook_endpoint.signing_secret'],
    });
    const account = await agency(used);
    await sandbox.control.settleWebhooks();
    const [{ body, signature } = { body: '', signature: '' }] = receiver.received;
    const secret = String(destination.webhook_endpoint?.signing_secret);
    expect(() => stripe.webhooks.constructEvent(body, signature, secret)).toThrow(/thin/);
    const notification = stripe.parseEventNotification(body, signature, secret);
    expect(notification).toMatchObject({
      type: 'v2.core.account[configuration.recipient].capability_status_updated',
      related_object: { id: account, type: 'v2.core.account' },
    });
    const event = await stripe.v2.core.events.retrieve(notification.id);
    expect(event).toMatchObject({ data: { updated_capability: 'stripe_balance.stripe_transfers' } });
    if (!('fetchRelatedObject' in notification)) throw new Error('no related object');
    expect(await notification.fetchRelatedObject()).toMatchObject({ id: account });
  });

  it('can be dropped, doubled and delayed', async () => {
    const { control } = used.sandbox;
    control.registerEndpoint({ url });
    control.dropWebhooks({ types: ['customer.*'] });
    control.doubleWebhooks({ types: ['customer.created'] });
    control.delayWebhooks({ ms: 60_000 });
    await customers(4);
    await control.settleWebhooks();
    expect(names()).toEqual(['1', '1', '3']);
    control.advance({ minutes: 1 });
    await control.settleWebhooks();
    expect(names()).toEqual(['1', '1', '3', '2']);
  });

  it('can be held back and sent in any order', async () => {
    const { control } = used.sandbox;
    control.registerEndpoint({ url });
    control.pauseWebhooks();
    await customers(3);
    await control.settleWebhooks();
    expect(receiver.received).toEqual([]);
    const [first, second, third] = control.waitingWebhooks().map(({ id }) => id);
    expect(await control.releaseWebhooks({ ids: [String(third), String(first)] })).toEqual([200, 200]);
    expect(names()).toEqual(['2', '0']);
    expect(control.waitingWebhooks().map(({ id }) => id)).toEqual([second]);
    control.resumeWebhooks();
    await control.settleWebhooks();
    expect(names()).toEqual(['2', '0', '1']);
    const [event] = control.rows({ table: 'events' });
    await control.redeliver({ event: String(event?.id) });
    expect(names()).toEqual(['2', '0', '1', '0']);
  });

  it('is tried again until it is taken', async () => {
    const { control } = used.sandbox;
    control.registerEndpoint({ url });
    receiver.status = 500;
    await customers(1);
    await control.settleWebhooks();
    expect(control.waitingWebhooks()).toMatchObject([{ attempts: [{ status: 500 }] }]);
    control.advance({ minutes: 4 });
    await control.settleWebhooks();
    expect(receiver.received).toHaveLength(1);
    receiver.status = 200;
    control.advance({ minutes: 1 });
    await control.settleWebhooks();
    expect(names()).toEqual(['0', '0']);
    expect(control.waitingWebhooks()).toEqual([]);
  });
});
