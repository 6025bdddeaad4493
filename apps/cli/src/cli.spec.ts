import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { createEmptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type PaymentsHome, settlePaymentsHome } from '../../process/src/payments-home.js';
import { startStripeSandbox } from '../../../test/support/stripe-sandbox.js';
import type { DemoFile } from './demo-file.js';

/** Compiled by the set-up of the test run. */
const main = path.resolve('dist/apps/cli/src/main.js');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let database: TestDatabase;
let folder: string;
let demoFile: string;

beforeAll(async () => {
  database = await createEmptyDatabase();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leadger-cli-'));
  demoFile = path.join(folder, 'kept', 'demo.json');
});
afterAll(async () => {
  fs.rmSync(folder, { recursive: true, force: true });
  await database.drop();
});

async function leadger(parameters: readonly string[], settings: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...parameters], {
    env: { ...process.env, DATABASE_URL: database.url, LEADGER_DEMO_FILE: demoFile, ...settings },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

function readDemo(): DemoFile {
  return JSON.parse(fs.readFileSync(demoFile, 'utf8')) as DemoFile;
}

it('says what there is, and what is wrong in one line', async () => {
  const production = {
    LEADGER_MODE: 'production',
    LEADGER_MASTER_KEY: Buffer.alloc(32, 'secret').toString('base64'),
  };
  expect(await leadger(['--help'])).toMatchObject({ code: 0, err: '' });
  expect((await leadger([])).code).toBe(2);
  for (const [parameters, settings, text] of [
    [['nonsense'], {}, 'there is no such command: choose one of migrate, seed'],
    [['migrate', '--fast'], {}, '--help lists the options'],
    [['migrate'], { DATABASE_URL: '' }, 'DATABASE_URL is not set'],
    [['migrate'], { DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none' }, 'the database does not answer'],
    [['seed'], { LEADGER_MODE: 'production' }, 'LEADGER_MASTER_KEY is not set'],
    [['seed'], production, 'the demo marketplace is for the sandbox: LEADGER_MODE is production'],
    [['seed'], {}, 'run "npx leadger migrate" first'],
  ] as const) {
    const { code, out, err } = await leadger(parameters, settings);
    expect({ parameters, code, out, lines: err.trim().split('\n').length }).toEqual({
      parameters,
      code: 1,
      out: '',
      lines: 1,
    });
    expect(err).toContain(text);
  }
}, 60_000);

it('migrates, seeds and seeds again without making anything twice', async () => {
  expect(await leadger(['doctor'])).toMatchObject({ code: 1 });
  expect(await leadger(['migrate'])).toMatchObject({ code: 0, err: '' });
  expect(await leadger(['migrate'])).toMatchObject({ code: 0, out: 'The database is up to date.\n' });
  const runs = await Promise.all([leadger(['seed']), leadger(['seed'])]);
  expect(runs.map(({ code, err }) => ({ code, err }))).toEqual([
    { code: 0, err: '' },
    { code: 0, err: '' },
  ]);
  const first = readDemo();
  expect(first).toMatchObject({ consoleUrl: null, stripeSandboxUrl: null });
  expect(first.organizations.agency.id).toMatch(/^org_/);
  const apiKeys = Object.values(first.users).map(({ apiKey }) => apiKey);
  expect(apiKeys).toEqual(Array(4).fill(expect.stringMatching(/^ldg_live_/)));
  expect(new Set(apiKeys).size).toBe(4);
  expect(first.users.secondApprover.email).toBe('second-approver@leadger.example');
  expect(fs.statSync(demoFile).mode & 0o777).toBe(0o600);

  expect(await leadger(['seed'])).toMatchObject({ code: 0 });
  expect(readDemo()).toEqual(first);

  fs.rmSync(demoFile);
  expect(await leadger(['seed'])).toMatchObject({ code: 0 });
  const fresh = readDemo();
  expect(fresh.organizations.agency.id).toBe(first.organizations.agency.id);
  expect(fresh.organizations.agency.apiKey).not.toBe(first.organizations.agency.apiKey);
  expect(fresh.users.preparer.password).not.toBe(first.users.preparer.password);

  // The lost keys open nothing any more: a run that knows them again gets new ones.
  fs.writeFileSync(demoFile, JSON.stringify(first));
  expect(await leadger(['seed'])).toMatchObject({ code: 0 });
  expect(readDemo().organizations.agency.apiKey).not.toBe(first.organizations.agency.apiKey);

  expect(await leadger(['doctor'])).toMatchObject({ code: 0, err: '' });
  const { code, out } = await leadger(['verify-ledger', '--json']);
  expect({ code, holds: (JSON.parse(out) as { holds: boolean }).holds }).toEqual({ code: 0, holds: true });
}, 120_000);

async function bindPaymentsTo(home: PaymentsHome): Promise<void> {
  const connection = new pg.Client({ connectionString: database.url });
  await connection.connect();
  try {
    await connection.query('comment on table sandbox_clock is null');
    const query = async <T>(sql: string) => (await connection.query(sql)).rows as T[];
    await settlePaymentsHome({ query }, { home, isUsed: false });
  } finally {
    await connection.end();
  }
}

/** What the doctor says of payments. */
async function paymentsOf(
  settings: Record<string, string>,
): Promise<{ code: number | null; lines: string[] }> {
  const { code, out } = await leadger(['doctor'], settings);
  return { code, lines: out.split('\n').filter((line) => line.includes(' payments')) };
}

it('knows the Stripe sandbox, and says whether payments are on', async () => {
  const like = (...patterns: RegExp[]): unknown[] =>
    patterns.map((pattern): unknown => expect.stringMatching(pattern));
  const stripe = await startStripeSandbox();
  const settings = { LEADGER_STRIPE_SANDBOX_URL: stripe.url };
  const answers = /^ok .*: on, at the Stripe sandbox .* which answers$/;
  try {
    expect(await leadger(['seed'], settings)).toMatchObject({ code: 0, err: '' });
    expect(readDemo().stripeSandboxUrl).toBe(stripe.url);
    expect(await paymentsOf(settings)).toEqual({ code: 0, lines: like(answers, /^ok .*: none yet$/) });
    const seed = stripe.control.rows({ table: 'meta' }).find(({ id }) => id === 'seed')?.value;
    await bindPaymentsTo(`Stripe sandbox ${seed}`);
    const inStep = await paymentsOf(settings);
    expect(inStep).toEqual({ code: 0, lines: like(answers, /^ok .* whose clock is with ours$/) });
    stripe.control.setClockOffset({ offsetMs: 3_600_000 });
    const late = await paymentsOf(settings);
    expect(late).toEqual({ code: 1, lines: like(answers, /^WRONG .* whose clock is 3600 s off$/) });
    await bindPaymentsTo('Stripe sandbox 0123');
    const other = await paymentsOf(settings);
    expect(other).toEqual({ code: 1, lines: like(answers, /^WRONG .* made at Stripe sandbox 0123, and/) });
    const withKey = await paymentsOf({ STRIPE_SECRET_KEY: 'sk_test_hidden' });
    const withKeyLines = like(/^ok .*: on, with a test key: no real/, /^WRONG .* mean nothing to Stripe/);
    expect(withKey).toEqual({ code: 1, lines: withKeyLines });
  } finally {
    await stripe.stop();
  }
  expect(await paymentsOf(settings)).toEqual({ code: 1, lines: like(/^WRONG .* does not answer/) });
  expect(await paymentsOf({})).toEqual({ code: 0, lines: like(/^ok .*: off, .*; npm start brings/) });
}, 120_000);
