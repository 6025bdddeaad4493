import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startTestApp, type TestApp } from '../../../test/support/app.js';
import { Marketplace, type Settlement } from '../../../test/support/marketplace.js';
import { CommandError } from './command.js';
import { exportCommand } from './export.command.js';

/** Compiled by the set-up of the test run. */
const main = path.resolve('dist/apps/cli/src/main.js');

let app: TestApp;
let folder: string;
let settlement: Settlement;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leadger-export-'));
  app = await startTestApp();
  const market = new Marketplace(app);
  const { vertical } = await market.contract({
    baseRate: { amount: '10.00', currency: 'USD' },
    commissionBasis: 'NONE',
    commissionRatePpm: 0,
    commissionTrigger: 'QUALIFIED',
    platformFeeRatePpm: 50_000,
  });
  const period = market.currentPeriod();
  await market.submit(vertical, 3);
  await market.endPeriod(period);
  settlement = await market.settle(period);
}, 60_000);
afterAll(async () => {
  fs.rmSync(folder, { recursive: true, force: true });
  await app.stop();
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function leadger(...parameters: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [main, 'export', ...parameters], {
    env: { ...process.env, DATABASE_URL: app.databaseUrl },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

async function overHttp(address: string): Promise<string> {
  const headers = { authorization: `Bearer ${app.keys.auditor}` };
  return await (await fetch(`${app.url}/exports/${address}`, { headers })).text();
}

it('prints the same bytes that the API gives', async () => {
  for (const [parameters, address] of [
    [['statement', '--settlement', settlement.id], `settlements/${settlement.id}/lines.csv`],
    [['journal'], 'journal.csv'],
    [['journal', '--format', 'hledger', '--currency', 'USD'], 'journal.hledger?currency=USD'],
    [['journal', '--from', '2001-01-01', '--to', '2002-01-01'], 'journal.csv?from=2001-01-01&to=2002-01-01'],
  ] as const) {
    const { code, out, err } = await leadger(...parameters);
    expect({ parameters, code, err }).toEqual({ parameters, code: 0, err: '' });
    expect(out).toBe(await overHttp(address));
  }
}, 60_000);

it('writes a file whole or not at all, for its owner only', async () => {
  const file = path.join(folder, 'books.journal');
  fs.writeFileSync(file, 'an older one');
  const ran = await leadger('journal', '--format', 'hledger', '--out', file);
  expect(ran).toEqual({ code: 0, out: `Written: ${file}\n`, err: '' });
  expect(fs.readFileSync(file, 'utf8')).toBe(await overHttp('journal.hledger'));
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  const refused = await leadger('journal', '--out', path.join(folder, 'nowhere', 'a.csv'));
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('cannot be written (ENOENT)');
  expect(await leadger('journal', '--out', folder)).toMatchObject({ code: 1, out: '' });
  expect(fs.readdirSync(folder)).toEqual(['books.journal']);
  expect(
    fs.readdirSync(path.dirname(folder)).filter((name) => name.startsWith(path.basename(folder))),
  ).toHaveLength(1);
}, 60_000);

it('says in one line what is missing or wrong', async () => {
  for (const [parameters, text] of [
    [[], 'statement, payouts or journal'],
    [['payroll'], 'statement, payouts or journal'],
    [['statement'], '--settlement is missing'],
    [['statement', '--settlement', 'stl_x'], 'no id of a settlement'],
    [['statement', '--settlement', settlement.id, '--format', 'hledger'], 'written as csv'],
    [['journal', '--format', 'xlsx'], '--format must be'],
    [['journal', '--currency', 'usd'], '--currency must be'],
    [['journal', '--from', '2026-02-30'], '--from must be'],
    [['journal', '--form', '2026-02-02'], '--help lists the options'],
  ] as const) {
    const error: unknown = await exportCommand.run(parameters).catch((thrown: unknown) => thrown);
    if (!(error instanceof CommandError)) throw new Error(`${text}: nothing was wrong`);
    expect(error.message).toContain(text);
    expect(error.message).not.toContain('\n');
  }
  for (const [parameters, text] of [
    [['statement', '--settlement', 'stl_00000000000000000000000000'], 'no such object'],
    [['journal', '--from', '2026-02-02', '--to', '2026-02-01'], 'must lie after'],
  ] as const) {
    const { code, out, err } = await leadger(...parameters);
    expect({ code, out, lines: err.trim().split('\n').length }).toEqual({ code: 1, out: '', lines: 1 });
    expect(err).toContain(text);
  }
}, 60_000);
