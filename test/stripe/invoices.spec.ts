import type { Answer, Sendable } from '#payments';
import { type FaultKind } from '../../apps/stripe-sandbox/src/faults.js';
import { buyerWith, make, operationOf, providerFor, requests, useStripe } from './support.js';

const bench = useStripe();

async function operation(): Promise<Sendable> {
  const { buyer } = await buyerWith(bench, 'pm_card_visa');
  return operationOf(bench.provider, { ...requests.INVOICE, providerBuyerId: buyer });
}

/** The invoices and their lines, as they are at Stripe. */
function issued() {
  const { control } = bench.sandbox;
  return {
    invoices: control.rows({ table: 'invoices' }).map(({ status, total }) => ({ status, total })),
    lines: control.rows({ table: 'invoice_items' }).length,
  };
}

const whole = { invoices: [{ status: 'open', total: 100_00 }], lines: 2 };

const steps = [
  ['/v1/invoices', 0],
  ['/v1/invoiceitems', 0],
  ['/v1/invoiceitems', 1],
  ['/v1/invoices/*/finalize', 0],
  ['/v1/invoices/*/send', 0],
] as const;

const kinds: readonly FaultKind[] = [
  'timeout_before',
  'timeout_after',
  'cut_body',
  'rate_limited',
  'key_in_use',
  'error_before',
  'error_before_stored',
  'error_after',
  'error_after_stored',
  'unauthorized',
];

const everywhere = steps.flatMap(([path, skip]) => kinds.map((kind) => [path, skip, kind] as const));

describe('an invoice whose making is interrupted', () => {
  it.each(everywhere)('at %s (%i) by %s is completed, and is one', async (path, skip, kind) => {
    const { provider } = bench;
    const invoice = await operation();
    bench.sandbox.control.injectFault({ kind, path, method: 'POST', skip });
    // Gives up soon only where no answer comes; the steps before that one still have the time of a busy machine.
    const isLost = kind.startsWith('timeout');
    const first = await (isLost ? providerFor(bench.sandbox, { timeoutMs: 1_000 }) : provider).send(invoice);
    expect(first.class).not.toBe('SUCCEEDED');
    // Only before anything was made may it be said that nothing was.
    if (path !== '/v1/invoices') expect(first.class).toBe('UNKNOWN');
    // As the outbox does: again under the same key; and what that cannot end, a look does.
    const second = await provider.send(invoice);
    const object = second.class === 'SUCCEEDED' ? second.object : await provider.find(invoice);
    if (kind === 'error_before_stored' && path === '/v1/invoices') {
      expect(object).toBeNull();
      expect(issued().invoices).toEqual([]);
      return;
    }
    expect(object).toMatchObject({ object: 'invoice', state: 'OPEN', amountMinor: 100_00n });
    expect(issued()).toEqual(whole);
  });

  it.each(steps)('at %s (%i) is completed by a look alone, once its key is forgotten', async (path, skip) => {
    const { provider, sandbox } = bench;
    const invoice = await operation();
    const kind = path === '/v1/invoices' ? 'error_after' : 'error_before';
    sandbox.control.injectFault({ kind, path, method: 'POST', skip });
    expect((await provider.send(invoice)).class).toBe('UNKNOWN');
    sandbox.control.advance({ days: 2 });
    expect(await provider.find(invoice)).toMatchObject({ state: 'OPEN', operationId: invoice.id });
    expect(await provider.find(invoice)).toMatchObject({ state: 'OPEN' });
    expect(issued()).toEqual(whole);
  });

  it('is not made twice by two at the same time', async () => {
    const { provider } = bench;
    const invoice = await operation();
    const answers: readonly Answer[] = await Promise.all([provider.send(invoice), provider.send(invoice)]);
    expect(answers.map((answer) => answer.class)).toContain('SUCCEEDED');
    expect(await provider.send(invoice)).toMatchObject({ class: 'SUCCEEDED' });
    expect(issued()).toEqual(whole);
  });
});

describe('an invoice that is refused', () => {
  it('leaves nothing behind', async () => {
    const { provider, sandbox } = bench;
    const { buyer } = await buyerWith(bench, 'pm_card_visa');
    const lines = [...requests.INVOICE.lines, { description: 'x'.repeat(10), amountMinor: 1n }];
    const request = { ...requests.INVOICE, providerBuyerId: buyer, lines };
    const { body, ...rest } = operationOf(provider, request);
    // A line that Stripe does not take.
    const broken = JSON.parse(
      JSON.stringify(body).replace('"xxxxxxxxxx"', '"","colour":"red"'),
    ) as typeof body;
    const answer = await provider.send({ ...rest, body: broken });
    expect(answer).toMatchObject({ class: 'REFUSED', code: 'parameter_unknown' });
    expect(sandbox.control.rows({ table: 'invoices' })).toEqual([]);
    // Nor does the draft that its key still names come back.
    expect(await provider.send({ ...rest, body: broken })).toMatchObject({ class: 'REFUSED' });
    expect(await provider.find({ ...rest, body: broken })).toBeNull();
  });

  it('because there is nowhere to send it to', async () => {
    const { provider } = bench;
    const buyer = await make(provider, { ...requests.BUYER_CREATE, email: null }, 'buyer');
    const request = { ...requests.INVOICE, providerBuyerId: buyer.id };
    expect(await provider.send(operationOf(provider, request))).toMatchObject({ class: 'REFUSED' });
  });
});

describe('an invoice that somebody has dealt with meanwhile', () => {
  it('is told of as it is', async () => {
    const { provider, sandbox } = bench;
    const invoice = await operation();
    sandbox.control.injectFault({ kind: 'error_before', path: '/v1/invoices/*/send' });
    await provider.send(invoice);
    const [row] = sandbox.control.rows({ table: 'invoices' });
    const page = String(row?.hosted_invoice_url);
    await fetch(page, { method: 'POST', body: 'method=pm_card_visa' });
    expect(await provider.send(invoice)).toMatchObject({
      class: 'SUCCEEDED',
      object: { state: 'PAID', payment: { state: 'SUCCEEDED', funds: { netMinor: 96_80n } } },
    });
  });
});
