import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import Stripe from 'stripe';
import type { ProviderEvent } from '#payments';
import { agency, buyerWith, make, providerFor, requests, secret, useStripe } from './support.js';

const bench = useStripe();
const now = new Date('2027-01-04T12:00:00Z');
const seconds = now.getTime() / 1000;
const { webhooks } = new Stripe('sk_test_x');

interface Received {
  readonly body: Buffer;
  readonly signature: string;
}

/** An endpoint that keeps what it gets. */
async function listen(): Promise<{ server: Server; url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ body: Buffer.concat(chunks), signature: String(request.headers['stripe-signature']) });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

function payloadOf(type: string, object: object, more: object = {}): string {
  const event = { id: 'evt_1', object: 'event', type, created: seconds, livemode: false, data: { object } };
  return JSON.stringify({ ...event, ...more });
}

function signed(payload: string, timestamp = seconds, by = secret): string {
  return webhooks.generateTestHeaderString({ payload, secret: by, timestamp });
}

function read(payload: string, signature = signed(payload)): ProviderEvent | null {
  return bench.provider.readEvent(Buffer.from(payload), signature, now);
}

function subject(type: string, object: object, more: object = {}) {
  const event = read(payloadOf(type, object, more));
  return event && [event.objectKind, event.objectId, event.accountId];
}

describe('a message that is signed', () => {
  const payload = payloadOf('transfer.created', { id: 'tr_1' });

  it('is read', () => {
    expect(read(payload)).toEqual({
      id: 'evt_1',
      type: 'transfer.created',
      accountId: null,
      objectKind: 'transfer',
      objectId: 'tr_1',
      createdAt: now,
      livemode: false,
    });
    expect(read(payloadOf('transfer.created', {}, { livemode: true }))).toMatchObject({ livemode: true });
  });

  it.each([
    ['not at all', ''],
    ['with nonsense', 'nonsense'],
    ['without a time', signed(payload).replace(/t=\d+,/, '')],
    ['by a stranger', signed(payload, seconds, 'whsec_other')],
    ['for another text', signed(`${payload} `)],
    ['301 seconds ago', signed(payload, seconds - 301)],
    ['301 seconds ahead', signed(payload, seconds + 301)],
    ['with another time than was signed', signed(payload, seconds - 900).replace(/t=\d+/, `t=${seconds}`)],
    ['with a second time', `${signed(payload, seconds + 900)},t=${seconds}`],
    ['ahead, behind a time of now', `t=${seconds},${signed(payload, seconds + 301)}`],
    ['by the scheme of old', signed(payload).replace('v1=', 'v0=')],
  ])('%s is not believed', (_, signature) => {
    expect(read(payload, signature)).toBeNull();
  });

  it.each([-300, 300])('%i seconds off is believed', (offset) => {
    expect(read(payload, signed(payload, seconds + offset))).not.toBeNull();
  });

  it('is not believed once it was changed or written anew', () => {
    const altered = payload.replace('tr_1', 'tr_2');
    expect(read(altered, signed(payload))).toBeNull();
    const rewritten = JSON.stringify(JSON.parse(payload), null, 2);
    expect(read(rewritten, signed(payload))).toBeNull();
    expect(read(rewritten)).not.toBeNull();
  });

  it('is believed with the old secret and with the new while they are changed', () => {
    const changing = providerFor(bench.sandbox, { webhookSecrets: ['whsec_new', secret] });
    for (const by of [secret, 'whsec_new']) {
      expect(changing.readEvent(Buffer.from(payload), signed(payload, seconds, by), now)).not.toBeNull();
    }
    const changed = providerFor(bench.sandbox, { webhookSecrets: ['whsec_new'] });
    expect(changed.readEvent(Buffer.from(payload), signed(payload), now)).toBeNull();
    const none = providerFor(bench.sandbox, { webhookSecrets: [] });
    expect(none.readEvent(Buffer.from(payload), signed(payload), now)).toBeNull();
  });

  it.each([
    ['a zero byte in its id', { id: 'evt_\u0000' }],
    ['a space in its id', { id: 'evt 1' }],
    ['no id', { id: '' }],
    ['an id as long as a letter', { id: 'e'.repeat(256) }],
    ['a zero byte in its type', { type: 'a\u0000' }],
    ['a zero byte in its account', { account: 'acct_\u0000' }],
    ['a time after all time', { created: 1e300 }],
    ['a time before all time', { created: -1e15 }],
    ['a time of another calendar', { created: 1e12 }],
  ])('and has %s is nothing', (_, more) => {
    const text = payloadOf('transfer.created', { id: 'tr_1' }, more);
    expect(read(text)).toBeNull();
    const object = payloadOf('transfer.created', { id: 'tr_\u0000' });
    expect(read(object)).toBeNull();
  });

  it.each(['', 'no json', '[]', 'null', '{}', '{"id":"evt_1","type":"x"}', '{"object":"v2.core.event"}'])(
    'and says %j is nothing',
    (text) => {
      expect(read(text, signed(text))).toBeNull();
    },
  );
});

describe('an event is about', () => {
  it.each([
    ['payment_intent.succeeded', { id: 'pi_1' }, 'payment', 'pi_1'],
    ['payment_intent.payment_failed', { id: 'pi_1' }, 'payment', 'pi_1'],
    ['charge.succeeded', { id: 'ch_1', payment_intent: 'pi_1' }, 'payment', 'pi_1'],
    ['charge.updated', { id: 'ch_1', payment_intent: { id: 'pi_1' } }, 'payment', 'pi_1'],
    ['charge.refunded', { id: 'ch_1', payment_intent: null }, null, null],
    ['charge.dispute.funds_withdrawn', { id: 'du_1', payment_intent: 'pi_1' }, 'dispute', 'du_1'],
    ['charge.dispute.closed', { id: 'du_1' }, 'dispute', 'du_1'],
    ['charge.refund.updated', { id: 're_1', payment_intent: 'pi_1' }, 'refund', 're_1'],
    ['refund.failed', { id: 're_1' }, 'refund', 're_1'],
    ['invoice.paid', { id: 'in_1' }, 'invoice', 'in_1'],
    ['invoice_payment.paid', { id: 'inpay_1', invoice: 'in_1' }, 'invoice', 'in_1'],
    ['invoice.upcoming', {}, null, null],
    ['transfer.reversed', { id: 'tr_1' }, 'transfer', 'tr_1'],
    ['payout.paid', { id: 'po_1' }, 'bank_payout', 'po_1'],
    ['payment_method.detached', { id: 'pm_1' }, 'method', 'pm_1'],
    ['mandate.updated', { id: 'mandate_1', payment_method: 'pm_1' }, 'method', 'pm_1'],
    ['setup_intent.succeeded', { id: 'seti_1' }, 'setup', 'seti_1'],
    ['customer.updated', { id: 'cus_1' }, null, null],
    ['invoiceitem.created', { id: 'ii_1' }, null, null],
    ['topup.succeeded', { id: 'tu_1' }, null, null],
    ['something.new', { id: 'new_1' }, null, null],
    ['payment_intent.succeeded', { id: 7 }, null, null],
  ])('%s %j: %s %s', (type, object, kind, id) => {
    expect(subject(type, object)).toEqual([kind, id, null]);
  });

  it.each([
    ['payout.failed', { id: 'po_1' }, 'bank_payout', 'po_1'],
    ['account.updated', { id: 'acct_1' }, 'account', 'acct_1'],
    ['account.application.deauthorized', { id: 'ca_1' }, 'account', 'acct_1'],
    ['account.external_account.deleted', { id: 'ba_1' }, 'account', 'acct_1'],
    ['capability.updated', { id: 'transfers', account: 'acct_1' }, 'account', 'acct_1'],
    // What an agency does in its own account is not ours.
    ['payment_intent.succeeded', { id: 'pi_1' }, null, null],
    ['charge.dispute.created', { id: 'du_1' }, null, null],
    ['payment.created', { id: 'py_1' }, null, null],
  ])('%s of an agency: %s %s', (type, object, kind, id) => {
    expect(subject(type, object, { account: 'acct_1' })).toEqual([kind, id, 'acct_1']);
  });

  it.each([
    ['v2.core.account[requirements].updated', 'v2.core.account', 'account'],
    ['v2.core.account[configuration.recipient].capability_status_updated', 'v2.core.account', 'account'],
    ['v2.core.account.closed', 'v2.core.account', 'account'],
    ['v2.core.account_person.updated', 'v2.core.account_person', null],
    ['v2.something.new', 'v2.something', null],
  ])('thin %s of a %s: %s', (type, relatedType, kind) => {
    const related = { id: 'acct_1', type: relatedType, url: '/v2/core/accounts/acct_1' };
    const payload = JSON.stringify({
      id: 'evt_2',
      object: 'v2.core.event',
      type,
      created: '2027-01-04T11:59:00.000Z',
      livemode: false,
      related_object: related,
    });
    expect(read(payload)).toEqual({
      id: 'evt_2',
      type,
      accountId: kind && 'acct_1',
      objectKind: kind,
      objectId: kind && 'acct_1',
      createdAt: new Date('2027-01-04T11:59:00Z'),
      livemode: false,
    });
  });
});

describe('what the sandbox sends', () => {
  it('is read, snapshot and thin, and all that it names can be fetched', async () => {
    const { sandbox } = bench;
    const provider = providerFor(sandbox, { webhookSecrets: ['whsec_a', 'whsec_b', 'whsec_c'] });
    const { server, url, received } = await listen();
    sandbox.control.registerEndpoint({ url, scope: 'platform', secret: 'whsec_a' });
    sandbox.control.registerEndpoint({ url, scope: 'connect', secret: 'whsec_b' });
    sandbox.control.registerEndpoint({ url, payload: 'thin', scope: 'both', secret: 'whsec_c' });
    const accountId = await agency(bench);
    const { buyer, method } = await buyerWith(bench, 'pm_card_createDispute');
    const payment = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
    const { chargeId } = await make(provider, payment, 'payment');
    sandbox.control.fund({ amount: 200_00, currency: 'usd' });
    const transfer = await make(provider, { ...requests.TRANSFER, accountId }, 'transfer');
    await make(provider, { ...requests.TRANSFER_REVERSAL, transferId: transfer.id }, 'reversal');
    await make(provider, { ...requests.INVOICE, providerBuyerId: buyer }, 'invoice');
    sandbox.control.advance({ days: 5 });
    sandbox.control.detachMethod({ method });
    await sandbox.control.settleWebhooks();
    await new Promise((resolve) => server.close(resolve));
    const kinds = new Set<string>();
    for (const { body, signature } of received) {
      // The time of day: the sandbox signs with it, whatever its own clock says.
      const event = provider.readEvent(body, signature, new Date());
      if (event === null) throw new Error(body.toString());
      const { objectKind: kind, objectId: id } = event;
      if (kind === null || id === null || kinds.has(kind)) continue;
      kinds.add(kind);
      expect(await provider.retrieve(kind, id, event.accountId)).toMatchObject({ object: kind, id });
    }
    expect([...kinds].toSorted()).toEqual([
      'account',
      'bank_payout',
      'dispute',
      'invoice',
      'method',
      'payment',
      'setup',
      'transfer',
    ]);
    expect(chargeId).not.toBeNull();
  });
});
