/** A kept marketplace that goes on by itself: a copy of its database and of Stripe's state, with an API of its own. */
import { copyFileSync, rmSync } from 'node:fs';
import { type Clock, SandboxClock } from '#calendar';
import { loadConfig } from '#config';
import { Database, SandboxClockStore } from '#database';
import { doDueWorkToTheEnd, type DueWork } from '#jobs';
import { LastUse } from '#organizations';
import { Reconcile } from '#payments';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp, stopApp } from '../../apps/api/src/create-app.js';
import { dueWork } from '../../apps/process/src/due-work.module.js';
import { createLog } from '../../apps/process/src/log.js';
import { type PaymentWork, paymentWork } from '../../apps/process/src/payments.module.js';
import { StripeSandboxControl } from '../../apps/process/src/stripe-sandbox.js';
import { type Sandbox, startSandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import type { TestAnswer, TestApp } from '../support/app.js';
import { copyDatabase, dropDatabase } from './databases.js';
import type { Kept } from './kept.js';
import { MoneyMarket } from './money-market.js';
import { brokenRules } from './office.js';

const hourMs = 3_600_000;
const found = { strict: false } as const;

export class Branch {
  private constructor(
    readonly databaseUrl: string,
    private readonly stateFile: string,
    readonly sandbox: Sandbox,
    readonly nest: NestFastifyApplication,
    readonly url: string,
    readonly market: MoneyMarket,
  ) {}

  /** `settings` are of the sandbox. */
  static async open(kept: Kept, settings: object = {}): Promise<Branch> {
    const databaseUrl = await copyDatabase(kept.databaseUrl);
    const stateFile = `${kept.stateFile}.${new URL(databaseUrl).pathname.slice(1)}`;
    copyFileSync(kept.stateFile, stateFile);
    const sandbox = await startSandbox({ port: 0, stateFile, settings });
    const config = loadConfig({
      DATABASE_URL: databaseUrl,
      LEADGER_STRIPE_SANDBOX_URL: sandbox.url,
      LEADGER_STRIPE_REQUESTS_PER_SECOND: '1000',
      LEADGER_LIMIT_COST_PER_SECOND: '1000000',
      LEADGER_LOG_LEVEL: 'fatal',
      LEADGER_POOL_SIZE: '6',
    });
    const nest = await createApp(config, createLog(config.logLevel));
    await nest.listen({ host: '127.0.0.1', port: 0 });
    const url = await nest.getUrl();
    const secret = config.stripe?.webhookSecrets[0] ?? '';
    await new StripeSandboxControl(sandbox.url).registerWebhooks({ url: `${url}/stripe/webhooks`, secret });
    const ask: TestApp['ask'] = async (key, query, variables = {}) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${key ?? ''}` };
      const body = JSON.stringify({ query, variables });
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
      const { data, errors } = (await response.json()) as TestAnswer<never>;
      if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
      return data;
    };
    const app = {
      ...kept.app,
      ...{ nest, url, config, ask, databaseUrl, database: nest.get(Database) },
      now: () => nest.get<Clock>('Clock').now(),
    };
    return new Branch(databaseUrl, stateFile, sandbox, nest, url, new MoneyMarket(app, sandbox.control));
  }

  get bank(): Sandbox['control'] {
    return this.sandbox.control;
  }

  get database(): Database {
    return this.nest.get(Database);
  }

  now(): Date {
    return this.nest.get<Clock>('Clock').now();
  }

  /** Makes it later for everyone; what banks do by then is told to the API before anything else is done. */
  async later(hours: number): Promise<void> {
    const { database, nest } = this;
    await database.query('update sandbox_clock set offset_ms = offset_ms + $1', [Math.round(hours * hourMs)]);
    const offsetMs = await nest.get(SandboxClockStore, found).offsetMs();
    const clock = nest.get<Clock>('Clock');
    if (clock instanceof SandboxClock) clock.setOffset(offsetMs);
    this.bank.setClockOffset({ offsetMs });
    await this.doWhatIsDue();
  }

  /** Has events come in and everything done that is due now. */
  async doWhatIsDue(): Promise<void> {
    await this.bank.settleWebhooks();
    const list = this.nest.get<readonly DueWork[]>(dueWork, found);
    const { isAllDone } = await doDueWorkToTheEnd(list, this.nest.get<Clock>('Clock'));
    if (!isAllDone) throw new Error('work makes itself anew for ever');
    await this.bank.settleWebhooks();
  }

  /** Some kinds of work, each once, in the order of the whole. */
  async doOnly(isWanted: (name: string) => boolean): Promise<void> {
    const list = this.nest.get<readonly PaymentWork[]>(paymentWork, found);
    for (const { name, run } of list) if (isWanted(name)) await run(this.now(), 500);
  }

  async differences(): Promise<readonly unknown[]> {
    return (await this.nest.get(Reconcile, found).execute(this.now())).differences;
  }

  async brokenRules(): Promise<readonly string[]> {
    return await brokenRules(this.database);
  }

  async close(): Promise<void> {
    await this.sandbox.stop();
    await this.nest.get(LastUse).settled();
    await stopApp(this.nest, { drain: false });
    await dropDatabase(this.databaseUrl);
    rmSync(this.stateFile);
  }
}
