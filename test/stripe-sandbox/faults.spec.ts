import type Stripe from 'stripe';
import { type FaultKind } from '../../apps/stripe-sandbox/src/faults.js';
import { until } from '../faults/gates.js';
import { agency, errorOf, sdkFor, useSandbox } from './support.js';

const used = useSandbox();
const path = '/v1/transfers';

async function ready() {
  const destination = await agency(used);
  used.sandbox.control.fund({ amount: 100_00, currency: 'usd' });
  return (stripe = used.stripe) =>
    stripe.transfers.create({ amount: 10_00, currency: 'usd', destination }, { idempotencyKey: 'tr:1:a1' });
}

/** Only for where no answer is to come: elsewhere a busy machine would be one more fault. */
function givesUpSoon(): Stripe {
  return sdkFor(used.sandbox, 300);
}

function made(): number {
  return used.sandbox.control.rows({ table: 'transfers' }).length;
}

describe('a fault', () => {
  // kind, requests that meet it, error class, effects after it, error class of the same key again
  it.each<[FaultKind, number, string, number, string | undefined]>([
    // A closed connection is tried again by the SDK, once: two have to fail for it to be told.
    ['reset_before', 2, 'StripeConnectionError', 0, undefined],
    ['timeout_before', 1, 'StripeConnectionError', 0, undefined],
    ['reset_after', 2, 'StripeConnectionError', 1, undefined],
    ['timeout_after', 1, 'StripeConnectionError', 1, undefined],
    ['cut_body', 1, 'StripeConnectionError', 1, undefined],
    ['rate_limited', 1, 'StripeRateLimitError', 0, undefined],
    ['key_in_use', 1, 'StripeAPIError', 0, undefined],
    ['error_before', 1, 'StripeAPIError', 0, undefined],
    ['error_before_stored', 1, 'StripeAPIError', 0, 'StripeAPIError'],
    ['error_after', 1, 'StripeAPIError', 1, undefined],
    ['error_after_stored', 1, 'StripeAPIError', 1, 'StripeAPIError'],
    ['unauthorized', 1, 'StripeAuthenticationError', 0, undefined],
    ['forbidden', 1, 'StripePermissionError', 0, undefined],
  ])('%s', async (kind, count, type, effects, again) => {
    const send = await ready();
    const isLost = kind.startsWith('timeout');
    used.sandbox.control.injectFault({ kind, path, method: 'POST', count });
    expect(await errorOf(isLost ? send(givesUpSoon()) : send())).toMatchObject({ type });
    if (isLost) await used.sandbox.control.waitForRequest({ path, fault: kind, isAnswered: effects > 0 });
    expect(made()).toBe(effects);
    // Whatever happened, the same key never makes a second one.
    const second = await send().then(
      () => undefined,
      (error: { type: string }) => error.type,
    );
    expect(second).toBe(again);
    expect(made()).toBe(again === undefined ? 1 : effects);
    expect(used.sandbox.control.problems()).toEqual([]);
  });

  it('that resets one connection is hidden by the SDK, and the effect is still one', async () => {
    const send = await ready();
    used.sandbox.control.injectFault({ kind: 'reset_after', path });
    expect((await send()).amount).toBe(10_00);
    expect(made()).toBe(1);
    expect(used.sandbox.control.requests({ path })).toMatchObject([
      { fault: 'reset_after', isReplay: false },
      { fault: null, isReplay: true },
    ]);
  });

  it('that is slow answers late', async () => {
    const send = await ready();
    used.sandbox.control.injectFault({ kind: 'slow_after', path, delayMs: 100 });
    const before = performance.now();
    await send();
    expect(performance.now() - before).toBeGreaterThan(90);
  });

  it('waits for the request that it is meant for', async () => {
    const send = await ready();
    const { control } = used.sandbox;
    control.injectFault({ kind: 'error_before', path: '/v1/transfers/*/reversals' });
    control.injectFault({ kind: 'error_before', keyPrefix: 'trr:' });
    control.injectFault({ kind: 'error_before', path, skip: 1 });
    const { id } = await send();
    expect(await errorOf(send())).toMatchObject({ type: 'StripeAPIError' });
    expect(await errorOf(used.stripe.transfers.createReversal(id))).toMatchObject({
      type: 'StripeAPIError',
    });
    const reverse = () => used.stripe.transfers.createReversal(id, {}, { idempotencyKey: 'trr:1' });
    expect(await errorOf(reverse())).toMatchObject({ type: 'StripeAPIError' });
    expect(control.faults()).toEqual([]);
    expect((await reverse()).amount).toBe(10_00);
  });

  it('tells when its request has come in', async () => {
    const send = await ready();
    const { control } = used.sandbox;
    control.injectFault({ kind: 'timeout_after', path });
    const sent = errorOf(send(givesUpSoon()));
    expect(await control.waitForRequest({ path })).toMatchObject({ fault: 'timeout_after', status: 200 });
    expect(made()).toBe(1);
    await sent;
    await expect(control.waitForRequest({ path, count: 2, timeoutMs: 20 })).rejects.toThrow('1 of 2');
  });

  it('refuses every connection until it is over', async () => {
    const send = await ready();
    await used.sandbox.control.down();
    expect(await errorOf(send())).toMatchObject({ type: 'StripeConnectionError' });
    await used.sandbox.control.up();
    expect((await send()).amount).toBe(10_00);
    await used.sandbox.control.down({ ms: 2_500 });
    await expect(fetch(used.sandbox.url)).rejects.toThrow();
    const status = async () => await fetch(used.sandbox.url).then((answer) => answer.status, String);
    await until(async () => (await status()) === 200, 'it is up again');
  });

  it('is over HTTP what it is in the process', async () => {
    const send = await ready();
    const call = (name: string, params: unknown) =>
      fetch(`${used.sandbox.url}/_sandbox/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(params),
      });
    await call('injectFault', { kind: 'error_after', path });
    expect(await errorOf(send())).toMatchObject({ type: 'StripeAPIError' });
    const effects = await call('effects', { table: 'transfers' });
    expect(await effects.json()).toMatchObject([{ verb: 'created', idempotencyKey: 'tr:1:a1' }]);
    expect((await call('nothing', {})).status).toBe(404);
    const form = await fetch(`${used.sandbox.url}/_sandbox/down`, { method: 'POST', body: 'a=b' });
    expect(form.status).toBe(415);
  });
});
