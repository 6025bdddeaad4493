import { ConfigError, configurationPage, loadConfig } from './index.js';

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
    });
  });

  it('reads what is set, and takes an empty value for an unset one', () => {
    const config = loadConfig({
      DATABASE_URL: databaseUrl,
      PORT: '4001',
      LEADGER_MODE: 'production',
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
  ])('refuses %s in one line', (_, environment, expected) => {
    const message = messageOf(environment);
    expect(message).toContain(expected);
    expect(message).not.toMatch(/\n/);
  });

  it('never repeats a value: an address may hold a password', () => {
    expect(messageOf({ DATABASE_URL: 'mysql://user:secret@host/x' })).not.toContain('secret');
  });
});

describe('configurationPage', () => {
  it('has a row for every setting', () => {
    expect(configurationPage()).toContain('| `LEADGER_MODE` | sandbox has a clock');
    expect(configurationPage().match(/^\| `/gm)).toHaveLength(17);
  });
});
