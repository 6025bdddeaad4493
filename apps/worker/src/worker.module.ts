import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import type { Clock } from '#calendar';
import type { Config } from '#config';
import { Database, DatabaseModule, SandboxClockStore, UnitOfWork } from '#database';
import type { DueWork } from '#jobs';
import { AdvanceCheckpoints, LedgerModule } from '#ledger';
import { PaymentQueries, Reconcile } from '#payments';
import { allInvariants } from '../../process/src/all-invariants.js';
import { ClockModule } from '../../process/src/clock.module.js';
import { DueWorkModule, scheduledWork } from '../../process/src/due-work.module.js';
import type { Log } from '../../process/src/log.js';
import { type PaymentWork, paymentWork } from '../../process/src/payments.module.js';
import { rows } from '../../process/src/rows.js';
import { SettingsModule } from '../../process/src/settings.module.js';
import type { PaymentLoopTools } from './payment-loop.js';
import type { TaskTools } from './tasks.js';

/** The background process. */
@Module({})
export class WorkerModule {
  static of(config: Config, log: Log): DynamicModule {
    const { databaseUrl: url, poolSize } = config;
    return {
      module: WorkerModule,
      imports: [
        SettingsModule.of(config, log),
        DatabaseModule.connect({ url, poolSize, rows, applicationName: 'leadger-worker' }),
        ClockModule,
        LedgerModule,
        DueWorkModule,
      ],
    };
  }
}

/** What the tasks need, out of a context of {@link WorkerModule}. */
export function toolsOf(context: INestApplicationContext): TaskTools {
  const found = { strict: false } as const;
  return {
    clock: context.get<Clock>('Clock', found),
    clockStore: context.get(SandboxClockStore, found),
    database: context.get(Database, found),
    unitOfWork: context.get(UnitOfWork, found),
    advanceCheckpoints: context.get(AdvanceCheckpoints, found),
    dueWork: context.get<readonly DueWork[]>(scheduledWork, found),
    invariants: allInvariants,
    reconcile: context.get<Config>('Config', found).stripe === null ? null : context.get(Reconcile, found),
    log: context.get<Log>('Log', found),
  };
}

/** What the payment loop needs; its work is empty when payments are off. */
export function paymentToolsOf(context: INestApplicationContext): PaymentLoopTools {
  const found = { strict: false } as const;
  return {
    clock: context.get<Clock>('Clock', found),
    clockStore: context.get(SandboxClockStore, found),
    work: context.get<readonly PaymentWork[]>(paymentWork, found),
    queries: context.get(PaymentQueries, found),
    log: context.get<Log>('Log', found),
  };
}
