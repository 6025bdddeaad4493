import { agency, buyerWith, collect, errorOf, sdkFor, useSandbox } from './support.js';

const used = useSandbox();

async function ready() {
  const destination = await agency(used);
  used.sandbox.control.fund({ amount: 100_00, currency: 'usd' });
  const send = (key: string, amount = 10_00) =>
    used.stripe.transfers.create({ amount, currency: 'usd', destination }, { idempotencyKey: key });
  return { destination, send };
}

describe('an idempotency key', () => {
  it('gets the stored answer, and one effect', async () => {
    const { send } = await ready();
    const first = await send('tr:1:a1');
    const second = await send('tr:1:a1');
    expect(second).toEqual(first);
    expect(second.lastResponse.headers).toMatchObject({
      'idempotent-replayed': 'true',
      'original-request': first.lastResponse.requestId,
    });
    const effects = used.sandbox.control.effects({ table: 'transfers', idempotencyKey: 'tr:1:a1' });
    expect(effects).toMatchObject([{ verb: 'created', id: first.id }]);
    expect(used.sandbox.control.requests({ idempotencyKey: 'tr:1:a1' })).toMatchObject([
      { isReplay: false, status: 200 },
      { isReplay: true, status: 200, effects: [] },
    ]);
  });

  it('with other parameters is refused', async () => {
    const { send } = await ready();
    await send('tr:1:a1');
    const error = await errorOf(send('tr:1:a1', 11_00));
    expect(error).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
    const elsewhere = used.stripe.customers.create({}, { idempotencyKey: 'tr:1:a1' });
    expect(await errorOf(elsewhere)).toMatchObject({ type: 'StripeIdempotencyError' });
  });

  it('replays an error for a day, even when its cause is gone', async () => {
    const { destination } = await ready();
    const params = { amount: 500_00, currency: 'usd', destination };
    const send = () => used.stripe.transfers.create(params, { idempotencyKey: 'tr:2:a1' });
    expect(await errorOf(send())).toMatchObject({ code: 'balance_insufficient' });
    used.sandbox.control.fund({ amount: 1_000_00, currency: 'usd' });
    expect(await errorOf(send())).toMatchObject({ code: 'balance_insufficient' });
    used.sandbox.control.advance({ hours: 23, minutes: 59 });
    expect(await errorOf(send())).toMatchObject({ code: 'balance_insufficient' });
    used.sandbox.control.advance({ minutes: 1 });
    expect((await send()).amount).toBe(500_00);
  });

  it('replays a decline, and the payment was tried once', async () => {
    const buyer = await buyerWith(used.stripe, 'pm_card_laterInsufficientFunds');
    const pay = () => collect(used.stripe, buyer, 20_00, {}, { idempotencyKey: 'pi:1' });
    const [first, second] = [await errorOf(pay()), await errorOf(pay())];
    expect(second.payment_intent?.id).toBe(first.payment_intent?.id);
    expect((await used.stripe.paymentIntents.list({ customer: buyer.id })).data).toHaveLength(1);
  });

  it('is forgotten after a day: the same key acts again', async () => {
    const { send } = await ready();
    const first = await send('tr:1:a1');
    used.sandbox.control.advance({ days: 1 });
    expect((await send('tr:1:a1')).id).not.toBe(first.id);
    expect(used.sandbox.control.forgetIdempotencyKeys({ key: 'tr:1:a1' })).toBe(1);
  });

  it('in use is answered 409, and the first goes on', async () => {
    const { send } = await ready();
    used.sandbox.control.injectFault({ kind: 'slow_before', path: '/v1/transfers', delayMs: 2_500 });
    const first = send('tr:1:a1');
    await used.sandbox.control.waitForRequest({ path: '/v1/transfers' });
    const error = await errorOf(send('tr:1:a1'));
    expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    expect(await send('tr:1:a1').catch(() => undefined)).toBeUndefined();
    expect((await first).amount).toBe(10_00);
    expect((await send('tr:1:a1')).id).toBe((await first).id);
  });

  it('of twenty at once has one effect', async () => {
    const { send } = await ready();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send('tr:1:a1').catch(errorCode)));
    expect(new Set(answers.map((answer) => (typeof answer === 'string' ? answer : answer.id))).size).toBe(1);
    expect(used.sandbox.control.effects({ table: 'transfers', verb: 'created' })).toHaveLength(1);
  });

  it('is not used up by parameters that are not understood', async () => {
    const { destination } = await ready();
    const options = { idempotencyKey: 'tr:3:a1' };
    const wrong = { amount: 10_00, currency: 'usd', destination, colour: 'red' };
    const error = await errorOf(used.stripe.transfers.create(wrong, options));
    expect(error).toMatchObject({ code: 'parameter_unknown', param: 'colour' });
    const { colour: _colour, ...right } = wrong;
    expect((await used.stripe.transfers.create(right, options)).amount).toBe(10_00);
  });

  it('belongs to one account', async () => {
    const { destination } = await ready();
    const options = { idempotencyKey: 'same' };
    await used.stripe.customers.create({ name: 'one' }, options);
    const other = await used.stripe.customers.create(
      { name: 'two' },
      { ...options, stripeAccount: destination },
    );
    expect(other.name).toBe('two');
  });

  it('of v2 replays successes only', async () => {
    const params = { contact_email: 'agency@example.com', display_name: 'One' };
    const create = (name: string) =>
      used.stripe.v2.core.accounts.create({ ...params, display_name: name }, { idempotencyKey: 'acct:1' });
    const first = await create('One');
    expect((await create('One')).id).toBe(first.id);
    expect(await errorOf(create('Two'))).toMatchObject({ type: 'StripeIdempotencyError' });
    used.sandbox.control.advance({ days: 29 });
    expect((await create('One')).id).toBe(first.id);
    used.sandbox.control.advance({ days: 1 });
    expect((await create('One')).id).not.toBe(first.id);
  });
});

function errorCode(error: { code?: string }): string {
  return String(error.code);
}

describe('access', () => {
  it('needs a test key, and an account that exists', async () => {
    const headers = { authorization: 'Bearer sk_live_123' };
    const answer = await fetch(`${used.sandbox.url}/v1/balance`, { headers });
    expect(answer.status).toBe(401);
    const foreign = used.stripe.balance.retrieve({}, { stripeAccount: 'acct_foreign' });
    expect(await errorOf(foreign)).toMatchObject({
      type: 'StripePermissionError',
      statusCode: 403,
      code: 'account_invalid',
    });
  });

  it('is limited where it is asked for', async () => {
    // So few that they come within a second however busy the machine is: that is what is counted.
    used.sandbox.control.setSettings({ requestsPerSecond: 5 });
    const stripe = sdkFor(used.sandbox);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => stripe.customers.create().catch((error: unknown) => error)),
    );
    const refused = answers.filter((answer) => answer instanceof Error);
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({ type: 'StripeRateLimitError', statusCode: 429 });
    expect(used.sandbox.control.rows({ table: 'customers' })).toHaveLength(5);
  });
});
