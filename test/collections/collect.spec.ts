/** From an approved statement to its money, by every way of paying. */
import { newId } from '#database';
import { type Billing, codesOf, dollars, openBilling, valueOf } from './open-billing.js';

let billing: Billing;
beforeEach(async () => {
  billing = await openBilling();
});
afterEach(async () => {
  await billing.verify();
  await billing.close();
});

const idempotencyKey = (): { idempotencyKey: string } => ({ idempotencyKey: newId() });

/** The operator's finance team sets terms. */
async function terms(wanted: {
  terms: 'AUTOPAY' | 'INVOICE' | 'PREPAID';
  netTermsDays?: number;
}): Promise<void> {
  const { buyerId, preparer } = billing;
  valueOf(await billing.setProfile.execute(preparer, { buyerId, ...wanted, ...idempotencyKey() }));
}

describe('saving a method', () => {
  it('says whether payments are stopped or the provider is away, and goes on under the same key', async () => {
    const { buyer, buyerId, beginSetup, sandbox, control, people, preparer } = billing;
    const begin = async () => await beginSetup.execute(buyer, { buyerId, idempotencyKey: 'the-setup' });
    valueOf(await control.stop(preparer, { reason: 'Something is odd.', ...idempotencyKey() }));
    expect(codesOf(await begin())).toEqual(['PAYMENTS_STOPPED']);
    valueOf(await control.resume(people.approver, idempotencyKey()));
    sandbox.control.injectFault({ kind: 'rate_limited', method: 'POST', count: 9 });
    expect(codesOf(await begin())).toEqual(['PROVIDER_UNAVAILABLE']);
    sandbox.control.clearFaults();
    await sandbox.control.down();
    billing.pass(3_600_000);
    expect(codesOf(await begin())).toEqual(['PROVIDER_UNAVAILABLE']);
    await sandbox.control.up();
    billing.pass(3_600_000);
    expect(valueOf(await begin()).browserSecret).not.toBe('');
  });
});

describe('a saved card', () => {
  it('is charged for what was approved, and booked with its fee', async () => {
    const waiting = await billing.statement({ agencyMinor: 100_000n, feeMinor: 5_000n });
    await billing.work();
    expect(await billing.state(waiting)).toBe('APPROVED');
    await billing.saveMethod('pm_card_visa');
    expect(await billing.state(waiting)).toBe('COLLECTED');
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'PAID', amountMinor: 105_000n, tries: 1 });
    // 2.9 % and 30 cents of 1,050.00.
    expect(await billing.lastCollection()).toMatchObject({
      state: 'SUCCEEDED',
      method: 'CARD',
      feeMinor: 3_075n,
    });
    expect(await billing.balance(billing.agencyId, 'stripe')).toBe(105_000n);
    expect(await billing.balance(billing.operatorId, 'stripe')).toBe(-3_075n);
    expect(await billing.balance(billing.agencyId, 'receivable')).toBe(0n);
  });

  it('pays the statements of two agencies with one invoice, each in its own book', async () => {
    const other = await billing.organization('AGENCY');
    await billing.saveMethod('pm_card_visa');
    await billing.statement({ agencyMinor: 60_000n, feeMinor: 3_000n });
    await billing.statement({ agencyMinor: 30_000n, agencyId: other });
    await billing.work();
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'PAID', amountMinor: 93_000n });
    expect(await billing.balance(billing.agencyId, 'stripe')).toBe(63_000n);
    expect(await billing.balance(other, 'stripe')).toBe(30_000n);
    expect(await billing.balance(billing.operatorId, 'stripe_fees')).toBe(2_727n);
  });

  it('that is declined for want of money is tried again after 1, 3, 5 and 7 days, then on a page', async () => {
    await billing.saveMethod('pm_card_laterInsufficientFunds');
    const statement = await billing.statement();
    await billing.work();
    expect(await billing.state(statement)).toBe('COLLECTION_FAILED');
    expect(await billing.onlyInvoice()).toMatchObject({ lastFailureCode: 'insufficient_funds', failures: 1 });
    const tried: number[] = [];
    for (let day = 1; day <= 17; day += 1) {
      const before = (await billing.allCollections()).length;
      await billing.days(1);
      if ((await billing.allCollections()).length > before) tried.push(day);
    }
    expect(tried).toEqual([1, 4, 9, 16]);
    const page = await billing.lastCollection();
    expect(page).toMatchObject({ method: 'HOSTED_INVOICE', state: 'NEEDS_ACTION', attempt: 6 });
    await billing.page(page.hostedUrl, 'pm_card_visa');
    await billing.days(1);
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'PAID', lastFailureCode: null });
  });

  it('that is declined once is charged by the next try', async () => {
    await billing.saveMethod('pm_card_laterInsufficientFunds');
    const statement = await billing.statement();
    await billing.work();
    const { method } = await profile();
    billing.sandbox.control.setBehaviour({ method: method?.id ?? '', behaviour: 'pm_card_visa' });
    await billing.days(1);
    expect(await billing.state(statement)).toBe('COLLECTED');
    const keys = billing.sandbox.control
      .requests({ path: '/v1/payment_intents' })
      .map((each) => each.idempotencyKey);
    expect(new Set(keys).size).toBe(2);
    expect(await billing.history(statement)).toEqual(
      expect.arrayContaining(['COLLECTION_FAILED insufficient_funds', 'COLLECTING attempt 2', 'COLLECTED']),
    );
  });

  it('that has expired waits for another, and tries that at once', async () => {
    await billing.saveMethod('pm_card_laterExpired');
    const statement = await billing.statement();
    await billing.days(9);
    expect(await billing.allCollections()).toHaveLength(1);
    expect(await billing.onlyInvoice()).toMatchObject({ lastFailureCode: 'expired_card', nextTryAt: null });
    // What is approved meanwhile is not even tried.
    const second = await billing.statement();
    await billing.work();
    expect(await billing.state(second)).toBe('APPROVED');
    await billing.saveMethod('pm_card_visa');
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect(await billing.state(second)).toBe('COLLECTED');
  });

  it('that asks for 3-D Secure is paid on the page', async () => {
    await billing.saveMethod('pm_card_visa');
    const { method } = await profile();
    billing.sandbox.control.setBehaviour({
      method: method?.id ?? '',
      behaviour: 'pm_card_authenticationRequired',
    });
    const statement = await billing.statement();
    await billing.work();
    const [first, page] = await billing.allCollections();
    expect(first).toMatchObject({ state: 'FAILED', failureCode: 'authentication_required' });
    expect(page).toMatchObject({ state: 'NEEDS_ACTION', method: 'HOSTED_INVOICE' });
    await billing.page(page?.hostedUrl ?? null, 'pm_card_visa');
    await billing.days(1);
    expect(await billing.state(statement)).toBe('COLLECTED');
  });

  it('pays what is beyond eight digits in parts', async () => {
    await billing.saveMethod('pm_card_visa');
    // 2,500,000.00 dollars: 999,999.99 twice and the rest.
    const statement = await billing.statement({ agencyMinor: 250_000_000n });
    await billing.work();
    expect(await billing.state(statement)).toBe('COLLECTED');
    const amounts = (await billing.allCollections()).map(({ amountMinor }) => amountMinor);
    expect(amounts).toEqual([99_999_999n, 99_999_999n, 50_000_002n]);
  });

  it('is charged for less where the buyer has credit, and for nothing where that covers all of it', async () => {
    await billing.saveMethod('pm_card_visa');
    const paid = await billing.statement({ agencyMinor: 100_000n });
    await billing.work();
    const credit = await billing.takeBack(paid);
    // Promised to the statement that lists it: no other gets it.
    const before = await billing.statement({ agencyMinor: 20_000n });
    await billing.work();
    expect((await billing.lastCollection()).amountMinor).toBe(20_000n);
    await billing.approveStatement(credit.id);
    await billing.work();
    expect(await billing.state(credit)).toBe('COLLECTED');
    const covered = await billing.statement({ agencyMinor: 30_000n });
    await billing.work();
    expect((await billing.allInvoices()).at(-1)).toMatchObject({ state: 'PAID', amountMinor: 0n, tries: 0 });
    const partly = [
      await billing.statement({ agencyMinor: 50_000n }),
      await billing.statement({ agencyMinor: 40_000n }),
    ];
    await billing.work();
    // 1,000.00 credited, 300.00 used: 700.00 of 900.00, and none of it twice.
    expect((await billing.lastCollection()).amountMinor).toBe(20_000n);
    for (const each of [before, covered, ...partly]) expect(await billing.state(each)).toBe('COLLECTED');
    expect(await billing.balance(billing.agencyId, 'buyer_credit')).toBe(0n);
  });
});

describe('a bank debit', () => {
  it('is under way for days, and then there', async () => {
    await billing.saveMethod('pm_usBankAccount_success');
    const statement = await billing.statement();
    await billing.work();
    expect(await billing.lastCollection()).toMatchObject({ state: 'PROCESSING', method: 'BANK_DEBIT' });
    expect(await billing.state(statement)).toBe('COLLECTING');
    await billing.days(5);
    expect(await billing.lastCollection()).toMatchObject({ state: 'SUCCEEDED', receivedMinor: 100_000n });
    expect(await billing.state(statement)).toBe('COLLECTED');
  });

  it('that fails before it succeeds is dunned', async () => {
    await billing.saveMethod('pm_usBankAccount_insufficientFunds');
    const statement = await billing.statement();
    await billing.days(5);
    const [first] = await billing.allCollections();
    expect(first).toMatchObject({ state: 'FAILED', failureCode: 'insufficient_funds', receivedMinor: 0n });
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'OPEN' });
    expect(['COLLECTING', 'COLLECTION_FAILED']).toContain(await billing.state(statement));
  });

  it('of an account that was closed waits for another', async () => {
    await billing.saveMethod('pm_usBankAccount_accountClosed');
    await billing.statement();
    await billing.days(12);
    expect(await billing.allCollections()).toHaveLength(1);
    expect(await billing.onlyInvoice()).toMatchObject({ lastFailureCode: 'account_closed', nextTryAt: null });
  });
});

describe('an invoice with terms', () => {
  it('is sent with its statements, is overdue after its days, and can still be paid', async () => {
    await terms({ terms: 'INVOICE', netTermsDays: 14 });
    const statement = await billing.statement({ agencyMinor: 80_000n, feeMinor: 4_000n });
    await billing.work();
    const page = await billing.lastCollection();
    expect(page).toMatchObject({ method: 'HOSTED_INVOICE', state: 'NEEDS_ACTION', amountMinor: 84_000n });
    const [made] = billing.sandbox.control.rows({ table: 'invoices' });
    expect(made).toMatchObject({ amount_due: 84_000, collection_method: 'send_invoice' });
    expect((made?.due_date ?? 0) - (made?.created ?? 0)).toBe(14 * 86_400);
    await billing.days(13);
    expect(await billing.state(statement)).toBe('COLLECTING');
    await billing.days(2);
    expect(await billing.state(statement)).toBe('COLLECTION_FAILED');
    expect(await billing.onlyInvoice()).toMatchObject({ lastFailureCode: 'overdue', state: 'OPEN' });
    await billing.page(page.hostedUrl, 'pm_card_visa');
    await billing.days(1);
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'PAID' });
  });

  it('is overdue on the page that takes the place of a card, too', async () => {
    await billing.saveMethod('pm_card_visa');
    const { method } = await profile();
    const behaviour = { method: method?.id ?? '', behaviour: 'pm_card_authenticationRequired' };
    billing.sandbox.control.setBehaviour(behaviour);
    const statement = await billing.statement();
    await billing.work();
    const page = await billing.lastCollection();
    expect(page).toMatchObject({ method: 'HOSTED_INVOICE', state: 'NEEDS_ACTION' });
    // What failed before is not what is going on now.
    expect(await billing.onlyInvoice()).toMatchObject({ lastFailureCode: null });
    await billing.days(5);
    expect(await billing.state(statement)).toBe('COLLECTING');
    await billing.days(3);
    expect(await billing.state(statement)).toBe('COLLECTION_FAILED');
    expect(await billing.onlyInvoice()).toMatchObject({ lastFailureCode: 'overdue', state: 'OPEN' });
  });

  it('survives a card that is declined on its page', async () => {
    await terms({ terms: 'INVOICE' });
    const statement = await billing.statement();
    await billing.work();
    const { hostedUrl } = await billing.lastCollection();
    await billing.page(hostedUrl, 'pm_card_chargeCustomerFail');
    await billing.days(1);
    expect(await billing.lastCollection()).toMatchObject({ state: 'NEEDS_ACTION', failureCode: null });
    await billing.page(hostedUrl, 'pm_card_visa');
    await billing.days(1);
    expect(await billing.state(statement)).toBe('COLLECTED');
  });

  it('that is marked as paid at the provider, where nothing came in, waits for two people', async () => {
    await terms({ terms: 'INVOICE' });
    const statement = await billing.statement();
    await billing.work();
    const { providerInvoiceId } = await billing.lastCollection();
    await post(`/v1/invoices/${providerInvoiceId}/pay`, { paid_out_of_band: 'true' });
    await billing.days(3);
    expect(await billing.lastCollection()).toMatchObject({
      state: 'CANCELED',
      failureCode: 'marked_paid_elsewhere',
      receivedMinor: 0n,
    });
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'OPEN', nextTryAt: null });
    expect(await billing.state(statement)).toBe('COLLECTION_FAILED');
  });

  it('that is marked as uncollectible there is ended there, so that nobody pays it twice', async () => {
    await terms({ terms: 'INVOICE' });
    await billing.statement();
    await billing.work();
    const { providerInvoiceId } = await billing.lastCollection();
    await post(`/v1/invoices/${providerInvoiceId}/mark_uncollectible`, {});
    await billing.days(2);
    expect(await billing.lastCollection()).toMatchObject({ state: 'CANCELED', failureCode: 'uncollectible' });
    expect(billing.sandbox.control.rows({ table: 'invoices' })[0]).toMatchObject({ status: 'void' });
  });
});

describe('people', () => {
  it('stop a page, and have the invoice collected again', async () => {
    await terms({ terms: 'INVOICE' });
    const statement = await billing.statement();
    await billing.work();
    const { id: collectionId } = await billing.lastCollection();
    expect(
      codesOf(await billing.cancel.execute(billing.buyer, { collectionId, ...idempotencyKey() })),
    ).toEqual(['NOT_PERMITTED']);
    valueOf(await billing.cancel.execute(billing.preparer, { collectionId, ...idempotencyKey() }));
    await billing.work();
    expect(await billing.lastCollection()).toMatchObject({ state: 'CANCELED' });
    expect(await billing.state(statement)).toBe('COLLECTION_FAILED');
    const { id: invoiceId } = await billing.onlyInvoice();
    await billing.days(5);
    expect(await billing.allCollections()).toHaveLength(1);
    valueOf(await billing.collectNow.execute(billing.buyer, { invoiceId, ...idempotencyKey() }));
    expect(
      codesOf(await billing.collectNow.execute(billing.buyer, { invoiceId, ...idempotencyKey() })),
    ).toEqual(['COLLECTION_UNDER_WAY']);
    await billing.work();
    const { hostedUrl } = await billing.lastCollection();
    await billing.page(hostedUrl, 'pm_card_visa');
    await billing.days(1);
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect(
      codesOf(await billing.collectNow.execute(billing.buyer, { invoiceId, ...idempotencyKey() })),
    ).toEqual(['NOTHING_TO_COLLECT']);
  });

  it('who stop what was paid meanwhile are too late', async () => {
    await terms({ terms: 'INVOICE' });
    const statement = await billing.statement();
    await billing.work();
    const { id: collectionId, hostedUrl } = await billing.lastCollection();
    await billing.page(hostedUrl, 'pm_card_visa');
    valueOf(await billing.cancel.execute(billing.preparer, { collectionId, ...idempotencyKey() }));
    await billing.work();
    billing.pass(60_000);
    await billing.work();
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect(await billing.lastCollection()).toMatchObject({ state: 'SUCCEEDED', failureCode: null });
  });

  it('stop what is not sent yet, and it is never sent', async () => {
    await billing.saveMethod('pm_card_visa');
    const statement = await billing.statement();
    const [bill] = billing.handlers.dueWork.filter(({ name }) => name === 'bill-buyers');
    expect(await bill?.run(billing.now(), 10)).toBe(1);
    const { id: collectionId } = await billing.lastCollection();
    valueOf(await billing.cancel.execute(billing.preparer, { collectionId, ...idempotencyKey() }));
    await billing.work();
    expect(billing.sandbox.control.requests({ path: '/v1/payment_intents' })).toEqual([]);
    expect(await billing.lastCollection()).toMatchObject({ state: 'CANCELED' });
    expect(await billing.state(statement)).toBe('COLLECTION_FAILED');
    const { id: invoiceId } = await billing.onlyInvoice();
    valueOf(await billing.collectNow.execute(billing.preparer, { invoiceId, ...idempotencyKey() }));
    await billing.work();
    expect(await billing.state(statement)).toBe('COLLECTED');
  });

  it('cannot stop a debit that the bank has, and it goes on', async () => {
    await billing.saveMethod('pm_usBankAccount_success');
    const statement = await billing.statement();
    await billing.work();
    const { id: collectionId } = await billing.lastCollection();
    valueOf(await billing.cancel.execute(billing.preparer, { collectionId, ...idempotencyKey() }));
    await billing.work();
    expect(await billing.lastCollection()).toMatchObject({ state: 'PROCESSING', cancelRequestedAt: null });
    await billing.days(5);
    expect(await billing.state(statement)).toBe('COLLECTED');
  });

  it('take a method off, and what is due waits for another', async () => {
    await billing.saveMethod('pm_card_visa');
    const { method } = await profile();
    billing.sandbox.control.detachMethod({ method: method?.id ?? '' });
    await billing.tell('method', method?.id ?? '');
    expect((await profile()).method).toBeNull();
    // Old news of the setup do not bring it back.
    await billing.tell('setup', (await profile()).providerSetupId ?? '');
    expect((await profile()).method).toBeNull();
    const statement = await billing.statement();
    await billing.work();
    expect(await billing.state(statement)).toBe('APPROVED');
    expect(await billing.profiles.unbillable(10)).toMatchObject([{ settlements: 1, amountMinor: 100_000n }]);
    const wanted = { buyerId: billing.buyerId, amount: dollars(5), ...idempotencyKey() };
    expect(codesOf(await billing.topUp.execute(billing.buyer, wanted))).toEqual(['PAYMENT_METHOD_MISSING']);
  });
});

async function profile() {
  const found = await billing.profiles.profile(billing.preparer, billing.buyerId);
  if (!found) throw new Error('there is no profile');
  return found;
}

/** What somebody does in the provider's own dashboard. */
async function post(path: string, form: Readonly<Record<string, string>>): Promise<void> {
  const answer = await fetch(`${billing.sandbox.url}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form).toString(),
    headers: { authorization: 'Bearer sk_test_sandbox', 'content-type': 'application/x-www-form-urlencoded' },
  });
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
}
