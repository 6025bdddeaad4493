/**
 * libs/payments on a database of its own, against the Stripe sandbox through libs/stripe, with a handler that moves one
 * agency's money: `const payments = await openPayments()`. Its clock stands still, and the sandbox's with it.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '#calendar';
import { loadConfig } from '#config';
import { Database, DatabaseModule, UnitOfWork } from '#database';
import { runInvariants } from '#ledger';
import { OrganizationsModule } from '#organizations';
import { invariant } from '#outcome';
import {
  ApplyEvents,
  ControlPayments,
  DecideFinanceRequest,
  guardedProvider,
  HandlerRegistry,
  MirrorFunds,
  type Operation,
  Operations,
  type OperationState,
  paymentInvariants,
  type PaymentProvider,
  PaymentQueries,
  PaymentsModule,
  ReceiveEvent,
  Reconcile,
  RequestFinanceAct,
  SendOperations,
  SweepUnfinished,
  TokenBucket,
} from '#payments';
import { createStripeProvider } from '#stripe';
import { Global, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createLog, type Log } from '../../apps/process/src/log.js';
import { SettingsModule } from '../../apps/process/src/settings.module.js';
import { type Sandbox, startSandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import { createTestDatabase } from '../support/database.js';
import { AgencyMoney, began, secondMs } from './agency-money.js';

export { began, hourMs, made, secondMs, usd } from './agency-money.js';

/** A clock that moves when it is told to. */
class StandingClock implements Clock {
  constructor(private at: Date) {}

  now(): Date {
    return this.at;
  }

  set(at: Date): void {
    this.at = at;
  }
}

/** The agency's money, what moves it, and what a test looks at and does. */
export interface PaymentsTest
  extends
    Tools,
    Pick<
      AgencyMoney,
      | 'switches'
      | 'endings'
      | 'snapshots'
      | 'unfinished'
      | 'agencyId'
      | 'buyerId'
      | 'operatorId'
      | 'accountId'
      | 'people'
    > {
  readonly sandbox: Sandbox;
  /** Stripe as libs/stripe talks to it, not guarded. */
  readonly provider: PaymentProvider;
  /** What was logged. */
  readonly lines: Record<string, unknown>[];
  now(): Date;
  advance(ms: number): void;
  /** Money that a buyer paid, in the balance and in the agency's book. */
  collect(amountMinor: bigint): Promise<void>;
  /** Books a transfer of the agency's payable money and writes its operation. */
  requestTransfer(amountMinor: bigint): Promise<{ readonly id: string; readonly payoutId: string }>;
  operation(id: string): Promise<Operation>;
  countsByState(): Promise<Readonly<Partial<Record<OperationState, number>>>>;
  /** Transfers that the sandbox made. */
  transfersMade(): number;
  /** Throws for a broken rule of payments. */
  verify(): Promise<void>;
  stop(): Promise<void>;
}

const webhookSecret = 'whsec_leadger_test';
/** Longer than this process can stand still: only a test of lost answers has time run out. */
const patientMs = 15_000;

/** A webhook of the provider: the bytes and the header that signs them, by default now. */
export function signedEvent(
  event: { readonly id: string; readonly type: string; readonly object: object; readonly account?: string },
  at: Date = new Date(),
): { readonly body: Buffer; readonly signature: string } {
  const { object, ...rest } = event;
  const created = Math.floor(began.getTime() / secondMs);
  const body = JSON.stringify({ ...rest, object: 'event', created, livemode: false, data: { object } });
  const seconds = Math.floor(at.getTime() / secondMs);
  const mac = createHmac('sha256', webhookSecret).update(`${seconds}.${body}`).digest('hex');
  return { body: Buffer.from(body), signature: `t=${seconds},v1=${mac}` };
}

export interface PaymentsTestOptions {
  readonly timeoutMs?: number;
  /** What the account at the provider held before, in cents. */
  readonly fundBefore?: number;
}

export async function openPayments(options: PaymentsTestOptions = {}): Promise<PaymentsTest> {
  const testDatabase = await createTestDatabase();
  const sandbox = await startSandbox({ port: 0, frozenAt: began.toISOString() });
  if (options.fundBefore !== undefined) sandbox.control.fund({ amount: options.fundBefore, currency: 'usd' });
  const clock = new StandingClock(began);
  const provider = createStripeProvider({
    secretKey: 'sk_test_sandbox',
    webhookSecrets: [webhookSecret],
    sandboxUrl: sandbox.url,
    timeoutMs: options.timeoutMs ?? patientMs,
  });
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = createLog('info', { write });
  const context = await openContext({ url: testDatabase.url, provider, clock, log });
  const tools = toolsOf(context);
  const money = new AgencyMoney(tools.unitOfWork, tools.operations, clock);
  await money.create(tools.database);
  tools.registry.add({
    operations: [money.handler],
    objects: [money.transfers],
    unfinished: [{ name: 'transfers', due: async () => money.unfinished.splice(0) }],
    financeRequests: [],
  });
  await money.openAccount(sandbox);
  const { switches, endings, snapshots, unfinished } = money;
  const { agencyId, buyerId, operatorId, accountId, people } = money;
  return {
    ...tools,
    ...{ sandbox, provider, lines, switches, endings, snapshots, unfinished },
    ...{ agencyId, buyerId, operatorId, accountId, people },
    now: () => clock.now(),
    advance: (ms) => {
      clock.set(new Date(clock.now().getTime() + ms));
      sandbox.control.setClock({ at: clock.now().toISOString() });
    },
    collect: (amountMinor) => money.collect(provider, sandbox, amountMinor),
    requestTransfer: (amountMinor) => money.requestTransfer(amountMinor),
    operation: async (id) => existing(await tools.operations.find(id)),
    countsByState: () => countsByState(tools.database),
    transfersMade: () => sandbox.control.rows({ table: 'transfers' }).length,
    verify: () => verify(tools.database),
    stop: async () => {
      await sandbox.stop();
      await context.close();
      await testDatabase.drop();
    },
  };
}

async function openContext(of: {
  readonly url: string;
  readonly provider: PaymentProvider;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<INestApplicationContext> {
  const { url, provider, clock, log } = of;

  @Global()
  @Module({
    providers: [
      { provide: 'PaymentProvider', useValue: guardedProvider(provider, new TokenBucket(1_000)) },
      { provide: 'Clock', useValue: clock },
    ],
    exports: ['PaymentProvider', 'Clock'],
  })
  class Surroundings {}

  @Module({
    imports: [
      SettingsModule.of(loadConfig({ DATABASE_URL: url, LEADGER_LOG_LEVEL: 'silent' }), log),
      DatabaseModule.connect({ url, poolSize: 12 }),
      Surroundings,
      OrganizationsModule,
      PaymentsModule,
    ],
  })
  class PaymentsTestModule {}

  return await NestFactory.createApplicationContext(PaymentsTestModule, { logger: false });
}

type Tools = ReturnType<typeof toolsOf>;

function toolsOf(context: INestApplicationContext) {
  return {
    database: context.get(Database),
    unitOfWork: context.get(UnitOfWork),
    operations: context.get(Operations),
    registry: context.get(HandlerRegistry),
    send: context.get(SendOperations),
    receive: context.get(ReceiveEvent),
    events: context.get(ApplyEvents),
    sweep: context.get(SweepUnfinished),
    mirror: context.get(MirrorFunds),
    reconcile: context.get(Reconcile),
    control: context.get(ControlPayments),
    queries: context.get(PaymentQueries),
    requestFinance: context.get(RequestFinanceAct),
    decideFinance: context.get(DecideFinanceRequest),
  };
}

async function countsByState(database: Database) {
  const rows = await database.query<{ state: OperationState; count: number }>(
    'select state, count(*)::int as count from stripe_operations group by state',
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count])) as Partial<
    Record<OperationState, number>
  >;
}

function existing<T>(found: T | undefined): T {
  invariant(found !== undefined, 'there is no such thing');
  return found;
}

async function verify(database: Database): Promise<void> {
  const broken = (await runInvariants(database, paymentInvariants)).filter(({ holds }) => !holds);
  if (broken.length === 0) return;
  throw new Error(broken.map(({ name, examples }) => `${name}: ${examples.join(', ')}`).join('\n'));
}
