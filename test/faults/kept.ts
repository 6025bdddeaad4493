/** Marketplaces that are built once, and kept so that each test has a copy to itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LastUse } from '#organizations';
import { stopApp } from '../../apps/api/src/create-app.js';
import { startSandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { dropDatabase } from './databases.js';
import { MoneyMarket } from './money-market.js';

export interface Kept {
  /** As it was: its organizations, people and keys are those of every copy. */
  readonly app: TestApp;
  /** Nobody is connected to it. */
  readonly databaseUrl: string;
  /** Of the Stripe sandbox. */
  readonly stateFile: string;
  readonly remove: () => Promise<void>;
}

/** Builds a marketplace without webhooks, by `build`, and keeps it with what that gives. */
export async function keep<T>(
  build: (market: MoneyMarket) => Promise<T>,
  settings: object = {},
): Promise<Kept & { readonly built: T }> {
  const folder = mkdtempSync(join(tmpdir(), 'leadger-kept-'));
  const stateFile = join(folder, 'stripe.jsonl');
  const sandbox = await startSandbox({ port: 0, stateFile, settings });
  const app = await startTestApp({
    environment: {
      LEADGER_STRIPE_SANDBOX_URL: sandbox.url,
      LEADGER_STRIPE_REQUESTS_PER_SECOND: '1000',
      LEADGER_LIMIT_COST_PER_SECOND: '1000000',
      LEADGER_TWO_APPROVERS_ABOVE: '1000000.00',
    },
  });
  const built = await build(new MoneyMarket(app, sandbox.control));
  await app.nest.get(LastUse).settled();
  await stopApp(app.nest, { drain: false });
  await sandbox.stop();
  const { databaseUrl } = app;
  const remove = async (): Promise<void> => {
    await dropDatabase(databaseUrl);
    rmSync(folder, { recursive: true });
  };
  return { app, databaseUrl, stateFile, built, remove };
}
