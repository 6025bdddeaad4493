import { agency, buyerWith, collect, errorOf, useSandbox } from './support.js';

// What Stripe does, and what is easily taken for granted.
const used = useSandbox();

describe('lists', () => {
  it('of accounts of v2 go on page by page', async () => {
    const { stripe } = used;
    const made = [];
    for (let index = 0; index < 5; index += 1) made.push(await agency(used));
    await stripe.v2.core.accounts.create({ display_name: 'No recipient' });
    const list = stripe.v2.core.accounts.list({ limit: 2, applied_configurations: ['recipient'] });
    const seen = [];
    for await (const { id } of list) seen.push(id);
    expect(seen).toEqual(made.toReversed());
    const others = await stripe.v2.core.accounts.list({ applied_configurations: ['merchant'] });
    expect(others.data).toEqual([]);
  });

  it('of nobody’s payments and invoices are refused', async () => {
    const { stripe } = used;
    const customer = 'cus_none';
    for (const list of [stripe.paymentIntents.list({ customer }), stripe.invoices.list({ customer })]) {
      expect(await errorOf(list)).toMatchObject({ code: 'resource_missing', param: 'customer' });
    }
  });

  it('of buyers by e-mail mind capitals', async () => {
    const { stripe } = used;
    await stripe.customers.create({ email: 'Buyer@example.com' });
    expect((await stripe.customers.list({ email: 'buyer@example.com' })).data).toEqual([]);
    expect((await stripe.customers.list({ email: 'Buyer@example.com' })).data).toHaveLength(1);
  });

  it('of what an automatic payout carries have each movement once, and none for a manual one', async () => {
    const { stripe, sandbox } = used;
    const destination = await agency(used);
    const on = { stripeAccount: destination };
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    const send = () => stripe.transfers.create({ amount: 10_00, currency: 'usd', destination });
    const [first, second] = [await send(), await send()];
    sandbox.control.payOut({ account: destination });
    const third = await send();
    sandbox.control.payOut({ account: destination });
    const carried = async (payout: string) => {
      const { data } = await stripe.balanceTransactions.list({ payout, type: 'payment' }, on);
      return data.map(({ source }) => source);
    };
    const payouts = (await stripe.payouts.list({}, on)).data;
    expect(await carried(String(payouts[1]?.id))).toEqual([
      second.destination_payment,
      first.destination_payment,
    ]);
    expect(await carried(String(payouts[0]?.id))).toEqual([third.destination_payment]);
    const manual = await stripe.payouts.create({ amount: 1_00, currency: 'usd' });
    expect(await errorOf(stripe.balanceTransactions.list({ payout: manual.id }))).toMatchObject({
      param: 'payout',
    });
  });
});

describe('an inquiry', () => {
  it('takes no money until it becomes a dispute', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const { latest_charge: charge } = await collect(stripe, buyer, 50_00, { expand: [] });
    const balances = sandbox.control.balances();
    const { id } = sandbox.control.openDispute({ charge: String(charge), inquiry: true });
    expect(await stripe.disputes.retrieve(id)).toMatchObject({
      status: 'warning_needs_response',
      balance_transactions: [],
    });
    expect(sandbox.control.balances()).toEqual(balances);
    sandbox.control.escalateDispute({ dispute: id });
    expect(await stripe.disputes.retrieve(id)).toMatchObject({
      status: 'needs_response',
      balance_transactions: [{ amount: -50_00 }],
    });
    expect(() => sandbox.control.escalateDispute({ dispute: id })).toThrow('no inquiry');
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('that is answered in time, or not, is closed', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const { latest_charge: charge } = await collect(stripe, buyer, 50_00, { expand: [] });
    const { id } = sandbox.control.openDispute({ charge: String(charge), inquiry: true });
    sandbox.control.advance({ days: 8 });
    expect((await stripe.disputes.retrieve(id)).status).toBe('warning_closed');
    expect(sandbox.control.problems()).toEqual([]);
  });
});

describe('refusals', () => {
  it('to cancel what has succeeded show it', async () => {
    const { stripe } = used;
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const { id } = await collect(stripe, buyer, 50_00);
    expect(await errorOf(stripe.paymentIntents.cancel(id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
      payment_intent: { id, status: 'succeeded' },
    });
  });

  it('to send an invoice to nowhere', async () => {
    const { stripe } = used;
    const { id } = await stripe.customers.create({ name: 'Buyer' });
    const invoice = stripe.invoices.create({
      customer: id,
      collection_method: 'send_invoice',
      days_until_due: 7,
    });
    expect((await errorOf(invoice)).message).toContain('Missing email');
  });

  it('of too many requests say when to come back', async () => {
    const { stripe, sandbox } = used;
    sandbox.control.injectFault({ kind: 'rate_limited' });
    expect((await errorOf(stripe.balance.retrieve())).headers).toMatchObject({ 'retry-after': '1' });
  });

  it('in API v2 are not kept: the same key is answered by the truth', async () => {
    const { stripe, sandbox } = used;
    const create = () =>
      stripe.v2.core.accounts.create({ display_name: 'Agency' }, { idempotencyKey: 'acct:1' });
    sandbox.control.injectFault({ kind: 'error_after_stored' });
    expect(await errorOf(create())).toMatchObject({ statusCode: 500 });
    expect((await create()).display_name).toBe('Agency');
    expect(sandbox.control.rows({ table: 'accounts' })).toHaveLength(1);
  });
});

describe('what may be lacking', () => {
  it('may be asked for all the same', async () => {
    const { stripe } = used;
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const { latest_charge: charge } = await collect(stripe, buyer, 50_00, { expand: [] });
    const { id } = await stripe.refunds.create({ charge: String(charge) });
    const refund = await stripe.refunds.retrieve(id, { expand: ['failure_balance_transaction'] });
    expect(refund.failure_balance_transaction).toBeUndefined();
  });
});
