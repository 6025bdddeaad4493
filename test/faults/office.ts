/** The operator's side of a marketplace that has no API running: does what falls due, and looks whether all is well. */
import { type Clock, SandboxClock } from '#calendar';
import { loadConfig } from '#config';
import { Database, SandboxClockStore } from '#database';
import { doDueWorkToTheEnd, type DueWork } from '#jobs';
import { runInvariants } from '#ledger';
import { invariant } from '#outcome';
import { Reconcile, SendOperations } from '#payments';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { allInvariants } from '../../apps/process/src/all-invariants.js';
import { dueWork } from '../../apps/process/src/due-work.module.js';
import { createLog } from '../../apps/process/src/log.js';
import { WorkerModule } from '../../apps/worker/src/worker.module.js';
import { doAct, type PersonsAct } from './persons-acts.js';

export class Office {
  private constructor(readonly context: INestApplicationContext) {}

  static async open(environment: Readonly<Record<string, string>>): Promise<Office> {
    const config = loadConfig({ ...environment, LEADGER_LOG_LEVEL: 'error' });
    const module = WorkerModule.of(config, createLog(config.logLevel));
    return new Office(
      await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false }),
    );
  }

  get database(): Database {
    return this.context.get(Database, { strict: false });
  }

  /** What falls due by now, to the end. */
  async doWhatIsDue(): Promise<void> {
    const list = this.context.get<readonly DueWork[]>(dueWork, { strict: false });
    const { isAllDone } = await doDueWorkToTheEnd(list, await this.clock());
    invariant(isAllDone, 'work makes itself anew for ever');
  }

  /** Sends what is due, beside whoever else does. */
  async send(): Promise<void> {
    const clock = await this.clock();
    await this.context.get(SendOperations, { strict: false }).execute(clock.now(), 100);
  }

  async act(act: PersonsAct): Promise<void> {
    await doAct(this.context, act);
  }

  /** Where the books and the provider differ. */
  async differences(): Promise<readonly unknown[]> {
    const clock = await this.clock();
    return (await this.context.get(Reconcile, { strict: false }).execute(clock.now())).differences;
  }

  /** Rules of the books that are broken, each with examples. */
  async brokenRules(): Promise<readonly string[]> {
    return await brokenRules(this.database);
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  private async clock(): Promise<Clock> {
    const clock = this.context.get<Clock>('Clock', { strict: false });
    invariant(clock instanceof SandboxClock, 'this is no sandbox');
    clock.setOffset(await this.context.get(SandboxClockStore, { strict: false }).offsetMs());
    return clock;
  }
}

/** I1 to I16, of all libraries. */
export async function brokenRules(database: Database): Promise<readonly string[]> {
  const broken = (await runInvariants(database, allInvariants)).filter(({ holds }) => !holds);
  return broken.map(({ name, title, examples }) => `${name} ${title}: ${examples.slice(0, 3).join('; ')}`);
}
