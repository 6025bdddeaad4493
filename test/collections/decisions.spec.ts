/** What two people of finance decide: other ways of paying, what is given up, and what is given back. */
import { newId } from '#database';
import { outOfBandPayload, refundPayload, writeOffPayload } from '#collections';
import { type Billing, codesOf, dollars, openBilling, valueOf } from './open-billing.js';

let billing: Billing;
beforeEach(async () => {
  billing = await openBilling();
});
afterEach(async () => {
  await billing.verify();
  await billing.close();
});

async function invoiced(): Promise<void> {
  const { buyerId, preparer } = billing;
  const terms = { terms: 'INVOICE', idempotencyKey: newId() } as const;
  valueOf(await billing.setProfile.execute(preparer, { buyerId, ...terms }));
}

async function stopPage(): Promise<void> {
  const { id: collectionId } = await billing.lastCollection();
  valueOf(await billing.cancel.execute(billing.preparer, { collectionId, idempotencyKey: newId() }));
  await billing.work();
}

describe('a payment that came to the bank', () => {
  const payment = (invoiceId: string, amount: number, reference = 'statement 7, line 3') =>
    outOfBandPayload({ invoiceId, amount: dollars(amount), reference });

  it('is recorded by two people, while nothing else is under way', async () => {
    await invoiced();
    const statement = await billing.statement({ agencyMinor: 100_000n });
    await billing.work();
    const { id } = await billing.onlyInvoice();
    expect(codesOf(await billing.request('OUT_OF_BAND_PAYMENT', payment(id, 1_000)))).toEqual([
      'COLLECTION_UNDER_WAY',
    ]);
    await stopPage();
    expect(codesOf(await billing.request('OUT_OF_BAND_PAYMENT', payment(id, 1_000.01)))).toEqual([
      'AMOUNT_TOO_HIGH',
    ]);
    valueOf(await billing.decideTogether('OUT_OF_BAND_PAYMENT', payment(id, 400)));
    expect(await billing.lastCollection()).toMatchObject({
      method: 'OUT_OF_BAND',
      state: 'SUCCEEDED',
      requestedBy: billing.preparer.id,
      approvedBy: billing.people.approver.id,
      reference: 'statement 7, line 3',
    });
    expect(await billing.balance(billing.agencyId, 'bank')).toBe(40_000n);
    // The rest is asked for again.
    await billing.work();
    expect(await billing.lastCollection()).toMatchObject({ amountMinor: 60_000n, state: 'NEEDS_ACTION' });
    await stopPage();
    valueOf(await billing.decideTogether('OUT_OF_BAND_PAYMENT', payment(id, 600, 'statement 8, line 1')));
    expect(await billing.state(statement)).toBe('COLLECTED');
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'PAID' });
    expect(
      codesOf(await billing.request('OUT_OF_BAND_PAYMENT', payment(id, 1, 'statement 9, line 1'))),
    ).toEqual(['NOTHING_TO_COLLECT']);
  });

  it('that came in otherwise before it was approved is not recorded', async () => {
    await invoiced();
    await billing.statement();
    await billing.work();
    await stopPage();
    const { id } = await billing.onlyInvoice();
    const { id: requestId } = valueOf(await billing.request('OUT_OF_BAND_PAYMENT', payment(id, 1_000)));
    valueOf(await billing.collectNow.execute(billing.preparer, { invoiceId: id, idempotencyKey: newId() }));
    expect(codesOf(await billing.approveRequest(requestId))).toEqual(['COLLECTION_UNDER_WAY']);
  });
});

describe('a write-off', () => {
  it('gives up what is open, with the share of the agency that is still held', async () => {
    await invoiced();
    const statement = await billing.statement({ agencyMinor: 95_000n, feeMinor: 5_000n });
    const other = await billing.statement({ agencyMinor: 10_000n });
    await billing.work();
    const payload = writeOffPayload(statement);
    expect(codesOf(await billing.request('WRITE_OFF', payload))).toEqual(['COLLECTION_UNDER_WAY']);
    await stopPage();
    const { id: invoiceId } = await billing.onlyInvoice();
    const part = outOfBandPayload({ invoiceId, amount: dollars(400), reference: 'cheque' });
    valueOf(await billing.decideTogether('OUT_OF_BAND_PAYMENT', part));
    valueOf(await billing.decideTogether('WRITE_OFF', payload));
    expect(await billing.state(statement)).toBe('WRITTEN_OFF');
    // 600.00 of 1,000.00: 95 % of it were the agency's.
    expect(await billing.balance(billing.agencyId, 'held')).toBe(105_000n - 57_000n);
    expect(await billing.balance(billing.agencyId, 'bad_debt')).toBe(3_000n);
    expect(codesOf(await billing.request('WRITE_OFF', payload))).toEqual(['NOTHING_TO_COLLECT']);
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'OPEN' });
    const rest = outOfBandPayload({ invoiceId, amount: dollars(100), reference: 'another cheque' });
    valueOf(await billing.decideTogether('OUT_OF_BAND_PAYMENT', rest));
    expect(await billing.state(other)).toBe('COLLECTED');
    expect(await billing.onlyInvoice()).toMatchObject({ state: 'UNCOLLECTIBLE' });
  });

  it('takes nothing from the agency that a correction has taken already', async () => {
    await invoiced();
    const statement = await billing.statement({ agencyMinor: 40_000n });
    await billing.work();
    await stopPage();
    await billing.takeBack(statement);
    await billing.charge({ amountMinor: 70_000n });
    valueOf(await billing.decideTogether('WRITE_OFF', writeOffPayload(statement)));
    expect(await billing.balance(billing.agencyId, 'bad_debt')).toBe(40_000n);
    expect(await billing.balance(billing.agencyId, 'held')).toBe(0n);
  });

  it('leaves out what a restatement took of the same that was charged anew', async () => {
    await invoiced();
    const first = await billing.statement({ agencyMinor: 40_000n });
    await billing.approveStatement((await billing.takeBack(first)).id);
    await billing.statement({ agencyMinor: 50_000n });
    const again = await billing.statement({ agencyMinor: 40_000n, of: first.charged });
    await billing.work();
    await stopPage();
    await billing.takeBack(again, 10_000n);
    const before = await billing.balance(billing.agencyId, 'held');
    valueOf(await billing.decideTogether('WRITE_OFF', writeOffPayload(again)));
    // Of its 400.00 the agency had lost 100.00 before: what was live was restated, and not what was taken back.
    expect(before - (await billing.balance(billing.agencyId, 'held'))).toBe(30_000n);
  });

  it('is for what was billed only', async () => {
    const statement = await billing.statement();
    expect(codesOf(await billing.request('WRITE_OFF', writeOffPayload(statement)))).toEqual([
      'ILLEGAL_TRANSITION',
    ]);
    const { rootId: gathering } = await billing.charge({});
    const open = { agencyId: billing.agencyId, id: gathering };
    expect(codesOf(await billing.request('WRITE_OFF', writeOffPayload(open)))).toEqual([
      'ILLEGAL_TRANSITION',
    ]);
    const nobody = { agencyId: billing.agencyId, id: newId() };
    expect(codesOf(await billing.request('WRITE_OFF', writeOffPayload(nobody)))).toEqual(['NOT_FOUND']);
  });
});

describe('a refund', () => {
  const refund = (amount: number, agencyId: string | null = null) =>
    refundPayload({ buyerId: billing.buyerId, agencyId, amount: dollars(amount) });

  async function prepaid(method: string, amount: number): Promise<void> {
    const { buyerId, buyer } = billing;
    await billing.saveMethod(method);
    valueOf(
      await billing.topUp.execute(buyer, { buyerId, amount: dollars(amount), idempotencyKey: newId() }),
    );
    await billing.work();
  }

  const credit = async (): Promise<bigint> => await billing.balance(billing.operatorId, 'buyer_credit');
  const due = async (): Promise<bigint> => await billing.balance(billing.operatorId, 'refund_due');

  it('gives back what was prepaid and not spent, and no more', async () => {
    await prepaid('pm_card_visa', 500);
    expect(codesOf(await billing.request('REFUND', refund(500.01)))).toEqual(['AMOUNT_TOO_HIGH']);
    valueOf(await billing.decideTogether('REFUND', refund(300)));
    expect([await credit(), await due()]).toEqual([20_000n, 30_000n]);
    await billing.work();
    expect([await credit(), await due()]).toEqual([20_000n, 0n]);
    const [known] = await billing.refunds.page(billing.preparer, {}, { limit: 9, backwards: false });
    expect(known).toMatchObject({ state: 'SUCCEEDED', amountMinor: 30_000n });
    // The payment has 200.00 left, as has the balance.
    expect(codesOf(await billing.request('REFUND', refund(200.01)))).toEqual(['AMOUNT_TOO_HIGH']);
    valueOf(await billing.decideTogether('REFUND', refund(200)));
    await billing.work();
    expect(await credit()).toBe(0n);
  });

  it('that fails after it left is credit again', async () => {
    await prepaid('pm_card_refundFail', 500);
    valueOf(await billing.decideTogether('REFUND', refund(500)));
    await billing.work();
    await billing.days(2);
    const [known] = await billing.refunds.page(billing.preparer, {}, { limit: 9, backwards: false });
    expect(known?.state).toBe('FAILED');
    expect([await credit(), await due()]).toEqual([50_000n, 0n]);
  });

  it('that the provider will not make is credit again', async () => {
    await prepaid('pm_card_visa', 500);
    const { providerChargeId } = await billing.lastCollection();
    const { id: requestId } = valueOf(await billing.request('REFUND', refund(500)));
    billing.sandbox.control.openDispute({ charge: providerChargeId ?? '' });
    valueOf(await billing.approveRequest(requestId));
    await billing.work();
    const [known] = await billing.refunds.page(billing.preparer, {}, { limit: 9, backwards: false });
    expect(known?.state).toBe('FAILED');
    expect([await credit(), await due()]).toEqual([50_000n, 0n]);
    // What is contested cannot be given back.
    await billing.days(1);
    expect(codesOf(await billing.request('REFUND', refund(500)))).toEqual(['AMOUNT_TOO_HIGH']);
  });

  it('gives back the credit that a correction left with an agency', async () => {
    await billing.saveMethod('pm_card_visa');
    const statement = await billing.statement({ agencyMinor: 100_000n });
    await billing.work();
    const taken = await billing.takeBack(statement);
    const { agencyId } = billing;
    expect(codesOf(await billing.request('REFUND', refund(1_000, agencyId)))).toEqual(['AMOUNT_TOO_HIGH']);
    await billing.approveStatement(taken.id);
    valueOf(await billing.decideTogether('REFUND', refund(1_000, agencyId)));
    await billing.work();
    expect(await billing.balance(agencyId, 'buyer_credit')).toBe(0n);
    expect(await billing.balance(agencyId, 'stripe')).toBe(0n);
  });

  it('that somebody makes at the provider comes out of the balance, and what is not there is owed', async () => {
    await prepaid('pm_card_visa', 500);
    const { providerChargeId } = await billing.lastCollection();
    await billing.statement({ agencyMinor: 20_000n });
    await billing.work();
    const answer = await fetch(`${billing.sandbox.url}/v1/refunds`, {
      method: 'POST',
      body: new URLSearchParams({ charge: providerChargeId ?? '', amount: '40000' }).toString(),
      headers: {
        authorization: 'Bearer sk_test_sandbox',
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    const { id } = (await answer.json()) as { id: string };
    await billing.tell('refund', id);
    await billing.tell('refund', id);
    expect(await credit()).toBe(0n);
    expect(await billing.balance(billing.operatorId, 'receivable')).toBe(10_000n);
  });
});
