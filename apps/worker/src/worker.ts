import type { Config } from '#config';
import { type JobEvent, migrateJobs, startWorker } from '#jobs';
import { KeyRing } from '#persons';
import { NestFactory } from '@nestjs/core';
import { handoverToolsOf, openHandoverRelay } from '../../process/src/handover-relay.js';
import { importToolsOf, openImportRunner } from '../../process/src/import-runner.js';
import type { Log } from '../../process/src/log.js';
import { pendingMigrations } from '../../process/src/pending-migrations.js';
import { refuseForeignKeys } from '../../process/src/refuse-foreign-keys.js';
import { offerToolsOf, openOfferRelay } from '../../process/src/offer-relay.js';
import { openWebhookRelay } from '../../process/src/webhook-relay.js';
import { startPaymentLoop } from './payment-loop.js';
import { createSchedule } from './schedule.js';
import { createTasks } from './tasks.js';
import { paymentToolsOf, toolsOf, WorkerModule } from './worker.module.js';

export interface Worker {
  /** Settles when it ends by itself or was stopped; rejects when an error ended it. */
  readonly ended: Promise<void>;
  /** Takes no more jobs, lets the running ones finish, and closes the connections last. */
  readonly stop: () => Promise<void>;
}

/** Starts the worker of an installation whose migrations have run. */
export async function openWorker(config: Config, log: Log): Promise<Worker> {
  const context = await NestFactory.createApplicationContext(WorkerModule.of(config, log), {
    logger: false,
    abortOnError: false,
  });
  try {
    const tools = toolsOf(context);
    // Without the right key it would hand over nothing, and say of each lead that its person is gone.
    if ((await pendingMigrations(tools.database)).length === 0)
      await refuseForeignKeys(context.get(KeyRing, { strict: false }));
    await migrateJobs(config.databaseUrl);
    const running = await startWorker({
      url: config.databaseUrl,
      tasks: createTasks(tools),
      schedule: createSchedule(tools.dueWork, tools.reconcile !== null),
      concurrency: config.workerConcurrency,
      onEvent: (event) => report(log, event),
    });
    const payments = startPaymentLoop(paymentToolsOf(context));
    const handoverTools = handoverToolsOf(context);
    const handover = openHandoverRelay(handoverTools);
    const imports = openImportRunner(importToolsOf(context));
    const webhooks = openWebhookRelay(config, handoverTools);
    const offers = openOfferRelay(offerToolsOf(context));
    const stop = async (): Promise<void> => {
      const timeoutMs = config.shutdownTimeoutMs;
      await Promise.all(
        [running, payments, handover, webhooks, imports, offers].map((each) => each.stop(timeoutMs)),
      );
      await context.close();
    };
    return { ended: running.ended, stop };
  } catch (error) {
    await context.close();
    throw error;
  }
}

/** A failed try is for tomorrow, since it is tried again; a job that is given up needs a person. */
function report(log: Log, { type, task, jobId, attempt, error }: JobEvent): void {
  if (type === 'failed') log.warn('a job failed and will be tried again', { task, jobId, attempt, error });
  if (type === 'given-up') log.error('a job was given up', { task, jobId, attempt, error });
}
