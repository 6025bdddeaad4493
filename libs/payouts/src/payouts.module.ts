import { type PaymentHandlers, PaymentsModule } from '#payments';
import { Module } from '@nestjs/common';
import { AdjustmentQueries } from './adjustment.queries.js';
import { bankPayoutsToLookAt, takeOverBankPayout, transfersToLookAt } from './bank-payout.store.js';
import { ClawBack } from './claw-back.action.js';
import { FinanceQueueQueries } from './finance-queue.queries.js';
import { HoldQueries } from './hold.queries.js';
import { LookForBankPayouts } from './look-for-bank-payouts.action.js';
import { accountOperations, OnboardAgency } from './onboard-agency.action.js';
import { overrideHold } from './override-hold.action.js';
import { PayAgencies } from './pay-agencies.action.js';
import { accountsToLookAt, takeOver } from './payment-account.store.js';
import { PayoutPreviews } from './payout-preview.queries.js';
import { PayoutQueries } from './payout.queries.js';
import { ReleaseHolds } from './release-holds.action.js';
import { reversalOperations, takeOverTransfer } from './reverse-transfers.action.js';
import { StartHolds } from './start-holds.action.js';
import { TakeBackHolds } from './take-back.action.js';
import { TransferOperations } from './transfer-operations.action.js';
import { writeOffClawback } from './write-off-clawback.action.js';

/** Nest token of what payouts contribute to payments: a {@link PaymentHandlers}. */
export const payoutHandlers = 'PayoutHandlers';

const work = [TakeBackHolds, StartHolds, ReleaseHolds, ClawBack, PayAgencies, LookForBankPayouts];
const offered = [
  OnboardAgency,
  PayoutQueries,
  AdjustmentQueries,
  HoldQueries,
  PayoutPreviews,
  FinanceQueueQueries,
];

/**
 * From what buyers paid to what agencies got. Needs global providers of 'PaymentProvider' (null: payments are off),
 * 'Clock', 'Config' and 'Log', and the database module.
 */
@Module({
  imports: [PaymentsModule],
  providers: [
    ...work,
    ...offered,
    TransferOperations,
    {
      provide: payoutHandlers,
      inject: [TransferOperations, ...work],
      useFactory: handlersOf,
    },
  ],
  exports: [...offered, payoutHandlers],
})
export class PayoutsModule {}

function accountRef(id: string): { readonly kind: 'account'; readonly id: string; readonly accountId: null } {
  return { kind: 'account', id, accountId: null };
}

function handlersOf(
  transfers: TransferOperations,
  takeBack: TakeBackHolds,
  start: StartHolds,
  release: ReleaseHolds,
  clawBack: ClawBack,
  pay: PayAgencies,
  look: LookForBankPayouts,
): PaymentHandlers {
  return {
    operations: [accountOperations, transfers, reversalOperations],
    objects: [
      { kind: 'account', apply: async (tx, snapshot, now) => void (await takeOver(tx, snapshot, now)) },
      { kind: 'transfer', apply: takeOverTransfer },
      {
        kind: 'bank_payout',
        apply: async (tx, snapshot, now) => void (await takeOverBankPayout(tx, snapshot, now)),
      },
    ],
    unfinished: [
      {
        name: 'payment-accounts',
        due: async (tx, now, limit) => (await accountsToLookAt(tx, now, limit, 'UNSETTLED')).map(accountRef),
      },
      {
        name: 'settled-payment-accounts',
        isRoutine: true,
        due: async (tx, now, limit) => (await accountsToLookAt(tx, now, limit, 'SETTLED')).map(accountRef),
      },
      {
        name: 'transfers',
        isRoutine: true,
        due: async (tx, now, limit) =>
          (await transfersToLookAt(tx, now, limit)).map((id) => ({ kind: 'transfer', id, accountId: null })),
      },
      {
        name: 'bank-payouts',
        due: async (tx, now, limit) =>
          (await bankPayoutsToLookAt(tx, now, limit)).map((each) => ({ kind: 'bank_payout', ...each })),
      },
    ],
    financeRequests: [overrideHold, writeOffClawback],
    // Each feeds the next: what is released is sent in the same round.
    dueWork: [
      { name: 'take-back-holds', run: (now, limit) => takeBack.execute(now, limit) },
      { name: 'start-holds', run: (now, limit) => start.execute(now, limit) },
      { name: 'release-holds', run: (now, limit) => release.execute(now, limit) },
      { name: 'claw-back', run: (now, limit) => clawBack.execute(now, limit) },
      { name: 'pay-agencies', run: (now, limit) => pay.execute(now, limit) },
      { name: 'look-for-bank-payouts', run: (now, limit) => look.execute(now, limit) },
    ],
  };
}
