import { agency, buyerWith, make, only, operationOf, requests, send, useStripe } from './support.js';

const bench = useStripe();

describe('each kind of operation', () => {
  it('makes a buyer', async () => {
    expect(await send(bench.provider, requests.BUYER_CREATE)).toMatchObject({
      class: 'SUCCEEDED',
      object: { object: 'buyer', operationId: expect.stringMatching(/^op-/) as string },
    });
  });

  it('makes an account that has to tell something before it can receive', async () => {
    const { provider, sandbox } = bench;
    const account = await make(provider, requests.ACCOUNT_CREATE, 'account');
    expect(account).toMatchObject({ transfersActive: false, payoutsEnabled: false, rejected: false });
    expect(account.requirements).toContainEqual({
      field: 'payout_methods.bank_account',
      dueAt: null,
      overdue: false,
      errorCode: null,
    });
    const links = { returnUrl: 'https://example.com/back', refreshUrl: 'https://example.com/again' };
    const url = await provider.onboardingLink(account.id, links);
    expect(await provider.onboardingLink(account.id, links)).not.toBe(url);
    await fetch(url, { method: 'POST', body: 'do=complete', redirect: 'manual' });
    expect(await provider.retrieve('account', account.id)).toMatchObject({
      operationId: account.operationId,
      transfersActive: true,
      payoutsEnabled: true,
      requirements: [],
    });
    expect(sandbox.control.rows({ table: 'accounts' })).toMatchObject([
      { country: 'US', lossesCollector: 'application', isRecipient: true },
    ]);
  });

  it('takes a payment by card, with its movement', async () => {
    const { provider } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    const request = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
    const payment = await make(provider, request, 'payment');
    expect(payment).toMatchObject({
      state: 'SUCCEEDED',
      amountMinor: 100_00n,
      currency: 'USD',
      method: 'CARD',
      failure: null,
      returnedFunds: null,
      funds: { type: 'charge', amountMinor: 100_00n, feeMinor: 3_20n, netMinor: 96_80n, currency: 'USD' },
    });
    expect(payment.funds?.sourceId).toBe(payment.chargeId);
    expect(payment.funds?.createdAt).toEqual(new Date('2027-01-04T12:00:00Z'));
    expect(payment.funds?.availableAt).toEqual(new Date('2027-01-06T00:00:00Z'));
    expect(await provider.retrieve('payment', payment.id)).toEqual(payment);
    expect(await provider.paymentOfCharge(String(payment.chargeId))).toEqual(payment);
  });

  it('begins a debit', async () => {
    const { buyer, method } = await buyerWith(bench, 'pm_usBankAccount_success');
    const request = {
      ...requests.PAYMENT,
      providerBuyerId: buyer,
      methodId: method,
      methodKind: 'BANK_DEBIT' as const,
    };
    expect(await make(bench.provider, request, 'payment')).toMatchObject({
      state: 'PROCESSING',
      method: 'BANK_DEBIT',
      funds: null,
      failure: null,
    });
  });

  it('issues an invoice with all its lines', async () => {
    const { provider, sandbox } = bench;
    const { buyer } = await buyerWith(bench, 'pm_card_visa');
    const invoice = await make(provider, { ...requests.INVOICE, providerBuyerId: buyer }, 'invoice');
    expect(invoice).toMatchObject({ state: 'OPEN', amountMinor: 100_00n, currency: 'USD', payment: null });
    expect(invoice.dueAt).toEqual(new Date('2027-01-18T12:00:00Z'));
    expect(invoice.hostedUrl).toContain(invoice.id);
    expect(sandbox.control.rows({ table: 'invoice_items' })).toMatchObject([
      { amount: 60_00, description: 'Statement 1', invoice: invoice.id },
      { amount: 40_00, description: 'Statement 2', invoice: invoice.id },
    ]);
    const types = sandbox.control.rows({ table: 'events' }).map(({ type }) => type);
    expect(types).toContain('invoice.sent');
  });

  it('voids an invoice, and one that is void already', async () => {
    const { provider } = bench;
    const { buyer } = await buyerWith(bench, 'pm_card_visa');
    const { id } = await make(provider, { ...requests.INVOICE, providerBuyerId: buyer }, 'invoice');
    const request = { ...requests.INVOICE_VOID, invoiceId: id };
    expect(await send(provider, request)).toMatchObject({ class: 'SUCCEEDED', object: { state: 'VOID' } });
    expect(await send(provider, request)).toMatchObject({ class: 'SUCCEEDED', object: { state: 'VOID' } });
  });

  it('transfers out of the balance, and takes a part back', async () => {
    const { provider, sandbox } = bench;
    const accountId = await agency(bench);
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    const transfer = await make(provider, { ...requests.TRANSFER, accountId }, 'transfer');
    expect(transfer).toMatchObject({
      accountId,
      amountMinor: 30_00n,
      funds: {
        type: 'transfer',
        amountMinor: -30_00n,
        feeMinor: 0n,
        netMinor: -30_00n,
        sourceId: transfer.id,
      },
      reversals: [],
      destinationPaymentId: expect.stringMatching(/^py_/) as string,
    });
    const request = { ...requests.TRANSFER_REVERSAL, transferId: transfer.id };
    const reversal = await make(provider, request, 'reversal');
    expect(reversal).toMatchObject({
      transferId: transfer.id,
      amountMinor: 10_00n,
      funds: { type: 'transfer_refund', netMinor: 10_00n },
    });
    expect(await provider.retrieve('transfer', transfer.id)).toEqual({ ...transfer, reversals: [reversal] });
  });

  it('transfers from a charge whose money is not available yet', async () => {
    const { provider, sandbox } = bench;
    const accountId = await agency(bench);
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    const request = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
    const payment = await make(provider, request, 'payment');
    const fromBalance = { ...requests.TRANSFER, accountId };
    expect(await send(provider, fromBalance)).toMatchObject({
      class: 'REFUSED',
      code: 'balance_insufficient',
      object: null,
    });
    const fromCharge = { ...fromBalance, sourceChargeId: payment.chargeId };
    expect(await make(provider, fromCharge, 'transfer')).toMatchObject({ amountMinor: 30_00n });
    expect(sandbox.control.rows({ table: 'transfers' })).toMatchObject([
      { source_transaction: payment.chargeId, transfer_group: 'group-1' },
    ]);
  });

  it('refunds a part of a charge', async () => {
    const { provider } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    const request = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
    const payment = await make(provider, request, 'payment');
    const refund = await make(provider, { ...requests.REFUND, chargeId: String(payment.chargeId) }, 'refund');
    expect(refund).toMatchObject({
      chargeId: payment.chargeId,
      state: 'SUCCEEDED',
      amountMinor: 20_00n,
      funds: { type: 'refund', netMinor: -20_00n },
      failedFunds: null,
      failureCode: null,
    });
    expect(await provider.retrieve('refund', refund.id)).toEqual(refund);
  });

  it('cancels a payment that waits, and not one that has succeeded', async () => {
    const { provider } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    const request = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
    const payment = await make(provider, request, 'payment');
    expect(await send(provider, { ...requests.PAYMENT_CANCEL, paymentId: payment.id })).toEqual({
      class: 'REFUSED',
      code: 'payment_intent_unexpected_state',
      declineCode: null,
      object: payment,
    });
    bench.sandbox.control.setBehaviour({ method, behaviour: 'pm_card_laterInsufficientFunds' });
    const declined = await send(provider, request);
    if (declined.class !== 'REFUSED') throw new Error(declined.class);
    const { id } = only(declined.object, 'payment');
    const cancel = { ...requests.PAYMENT_CANCEL, paymentId: id };
    expect(await send(provider, cancel)).toMatchObject({ class: 'SUCCEEDED', object: { state: 'CANCELED' } });
    expect(await send(provider, cancel)).toMatchObject({ class: 'SUCCEEDED', object: { state: 'CANCELED' } });
  });

  it('has no effect twice under one key', async () => {
    const { provider, sandbox } = bench;
    const accountId = await agency(bench);
    sandbox.control.fund({ amount: 100_00, currency: 'usd' });
    const operation = operationOf(provider, { ...requests.TRANSFER, accountId });
    const [first, second] = [await provider.send(operation), await provider.send(operation)];
    expect(first).toEqual(second);
    expect(sandbox.control.rows({ table: 'transfers' })).toHaveLength(1);
  });
});
