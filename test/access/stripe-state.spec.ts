/** How npm start finds the state of the Stripe sandbox that belongs to a database, and how commands find the sandbox. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { createDataSource, Database } from '#database';
import { settlePaymentsHome } from '../../apps/process/src/payments-home.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const findState = `import { stateFileFor } from './scripts/lib/stripe-sandbox.mjs';
const say = (line) => console.error(line);
const [url, isEmbedded] = process.argv.slice(2);
try {
  console.log(await stateFileFor(url, { isEmbedded: isEmbedded === 'embedded', say }));
} catch (error) {
  console.log(error.name + ': ' + error.message);
}
`;
const printSandbox = `import { commandEnvironment } from './scripts/lib/command-environment.mjs';
console.log(commandEnvironment(process.env).LEADGER_STRIPE_SANDBOX_URL || 'none');
`;
/** Stands for a running instance: it holds the lock until its input ends. */
const hold = `import { takeStartLock } from './scripts/lib/start-lock.mjs';
const [databaseUrl] = process.argv.slice(2);
const release = takeStartLock({ port: 4107, stripeSandboxUrl: 'http://127.0.0.1:4108', databaseUrl });
console.log('taken');
process.stdin.resume().on('end', release);
`;

let checkout: string;
beforeAll(async () => {
  // A checkout of its own, since this one may have an instance running.
  checkout = await mkdtemp(join(tmpdir(), 'leadger-checkout-'));
  await mkdir(join(checkout, 'scripts'));
  await mkdir(join(checkout, '.leadger'));
  await cp(join(process.cwd(), 'scripts', 'lib'), join(checkout, 'scripts', 'lib'), { recursive: true });
  for (const name of ['dist', 'node_modules']) await symlink(join(process.cwd(), name), join(checkout, name));
  await writeFile(join(checkout, 'find-state.mjs'), findState);
  await writeFile(join(checkout, 'print-sandbox.mjs'), printSandbox);
  await writeFile(join(checkout, 'hold.mjs'), hold);
});
afterAll(async () => {
  await rm(checkout, { recursive: true });
});

const run = promisify(execFile);

describe('the state of the Stripe sandbox of npm start', () => {
  const databases: TestDatabase[] = [];
  const open = async (): Promise<TestDatabase> => {
    const made = await createTestDatabase();
    databases.push(made);
    return made;
  };
  afterEach(async () => {
    for (const each of databases.splice(0)) await each.drop();
  });

  async function stateOf({ url }: TestDatabase, kind = 'own'): Promise<{ file: string; said: string }> {
    const { stdout, stderr } = await run(process.execPath, ['find-state.mjs', url, kind], { cwd: checkout });
    return { file: stdout.trim(), said: stderr.trim() };
  }

  async function bind({ url }: TestDatabase): Promise<void> {
    const dataSource = await createDataSource({ url, poolSize: 2 }).initialize();
    await settlePaymentsHome(new Database(dataSource), { home: 'Stripe sandbox fc11', isUsed: false });
    await dataSource.destroy();
  }

  it('is a file for each database, the same whatever its address', async () => {
    const [one, other] = [await open(), await open()];
    const { file } = await stateOf(one);
    expect(basename(file)).toMatch(/^stripe-[0-9a-f]{12}\.jsonl$/);
    await bind(one);
    await writeFile(file, '');
    expect(await stateOf(one)).toEqual({ file, said: '' });
    const address = { ...one, url: one.url.replace('127.0.0.1', 'localhost') };
    expect(address.url).not.toBe(one.url);
    expect(await stateOf(address)).toEqual({ file, said: '' });
    expect((await stateOf(other)).file).not.toBe(file);
    expect(basename((await stateOf(other, 'embedded')).file)).toBe('stripe.jsonl');
  });

  it('is missed where a database has payments and the file is gone', async () => {
    const database = await open();
    await bind(database);
    const { file } = await stateOf(database);
    expect(file).toMatch(
      /^FriendlyError: .* whose state is missing: put it into .* or begin anew with an empty/,
    );
    expect((await stateOf(database, 'embedded')).file).toContain('begin anew with npm start -- --reset');
  });

  it('is put aside, aloud, where the database that it belonged to is gone', async () => {
    const database = await open();
    const { file } = await stateOf(database, 'embedded');
    await writeFile(file, 'of the database before');
    expect((await stateOf(database, 'embedded')).said).toContain('The Stripe sandbox begins anew');
    expect([existsSync(file), existsSync(`${file}.old`)]).toEqual([false, true]);
  });
});

describe('a command of the command line', () => {
  async function sandboxOf(environment: Record<string, string> = {}): Promise<string> {
    const { stdout } = await run(process.execPath, ['print-sandbox.mjs'], {
      cwd: checkout,
      env: environment,
    });
    return stdout.trim();
  }

  it('is told of the running Stripe sandbox, if it works on the same database and on no other Stripe', async () => {
    const databaseUrl = 'postgres://user:secret@host/one';
    const input = ['pipe', 'pipe', 'inherit'] as const;
    const instance = spawn(process.execPath, ['hold.mjs', databaseUrl], { cwd: checkout, stdio: [...input] });
    const ended = new Promise((resolve) => instance.once('exit', resolve));
    const mine = { DATABASE_URL: databaseUrl };
    try {
      await new Promise((resolve) => instance.stdout?.once('data', resolve));
      expect(await sandboxOf(mine)).toBe('http://127.0.0.1:4108');
      expect(await sandboxOf({ DATABASE_URL: 'postgres://user:secret@host/two' })).toBe('none');
      expect(await sandboxOf()).toBe('none');
      expect(await sandboxOf({ ...mine, STRIPE_SECRET_KEY: 'sk_test_x' })).toBe('none');
      expect(await sandboxOf({ ...mine, LEADGER_MODE: 'production' })).toBe('none');
      const own = { ...mine, LEADGER_STRIPE_SANDBOX_URL: 'http://127.0.0.1:9' };
      expect(await sandboxOf(own)).toBe('http://127.0.0.1:9');
    } finally {
      instance.stdin?.end();
      await ended;
    }
    expect(await sandboxOf(mine)).toBe('none');
  });
});
