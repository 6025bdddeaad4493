import type Stripe from 'stripe';
import { buyerWith, collect, errorOf, useSandbox } from './support.js';

const used = useSandbox();

async function paid(method = 'pm_card_visa', amount = 100_00): Promise<string> {
  const buyer = await buyerWith(used.stripe, method);
  const intent = await collect(used.stripe, buyer, amount);
  if (method.startsWith('pm_usBankAccount')) used.sandbox.control.advance({ days: 4 });
  return (intent.latest_charge as Stripe.Charge).id;
}

async function total(): Promise<number> {
  const { available, pending } = await used.stripe.balance.retrieve();
  return (available[0]?.amount ?? 0) + (pending[0]?.amount ?? 0);
}

async function typesOf(filter: string): Promise<readonly string[]> {
  const events = await used.stripe.events.list({ type: filter, limit: 100 });
  return events.data.map(({ type }) => type).toReversed();
}

describe('a refund', () => {
  it('takes the gross back and leaves the fee with Stripe', async () => {
    const { stripe, sandbox } = used;
    const charge = await paid();
    const refund = await stripe.refunds.create({ charge, amount: 30_00, metadata: { line: '1' } });
    expect(refund).toMatchObject({ status: 'succeeded', amount: 30_00, metadata: { line: '1' } });
    expect(await total()).toBe(96_80 - 30_00);
    expect(await errorOf(stripe.refunds.create({ charge, amount: 70_01 }))).toMatchObject({
      param: 'amount',
    });
    await stripe.refunds.create({ charge });
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ refunded: true, amount_refunded: 100_00 });
    expect(await errorOf(stripe.refunds.create({ charge }))).toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(await total()).toBe(-3_20);
    expect(await typesOf('charge.refunded')).toHaveLength(2);
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('may fail a day later: the money is back, and the charge is not refunded', async () => {
    const { stripe, sandbox } = used;
    const charge = await paid('pm_card_refundFail');
    const { id } = await stripe.refunds.create({ charge });
    sandbox.control.advance({ days: 1 });
    expect(await stripe.refunds.retrieve(id, { expand: ['failure_balance_transaction'] })).toMatchObject({
      status: 'failed',
      failure_balance_transaction: { type: 'refund_failure', net: 100_00 },
    });
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ refunded: false, amount_refunded: 0 });
    expect(await total()).toBe(96_80);
    expect(await typesOf('refund.failed')).toHaveLength(1);
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('may be pending for a while, and be canceled meanwhile', async () => {
    const { stripe, sandbox } = used;
    const charge = await paid('pm_card_pendingRefund');
    const first = await stripe.refunds.create({ charge, amount: 1_00 });
    const second = await stripe.refunds.create({ charge, amount: 2_00 });
    expect(first.status).toBe('pending');
    expect(await stripe.refunds.cancel(second.id)).toMatchObject({ status: 'canceled' });
    sandbox.control.advance({ days: 1 });
    expect(await stripe.refunds.retrieve(first.id)).toMatchObject({ status: 'succeeded' });
    expect(await errorOf(stripe.refunds.cancel(first.id))).toMatchObject({ statusCode: 400 });
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 1_00 });
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('of a debit takes days', async () => {
    const { stripe, sandbox } = used;
    const charge = await paid('pm_usBankAccount_success');
    const { id, status } = await stripe.refunds.create({ charge });
    expect(status).toBe('pending');
    sandbox.control.advance({ days: 3 });
    expect((await stripe.refunds.retrieve(id)).status).toBe('succeeded');
    expect(sandbox.control.problems()).toEqual([]);
  });
});

describe('a dispute', () => {
  it('takes the money and a fee at once, and gives the money back when it is won', async () => {
    const { stripe, sandbox } = used;
    const charge = await paid();
    const { id } = sandbox.control.openDispute({ charge });
    expect(await stripe.disputes.retrieve(id)).toMatchObject({
      status: 'needs_response',
      amount: 100_00,
      balance_transactions: [{ type: 'adjustment', amount: -100_00, fee: 15_00, net: -115_00 }],
    });
    expect(await total()).toBe(96_80 - 115_00);
    expect(await errorOf(stripe.refunds.create({ charge }))).toMatchObject({ code: 'charge_disputed' });
    const answered = await stripe.disputes.update(id, {
      evidence: { uncategorized_text: 'it was delivered' },
    });
    expect(answered.status).toBe('under_review');
    sandbox.control.resolveDispute({ dispute: id, won: true });
    const won = await stripe.disputes.retrieve(id);
    expect(won.status).toBe('won');
    expect(won.balance_transactions.map(({ net }) => net)).toEqual([-115_00, 100_00]);
    expect(await total()).toBe(96_80 - 15_00);
    expect(await typesOf('charge.dispute.*')).toEqual([
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.updated',
      'charge.dispute.funds_reinstated',
      'charge.dispute.closed',
    ]);
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('is lost by closing it, by evidence that loses, and by silence', async () => {
    const { stripe, sandbox } = used;
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      ids.push(sandbox.control.openDispute({ charge: await paid(), amount: 40_00 }).id);
    }
    const [closed = '', answered = '', silent = ''] = ids;
    expect((await stripe.disputes.close(closed)).status).toBe('lost');
    const evidence = { uncategorized_text: 'losing_evidence' };
    expect((await stripe.disputes.update(answered, { evidence })).status).toBe('lost');
    sandbox.control.advance({ days: 7 });
    expect((await stripe.disputes.retrieve(silent)).status).toBe('lost');
    expect(await errorOf(stripe.disputes.close(silent))).toMatchObject({ statusCode: 400 });
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('comes by itself for a card that is known for it', async () => {
    const charge = await paid('pm_card_createDispute');
    expect((await used.stripe.disputes.list({ charge })).data).toMatchObject([{ reason: 'fraudulent' }]);
  });
});

describe('an invoice', () => {
  async function invoiceFor(customer: string, params: Partial<Stripe.InvoiceCreateParams> = {}) {
    const { stripe } = used;
    const invoice = await stripe.invoices.create({
      customer,
      currency: 'usd',
      collection_method: 'send_invoice',
      days_until_due: 30,
      metadata: { settlement: 's1' },
      ...params,
    });
    for (const [amount, description] of [
      [60_00, 'Leads'],
      [40_00, 'Commission'],
    ] as const) {
      await stripe.invoiceItems.create({
        customer,
        invoice: invoice.id,
        amount,
        currency: 'usd',
        description,
      });
    }
    return stripe.invoices.finalizeInvoice(invoice.id);
  }

  it('with net terms falls due, is paid on its hosted page, and its payment is known', async () => {
    const { stripe, sandbox } = used;
    const { id: customer } = await stripe.customers.create({ email: 'buyer@example.com' });
    const invoice = await invoiceFor(customer);
    expect(invoice).toMatchObject({ status: 'open', amount_due: 100_00, metadata: { settlement: 's1' } });
    expect(invoice.lines.data.map(({ amount, description }) => [amount, description])).toEqual([
      [60_00, 'Leads'],
      [40_00, 'Commission'],
    ]);
    sandbox.control.advance({ days: 30 });
    expect(await typesOf('invoice.overdue')).toHaveLength(1);
    const page = String(invoice.hosted_invoice_url);
    expect(await (await fetch(page)).text()).toContain(String(invoice.number));
    await fetch(page, { method: 'POST', body: 'method=pm_card_visa' });
    const paidInvoice = await stripe.invoices.retrieve(invoice.id, { expand: ['payments'] });
    expect(paidInvoice).toMatchObject({ status: 'paid', amount_paid: 100_00, amount_remaining: 0 });
    expect(paidInvoice.payments?.data).toMatchObject([{ status: 'paid', amount_paid: 100_00 }]);
    expect(await total()).toBe(96_80);
    expect(await errorOf(stripe.invoices.pay(invoice.id))).toMatchObject({ statusCode: 400 });
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('is paid with a saved debit when the bank has decided', async () => {
    const { stripe, sandbox } = used;
    const buyer = await buyerWith(stripe, 'pm_usBankAccount_success');
    const invoice = await invoiceFor(buyer.id);
    const pending = await stripe.invoices.pay(invoice.id, { payment_method: buyer.method });
    expect(pending.status).toBe('open');
    sandbox.control.advance({ days: 4 });
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid');
    expect(await typesOf('invoice.paid')).toHaveLength(1);
  });

  it('stays open after a decline, and can be paid elsewhere or voided', async () => {
    const { stripe } = used;
    const buyer = await buyerWith(stripe, 'pm_card_laterInsufficientFunds');
    const first = await invoiceFor(buyer.id);
    const error = await errorOf(stripe.invoices.pay(first.id, { payment_method: buyer.method }));
    expect(error).toMatchObject({ type: 'StripeCardError', code: 'card_declined' });
    expect(await stripe.invoices.retrieve(first.id)).toMatchObject({ status: 'open', attempt_count: 1 });
    const elsewhere = await stripe.invoices.pay(first.id, { paid_out_of_band: true });
    expect(elsewhere.status).toBe('paid');
    const second = await invoiceFor(buyer.id);
    expect((await stripe.invoices.voidInvoice(second.id)).status).toBe('void');
    expect(await total()).toBe(0);
    const open = await stripe.invoices.list({ customer: buyer.id, status: 'open' });
    expect(open.data).toEqual([]);
  });
});
