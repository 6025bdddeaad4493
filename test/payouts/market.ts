/**
 * Buyers, agencies and their statements on a database of its own, with everything that moves money: libs/collections,
 * libs/payouts and libs/payments against the Stripe sandbox. `const market = await openMarket()`. Its clock stands still,
 * and the sandbox's with it; `market.pump()` does what the worker does.
 */
import { collectionInvariants, collectionsHandlers, CollectionsModule } from '#collections';
import { loadConfig } from '#config';
import { DatabaseModule, newId } from '#database';
import type { DueWork } from '#jobs';
import { balancesOfBook, runInvariants } from '#ledger';
import { asCurrency } from '#money';
import { OrganizationsModule } from '#organizations';
import {
  ControlPayments,
  DecideFinanceRequest,
  type FinanceRequestKind,
  type FinanceRequestPayload,
  guardedProvider,
  HandlerRegistry,
  MirrorFunds,
  type PaymentHandlers,
  paymentInvariants,
  type PaymentProvider,
  PaymentsModule,
  Reconcile,
  RequestFinanceAct,
  SendOperations,
  SweepUnfinished,
  TokenBucket,
} from '#payments';
import { payoutHandlers, payoutInvariants, PayoutsModule } from '#payouts';
import { bookInvariants, type SettlementState, SettlementsModule } from '#settlements';
import { createStripeProvider } from '#stripe';
import { type INestApplicationContext, Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createLog } from '../../apps/process/src/log.js';
import { SettingsModule } from '../../apps/process/src/settings.module.js';
import { type Sandbox, startSandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import { createTestDatabase } from '../support/database.js';
import { began, dayMs, MarketPeople, StandingClock, valueOf } from './people.js';

export {
  codesOf,
  type Contract,
  type ContractWanted,
  dayMs,
  type Delivered,
  hourMs,
  valueOf,
} from './people.js';

export interface MarketOptions {
  readonly minimumPayout?: string;
  readonly requestsPerSecond?: number;
  readonly poolSize?: number;
  /** What the operator has in its balance, in cents: the provider's fees are taken out of what buyers pay. */
  readonly funds?: number;
}

export async function openMarket(options: MarketOptions = {}): Promise<Market> {
  const testDatabase = await createTestDatabase();
  const sandbox = await startSandbox({ port: 0, frozenAt: began.toISOString() });
  sandbox.control.fund({ amount: options.funds ?? 100_000, currency: 'usd' });
  const clock = new StandingClock(began);
  const provider = createStripeProvider({
    secretKey: 'sk_test_sandbox',
    webhookSecrets: ['whsec_leadger_test'],
    sandboxUrl: sandbox.url,
    timeoutMs: 15_000,
  });
  const lines: Record<string, unknown>[] = [];
  const log = createLog('info', {
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const guarded = guardedProvider(provider, new TokenBucket(options.requestsPerSecond ?? 10_000));

  @Global()
  @Module({
    providers: [
      { provide: 'PaymentProvider', useValue: guarded },
      { provide: 'Clock', useValue: clock },
    ],
    exports: ['PaymentProvider', 'Clock'],
  })
  class Surroundings {}

  const config = loadConfig({
    DATABASE_URL: testDatabase.url,
    LEADGER_LOG_LEVEL: 'silent',
    LEADGER_TWO_APPROVERS_ABOVE: '100000000',
    LEADGER_MINIMUM_PAYOUT: options.minimumPayout ?? '50.00',
  });
  @Module({
    imports: [
      SettingsModule.of(config, log),
      DatabaseModule.connect({ url: testDatabase.url, poolSize: options.poolSize ?? 12 }),
      Surroundings,
      OrganizationsModule,
      PaymentsModule,
      SettlementsModule,
      CollectionsModule,
      PayoutsModule,
    ],
  })
  class MarketModule {}

  const context = await NestFactory.createApplicationContext(MarketModule, { logger: false });
  const registry = context.get(HandlerRegistry);
  for (const token of [collectionsHandlers, payoutHandlers])
    registry.add(context.get<PaymentHandlers>(token));
  const market = new Market(context, sandbox, guarded, clock, lines, async () => {
    await sandbox.stop();
    await context.close();
    await testDatabase.drop();
  });
  await market.create();
  return market;
}

export class Market extends MarketPeople {
  /** That the database was asked so far. */
  statements = 0;

  constructor(
    context: INestApplicationContext,
    sandbox: Sandbox,
    readonly provider: PaymentProvider,
    clock: StandingClock,
    private readonly log: Record<string, unknown>[],
    readonly stop: () => Promise<void>,
  ) {
    super(context, sandbox, clock);
    const nothing = (): void => undefined;
    const others = { logQueryError: nothing, logQuerySlow: nothing, logSchemaBuild: nothing };
    this.database.dataSource.logger = {
      ...{ ...others, logMigration: nothing, log: nothing },
      logQuery: () => void (this.statements += 1),
    };
  }

  /** What was logged for somebody to wake up, and is expected here. */
  takeErrors(): readonly Record<string, unknown>[] {
    const errors = this.log.filter(({ level }) => Number(level) >= 50);
    this.log.length = 0;
    return errors;
  }

  get work(): readonly DueWork[] {
    const of = (token: string): readonly DueWork[] => this.context.get<PaymentHandlers>(token).dueWork;
    const send = {
      name: 'send',
      run: (now: Date, limit: number) => this.context.get(SendOperations).execute(now, limit),
    };
    return [
      ...of(collectionsHandlers),
      send,
      { name: 'sweep', run: (now, limit) => this.context.get(SweepUnfinished).execute(now, limit) },
      ...of(payoutHandlers),
      send,
      { name: 'mirror', run: (now) => this.context.get(MirrorFunds).catchUp(now) },
    ];
  }

  /** Does what is due, until nothing is. */
  async pump(): Promise<void> {
    for (let round = 0; round < 60; round += 1) {
      let pieces = 0;
      for (const { run } of this.work) pieces += await run(this.now(), 500);
      if (pieces === 0) return;
    }
    throw new Error('the work does not end');
  }

  /** One piece of work of payouts, by its name. */
  async run(name: string, limit = 500): Promise<number> {
    const piece = this.work.find((each) => each.name === name);
    if (!piece) throw new Error(`there is no ${name}`);
    return await piece.run(this.now(), limit);
  }

  /** Lets time pass and does what falls due, in steps of a day at most. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= dayMs) {
      this.advance(Math.min(left, dayMs));
      await this.pump();
    }
  }

  /** Of an agency's statements, the oldest first: their states. */
  async states(agencyId: string): Promise<readonly SettlementState[]> {
    return (await this.settlements(agencyId)).map(({ state }) => state);
  }

  async settlements(
    agencyId: string,
  ): Promise<readonly { readonly id: string; readonly state: SettlementState }[]> {
    return await this.database.query('select id, state from settlements where agency_id = $1 order by id', [
      agencyId,
    ]);
  }

  /** What is not zero in an agency's book, of the accounts that concern the agency. */
  async balances(agencyId: string, currency = 'USD'): Promise<Readonly<Record<string, bigint>>> {
    const kinds = ['held', 'payable', 'in_transit', 'clawback_due'] as const;
    const found = await balancesOfBook(this.database, agencyId, { kinds, currency: asCurrency(currency) });
    return Object.fromEntries(
      found
        .filter(({ balanceMinor }) => balanceMinor !== 0n)
        .map(({ kind, balanceMinor }) => [kind, balanceMinor]),
    );
  }

  /** "STATE amount released/netted/carried", the oldest first. */
  async payouts(agencyId: string): Promise<readonly string[]> {
    const rows = await this.database.query<Record<string, string>>(
      `select state, amount_minor as a, released_minor as r, netted_minor as n, carried_minor as c from payouts
       where agency_id = $1 order by id`,
      [agencyId],
    );
    return rows.map(({ state, a, r, n, c }) => `${state} ${a} ${r}/${n}/${c}`);
  }

  /** What the provider really sent to the agency's account, less what it took back. */
  async sent(agencyId: string): Promise<bigint> {
    const account = await this.accountOf(agencyId);
    const transfers = this.sandbox.control.rows({ table: 'transfers' }) as readonly {
      readonly destination: string;
      readonly amount: number;
      readonly amount_reversed: number;
    }[];
    return transfers
      .filter(({ destination }) => destination === account)
      .reduce((sum, { amount, amount_reversed: reversed }) => sum + BigInt(amount - reversed), 0n);
  }

  async requestAndApprove(kind: FinanceRequestKind, payload: FinanceRequestPayload): Promise<void> {
    const requested = valueOf(
      await this.context
        .get(RequestFinanceAct)
        .execute(this.preparer, { kind, payload, reason: 'It is right.', idempotencyKey: newId() }),
    );
    const approval = { requestId: requested.id, idempotencyKey: newId() };
    valueOf(await this.context.get(DecideFinanceRequest).approve(this.approver, approval));
  }

  get control(): ControlPayments {
    return this.context.get(ControlPayments);
  }

  async verifyAndStop(): Promise<void> {
    try {
      await this.verify();
    } finally {
      await this.stop();
    }
  }

  /** Every rule of the books, and every cent of the provider's. */
  async verify(): Promise<void> {
    const all = [...bookInvariants, ...paymentInvariants, ...collectionInvariants, ...payoutInvariants];
    const broken = (await runInvariants(this.database, all)).filter(({ holds }) => !holds);
    const { differences } = await this.context.get(Reconcile).execute(this.now());
    const errors = this.log.filter(({ level }) => Number(level) >= 50);
    expect({
      broken: broken.map(({ name, examples }) => `${name} ${examples.join(', ')}`),
      differences,
      problems: this.sandbox.control.problems(),
      errors,
    }).toEqual({ broken: [], differences: [], problems: [], errors: [] });
  }
}
