/** Bank debits that come back days after they succeeded, and money that comes in when nobody waits for it any more. */
import { newId } from '#database';
import { done } from '#outcome';
import { systemActor } from '#organizations';
import { advanceSettlements, type SettlementState } from '#settlements';
import { type Billing, openBilling, type Statement, valueOf } from './open-billing.js';

let billing: Billing;
beforeEach(async () => {
  billing = await openBilling();
});
afterEach(async () => {
  await billing.verify();
  await billing.close();
});

/** What payouts do to a settlement. */
async function move(statement: Statement, ...states: SettlementState[]): Promise<void> {
  const { agencyId, id } = statement;
  for (const to of states) {
    const from = (await billing.state(statement)) as SettlementState;
    const moves = [{ agencyId, id, from: [from], to, note: null }];
    await billing.unitOfWork.run(async (tx) => {
      await advanceSettlements(tx, { actor: systemActor('test'), at: billing.now(), moves });
      return done(null);
    });
  }
}

/** A statement that a bank debit has paid, which its bank will return. */
async function paidByDebit(): Promise<Statement> {
  const statement = await billing.statement({ agencyMinor: 100_000n, feeMinor: 5_000n });
  await billing.work();
  billing.pass(4 * 86_400_000 + 3_600_000);
  await billing.work();
  expect(await billing.state(statement)).toBe('COLLECTED');
  return statement;
}

describe.each(['dispute', 'failure'] as const)('a debit that is returned as a %s', (debitReturnAs) => {
  beforeEach(async () => {
    billing.sandbox.control.setSettings({ debitReturnAs });
    await billing.saveMethod('pm_usBankAccount_returnedLate');
  });

  it.each([
    ['HOLDING', ['HOLDING']],
    ['PAID', ['HOLDING', 'TRANSFERRING', 'PAID']],
  ] as const)('is owed again when the statement is %s', async (_, states) => {
    const statement = await paidByDebit();
    await move(statement, ...states);
    await billing.days(3);
    const [first] = await billing.allCollections();
    expect(first).toMatchObject({ state: 'RETURNED', receivedMinor: 0n });
    expect(await billing.balance(billing.agencyId, 'stripe')).toBe(0n);
    expect(await billing.balance(billing.agencyId, 'receivable')).toBe(105_000n);
    expect(await billing.history(statement)).toContain('COLLECTION_FAILED insufficient_funds');
    expect((await billing.onlyInvoice()).state).toBe('OPEN');
    await billing.saveMethod('pm_usBankAccount_success');
    await billing.days(5);
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect((await billing.onlyInvoice()).state).toBe('PAID');
    expect(await billing.balance(billing.agencyId, 'stripe')).toBe(105_000n);
  });

  it('waits for the end of the transfer that was under way', async () => {
    const statement = await paidByDebit();
    await move(statement, 'HOLDING', 'TRANSFERRING');
    await billing.days(4);
    expect(await billing.state(statement)).toBe('TRANSFERRING');
    expect((await billing.onlyInvoice()).state).toBe('OPEN');
    await move(statement, 'PAID');
    await billing.work();
    expect((await billing.history(statement)).at(-1)).toMatch(/^COLLECTION_FAILED/);
  });
});

describe('money that comes in late', () => {
  /** A page that was given up, while its payment was on its way. */
  async function paidAfterwards(): Promise<{ statement: Statement; first: string }> {
    const { buyerId, preparer } = billing;
    const terms = { terms: 'INVOICE', idempotencyKey: newId() } as const;
    valueOf(await billing.setProfile.execute(preparer, { buyerId, ...terms }));
    const statement = await billing.statement();
    await billing.work();
    const page = await billing.lastCollection();
    await billing.page(page.hostedUrl, 'pm_card_visa');
    const paid = await billing.stripe.retrieve('invoice', page.providerInvoiceId ?? '');
    if (!paid) throw new Error('there is no invoice');
    // As if it had been voided: news that were true a moment ago.
    await billing.applySnapshot('invoice', { ...paid, state: 'VOID', payment: null });
    expect((await billing.lastCollection()).state).toBe('CANCELED');
    return { statement, first: page.providerInvoiceId ?? '' };
  }

  it('pays what is still open', async () => {
    const { statement, first } = await paidAfterwards();
    expect(await billing.state(statement)).toBe('COLLECTION_FAILED');
    await billing.tell('invoice', first);
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect((await billing.onlyInvoice()).state).toBe('PAID');
  });

  it('is the balance of the buyer when it was paid otherwise meanwhile, and pays the next invoice', async () => {
    const { statement, first } = await paidAfterwards();
    const { id: invoiceId } = await billing.onlyInvoice();
    const again = { invoiceId, idempotencyKey: newId() };
    valueOf(await billing.collectNow.execute(billing.preparer, again));
    await billing.work();
    await billing.page((await billing.lastCollection()).hostedUrl, 'pm_card_visa');
    billing.pass(61_000);
    await billing.work();
    expect(await billing.state(statement)).toBe('COLLECTED');
    await billing.tell('invoice', first);
    expect(await billing.balance(billing.operatorId, 'buyer_credit')).toBe(100_000n);
    const next = await billing.statement({ agencyMinor: 60_000n });
    await billing.work();
    expect(await billing.state(next)).toBe('COLLECTED');
    expect(await billing.lastCollection()).toMatchObject({ method: 'BALANCE', amountMinor: 60_000n });
    expect(await billing.balance(billing.operatorId, 'buyer_credit')).toBe(40_000n);
  });

  it('of another collection under way leaves that its cents', async () => {
    const { first } = await paidAfterwards();
    const { id: invoiceId } = await billing.onlyInvoice();
    valueOf(await billing.collectNow.execute(billing.preparer, { invoiceId, idempotencyKey: newId() }));
    await billing.tell('invoice', first);
    expect(await billing.balance(billing.operatorId, 'buyer_credit')).toBe(100_000n);
    expect((await billing.onlyInvoice()).state).toBe('OPEN');
    // The page is stopped, and the balance pays.
    await billing.work();
    const { id: collectionId } = await billing.lastCollection();
    valueOf(await billing.cancel.execute(billing.preparer, { collectionId, idempotencyKey: newId() }));
    await billing.work();
    valueOf(await billing.collectNow.execute(billing.preparer, { invoiceId, idempotencyKey: newId() }));
    expect((await billing.onlyInvoice()).state).toBe('PAID');
    expect(await billing.balance(billing.operatorId, 'buyer_credit')).toBe(0n);
  });
});
