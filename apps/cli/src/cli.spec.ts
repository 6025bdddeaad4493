import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createEmptyDatabase, type TestDatabase } from '../../../test/support/database.js';
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
  expect(await leadger(['--help'])).toMatchObject({ code: 0, err: '' });
  expect((await leadger([])).code).toBe(2);
  for (const [parameters, settings, text] of [
    [['nonsense'], {}, 'there is no such command: choose one of migrate, seed'],
    [['migrate', '--fast'], {}, '--help lists the options'],
    [['migrate'], { DATABASE_URL: '' }, 'DATABASE_URL is not set'],
    [['migrate'], { DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none' }, 'the database does not answer'],
    [['seed'], { LEADGER_MODE: 'production' }, 'LEADGER_MODE is production'],
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
  expect(first.users.approver.apiKey).toMatch(/^ldg_live_/);
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
