/** A buyer saves a method, or begins to and leaves. */
import { newId } from '#database';
import { type Billing, openBilling, valueOf } from './open-billing.js';

let billing: Billing;
beforeEach(async () => {
  billing = await openBilling();
});
afterEach(async () => {
  await billing.verify();
  await billing.close();
});

it('a setup that a buyer has left is not looked at for ever, and begun anew when it comes back', async () => {
  const { buyer, buyerId, beginSetup, sandbox } = billing;
  const begin = async () => valueOf(await beginSetup.execute(buyer, { buyerId, idempotencyKey: newId() }));
  await begin();
  const looks = () =>
    sandbox.control.requests({ method: 'GET' }).filter(({ path }) => path.startsWith('/v1/setup_intents/'))
      .length;
  await billing.days(9);
  const before = looks();
  expect(before).toBeGreaterThan(3);
  await billing.days(30);
  expect(looks()).toBe(before);
  const { url } = await begin();
  await billing.page(url, 'pm_card_visa');
  await billing.days(1);
  expect((await billing.profiles.profile(billing.preparer, buyerId))?.method).not.toBeNull();
});
