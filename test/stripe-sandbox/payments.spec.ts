import type Stripe from 'stripe';
import { buyerWith, collect, errorOf, useSandbox } from './support.js';

const used = useSandbox();

function chargeOf(intent: Stripe.PaymentIntent): Stripe.Charge {
  return intent.latest_charge as Stripe.Charge;
}

describe('a saved card', () => {
  it('pays, and the money arrives less the fee, two days later', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const intent = await collect(stripe, buyer, 100_00, {
      transfer_group: 'group',
      metadata: { attempt: '1' },
    });
    expect(intent).toMatchObject({
      status: 'succeeded',
      amount_received: 100_00,
      transfer_group: 'group',
      metadata: { attempt: '1' },
      livemode: false,
    });
    // 2.9 % of 100.00 is 2.90, and 0.30.
    expect(chargeOf(intent).balance_transaction).toMatchObject({
      amount: 100_00,
      fee: 3_20,
      net: 96_80,
      type: 'charge',
      status: 'pending',
    });
    expect(sandbox.control.balances()).toEqual({ usd: { available: 0, pending: 96_80 } });
    sandbox.control.advance({ days: 2 });
    const balance = await stripe.balance.retrieve();
    expect(balance.available).toEqual([{ amount: 96_80, currency: 'usd', source_types: { card: 96_80 } }]);
    expect(sandbox.control.problems()).toEqual([]);
  });

  it.each([
    ['pm_card_laterInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeCustomerFail', 'card_declined', 'generic_decline'],
    ['pm_card_laterExpired', 'expired_card', 'expired_card'],
    ['pm_card_authenticationRequired', 'authentication_required', 'authentication_required'],
  ])('%s is declined with %s', async (method, code, declineCode) => {
    const { stripe, sandbox } = used;
    const { id } = await stripe.customers.create({});
    const saved = await stripe.paymentMethods.attach(method, { customer: id });
    const error = await errorOf(collect(stripe, { id, method: saved.id }, 50_00));
    expect(error).toMatchObject({
      type: 'StripeCardError',
      statusCode: 402,
      code,
      decline_code: declineCode,
      payment_intent: { status: 'requires_payment_method' },
    });
    const intents = await stripe.paymentIntents.list({ customer: id });
    expect(intents.data).toHaveLength(1);
    expect(intents.data[0]?.last_payment_error).toMatchObject({ code });
    expect(sandbox.control.balances()).toEqual({});
  });

  it('may be declined later, and pay again after that', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const method = { method: buyer.method };
    sandbox.control.setBehaviour({ ...method, behaviour: 'pm_card_laterInsufficientFunds' });
    expect(await errorOf(collect(stripe, buyer, 50_00))).toMatchObject({
      decline_code: 'insufficient_funds',
    });
    sandbox.control.setBehaviour({ ...method, behaviour: 'pm_card_visa' });
    expect((await collect(stripe, buyer, 50_00)).status).toBe('succeeded');
    sandbox.control.detachMethod(method);
    expect(await errorOf(collect(stripe, buyer, 50_00))).toMatchObject({ param: 'payment_method' });
  });

  it('that is declined when it is saved is not saved', async () => {
    const error = await errorOf(buyerWith(used.stripe, 'pm_card_chargeDeclined'));
    expect(error).toMatchObject({
      type: 'StripeCardError',
      setup_intent: { status: 'requires_payment_method' },
    });
    expect(
      (
        await used.stripe.customers.listPaymentMethods(
          String(used.sandbox.control.rows({ table: 'customers' })[0]?.id),
        )
      ).data,
    ).toEqual([]);
  });
});

describe('3-D Secure', () => {
  it('is a hosted page, after which the payment succeeds', async () => {
    const { stripe } = used;
    const { id } = await stripe.customers.create({});
    const saved = await stripe.paymentMethods.attach('pm_card_authenticationRequired', { customer: id });
    const intent = await collect(stripe, { id, method: saved.id }, 70_00, {
      off_session: false,
      return_url: 'https://example.com/back',
    });
    expect(intent.status).toBe('requires_action');
    const url = String(intent.next_action?.redirect_to_url?.url);
    expect(await (await fetch(url)).text()).toContain('3-D Secure');
    const done = await fetch(url, { method: 'POST', body: 'do=complete', redirect: 'manual' });
    expect([done.status, done.headers.get('location')]).toEqual([303, 'https://example.com/back']);
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status: 'succeeded' });
  });

  it('is asked for on the page that saves a card, too', async () => {
    const { stripe, sandbox } = used;
    const { id: customer } = await stripe.customers.create({});
    const setup = await stripe.setupIntents.create({ customer });
    const page = `${sandbox.url}/setup/${setup.id}`;
    expect(await (await fetch(page)).text()).toContain('4242424242424242');
    const save = async (method: string) =>
      fetch(page, { method: 'POST', body: `method=${method}`, redirect: 'manual' });
    expect(await (await save('pm_card_chargeDeclined')).text()).toContain('Your card was declined.');
    const next = (await save('pm_card_authenticationRequired')).headers.get('location');
    await fetch(String(next), { method: 'POST', body: 'do=complete' });
    expect(await stripe.setupIntents.retrieve(setup.id)).toMatchObject({ status: 'succeeded' });
    expect((await stripe.customers.listPaymentMethods(customer)).data).toHaveLength(1);
  });

  it('that fails leaves the payment open', async () => {
    const { stripe, sandbox } = used;
    const intent = await stripe.paymentIntents.create({
      amount: 70_00,
      currency: 'usd',
      confirm: true,
      payment_method: 'pm_card_authenticationRequired',
      return_url: 'https://example.com/back',
    });
    sandbox.control.authenticate({ intent: intent.id, succeeds: false });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
  });

  it('on setup lets later payments pass without it', async () => {
    const { stripe, sandbox } = used;
    const { id } = await stripe.customers.create({});
    const setup = await stripe.setupIntents.create({
      customer: id,
      confirm: true,
      payment_method: 'pm_card_authenticationRequiredOnSetup',
      return_url: 'https://example.com/back',
    });
    expect(setup.status).toBe('requires_action');
    sandbox.control.authenticate({ intent: setup.id, succeeds: true });
    const intent = await collect(stripe, { id, method: String(setup.payment_method) }, 70_00);
    expect(intent.status).toBe('succeeded');
  });
});

describe('a debit', () => {
  it('is processing for days, then succeeds with its fee capped', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_usBankAccount_success');
    const intent = await collect(stripe, buyer, 5_000_00);
    expect(intent.status).toBe('processing');
    expect(chargeOf(intent)).toMatchObject({ status: 'pending', balance_transaction: null });
    sandbox.control.advance({ days: 3 });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('processing');
    sandbox.control.advance({ days: 1 });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
    // 0.8 % of 5,000.00 is 40.00, and no more than 5.00.
    expect(sandbox.control.balances()).toEqual({ usd: { available: 4_995_00, pending: 0 } });
  });

  it('fails after days', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_usBankAccount_insufficientFunds');
    const intent = await collect(stripe, buyer, 80_00);
    sandbox.control.advance({ days: 4 });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'insufficient_funds' },
    });
    expect(sandbox.control.balances()).toEqual({});
  });

  it('returned late is a dispute that is lost from the beginning', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_usBankAccount_returnedLate');
    const intent = await collect(stripe, buyer, 80_00);
    sandbox.control.advance({ days: 4 });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
    sandbox.control.advance({ days: 3 });
    const disputes = await stripe.disputes.list({ payment_intent: intent.id });
    expect(disputes.data).toMatchObject([{ status: 'lost', amount: 80_00, reason: 'insufficient_funds' }]);
    // Fee 0.64, dispute fee 15.00.
    expect(sandbox.control.balances()).toEqual({ usd: { available: -64 - 15_00, pending: 0 } });
    // The agreement has ended with it.
    expect(await errorOf(collect(stripe, buyer, 80_00))).toMatchObject({
      code: 'payment_intent_mandate_invalid',
    });
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('returned late may turn the charge back instead', async () => {
    const { stripe, sandbox } = used;
    sandbox.control.setSettings({ debitReturnAs: 'failure' });
    const buyer = await buyerWith(stripe, 'pm_usBankAccount_success');
    const intent = await collect(stripe, buyer, 80_00);
    sandbox.control.advance({ days: 5 });
    sandbox.control.returnDebit({ charge: chargeOf(intent).id, code: 'account_closed' });
    const charge = await stripe.charges.retrieve(chargeOf(intent).id, {
      expand: ['failure_balance_transaction'],
    });
    expect(charge).toMatchObject({
      status: 'failed',
      failure_code: 'account_closed',
      failure_balance_transaction: { type: 'payment_failure_refund', net: -80_00 },
    });
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('requires_payment_method');
    expect(sandbox.control.problems()).toEqual([]);
  });
});

describe('payment intents', () => {
  it('are found by their buyer, and by metadata once the index knows them', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const intent = await collect(stripe, buyer, 10_00, { metadata: { attempt: 'a1' } });
    expect((await stripe.paymentIntents.list({ customer: buyer.id })).data.map(({ id }) => id)).toEqual([
      intent.id,
    ]);
    const query = `metadata['attempt']:'a1' AND status:'succeeded'`;
    expect((await stripe.paymentIntents.search({ query })).data).toEqual([]);
    sandbox.control.advance({ minutes: 1 });
    expect((await stripe.paymentIntents.search({ query })).data.map(({ id }) => id)).toEqual([intent.id]);
  });

  it('are canceled before, and not after', async () => {
    const { stripe } = used;
    const intent = await stripe.paymentIntents.create({ amount: 10_00, currency: 'usd' });
    expect(await stripe.paymentIntents.cancel(intent.id)).toMatchObject({ status: 'canceled' });
    expect(await errorOf(stripe.paymentIntents.cancel(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  it('are booked later where Stripe books later', async () => {
    const { stripe, sandbox } = used;
    sandbox.control.setSettings({ bookingDelaySeconds: 30 });
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const intent = await collect(stripe, buyer, 10_00);
    expect(chargeOf(intent).balance_transaction).toBeNull();
    sandbox.control.advance({ seconds: 30 });
    expect((await stripe.charges.retrieve(chargeOf(intent).id)).balance_transaction).toMatch(/^txn_/);
    expect((await stripe.events.list({ type: 'charge.updated' })).data).toHaveLength(1);
  });
});
