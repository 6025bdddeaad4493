/** How each mutation of payouts succeeds: what the bad inputs differ from in one thing. */
import { BeginPaymentSetup } from '#collections';
import { newId } from '#database';
import { make, send } from '../access/tenancy-world.js';
import { actorOf } from '../settlements/open-book.js';
import type { TestApp } from '../support/app.js';
import type { PreparedActs } from './bad-input-payments.js';

const onboarding = { email: 'agency@example.com', country: 'US' };

/** Takes what holds the app and puts statements into review, which it can by the time an act is asked for. */
export function payoutActs(acts: {
  readonly app: TestApp;
  readonly submitted: () => Promise<string>;
}): PreparedActs {
  // Each once: what one act adds is what the next one adds.
  let account: Promise<unknown> | undefined;
  let held: Promise<string> | undefined;
  let debt: Promise<unknown> | undefined;
  const opened = async (): Promise<unknown> =>
    await (account ??= send(acts.app, acts.app.keys.agency, 'beginOnboarding', onboarding));
  return {
    beginOnboarding: async () => {
      await opened();
      return ['agency', {}, onboarding];
    },
    refreshPaymentAccount: async () => {
      await opened();
      return ['agency', {}];
    },
    requestHoldOverride: async () => {
      held ??= heldStatement(acts.app, await acts.submitted());
      return ['preparer', { settlementId: await held }];
    },
    requestClawbackWriteOff: async () => {
      await (debt ??= agencyOwes(acts.app));
      const amount = { amount: '1.00', currency: 'USD' };
      return ['preparer', { agencyId: acts.app.organizations.agency.id }, { amount }];
    },
  };
}

/** How lists are found that are no fields of a node; by the type that they are a field of. */
export function waysToPayoutLists({
  organizations,
}: TestApp): Readonly<Record<string, (list: string) => string>> {
  const queue = (name: string) => (list: string) => `{ financeQueues { ${name} { ${list} } } }`;
  return {
    SettlementQueue: queue('held'),
    FailingQueue: queue('failing'),
    OperationQueue: queue('unknown'),
    DisputeQueue: queue('disputes'),
    PayoutPreview: (list) => `{ payoutPreview(agencyId: "${organizations.agency.id}") { ${list} } }`,
  };
}

/** A statement that its buyer has paid, and whose money waits for the end of its hold. */
async function heldStatement(app: TestApp, settlementId: string): Promise<string> {
  const buyerId = app.organizations.buyer.uuid;
  const begin = app.nest.get(BeginPaymentSetup, { strict: false });
  const key = { buyerId, idempotencyKey: newId() };
  await begin.execute(actorOf('BUYER', buyerId, ['OWNER']), key);
  const [setup] = await app.database.query<{ id: string }>(
    'select provider_setup_id as id from billing_profiles where buyer_id = $1',
    [buyerId],
  );
  const body = new URLSearchParams({ method: 'pm_card_visa', do: 'pay' });
  await fetch(`${app.stripe?.url}/setup/${setup?.id}`, { method: 'POST', body, redirect: 'manual' });
  await make(app, app.keys.approver, 'approveSettlement', { settlementId }, 'settlement');
  await app.advanceClock(new Date(app.now().getTime() + 600_000));
  return settlementId;
}

/** An agency was sent money by hand, as two people say: it owes it. */
async function agencyOwes(app: TestApp): Promise<void> {
  const movementId = `txn_${newId()}`;
  await app.database.query(
    `insert into balance_transactions (id, type, amount_minor, fee_minor, net_minor, currency, created_at, available_at,
       seen_at) values ($1, 'adjustment', -100000, 0, -100000, 'USD', now(), now(), now())`,
    [movementId],
  );
  const agencyId = app.organizations.agency.id;
  const input = { movementId, meaning: 'AGENCY', agencyId, reason: 'sent by hand' };
  const requestId = await make(app, app.keys.preparer, 'requestMovementBooking', input, 'financeRequest');
  await make(app, app.keys.approver, 'approveFinanceRequest', { requestId }, 'financeRequest');
}
