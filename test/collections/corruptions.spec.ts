/** Each rule of collections is found broken when it is, and no other is blamed alone. */
import { collectionInvariants } from '#collections';
import { newId } from '#database';
import { type Billing, dollars, openBilling, valueOf } from './open-billing.js';

let billing: Billing;

beforeAll(async () => {
  billing = await openBilling();
  await billing.saveMethod('pm_card_visa');
  const { buyerId, buyer } = billing;
  valueOf(await billing.topUp.execute(buyer, { buyerId, amount: dollars(300), idempotencyKey: newId() }));
  await billing.work();
  await billing.statement({ agencyMinor: 50_000n });
  await billing.work();
  const { providerChargeId } = await billing.lastCollection();
  const { id } = billing.sandbox.control.openDispute({ charge: providerChargeId ?? '' });
  await billing.tell('dispute', id);
  valueOf(
    await billing.setProfile.execute(billing.preparer, {
      buyerId,
      terms: 'INVOICE',
      idempotencyKey: newId(),
    }),
  );
  await billing.statement({ agencyMinor: 70_000n });
  await billing.work();
  await billing.verify();
});
afterAll(() => billing.close());

const card = `(select id from collections where method = 'CARD' and invoice_id is not null)`;
const balance = `(select id from collections where method = 'BALANCE')`;
const page = `(select id from collections where method = 'HOSTED_INVOICE')`;

it.each([
  [
    'a part that overlaps',
    `update collection_parts set from_minor = 1 where collection_id = ${balance}`,
    'No cent',
  ],
  [
    'a part beyond its statement',
    `update collection_parts set from_minor = 999999 where collection_id = ${page}`,
    'No cent',
  ],
  [
    'a part that nobody pays',
    `update collection_parts set live = false where collection_id = ${card}`,
    'No cent',
  ],
  [
    'a part of what has ended',
    `update collections set state = 'FAILED', succeeded_at = null where id = ${card}`,
    'No cent',
  ],
  ['money that was not received', `update collections set received_minor = 1 where id = ${card}`, 'No cent'],
  [
    'a part of another invoice',
    `update collections set invoice_id = (select invoice_id from collections where id = ${page}) where id = ${card}`,
    'No cent',
  ],
  [
    'a payment that is not booked',
    `update collections set state = 'SUCCEEDED', succeeded_at = now(), received_minor = amount_minor where id = ${page}`,
    'receivable is',
  ],
  [
    'credit that nobody had',
    `update invoice_settlements set due_minor = due_minor + 5, credit_minor = 5`,
    'The credit of a buyer',
  ],
  [
    'a balance that was not filled',
    `update collections set credited_minor = 1 where invoice_id is null`,
    'The balance of a buyer',
  ],
  ['a dispute that is not held', `update dispute_parts set state = 'WON'`, 'dispute_held'],
  [
    'a refund that was not decided',
    `insert into refunds (id, buyer_id, book_id, collection_id, finance_request_id, amount_minor, currency, state, requested_at)
     select gen_random_uuid(), buyer_id, (select id from organizations where kind = 'OPERATOR'), id, gen_random_uuid(), 5, 'USD', 'REQUESTED', now() from collections where invoice_id is null`,
    'refund_due',
  ],
  ['an invoice of another sum', `update invoices set amount_minor = amount_minor + 1`, 'Invoices and'],
  ['an invoice that is not paid', `update invoices set state = 'PAID' where state = 'OPEN'`, 'Invoices and'],
  [
    'a statement that is not collected',
    `update settlements set state = 'COLLECTED' where state = 'COLLECTING'`,
    'Invoices and',
  ],
  [
    'a statement that was, and is not',
    `update settlements set state = 'COLLECTING' where state = 'COLLECTED'`,
    'Invoices and',
  ],
  [
    'a movement that nobody saw',
    `update collections set funds_id = 'txn_nobody' where id = ${card}`,
    'names its movement',
  ],
  [
    'a payment without a movement',
    `update collections set funds_id = null where id = ${card}`,
    'names its movement',
  ],
] as const)('%s', async (_, sql, title) => {
  const runner = billing.database.dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    await runner.query(sql);
    const broken: string[] = [];
    for (const rule of collectionInvariants) {
      const found = (await runner.query(rule.sql)) as unknown[];
      if (found.length > 0) broken.push(rule.title);
    }
    expect(broken.some((each) => each.includes(title))).toBe(true);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
});
