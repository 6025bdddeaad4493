/** Twenty at once: one effect. */
import { newId } from '#database';
import { type Billing, dollars, openBilling, valueOf } from './open-billing.js';

let billing: Billing;
beforeEach(async () => {
  billing = await openBilling();
});
afterEach(async () => {
  await billing.verify();
  await billing.close();
});

const twenty = async <T>(act: (index: number) => Promise<T>): Promise<T[]> =>
  await Promise.all(Array.from({ length: 20 }, (_, index) => act(index)));

function work(name: string): (now: Date, limit: number) => Promise<number> {
  const found = billing.handlers.dueWork.find((each) => each.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found.run;
}

it('bill what was approved once', async () => {
  await billing.saveMethod('pm_card_visa');
  const statements = [await billing.statement(), await billing.statement()];
  await twenty(async () => await work('bill-buyers')(billing.now(), 50));
  expect(await billing.allInvoices()).toHaveLength(1);
  expect(await billing.allCollections()).toHaveLength(1);
  await billing.work();
  for (const each of statements) expect(await billing.state(each)).toBe('COLLECTED');
});

it('collect and stop an invoice, and it is collected once', async () => {
  const { buyerId, preparer } = billing;
  const terms = { terms: 'INVOICE', idempotencyKey: newId() } as const;
  valueOf(await billing.setProfile.execute(preparer, { buyerId, ...terms }));
  await billing.statement();
  await billing.work();
  const { id: first } = await billing.lastCollection();
  await twenty(async () =>
    billing.cancel.execute(preparer, { collectionId: first, idempotencyKey: newId() }),
  );
  await billing.work();
  const { id: invoiceId } = await billing.onlyInvoice();
  const answers = await twenty(async (index) =>
    index % 2 === 0
      ? (await billing.collectNow.execute(preparer, { invoiceId, idempotencyKey: newId() })).ok
      : (await work('collect-invoices')(billing.now(), 50)) > 1,
  );
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(await billing.allCollections()).toHaveLength(2);
  expect(
    billing.sandbox.control.rows({ table: 'invoices' }).filter(({ status }) => status === 'void'),
  ).toHaveLength(1);
});

it('book the same news once', async () => {
  await billing.saveMethod('pm_card_visa');
  await billing.statement();
  await billing.work();
  const { providerPaymentId, providerChargeId } = await billing.lastCollection();
  const { id: dispute } = billing.sandbox.control.openDispute({ charge: providerChargeId ?? '' });
  await twenty(async (index) => {
    if (index % 2 === 0) await billing.tell('dispute', dispute);
    else await billing.tell('payment', providerPaymentId ?? '');
  });
  expect(await billing.balance(billing.agencyId, 'dispute_held')).toBe(100_000n);
});

it('fill up a balance once, and spend it once', async () => {
  await billing.saveMethod('pm_card_visa');
  const { buyerId, buyer } = billing;
  const one = { buyerId, amount: dollars(100), idempotencyKey: newId() };
  const same = await twenty(async () => await billing.topUp.execute(buyer, one));
  expect(new Set(same.map((each) => valueOf(each).collectionId)).size).toBe(1);
  expect(same.filter((each) => valueOf(each).replayed)).toHaveLength(19);
  await billing.work();
  await billing.statement({ agencyMinor: 10_000n });
  await twenty(async () => await work('bill-buyers')(billing.now(), 50));
  expect(await billing.balance(billing.operatorId, 'buyer_credit')).toBe(0n);
  expect((await billing.allInvoices()).map(({ state }) => state)).toEqual(['PAID']);
});

it('save a method with one buyer at the provider', async () => {
  const { buyerId, buyer } = billing;
  const same = { buyerId, idempotencyKey: newId() };
  const begun = await twenty(async (index) =>
    billing.beginSetup.execute(buyer, index < 10 ? same : { buyerId, idempotencyKey: newId() }),
  );
  expect(billing.sandbox.control.rows({ table: 'customers' })).toHaveLength(1);
  expect(new Set(begun.slice(0, 10).map((each) => valueOf(each).browserSecret)).size).toBe(1);
});
