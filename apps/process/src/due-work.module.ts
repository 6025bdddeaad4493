import { HandoverModule, RerouteOverdue, TellOverdueContacts, TidyHandovers } from '#handover';
import { ImportsModule, TidyImports } from '#imports';
import type { DueWork } from '#jobs';
import { ForgetPersons, LeadsModule } from '#leads';
import { LapseClaims, OffersModule, PingStore } from '#offers';
import { systemActor } from '#organizations';
import { AutoApproveReturns, ReturnsModule } from '#returns';
import { RoutingModule, TidyCounters } from '#routing';
import { Module } from '@nestjs/common';
import { PaymentsProcessModule, type PaymentWork, paymentWork } from './payments.module.js';

/** Nest token of the list of everything that falls due, in the order in which it is done. */
export const dueWork = 'DueWork';
/** Nest token of the part of it that the worker's schedule begins every minute; the payment loop does the rest. */
export const scheduledWork = 'ScheduledWork';

/** The one place that lists what falls due with time. Needs 'Clock', 'Config', 'Log' and the database module. */
@Module({
  imports: [
    ReturnsModule,
    HandoverModule,
    ImportsModule,
    LeadsModule,
    OffersModule,
    RoutingModule,
    PaymentsProcessModule,
  ],
  providers: [
    {
      provide: scheduledWork,
      inject: [
        AutoApproveReturns,
        TellOverdueContacts,
        RerouteOverdue,
        TidyHandovers,
        TidyImports,
        ForgetPersons,
        TidyCounters,
        LapseClaims,
        PingStore,
      ],
      useFactory: (
        returns: AutoApproveReturns,
        contacts: TellOverdueContacts,
        rerouting: RerouteOverdue,
        handovers: TidyHandovers,
        imports: TidyImports,
        persons: ForgetPersons,
        counters: TidyCounters,
        claims: LapseClaims,
        pings: PingStore,
      ): readonly DueWork[] => [
        // Before anything that a return or a deal may change of it: a contact that was late was late.
        { name: 'tell-overdue-contacts', run: (now, limit) => contacts.execute(now, limit) },
        // Right after it, while the contact may still be reported in between: who comes first has it.
        { name: 'reroute-overdue-contacts', run: (now, limit) => rerouting.execute(now, limit) },
        {
          name: 'approve-overdue-returns',
          run: (now, limit) => returns.execute(systemActor('approve-overdue-returns'), now, limit),
        },
        { name: 'tidy-handovers', run: (_now, limit) => handovers.execute(limit) },
        { name: 'tidy-imports', run: (now, limit) => imports.execute(now, limit) },
        { name: 'forget-persons', run: (now, limit) => persons.execute(now, limit) },
        { name: 'tidy-counters', run: (now, limit) => counters.execute(now, limit) },
        // The worker does it every moment as well; here for who sets the clock forward.
        { name: 'lapse-claims', run: (now, limit) => claims.execute(now, limit) },
        { name: 'tidy-pings', run: (now, limit) => pings.prune(now, limit) },
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
