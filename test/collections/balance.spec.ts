/** What a buyer prepays: filled up, spent, recharged, taken back; and the credit that it leaves. */
import { topUpPayload } from '#collections';
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

const prepaid = async (): Promise<bigint> => await billing.balance(billing.operatorId, 'buyer_credit');
const owed = async (): Promise<bigint> => await billing.balance(billing.operatorId, 'receivable');

async function topUp(amount: number): Promise<void> {
  const { buyerId, buyer } = billing;
  valueOf(await billing.topUp.execute(buyer, { buyerId, amount: dollars(amount), idempotencyKey: newId() }));
  await billing.work();
}

async function set(wanted: object, as = billing.preparer): Promise<void> {
  const { buyerId } = billing;
  valueOf(await billing.setProfile.execute(as, { buyerId, ...wanted, idempotencyKey: newId() }));
}

async function isBlocked(): Promise<boolean> {
  const [row] = await billing.database.query<{ blocked: boolean }>(
    'select bool_and(credit_blocked_at is not null) as blocked from contracts where buyer_id = $1',
    [billing.buyerId],
  );
  return row?.blocked ?? false;
}

describe('a prepaid balance', () => {
  it('pays first, and the card the rest', async () => {
    await billing.saveMethod('pm_card_visa');
    await topUp(400);
    expect(await prepaid()).toBe(40_000n);
    const statement = await billing.statement({ agencyMinor: 95_000n, feeMinor: 5_000n });
    await billing.work();
    expect(await billing.state(statement)).toBe('COLLECTED');
    const [, balance, card] = await billing.allCollections();
    expect(balance).toMatchObject({ method: 'BALANCE', amountMinor: 40_000n, state: 'SUCCEEDED' });
    expect(card).toMatchObject({ method: 'CARD', amountMinor: 60_000n, state: 'SUCCEEDED' });
    expect(await prepaid()).toBe(0n);
  });

  it('never leaves a rest that is too small to collect', async () => {
    await billing.saveMethod('pm_card_visa');
    await topUp(99.8);
    await billing.statement({ agencyMinor: 10_000n });
    await billing.work();
    const amounts = (await billing.allCollections()).map(({ amountMinor }) => amountMinor);
    expect(amounts).toEqual([9_980n, 9_900n, 100n]);
    expect(await prepaid()).toBe(80n);
  });

  it('that is filled up pays what waits for it', async () => {
    await set({ terms: 'PREPAID' });
    const statement = await billing.statement({ agencyMinor: 30_000n });
    await billing.work();
    // Without a method there is a page for what is owed.
    expect(await billing.lastCollection()).toMatchObject({ method: 'HOSTED_INVOICE', amountMinor: 30_000n });
    const { id: collectionId } = await billing.lastCollection();
    valueOf(await billing.cancel.execute(billing.preparer, { collectionId, idempotencyKey: newId() }));
    await billing.work();
    await billing.saveMethod('pm_card_visa');
    expect(await billing.state(statement)).toBe('COLLECTED');
  });

  it('takes one top-up at a time, of at most eight digits', async () => {
    const { buyerId, buyer } = billing;
    const wanted = (amount: number) => ({ buyerId, amount: dollars(amount), idempotencyKey: newId() });
    expect(codesOf(await billing.topUp.execute(buyer, wanted(5)))).toEqual(['PAYMENT_METHOD_MISSING']);
    await billing.saveMethod('pm_usBankAccount_success');
    expect(codesOf(await billing.topUp.execute(buyer, wanted(1_000_000)))).toEqual(['AMOUNT_TOO_HIGH']);
    expect(codesOf(await billing.topUp.execute(buyer, wanted(0.99)))).toEqual(['AMOUNT_TOO_LOW']);
    const first = wanted(500);
    const { collectionId } = valueOf(await billing.topUp.execute(buyer, first));
    expect(valueOf(await billing.topUp.execute(buyer, first))).toEqual({ collectionId, replayed: true });
    expect(codesOf(await billing.topUp.execute(buyer, wanted(5)))).toEqual(['COLLECTION_UNDER_WAY']);
    await billing.days(5);
    expect(await prepaid()).toBe(50_000n);
    const stranger = billing.people.admin;
    expect(codesOf(await billing.topUp.execute({ ...stranger, kind: 'BUYER' }, wanted(5)))).toEqual([
      'NOT_FOUND',
    ]);
  });

  it('is filled up by the operator only as two people', async () => {
    const { buyerId, preparer } = billing;
    await billing.saveMethod('pm_card_visa');
    const wanted = { buyerId, amount: dollars(500) };
    for (const actor of [preparer, billing.people.approver, billing.people.admin]) {
      const alone = { ...wanted, idempotencyKey: newId() };
      expect(codesOf(await billing.topUp.execute(actor, alone))).toEqual(['NOT_PERMITTED']);
    }
    const tooMuch = topUpPayload({ buyerId, amount: dollars(1_000_000) });
    expect(codesOf(await billing.request('TOP_UP', tooMuch))).toEqual(['AMOUNT_TOO_HIGH']);
    valueOf(await billing.decideTogether('TOP_UP', topUpPayload(wanted)));
    await billing.work();
    expect(await prepaid()).toBe(50_000n);
  });

  it('that goes back to the bank is taken back, and what was spent is owed and paid first', async () => {
    await billing.saveMethod('pm_usBankAccount_returnedLate');
    await topUp(500);
    billing.pass(4 * 86_400_000 + 3_600_000);
    await billing.work();
    expect(await prepaid()).toBe(50_000n);
    await billing.statement({ agencyMinor: 20_000n });
    await billing.work();
    await billing.days(4);
    expect((await billing.allCollections())[0]).toMatchObject({ state: 'RETURNED', receivedMinor: 0n });
    expect([await prepaid(), await owed()]).toEqual([0n, 20_000n]);
    await billing.saveMethod('pm_card_visa');
    await topUp(300);
    expect([await prepaid(), await owed()]).toEqual([10_000n, 0n]);
  });

  it('fills itself up when it runs low, and not twice', async () => {
    await billing.saveMethod('pm_card_visa');
    await set({ terms: 'PREPAID', recharge: { below: dollars(100), amount: dollars(250) } });
    await billing.work();
    expect(await prepaid()).toBe(25_000n);
    await billing.statement({ agencyMinor: 20_000n });
    await billing.work();
    billing.pass(3_000);
    await billing.work();
    // 250 − 200 = 50, below 100: 250 more.
    expect(await prepaid()).toBe(30_000n);
    const methods = (await billing.allCollections()).map(({ method }) => method);
    expect(methods.toSorted()).toEqual(['BALANCE', 'CARD', 'CARD']);
  });

  it('does not fill itself up from a card that fails again and again', async () => {
    await billing.saveMethod('pm_card_laterInsufficientFunds');
    await set({ recharge: { below: dollars(100), amount: dollars(250) } });
    await billing.days(40);
    // At once, and after 1, 3, 5 and 7 days.
    expect(await billing.allCollections()).toHaveLength(5);
    expect(await billing.profiles.profile(billing.preparer, billing.buyerId)).toMatchObject({
      rechargeFailureCode: 'insufficient_funds',
      rechargeNextAt: null,
    });
    await billing.saveMethod('pm_card_visa');
    billing.pass(3_000);
    await billing.work();
    expect(await prepaid()).toBe(25_000n);
  });
});

describe('credit', () => {
  it('is blocked for a buyer that prepays and has nothing, and free again with money', async () => {
    await billing.charge({ amountMinor: 1_000n });
    expect(await isBlocked()).toBe(false);
    await set({ terms: 'PREPAID' });
    expect(await isBlocked()).toBe(true);
    await billing.saveMethod('pm_card_visa');
    await topUp(10);
    // 10.00 prepaid and 10.00 charged: nothing is left.
    expect(await isBlocked()).toBe(true);
    await topUp(5);
    expect(await isBlocked()).toBe(false);
    await billing.charge({ amountMinor: 500n });
    billing.pass(3_000);
    await billing.work();
    expect(await isBlocked()).toBe(true);
    await set({ terms: 'AUTOPAY' });
    expect(await isBlocked()).toBe(false);
  });

  it('counts what is charged and billed against the limit, and payments for it', async () => {
    await set({ terms: 'INVOICE', creditLimit: dollars(1_500) });
    await billing.statement({ agencyMinor: 100_000n });
    await billing.work();
    expect(await isBlocked()).toBe(false);
    await billing.charge({ amountMinor: 60_000n });
    billing.pass(3_000);
    await billing.work();
    expect(await isBlocked()).toBe(true);
    const profile = await billing.profiles.profile(billing.preparer, billing.buyerId);
    if (!profile) throw new Error('there is no profile');
    expect(await billing.profiles.standing(profile)).toMatchObject([
      { unbilledMinor: 60_000n, receivableMinor: 100_000n, exposureMinor: 160_000n, limitMinor: 150_000n },
    ]);
    await billing.page((await billing.lastCollection()).hostedUrl, 'pm_card_visa');
    await billing.days(1);
    expect(await isBlocked()).toBe(false);
  });
});

describe('a profile', () => {
  it('has terms that only finance sets, and what the buyer sets itself', async () => {
    const { buyerId, buyer } = billing;
    const by = async (as: typeof buyer, wanted: object) =>
      await billing.setProfile.execute(as, { buyerId, ...wanted, idempotencyKey: newId() });
    for (const wanted of [{ terms: 'INVOICE' }, { netTermsDays: 60 }, { creditLimit: null }]) {
      expect(codesOf(await by(buyer, wanted))).toEqual(['NOT_PERMITTED']);
      expect(codesOf(await by(billing.people.admin, wanted))).toEqual(['NOT_PERMITTED']);
    }
    valueOf(
      await by(buyer, {
        billingEmail: 'pay@roofs.example',
        recharge: { below: dollars(1), amount: dollars(2) },
      }),
    );
    valueOf(await by(billing.preparer, { netTermsDays: 60 }));
    expect(await billing.profiles.profile(buyer, buyerId)).toMatchObject({
      billingEmail: 'pay@roofs.example',
      netTermsDays: 60,
      recharge: { belowMinor: 100n, amountMinor: 200n },
      version: 2,
    });
    expect(codesOf(await by(buyer, { billingEmail: 'nobody' }))).toEqual(['INVALID_VALUE']);
    expect(codesOf(await by(billing.preparer, { netTermsDays: 181 }))).toEqual(['INVALID_VALUE']);
    const yen = { ...dollars(5), currency: 'JPY' };
    expect(codesOf(await by(billing.preparer, { creditLimit: yen }))).toEqual(['CURRENCY_MISMATCH']);
    expect(codesOf(await by(buyer, { recharge: null, expectedVersion: 1 }))).toEqual(['STALE_VERSION']);
    expect(codesOf(await by({ ...buyer, organizationId: newId() }, { recharge: null }))).toEqual([
      'NOT_FOUND',
    ]);
    expect(codesOf(await by({ ...buyer, mode: 'test' }, { recharge: null }))).toEqual(['NOT_PERMITTED']);
  });

  it('has a method until its mandate is withdrawn, and one that was renewed is tried again', async () => {
    await billing.saveMethod('pm_card_laterExpired');
    const statement = await billing.statement();
    await billing.work();
    const known = async () => (await billing.profiles.profile(billing.buyer, billing.buyerId))?.method;
    const { id } = (await known()) ?? { id: '' };
    expect(await known()).toMatchObject({ refusedCode: 'expired_card', brand: 'visa' });
    billing.sandbox.control.setBehaviour({ method: id, behaviour: 'pm_card_visa' });
    const snapshot = await billing.stripe.retrieve('method', id);
    if (!snapshot) throw new Error('there is no method');
    await billing.applySnapshot('method', { ...snapshot, expires: '2039-12' });
    await billing.work();
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect(await known()).toMatchObject({ refusedCode: null, expires: '2039-12' });
    await billing.applySnapshot('method', { ...snapshot, usable: false });
    // Nothing brings it back.
    await billing.applySnapshot('method', { ...snapshot, usable: true });
    expect(await known()).toMatchObject({ usable: false });
    const next = await billing.statement();
    await billing.work();
    expect(await billing.state(next)).toBe('APPROVED');
  });

  it('without an address cannot be sent invoices, and can when it has one', async () => {
    await billing.database.query('delete from users where organization_id = $1', [billing.buyerId]);
    await billing.saveMethod('pm_card_visa');
    await set({ terms: 'INVOICE' });
    const statement = await billing.statement();
    await billing.work();
    expect(await billing.state(statement)).toBe('COLLECTION_FAILED');
    expect(await billing.onlyInvoice()).toMatchObject({ lastFailureCode: 'email_missing' });
    await set({ billingEmail: 'pay@roofs.example' }, billing.buyer);
    await billing.work();
    expect(await billing.lastCollection()).toMatchObject({ method: 'HOSTED_INVOICE', state: 'NEEDS_ACTION' });
    expect(billing.sandbox.control.rows({ table: 'customers' }).map(({ email }) => email)).toEqual([
      null,
      'pay@roofs.example',
    ]);
  });
});
