/** libs/collections in a process of its own, with a database and a Stripe sandbox whose clocks stand still. */
import type { Clock } from '#calendar';
import { CollectionsModule } from '#collections';
import { DatabaseModule } from '#database';
import { guardedProvider, type PaymentProvider, TokenBucket } from '#payments';
import { createStripeProvider } from '#stripe';
import { type DynamicModule, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { createLog } from '../../apps/process/src/log.js';
import { type Sandbox, startSandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import { createTestDatabase } from '../support/database.js';

const began = '2026-10-05T12:00:00.000Z';

/** A clock that moves when it is told to. */
export class StandingClock implements Clock {
  private at = new Date(began);

  now(): Date {
    return this.at;
  }

  set(at: Date): void {
    this.at = at;
  }
}

@Module({})
class Globals {
  static of(values: Readonly<Record<string, unknown>>): DynamicModule {
    const providers = Object.entries(values).map(([provide, useValue]) => ({ provide, useValue }));
    return { module: Globals, global: true, providers, exports: Object.keys(values) };
  }
}

export interface BillingSurroundings {
  readonly nest: TestingModule;
  readonly sandbox: Sandbox;
  readonly stripe: PaymentProvider;
  readonly clock: StandingClock;
  /** Lines of level error. */
  readonly log: readonly string[];
  readonly drop: () => Promise<void>;
}

/** `payments` false: without a payment provider. */
export async function openSurroundings({
  payments = true,
}: {
  readonly payments?: boolean;
}): Promise<BillingSurroundings> {
  const { url, drop } = await createTestDatabase();
  const sandbox = await startSandbox({ port: 0, frozenAt: began });
  const clock = new StandingClock();
  const settings = { secretKey: 'sk_test_sandbox', webhookSecrets: [], sandboxUrl: sandbox.url };
  const stripe = createStripeProvider({ ...settings, timeoutMs: 15_000 });
  const log: string[] = [];
  const nest = await Test.createTestingModule({
    imports: [
      DatabaseModule.connect({ url, poolSize: 24 }),
      Globals.of({
        Clock: clock,
        Config: { twoApproversAbove: '100000000.00' },
        Log: createLog('error', { write: (line) => void log.push(line) }),
        PaymentProvider: payments ? guardedProvider(stripe, new TokenBucket(1_000)) : null,
      }),
      CollectionsModule,
    ],
  }).compile();
  return { nest, sandbox, stripe, clock, log, drop };
}
