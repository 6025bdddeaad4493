import { HandoverModule, TellOverdueContacts, TidyHandovers } from '#handover';
import type { DueWork } from '#jobs';
import { ForgetPersons, LeadsModule } from '#leads';
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
  imports: [ReturnsModule, HandoverModule, LeadsModule, PaymentsProcessModule],
  providers: [
    {
      provide: scheduledWork,
      inject: [AutoApproveReturns, TellOverdueContacts, TidyHandovers, ForgetPersons],
      useFactory: (
        returns: AutoApproveReturns,
        contacts: TellOverdueContacts,
        handovers: TidyHandovers,
        persons: ForgetPersons,
      ): readonly DueWork[] => [
        // Before anything that a return or a deal may change of it: a contact that was late was late.
        { name: 'tell-overdue-contacts', run: (now, limit) => contacts.execute(now, limit) },
        {
          name: 'approve-overdue-returns',
          run: (now, limit) => returns.execute(systemActor('approve-overdue-returns'), now, limit),
        },
        { name: 'tidy-handovers', run: (_now, limit) => handovers.execute(limit) },
        { name: 'forget-persons', run: (now, limit) => persons.execute(now, limit) },
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
