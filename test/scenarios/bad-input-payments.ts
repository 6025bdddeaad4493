/** How each mutation of payments succeeds: what the bad inputs differ from in one thing. */
import { oddMovement, stoppedOperation, waitingRequest } from '../access/tenancy-payments.js';
import { send } from '../access/tenancy-world.js';
import type { TestApp, TestKey } from '../support/app.js';

export type PreparedActs = Readonly<
  Record<string, () => Promise<readonly [TestKey, Readonly<Record<string, unknown>>, object?]>>
>;

/** Takes what holds the app, which is there by the time an act is asked for. */
export function paymentActs({ app }: { readonly app: TestApp }): PreparedActs {
  // The accounts that a booking needs are there before: what one act adds is what the next one adds.
  let warm: Promise<unknown> | undefined;
  const warmUp = async (): Promise<void> => {
    warm ??= waitingRequest(app).then((requestId) =>
      send(app, app.keys.approver, 'approveFinanceRequest', { requestId }),
    );
    await warm;
  };
  return {
    stopPayments: async () => {
      // Of a second stop the reason is not kept.
      await send(app, app.keys.controller, 'resumePayments', {});
      return ['preparer', {}];
    },
    resumePayments: async () => {
      await send(app, app.keys.preparer, 'stopPayments', { reason: 'a reason' });
      return ['approver', {}];
    },
    reconcilePayments: async () => {
      // What differs is frozen before: the next comparison finds it so.
      await oddMovement(app);
      await send(app, app.keys.preparer, 'reconcilePayments', {});
      return ['preparer', {}];
    },
    retryOperation: async () => ['approver', { operationId: await stoppedOperation(app) }],
    approveFinanceRequest: async () => {
      await warmUp();
      return ['approver', { requestId: await waitingRequest(app) }];
    },
    denyFinanceRequest: async () => ['approver', { requestId: await waitingRequest(app) }],
    requestMovementBooking: async () => [
      'preparer',
      {},
      { movementId: await oddMovement(app), meaning: 'BANK' },
    ],
  };
}
