import { buyerWith, make, only, requests, saveMethod, send, useStripe, type Bench } from './support.js';

const bench = useStripe();

async function pay({ provider }: Bench, buyer: string, method: string, kind: 'CARD' | 'BANK_DEBIT' = 'CARD') {
  const request = {
    ...requests.PAYMENT,
    providerBuyerId: buyer,
    methodId: method,
    methodKind: kind,
    amountMinor: 80_00n,
  };
  return make(provider, request, 'payment');
}

async function debit(method: string) {
  const saved = await buyerWith(bench, method);
  return pay(bench, saved.buyer, saved.method, 'BANK_DEBIT');
}

describe('a card payment', () => {
  it('that is booked later has its movement later', async () => {
    const { provider, sandbox } = bench;
    sandbox.control.setSettings({ bookingDelaySeconds: 30 });
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    const payment = await pay(bench, buyer, method);
    expect(payment).toMatchObject({ state: 'SUCCEEDED', funds: null });
    sandbox.control.advance({ seconds: 30 });
    expect(await provider.retrieve('payment', payment.id)).toMatchObject({ funds: { netMinor: 77_38n } });
  });

  it('that waits for 3-D Secure on the page of its invoice', async () => {
    const { provider, sandbox } = bench;
    const { buyer } = await buyerWith(bench, 'pm_card_visa');
    const invoice = await make(provider, { ...requests.INVOICE, providerBuyerId: buyer }, 'invoice');
    const page = String(invoice.hostedUrl);
    const paying = await fetch(page, {
      method: 'POST',
      body: 'method=pm_card_authenticationRequired',
      redirect: 'manual',
    });
    const bank = String(paying.headers.get('location'));
    const [intent] = sandbox.control.rows({ table: 'payment_intents' });
    expect(await provider.retrieve('payment', String(intent?.id))).toMatchObject({
      state: 'NEEDS_ACTION',
      failure: null,
      chargeId: null,
    });
    expect(await provider.retrieve('invoice', invoice.id)).toMatchObject({ state: 'OPEN', payment: null });
    await fetch(bank, { method: 'POST', body: 'do=fail' });
    expect(await provider.retrieve('payment', String(intent?.id))).toMatchObject({
      state: 'FAILED',
      failure: { code: 'payment_intent_authentication_failure', declineCode: null },
    });
    const again = await fetch(page, {
      method: 'POST',
      body: 'method=pm_card_authenticationRequired',
      redirect: 'manual',
    });
    await fetch(String(again.headers.get('location')), { method: 'POST', body: 'do=complete' });
    expect(await provider.retrieve('invoice', invoice.id)).toMatchObject({
      state: 'PAID',
      payment: { state: 'SUCCEEDED', method: 'CARD', amountMinor: 100_00n, funds: { netMinor: 96_80n } },
    });
  });
});

describe('a bank debit', () => {
  it('succeeds after days', async () => {
    const { provider, sandbox } = bench;
    const payment = await debit('pm_usBankAccount_success');
    sandbox.control.advance({ days: 4 });
    expect(await provider.retrieve('payment', payment.id)).toMatchObject({
      state: 'SUCCEEDED',
      method: 'BANK_DEBIT',
      funds: { type: 'payment', amountMinor: 80_00n, feeMinor: 64n, netMinor: 79_36n },
      returnedFunds: null,
    });
  });

  it('fails after days, without a movement', async () => {
    const { provider, sandbox } = bench;
    const payment = await debit('pm_usBankAccount_accountClosed');
    sandbox.control.advance({ days: 4 });
    expect(await provider.retrieve('payment', payment.id)).toMatchObject({
      state: 'FAILED',
      failure: { code: 'account_closed', declineCode: null },
      funds: null,
      returnedFunds: null,
    });
  });

  it('pays an invoice on its page', async () => {
    const { provider, sandbox } = bench;
    const { buyer } = await buyerWith(bench, 'pm_card_visa');
    const invoice = await make(provider, { ...requests.INVOICE, providerBuyerId: buyer }, 'invoice');
    await fetch(String(invoice.hostedUrl), { method: 'POST', body: 'method=pm_usBankAccount_success' });
    expect(await provider.retrieve('invoice', invoice.id)).toMatchObject({ state: 'OPEN', payment: null });
    sandbox.control.advance({ days: 4 });
    expect(await provider.retrieve('invoice', invoice.id)).toMatchObject({
      state: 'PAID',
      payment: { method: 'BANK_DEBIT', funds: { feeMinor: 80n } },
    });
  });

  it('returned late is a dispute that is lost from the beginning, and its method is of no use any more', async () => {
    const { provider, sandbox } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_usBankAccount_returnedLate');
    expect(await provider.retrieve('method', method)).toMatchObject({
      providerBuyerId: buyer,
      kind: 'BANK_DEBIT',
      brand: 'STRIPE TEST BANK',
      last4: '5558',
      expires: null,
      usable: true,
    });
    const payment = await pay(bench, buyer, method, 'BANK_DEBIT');
    sandbox.control.advance({ days: 7 });
    expect(await provider.retrieve('payment', payment.id)).toMatchObject({
      state: 'SUCCEEDED',
      returnedFunds: null,
    });
    expect(await provider.disputesOf(String(payment.chargeId))).toMatchObject([
      {
        state: 'LOST',
        reason: 'insufficient_funds',
        method: 'BANK_DEBIT',
        amountMinor: 80_00n,
        movements: [{ amountMinor: -80_00n, feeMinor: 15_00n, netMinor: -95_00n }],
      },
    ]);
    expect(await provider.retrieve('method', method)).toMatchObject({ usable: false });
  });

  it('returned late may turn the charge back instead', async () => {
    const { provider, sandbox } = bench;
    sandbox.control.setSettings({ debitReturnAs: 'failure' });
    const payment = await debit('pm_usBankAccount_success');
    sandbox.control.advance({ days: 5 });
    sandbox.control.returnDebit({ charge: String(payment.chargeId), code: 'account_closed' });
    const returned = await provider.retrieve('payment', payment.id);
    expect(returned).toMatchObject({
      state: 'FAILED',
      failure: { code: 'account_closed' },
      funds: { netMinor: 79_36n },
      returnedFunds: { type: 'payment_failure_refund', netMinor: -80_00n },
    });
    expect(returned?.returnedFunds?.sourceId).toBe(payment.chargeId);
    expect(await provider.disputesOf(String(payment.chargeId))).toEqual([]);
  });
});

describe('a dispute', () => {
  async function disputed(method = 'pm_card_createDispute') {
    const saved = await buyerWith(bench, method);
    const payment = await pay(bench, saved.buyer, saved.method);
    const [dispute] = await bench.provider.disputesOf(String(payment.chargeId));
    return { payment, id: String(dispute?.id) };
  }
  const taken = { amountMinor: -80_00n, feeMinor: 15_00n, netMinor: -95_00n };

  it('is open with a withdrawal, and lost with nothing more', async () => {
    const { provider, sandbox } = bench;
    const { id, payment } = await disputed();
    expect(await provider.retrieve('dispute', id)).toMatchObject({
      chargeId: payment.chargeId,
      state: 'OPEN',
      reason: 'fraudulent',
      method: 'CARD',
      amountMinor: 80_00n,
      openedAt: new Date('2027-01-04T12:00:00Z'),
      evidenceDueAt: new Date('2027-01-11T12:00:00Z'),
      movements: [taken],
    });
    sandbox.control.resolveDispute({ dispute: id, won: false });
    expect(await provider.retrieve('dispute', id)).toMatchObject({ state: 'LOST', movements: [taken] });
  });

  it('is won with a reinstatement', async () => {
    const { provider, sandbox } = bench;
    const { id } = await disputed();
    sandbox.control.advance({ days: 1 });
    sandbox.control.resolveDispute({ dispute: id, won: true });
    expect(await provider.retrieve('dispute', id)).toMatchObject({
      state: 'WON',
      movements: [taken, { amountMinor: 80_00n, feeMinor: 0n, netMinor: 80_00n }],
    });
  });

  it('is an inquiry while nothing was withdrawn', async () => {
    const { provider, sandbox } = bench;
    const saved = await buyerWith(bench, 'pm_card_visa');
    const { chargeId } = await pay(bench, saved.buyer, saved.method);
    const { id } = sandbox.control.openDispute({ charge: String(chargeId), inquiry: true });
    expect(await provider.retrieve('dispute', id)).toMatchObject({ state: 'INQUIRY', movements: [] });
    sandbox.control.escalateDispute({ dispute: id });
    expect(await provider.retrieve('dispute', id)).toMatchObject({ state: 'OPEN', movements: [taken] });
    expect(sandbox.control.problems()).toEqual([]);
  });

  it('that was only an inquiry is closed without a movement', async () => {
    const { provider, sandbox } = bench;
    const saved = await buyerWith(bench, 'pm_card_visa');
    const { chargeId } = await pay(bench, saved.buyer, saved.method);
    const { id } = sandbox.control.openDispute({ charge: String(chargeId), inquiry: true });
    expect(await provider.retrieve('dispute', id)).toMatchObject({ state: 'INQUIRY', isOver: false });
    sandbox.control.resolveDispute({ dispute: id, won: true });
    const over = { state: 'INQUIRY', isOver: true, movements: [] };
    expect(await provider.retrieve('dispute', id)).toMatchObject(over);
    expect(sandbox.control.problems()).toEqual([]);
  });
});

describe('a refund', () => {
  async function refunded(method: string) {
    const saved = await buyerWith(bench, method);
    const { chargeId } = await pay(bench, saved.buyer, saved.method);
    return make(bench.provider, { ...requests.REFUND, chargeId: String(chargeId) }, 'refund');
  }

  it('may be pending first', async () => {
    const { provider, sandbox } = bench;
    const refund = await refunded('pm_card_pendingRefund');
    expect(refund).toMatchObject({ state: 'PENDING', funds: { netMinor: -20_00n } });
    sandbox.control.advance({ days: 1 });
    expect(await provider.retrieve('refund', refund.id)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('may fail after it had succeeded, and then comes back', async () => {
    const { provider, sandbox } = bench;
    const refund = await refunded('pm_card_refundFail');
    expect(refund).toMatchObject({ state: 'SUCCEEDED', failedFunds: null });
    sandbox.control.advance({ days: 1 });
    expect(await provider.retrieve('refund', refund.id)).toMatchObject({
      state: 'FAILED',
      failureCode: 'lost_or_stolen_card',
      funds: { netMinor: -20_00n },
      failedFunds: { type: 'refund_failure', netMinor: 20_00n },
    });
  });

  it('of more than was paid is refused', async () => {
    const saved = await buyerWith(bench, 'pm_card_visa');
    const { chargeId } = await pay(bench, saved.buyer, saved.method);
    const request = { ...requests.REFUND, chargeId: String(chargeId), amountMinor: 80_01n };
    expect(await send(bench.provider, request)).toMatchObject({ class: 'REFUSED', object: null });
  });
});

describe('a payment method', () => {
  it('is told of with its setup', async () => {
    const { provider } = bench;
    const buyer = await make(provider, requests.BUYER_CREATE, 'buyer');
    const { setupId, browserSecret, url } = await provider.beginSetup(buyer.id, 'setup:a');
    expect(browserSecret).toContain(setupId);
    expect(await provider.retrieve('setup', setupId)).toEqual({
      object: 'setup',
      id: setupId,
      providerBuyerId: buyer.id,
      state: 'OPEN',
      failure: null,
      method: null,
    });
    await fetch(String(url), { method: 'POST', body: 'method=pm_card_chargeDeclined' });
    expect(await provider.retrieve('setup', setupId)).toMatchObject({
      state: 'OPEN',
      failure: { code: 'card_declined', declineCode: 'generic_decline' },
      method: null,
    });
    await fetch(String(url), { method: 'POST', body: 'method=pm_card_visa' });
    const setup = only(await provider.retrieve('setup', setupId), 'setup');
    expect(setup).toMatchObject({
      state: 'SUCCEEDED',
      failure: null,
      method: { kind: 'CARD', brand: 'visa', last4: '4242', expires: '2031-12', usable: true },
    });
    expect(await provider.retrieve('method', String(setup.method?.id))).toEqual(setup.method);
    // The same key does not begin another.
    expect((await provider.beginSetup(buyer.id, 'setup:a')).setupId).toBe(setupId);
  });

  it('that was taken off is not usable', async () => {
    const { provider, sandbox } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    const account = await saveMethod(bench, buyer, 'pm_usBankAccount_success');
    for (const id of [method, account]) {
      expect(await provider.retrieve('method', id)).toMatchObject({ usable: true });
      sandbox.control.detachMethod({ method: id });
      expect(await provider.retrieve('method', id)).toMatchObject({ usable: false, providerBuyerId: null });
    }
  });
});

describe('what is not there', () => {
  it.each([
    ['payment', 'pi_none'],
    ['invoice', 'in_none'],
    ['transfer', 'tr_none'],
    ['refund', 're_none'],
    ['dispute', 'du_none'],
    ['account', 'acct_none'],
    ['method', 'pm_none'],
    ['setup', 'seti_none'],
    ['bank_payout', 'po_none'],
  ] as const)('is null: %s', async (kind, id) => {
    expect(await bench.provider.retrieve(kind, id)).toBeNull();
  });

  it('is null or nothing elsewhere, too', async () => {
    const { provider } = bench;
    expect(await provider.paymentOfCharge('ch_none')).toBeNull();
    expect(await provider.transferOfMovement('txn_none')).toBeNull();
    expect(await provider.retrieve('bank_payout', 'po_none', 'acct_gone')).toBeNull();
    expect(await provider.bankPayouts('acct_gone', new Date(0))).toEqual([]);
  });

  it('and what our key may not see is not known', async () => {
    const { provider, sandbox } = bench;
    sandbox.control.injectFault({ kind: 'unauthorized' });
    await expect(provider.retrieve('payment', 'pi_none')).rejects.toMatchObject({
      name: 'ProviderUnavailable',
    });
    sandbox.control.injectFault({ kind: 'forbidden' });
    await expect(provider.retrieve('payment', 'pi_none')).rejects.toMatchObject({ code: 'account_invalid' });
  });
});
