import { type Config, loadConfig } from '#config';
import { createDataSource, Database } from '#database';
import { migrations } from '#migrations';
import { KeyRing } from '#persons';
import { allInvariants } from '../../process/src/all-invariants.js';
import { pendingMigrations } from '../../process/src/pending-migrations.js';
import { startFailure } from '../../process/src/start-failure.js';
import type { Command } from './command.js';
import { examinePayments, examinePaymentsHome, type Finding } from './examine-payments.js';
import { readOptions } from './options.js';

const oldestPostgres = 15;
const newestPostgres = 18;

export const doctorCommand: Command = {
  summary:
    'Checks settings, payments, database and books without changing anything. Exit code 1 when something is wrong.',
  usage: '',
  run: async (parameters) => {
    readOptions(parameters, {});
    const findings = await examine();
    for (const { ok, what, result } of findings)
      console.log(`${ok ? 'ok    ' : 'WRONG '} ${what}: ${result}`);
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },
};

async function examine(): Promise<readonly Finding[]> {
  const config = loadConfig();
  const mode = config.sandbox ? 'sandbox' : 'production';
  const settings: readonly Finding[] = [
    { ok: true, what: 'settings', result: `valid, ${mode} mode` },
    await examinePayments(config),
  ];
  const dataSource = createDataSource({
    url: config.databaseUrl,
    migrations,
    poolSize: 2,
    applicationName: 'leadger-doctor',
  });
  try {
    await dataSource.initialize();
  } catch (error) {
    const result = startFailure(error);
    if (result === undefined) throw error;
    return [...settings, { ok: false, what: 'database', result }];
  }
  try {
    const database = new Database(dataSource);
    return [...settings, await examineServer(database), ...(await examineSchema(database, config))];
  } finally {
    await dataSource.destroy();
  }
}

async function examineServer(database: Database): Promise<Finding> {
  const [row] = await database.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  );
  const major = Math.floor((row?.number ?? 0) / 10_000);
  const ok = major >= oldestPostgres && major <= newestPostgres;
  const result = `PostgreSQL ${row?.version ?? 'unknown'}`;
  return {
    ok,
    what: 'database',
    result: ok ? result : `${result}: use ${oldestPostgres} to ${newestPostgres}`,
  };
}

async function examineSchema(database: Database, config: Config): Promise<readonly Finding[]> {
  const { sandbox } = config;
  const pending = await pendingMigrations(database);
  if (pending.length > 0) {
    return [{ ok: false, what: 'migrations', result: `${pending.length} have not run: npx leadger migrate` }];
  }
  const [clock] = await database.query<{ offset_ms: string; late_ms: number }>(
    `select offset_ms, abs(extract(epoch from clock_timestamp()) * 1000 - $1)::float8 as late_ms from sandbox_clock`,
    [performance.timeOrigin + performance.now()],
  );
  const offsetMs = Number(clock?.offset_ms ?? 0);
  const lateMs = Math.round(clock?.late_ms ?? 0);
  const ahead = offsetMs === 0 ? 'not advanced' : `${(offsetMs / 86_400_000).toFixed(1)} days ahead`;
  return [
    { ok: true, what: 'migrations', result: 'all have run' },
    {
      ok: sandbox || offsetMs === 0,
      what: 'sandbox clock',
      result:
        sandbox || offsetMs === 0 ? ahead : `${ahead}, in production mode: this is the database of a sandbox`,
    },
    {
      // Leases and rate limits bear a second; money is dated by this machine's clock.
      ok: lateMs < 5_000,
      what: 'clocks',
      result: `this machine and the database differ by ${lateMs} ms`,
    },
    await examineKeys(database, config),
    ...(await examinePaymentsHome(database, config, offsetMs)),
    {
      ok: true,
      what: 'books',
      result: `${allInvariants.length} invariants known: npx leadger verify-ledger checks them`,
    },
  ];
}

async function examineKeys(database: Database, config: Config): Promise<Finding> {
  const count = await new KeyRing(database, config).unopenable();
  const what = 'master key';
  if (count === 0) return { ok: true, what, result: 'opens every key of the database' };
  return { ok: false, what, result: `does not open ${count} keys of the database: give the right one` };
}
