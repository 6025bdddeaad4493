/** Billing in the generated tests of access: a buyer's own business, and the operator's. */
import { newId } from '#database';
import type { TestApp } from '../support/app.js';
import { send } from './tenancy-world.js';

/** What `node(id:)` answers for an id of the kind. */
export const billingTypes = {
  inv: ['Invoice'],
  col: ['Collection'],
  dsp: ['Dispute'],
  rfd: ['Refund'],
} as const;

/**
 * The buyer's approved statements are billed, and it is asked to pay on a page. The dispute and the refund beside that
 * move nothing, so that no book misses them.
 */
export async function buildBilling(app: TestApp): Promise<void> {
  const { id: buyerId, uuid } = app.organizations.buyer;
  const terms = { buyerId, terms: 'INVOICE', billingEmail: 'bills@buyer.example' };
  await send(app, app.keys.preparer, 'setBillingProfile', terms);
  await app.advanceClock(new Date(app.now().getTime() + 60_000));
  await app.database.query(
    `insert into disputes (id, provider_dispute_id, provider_charge_id, collection_id, buyer_id, amount_minor, currency,
       state, nature, reason, opened_at)
     select $1::uuid, 'du_' || $1::text, 'ch_nobody', id, buyer_id, 1, currency, 'INQUIRY', 'DISPUTE', 'general', now()
     from collections where buyer_id = $2 limit 1`,
    [newId(), uuid],
  );
  await app.database.query(
    `insert into refunds (id, buyer_id, book_id, collection_id, amount_minor, currency, state, requested_at, finished_at)
     select $1, buyer_id, $3, id, 1, currency, 'FAILED', now(), now() from collections where buyer_id = $2 limit 1`,
    [newId(), uuid, app.organizations.operator.uuid],
  );
}
