import { agency, buyerWith, collect, errorOf, useSandbox } from './support.js';

const used = useSandbox();

describe('a transfer', () => {
  it('moves available money to an agency, once on each side', async () => {
    const { stripe, sandbox } = used;
    const destination = await agency(used);
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    const transfer = await stripe.transfers.create({
      amount: 60_00,
      currency: 'usd',
      destination,
      transfer_group: 'payout_1',
      metadata: { payout: 'p1' },
    });
    expect(transfer).toMatchObject({ amount: 60_00, reversed: false, transfer_group: 'payout_1' });
    expect(sandbox.control.balances()).toEqual({ usd: { available: 40_00, pending: 0 } });
    const other = await stripe.balance.retrieve({}, { stripeAccount: destination });
    expect(other.available[0]).toMatchObject({ amount: 60_00, currency: 'usd' });
    const found = await stripe.transfers.list({ transfer_group: 'payout_1' });
    expect(found.data.map(({ metadata }) => metadata)).toEqual([{ payout: 'p1' }]);
    const movements = await stripe.balanceTransactions.list({ source: transfer.id });
    expect(movements.data).toMatchObject([{ type: 'transfer', net: -60_00 }]);
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('is refused at once when the balance is short, and nothing is left of it', async () => {
    const { stripe, sandbox } = used;
    const destination = await agency(used);
    const error = await errorOf(stripe.transfers.create({ amount: 1, currency: 'usd', destination }));
    expect(error).toMatchObject({
      type: 'StripeInvalidRequestError',
      statusCode: 400,
      code: 'balance_insufficient',
    });
    expect(sandbox.control.effects({ table: 'transfers' })).toEqual([]);
    expect((await stripe.transfers.list()).data).toEqual([]);
  });

  it('from one charge needs no available balance, and never takes more than the charge', async () => {
    const { stripe, sandbox } = used;
    const destination = await agency(used);
    const buyer = await buyerWith(stripe, 'pm_card_visa');
    const intent = await collect(stripe, buyer, 100_00, { transfer_group: 'settlement_1', expand: [] });
    const charge = String(intent.latest_charge);
    const params = { amount: 80_00, currency: 'usd', destination, source_transaction: charge };
    const transfer = await stripe.transfers.create(params);
    expect(transfer).toMatchObject({ source_transaction: charge, transfer_group: 'settlement_1' });
    const theirs = async () => (await stripe.balance.retrieve({}, { stripeAccount: destination })) as never;
    expect(await theirs()).toMatchObject({ available: [{ amount: 0 }], pending: [{ amount: 80_00 }] });
    const error = await errorOf(stripe.transfers.create({ ...params, amount: 20_01 }));
    expect(error.message).toContain('must not exceed the source amount');
    expect(await errorOf(stripe.transfers.create({ ...params, currency: 'eur' }))).toMatchObject({
      param: 'currency',
    });
    sandbox.control.advance({ days: 2 });
    expect(await theirs()).toMatchObject({ available: [{ amount: 80_00 }], pending: [{ amount: 0 }] });
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('goes only to an account that exists and can receive', async () => {
    const { stripe, sandbox } = used;
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    const destination = await agency(used);
    const send = (to: string) => stripe.transfers.create({ amount: 1_00, currency: 'usd', destination: to });
    expect(await errorOf(send('acct_nobody'))).toMatchObject({
      code: 'resource_missing',
      param: 'destination',
    });
    sandbox.control.restrictAccount({ account: destination });
    expect(await errorOf(send(destination))).toMatchObject({
      code: 'insufficient_capabilities_for_transfer',
    });
    sandbox.control.completeAccount({ account: destination });
    await send(destination);
    sandbox.control.rejectAccount({ account: destination });
    sandbox.control.completeAccount({ account: destination });
    expect(await errorOf(send(destination))).toMatchObject({
      code: 'insufficient_capabilities_for_transfer',
    });
  });
});

describe('a reversal', () => {
  it('is partial, comes back to the balance, and never exceeds the transfer', async () => {
    const { stripe, sandbox } = used;
    const destination = await agency(used);
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    const { id } = await stripe.transfers.create({ amount: 60_00, currency: 'usd', destination });
    const reversal = await stripe.transfers.createReversal(id, {
      amount: 25_00,
      metadata: { why: 'return' },
    });
    expect(reversal).toMatchObject({ amount: 25_00, transfer: id, metadata: { why: 'return' } });
    expect(await stripe.transfers.retrieve(id)).toMatchObject({
      amount_reversed: 25_00,
      reversed: false,
      reversals: { data: [{ id: reversal.id }] },
    });
    const tooMuch = await errorOf(stripe.transfers.createReversal(id, { amount: 35_01 }));
    expect(tooMuch).toMatchObject({ type: 'StripeInvalidRequestError', param: 'amount' });
    await stripe.transfers.createReversal(id);
    expect(await stripe.transfers.retrieve(id)).toMatchObject({ amount_reversed: 60_00, reversed: true });
    expect(await errorOf(stripe.transfers.createReversal(id, { amount: 1 }))).toMatchObject({
      code: 'transfer_already_reversed',
    });
    expect(sandbox.control.balances()).toEqual({ usd: { available: 100_00, pending: 0 } });
    expect((await stripe.transfers.listReversals(id)).data).toHaveLength(2);
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('is refused when the agency has been paid out, unless the operator stands in', async () => {
    const { stripe, sandbox } = used;
    const destination = await agency(used);
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    const { id } = await stripe.transfers.create({ amount: 60_00, currency: 'usd', destination });
    // The payout leaves a day after the money is available and arrives two days later.
    sandbox.control.advance({ days: 1 });
    const payouts = async () => (await stripe.payouts.list({}, { stripeAccount: destination })).data;
    expect(await payouts()).toMatchObject([{ amount: 60_00, status: 'pending', automatic: true }]);
    sandbox.control.advance({ days: 2 });
    expect(await payouts()).toMatchObject([{ status: 'paid' }]);
    expect(await errorOf(stripe.transfers.createReversal(id))).toMatchObject({
      code: 'balance_insufficient',
    });
    sandbox.control.setSettings({ connectedReserves: true });
    await stripe.transfers.createReversal(id);
    expect(sandbox.control.balances({ account: destination })).toEqual({
      usd: { available: -60_00, pending: 0 },
    });
    expect(sandbox.control.problems()).toEqual([]);
  });
});

describe('payouts and top-ups', () => {
  it('of the operator leave at once, arrive later, and may fail', async () => {
    const { stripe, sandbox } = used;
    const topup = await stripe.topups.create({ amount: 50_00, currency: 'usd' });
    expect(topup.status).toBe('pending');
    sandbox.control.advance({ days: 1 });
    expect((await stripe.topups.retrieve(topup.id)).status).toBe('succeeded');
    const tooMuch = stripe.payouts.create({ amount: 50_01, currency: 'usd' });
    expect(await errorOf(tooMuch)).toMatchObject({ code: 'balance_insufficient' });
    const payout = await stripe.payouts.create({ amount: 50_00, currency: 'usd' });
    expect(sandbox.control.balances()).toEqual({ usd: { available: 0, pending: 0 } });
    sandbox.control.advance({ days: 2 });
    expect((await stripe.payouts.retrieve(payout.id)).status).toBe('paid');
    sandbox.control.failPayout({ payout: payout.id });
    expect(await stripe.payouts.retrieve(payout.id)).toMatchObject({
      status: 'failed',
      failure_code: 'account_closed',
    });
    expect(sandbox.control.balances()).toEqual({ usd: { available: 50_00, pending: 0 } });
    expect(sandbox.control.problems()).toEqual([]);
  });
});

describe('lists', () => {
  it('are paged, newest first, and the SDK walks through them', async () => {
    const { stripe, sandbox } = used;
    const destination = await agency(used);
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    const made: string[] = [];
    for (let amount = 1; amount <= 5; amount += 1) {
      made.push((await stripe.transfers.create({ amount, currency: 'usd', destination })).id);
    }
    const page = await stripe.transfers.list({ limit: 2 });
    expect(page.data.map(({ amount }) => amount)).toEqual([5, 4]);
    expect(page.has_more).toBe(true);
    const next = await stripe.transfers.list({ limit: 10, starting_after: String(page.data[1]?.id) });
    expect(next.data.map(({ amount }) => amount)).toEqual([3, 2, 1]);
    expect(next.has_more).toBe(false);
    const before = await stripe.transfers.list({ limit: 2, ending_before: String(next.data[0]?.id) });
    expect(before.data.map(({ amount }) => amount)).toEqual([5, 4]);
    const walked: string[] = [];
    for await (const { id } of stripe.transfers.list({ limit: 2 })) walked.push(id);
    expect(walked).toEqual(made.toReversed());
    expect(await errorOf(stripe.transfers.list({ limit: 101 }))).toMatchObject({ param: 'limit' });
    const old = await stripe.transfers.list({ created: { lt: page.data[0]?.created ?? 0 } });
    expect(old.data).toEqual([]);
  });
});
