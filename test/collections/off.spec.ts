/** Without a payment provider nothing is asked for, and everybody is told why. */
import { newId } from '#database';
import { refundPayload } from '#collections';
import { codesOf, dollars, openBilling, valueOf } from './open-billing.js';

it('what was approved waits, and people are refused with a reason', async () => {
  const billing = await openBilling({ payments: false });
  const { buyerId, buyer, preparer } = billing;
  const key = (): { idempotencyKey: string } => ({ idempotencyKey: newId() });
  valueOf(await billing.setProfile.execute(preparer, { buyerId, terms: 'INVOICE', ...key() }));
  const statement = await billing.statement();
  await billing.days(2);
  expect(await billing.state(statement)).toBe('APPROVED');
  expect(codesOf(await billing.beginSetup.execute(buyer, { buyerId, ...key() }))).toEqual(['PAYMENTS_OFF']);
  const topUp = { buyerId, amount: dollars(5), ...key() };
  expect(codesOf(await billing.topUp.execute(buyer, topUp))).toEqual(['PAYMENTS_OFF']);
  const invoiceId = newId();
  expect(codesOf(await billing.collectNow.execute(buyer, { invoiceId, ...key() }))).toEqual(['PAYMENTS_OFF']);
  const refund = refundPayload({ buyerId, agencyId: null, amount: dollars(5) });
  expect(codesOf(await billing.request('REFUND', refund))).toEqual(['PAYMENTS_OFF']);
  await billing.verify();
  await billing.close();
});
