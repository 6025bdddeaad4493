import type { DueWork } from '#jobs';
import { systemActor } from '#organizations';
import { AutoApproveReturns, ReturnsModule } from '#returns';
import { Module } from '@nestjs/common';

/** Nest token of the list of DueWork. */
export const dueWork = 'DueWork';

/** The one place that lists what falls due with time, in the order in which it is done. Needs a provider of 'Clock'. */
@Module({
  imports: [ReturnsModule],
  providers: [
    {
      provide: dueWork,
      inject: [AutoApproveReturns],
      useFactory: (returns: AutoApproveReturns): readonly DueWork[] => [
        {
          name: 'approve-overdue-returns',
          run: (now, limit) => returns.execute(systemActor('approve-overdue-returns'), now, limit),
        },
      ],
    },
  ],
  exports: [dueWork],
})
export class DueWorkModule {}
