import { spawn } from 'node:child_process';
import path from 'node:path';
import { startTestApp } from '../../../test/support/app.js';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.js';
import { CommandError } from './command.js';
import { createPersonCommand } from './create-person.command.js';

/** Compiled by the set-up of the test run. */
const main = path.resolve('dist/apps/cli/src/main.js');

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => await database.drop());

async function createPerson(
  url: string,
  ...parameters: string[]
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [main, 'create-person', ...parameters], {
    env: {
      ...process.env,
      DATABASE_URL: url,
      LEADGER_MODE: 'production',
      LEADGER_MASTER_KEY: Buffer.alloc(32, 'secret').toString('base64'),
    },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}

describe('leadger create-person', () => {
  const ada = ['--email', 'ada@example.com', '--name', 'Ada', '--role', 'ADMIN'];

  it('says in one line what is missing or wrong', async () => {
    for (const [parameters, text] of [
      [[], '--email is missing'],
      [['--email', 'a@example.com', '--name', 'A'], '--role is missing'],
      [['--email', 'a@example.com', '--name', 'A', '--role', 'BOSS'], 'there is no such role'],
      [[...ada, '--approval-limit', '5000.00'], '--currency is missing'],
      [[...ada, '--currency', 'USD'], '--approval-limit is missing'],
      [[...ada, '--approval-limit', '5000.00', '--currency', 'usd'], '--currency must be'],
      [[...ada, '--approval-limit', '5,000', '--currency', 'USD'], '--approval-limit must be'],
      [[...ada, '--approval-limit', '0', '--currency', 'USD'], '--approval-limit must be'],
      [[...ada, '--approval-limit', '5000.00', '--currency', 'USD'], 'is for a FINANCE_APPROVER'],
    ] as const) {
      const error: unknown = await createPersonCommand.run(parameters).catch((thrown: unknown) => thrown);
      if (!(error instanceof CommandError)) throw new Error(`${text}: nothing was wrong`);
      expect(error.message).toContain(text);
      expect(error.message).not.toContain('\n');
    }
    const ran = await createPerson(database.url, ...ada);
    expect(ran.code).toBe(1);
    expect(ran.text).toContain('--operator is missing');
    expect(ran.text.trim().split('\n')).toHaveLength(1);
  });

  it('makes the operator the first time only', async () => {
    expect((await createPerson(database.url, ...ada, '--operator', 'Example Leads')).code).toBe(0);
    const paula = ['--email', 'paula@example.com', '--name', 'Paula', '--role', 'FINANCE_PREPARER'];
    expect((await createPerson(database.url, ...paula, '--operator', 'Another')).text).toContain('already');
    expect((await createPerson(database.url, ...paula)).code).toBe(0);
  });

  it('prints a key that acts as the person', async () => {
    const app = await startTestApp();
    const ran = await createPerson(
      app.databaseUrl,
      '--email',
      'p@example.com',
      '--name',
      'P',
      '--role',
      'AUDITOR',
    );
    const key = /API key {3}(ldg_live_\S+)/.exec(ran.text)?.[1] ?? null;
    const { viewer } = await app.ask<{ viewer: { roles: string[] } }>(key, '{ viewer { roles } }');
    expect(viewer.roles).toEqual(['AUDITOR']);
    await app.stop();
  });

  it('limits what the person may approve', async () => {
    const app = await startTestApp();
    const annie = ['--email', 'annie@example.com', '--name', 'Annie', '--role', 'FINANCE_APPROVER'];
    const ran = await createPerson(
      app.databaseUrl,
      ...annie,
      '--approval-limit',
      '5000',
      '--currency',
      'EUR',
    );
    const key = /API key {3}(ldg_live_\S+)/.exec(ran.text)?.[1] ?? null;
    const { viewer } = await app.ask<{ viewer: { user: object } }>(
      key,
      '{ viewer { user { email approvalLimits { amount currency } } } }',
    );
    expect(viewer.user).toEqual({
      email: 'annie@example.com',
      approvalLimits: [{ amount: '5000.00', currency: 'EUR' }],
    });
    await app.stop();
  });
});
