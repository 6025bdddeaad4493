import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, configurationPage, isLiveKey, loadConfig } from './index.js';

const masterKey = 'YS1tYXN0ZXIta2V5LW9mLXRlc3RzLW5vdC1zZWNyZXQ=';
const databaseUrl = 'postgres://user:secret@localhost:5432/leadger';

function messageOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'nothing was thrown';
}

describe('loadConfig', () => {
  it('needs nothing but a database', () => {
    expect(loadConfig({ DATABASE_URL: databaseUrl })).toMatchObject({
      databaseUrl,
      apiPort: 4000,
      apiHost: '127.0.0.1',
      publicUrl: 'http://localhost:4000',
      sandbox: true,
      logLevel: 'info',
      poolSize: 6,
      limits: { depth: undefined, cost: undefined },
      stripe: null,
      minimumPayout: '50.00',
      twoApproversAbove: '10000.00',
    });
  });

  it('reads what is set, and takes an empty value for an unset one', () => {
    const config = loadConfig({
      DATABASE_URL: databaseUrl,
      PORT: '4001',
      LEADGER_MODE: 'production',
      LEADGER_MASTER_KEY: masterKey,
      LEADGER_PUBLIC_URL: 'https://leads.example/',
      LEADGER_LIMIT_DEPTH: '12',
      LEADGER_POOL_SIZE: '',
    });
    expect(config).toMatchObject({
      apiPort: 4001,
      sandbox: false,
      publicUrl: 'https://leads.example',
      poolSize: 6,
      limits: { depth: 12 },
    });
  });

  it.each([
    ['a missing database', {}, 'DATABASE_URL is not set: give it an address such as postgres://'],
    [
      'another kind of database',
      { DATABASE_URL: 'mysql://secret@host/x' },
      'DATABASE_URL must be an address such as',
    ],
    [
      'a word for a port',
      { DATABASE_URL: databaseUrl, PORT: 'http' },
      'PORT must be a whole number from 1 to 65535',
    ],
    [
      'a port out of range',
      { DATABASE_URL: databaseUrl, PORT: '70000' },
      'PORT must be a whole number from 1 to',
    ],
    [
      'a sign',
      { DATABASE_URL: databaseUrl, LEADGER_POOL_SIZE: '-1' },
      'LEADGER_POOL_SIZE must be a whole number',
    ],
    [
      'an unknown mode',
      { DATABASE_URL: databaseUrl, LEADGER_MODE: 'prod' },
      'LEADGER_MODE must be one of sandbox,',
    ],
    [
      'a misspelt name',
      { DATABASE_URL: databaseUrl, LEADGER_POOLSIZE: '6' },
      'LEADGER_POOLSIZE is not a setting',
    ],
    [
      'a third decimal',
      { DATABASE_URL: databaseUrl, LEADGER_MINIMUM_PAYOUT: '50.001' },
      'LEADGER_MINIMUM_PAYOUT must be an amount of at most two decimals',
    ],
    [
      'an amount below nothing',
      { DATABASE_URL: databaseUrl, LEADGER_TWO_APPROVERS_ABOVE: '-1' },
      'LEADGER_TWO_APPROVERS_ABOVE must be an amount',
    ],
  ])('refuses %s in one line', (_, environment, expected) => {
    const message = messageOf(environment);
    expect(message).toContain(expected);
    expect(message).not.toMatch(/\n/);
  });

  it('never repeats a value: an address may hold a password', () => {
    expect(messageOf({ DATABASE_URL: 'mysql://user:secret@host/x' })).not.toContain('secret');
  });
});

describe('the master key', () => {
  const production = { DATABASE_URL: databaseUrl, LEADGER_MODE: 'production' };
  const bytes = Buffer.from(masterKey, 'base64');
  const other = Buffer.alloc(32, 7);
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'leadger-keys-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const fileOf = (text: string): string => {
    const path = join(folder, 'keys');
    writeFileSync(path, text);
    return path;
  };

  it('is what is set or what the file has, the present one first', () => {
    const two = `${masterKey}, ${other.toString('base64')}`;
    expect(loadConfig({ ...production, LEADGER_MASTER_KEY: two }).masterKeys).toEqual([bytes, other]);
    const file = fileOf(`${other.toString('base64')}\n\n${masterKey}\n`);
    expect(loadConfig({ ...production, LEADGER_MASTER_KEY_FILE: file }).masterKeys).toEqual([other, bytes]);
  });

  it('is one that everybody knows in a sandbox, and in production none but a secret one', () => {
    const { masterKeys } = loadConfig({ DATABASE_URL: databaseUrl });
    expect(masterKeys).toHaveLength(1);
    expect(masterKeys[0]).toHaveLength(32);
    expect(() => loadConfig(production)).toThrow(
      'LEADGER_MASTER_KEY is not set, and LEADGER_MODE is production',
    );
    const known = masterKeys[0]?.toString('base64') ?? '';
    expect(() => loadConfig({ ...production, LEADGER_MASTER_KEY: known })).toThrow(
      'is the key of the sandbox',
    );
  });

  it.each([
    [
      'too short',
      { LEADGER_MASTER_KEY: 'aGlkZGVu' },
      'LEADGER_MASTER_KEY must be one or more keys of 32 bytes',
    ],
    ['no base64', { LEADGER_MASTER_KEY: '*'.repeat(44) }, 'LEADGER_MASTER_KEY must be'],
    ['in no file', { LEADGER_MASTER_KEY_FILE: '/nowhere/at/all' }, 'LEADGER_MASTER_KEY_FILE cannot be read'],
    ['given twice', { LEADGER_MASTER_KEY: masterKey, LEADGER_MASTER_KEY_FILE: 'x' }, 'are both set'],
  ])('is refused when it is %s, without being repeated', (_, environment, expected) => {
    const start = () => loadConfig({ ...production, ...environment });
    expect(start).toThrow(expected);
    expect(start).not.toThrow(/aGlkZGVu|\*\*/);
  });

  it('is refused when its file has none, or something else', () => {
    for (const text of ['', 'none\n', `${masterKey}\nhidden\n`])
      expect(() => loadConfig({ ...production, LEADGER_MASTER_KEY_FILE: fileOf(text) })).toThrow(
        'LEADGER_MASTER_KEY_FILE must be the path',
      );
  });
});

describe('Stripe', () => {
  const production = {
    DATABASE_URL: databaseUrl,
    LEADGER_MODE: 'production',
    LEADGER_MASTER_KEY: masterKey,
  };
  const sandbox = { DATABASE_URL: databaseUrl, LEADGER_MODE: 'sandbox' };
  const sandboxUrl = 'http://127.0.0.1:4001';

  it('is what is set, with a secret for each endpoint', () => {
    const { stripe } = loadConfig({
      ...production,
      STRIPE_SECRET_KEY: 'rk_live_abc',
      STRIPE_WEBHOOK_SECRET: 'whsec_own, whsec_connected',
      LEADGER_STRIPE_REQUESTS_PER_SECOND: '90',
      LEADGER_STRIPE_OPERATIONS_AT_ONCE: '30',
    });
    expect(stripe).toEqual({
      secretKey: 'rk_live_abc',
      webhookSecrets: ['whsec_own', 'whsec_connected'],
      sandboxUrl: null,
      requestsPerSecond: 90,
      operationsAtOnce: 30,
    });
  });

  it('is the sandbox where its address is set, with a key that opens nothing', () => {
    expect(loadConfig({ ...sandbox, LEADGER_STRIPE_SANDBOX_URL: `${sandboxUrl}/` }).stripe).toEqual({
      secretKey: 'sk_test_sandbox',
      webhookSecrets: ['whsec_leadger_sandbox'],
      sandboxUrl,
      requestsPerSecond: 20,
      operationsAtOnce: 8,
    });
  });

  it('may be tried with a test key before there is a webhook endpoint', () => {
    const { stripe } = loadConfig({ ...sandbox, STRIPE_SECRET_KEY: 'sk_test_abc' });
    expect(stripe).toMatchObject({ secretKey: 'sk_test_abc', webhookSecrets: [], sandboxUrl: null });
  });

  it('is switched off without either, in production too', () => {
    expect(loadConfig(production).stripe).toBeNull();
    expect(loadConfig({ ...sandbox, STRIPE_SECRET_KEY: '', STRIPE_WEBHOOK_SECRET: ' ' }).stripe).toBeNull();
  });

  const key = 'sk_test_hidden';
  const liveKey = 'sk_live_hidden';
  const webhook = 'whsec_hidden';
  it.each<[string, Record<string, string>, string]>([
    ['a live key beside a clock that can be moved', { ...sandbox, STRIPE_SECRET_KEY: liveKey }, 'live key'],
    [
      'a restricted live key there',
      { ...sandbox, STRIPE_SECRET_KEY: 'rk_live_hidden', STRIPE_WEBHOOK_SECRET: webhook },
      'STRIPE_SECRET_KEY is a live key and LEADGER_MODE is sandbox',
    ],
    [
      'a key in production that nothing is believed with',
      { ...production, STRIPE_SECRET_KEY: liveKey },
      'STRIPE_SECRET_KEY is set without STRIPE_WEBHOOK_SECRET',
    ],
    [
      'a webhook secret that belongs to no key',
      { ...production, STRIPE_WEBHOOK_SECRET: webhook },
      'STRIPE_WEBHOOK_SECRET is set without STRIPE_SECRET_KEY',
    ],
    [
      'a sandbox in production',
      { ...production, LEADGER_STRIPE_SANDBOX_URL: sandboxUrl },
      'LEADGER_STRIPE_SANDBOX_URL is set and LEADGER_MODE is production',
    ],
    [
      'a sandbox beside a key',
      { ...sandbox, STRIPE_SECRET_KEY: key, LEADGER_STRIPE_SANDBOX_URL: sandboxUrl },
      'STRIPE_SECRET_KEY and LEADGER_STRIPE_SANDBOX_URL are both set',
    ],
    [
      'a sandbox with a path',
      { ...sandbox, LEADGER_STRIPE_SANDBOX_URL: `${sandboxUrl}/v1` },
      'must be an address such as',
    ],
    [
      'a sandbox with a password',
      { ...sandbox, LEADGER_STRIPE_SANDBOX_URL: 'http://a:hidden@127.0.0.1:4001' },
      'must be an address such as',
    ],
    ['a publishable key', { ...sandbox, STRIPE_SECRET_KEY: 'pk_test_hidden' }, 'a secret or restricted key'],
    [
      'a secret that signs nothing',
      { ...sandbox, STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: `${webhook},sk_test_hidden` },
      'STRIPE_WEBHOOK_SECRET must be one or more signing secrets',
    ],
    [
      'a rate of nothing',
      { ...sandbox, LEADGER_STRIPE_REQUESTS_PER_SECOND: '0' },
      'must be a whole number from 1 to 1000',
    ],
    [
      'nothing on its way',
      { ...sandbox, LEADGER_STRIPE_OPERATIONS_AT_ONCE: '0' },
      'must be a whole number from 1 to 100',
    ],
  ])('refuses %s in one line without its value', (_, environment, expected) => {
    const message = messageOf(environment);
    expect(message).toContain(expected);
    expect(message).not.toMatch(/\n|hidden/);
  });

  it('knows which keys move real money', () => {
    const keys = ['sk_live_a', 'rk_live_a', 'sk_test_a', 'rk_test_a', 'sk_test_live_'];
    expect(keys.filter(isLiveKey)).toEqual(['sk_live_a', 'rk_live_a']);
  });
});

describe('configurationPage', () => {
  it('has a row for every setting', () => {
    expect(configurationPage()).toContain('| `LEADGER_MODE` | sandbox has a clock');
    expect(configurationPage().match(/^\| `/gm)).toHaveLength(31);
  });
});
