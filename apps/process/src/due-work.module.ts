import type { DueWork } from '#jobs';
import { systemActor } from '#organizations';
import { AutoApproveReturns, ReturnsModule } from '#returns';
import { Module } from '@nestjs/common';
import { PaymentsProcessModule, type PaymentWork, paymentWork } from './payments.module.js';

/** Nest token of the list of everything that falls due, in the order in which it is done. */
export const dueWork = 'DueWork';
/** Nest token of the part of it that the worker's schedule begins every minute; the payment loop does the rest. */
export const scheduledWork = 'ScheduledWork';

/** The one place that lists what falls due with time. Needs 'Clock', 'Config', 'Log' and the database module. */
@Module({
  imports: [ReturnsModule, PaymentsProcessModule],
  providers: [
    {
      provide: scheduledWork,
      inject: [AutoApproveReturns],
      useFactory: (returns: AutoApproveReturns): readonly DueWork[] => [
        {
          name: 'approve-overdue-returns',
          run: (now, limit) => returns.execute(systemActor('approve-overdue-returns'), now, limit),
        },
      ],
    },
    {
      provide: dueWork,
      inject: [scheduledWork, paymentWork],
      useFactory: (scheduled: readonly DueWork[], payments: readonly PaymentWork[]): readonly DueWork[] => [
        ...scheduled,
        ...payments,
      ],
    },
  ],
  exports: [dueWork, scheduledWork, PaymentsProcessModule],
})
export class DueWorkModule {}
