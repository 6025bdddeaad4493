/** Payments in the generated tests of access: what only the operator's finance sees, whatever the ids that others ask for. */
import { newId } from '#database';
import { encodeId } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';
import { knownMovement } from './tenancy-payment-inputs.js';
import { make } from './tenancy-world.js';

/** What `node(id:)` answers for an id of the kind. */
export const paymentTypes = { opn: ['PaymentOperation'], frq: ['FinanceRequest'] } as const;

/** An operation that needs a person. It moves nothing, so that no book misses it. */
export async function stoppedOperation(app: TestApp): Promise<string> {
  const id = newId();
  const agencyId = app.organizations.agency.uuid;
  await app.database.query(
    `insert into stripe_operations (id, kind, subject, book_id, idempotency_key, body, state, next_try_at, created_at)
     values ($1, 'ACCOUNT_CREATE', $2, $3, $4, '{}', 'STOPPED', now() + interval '100 years', now())`,
    [id, `payment_account:${agencyId}`, agencyId, `test:${id}`],
  );
  return encodeId('opn', id);
}

/** A movement at the provider that nobody has booked. */
export async function oddMovement(app: TestApp, id = `txn_${newId()}`): Promise<string> {
  await app.database.query(
    `insert into balance_transactions (id, type, amount_minor, fee_minor, net_minor, currency, created_at, available_at,
       seen_at) values ($1, 'adjustment', 1, 0, 1, 'USD', now(), now(), now())`,
    [id],
  );
  return id;
}

/** A request that waits for another person. */
export async function waitingRequest(app: TestApp): Promise<string> {
  const input = { movementId: await oddMovement(app), meaning: 'BANK', reason: 'a reason' };
  return await make(app, app.keys.preparer, 'requestMovementBooking', input, 'financeRequest');
}

/** One of each in the world of those tests. */
export async function buildPayments(app: TestApp): Promise<void> {
  await stoppedOperation(app);
  await waitingRequest(app);
  await oddMovement(app, knownMovement);
}
