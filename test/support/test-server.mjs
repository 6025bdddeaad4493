// One PostgreSQL for a test run: our own without fsync, or the one that TEST_DATABASE_URL names. The migrations run
// once, into a template; every suite clones it (test/support/database.ts).
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startPostgres } from '../../scripts/lib/postgres.mjs';

/** { forSuites: { adminUrl, prefix, template, migrationError }, stop() } */
export async function prepareTestServer() {
  const given = process.env.TEST_DATABASE_URL;
  // Suites that kill processes have several workers at once, each with connections of its own.
  const settings = ['max_connections=400'];
  const server = given
    ? { url: given, stop: async () => {} }
    : await startPostgres({ durable: false, settings });
  if (!given) await letConnectQuickly(server.url);
  const prefix = `leadger_test_${randomBytes(4).toString('hex')}`;
  const template = `${prefix}_template`;
  const migrationError = await makeTemplate(server.url, template).then(
    () => undefined,
    (error) => String(error?.stack ?? error),
  );
  const stop = async () => {
    try {
      if (given) await dropAll(server.url, prefix);
    } finally {
      await server.stop();
    }
  };
  return { forSuites: { adminUrl: server.url, prefix, template, migrationError }, stop };
}

/** A server with one migrated database, for what is generated from the schema: { url, stop() } */
export async function migratedServer() {
  const server = await startPostgres({ durable: false });
  try {
    await runMigrations(server.url);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

// Suites connect some thousand times. What makes a password hard to guess takes the client milliseconds each time, and this
// one is random, and lives as long as the run.
async function letConnectQuickly(url) {
  const { username, password } = new URL(url);
  const setting = `SELECT set_config('scram_iterations', '1', false)`;
  await query(url, `${setting}; ALTER ROLE ${username} PASSWORD '${password}'`);
}

async function makeTemplate(url, template) {
  await query(url, `CREATE DATABASE ${template}`);
  await runMigrations(withDatabase(url, template));
  // A clone fails while anybody is connected to its template: let nobody in.
  await query(url, `ALTER DATABASE ${template} WITH ALLOW_CONNECTIONS false`);
}

// Imported late: the libraries are compiled by the set-up that calls this.
async function runMigrations(url) {
  const [{ createDataSource, migrate }, { migrations }] = await Promise.all([
    import('#database'),
    import('#migrations'),
  ]);
  const dataSource = await createDataSource({ url, migrations, poolSize: 2 }).initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

function withDatabase(url, name) {
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.href;
}

async function query(url, statement) {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    return (await connection.query(statement)).rows;
  } finally {
    await connection.end();
  }
}

// Only on a server that is not ours: suites that were cut short leave their clones there.
async function dropAll(url, prefix) {
  const left = await query(url, `SELECT datname FROM pg_database WHERE starts_with(datname, '${prefix}')`);
  for (const { datname } of left) await query(url, `DROP DATABASE ${datname} WITH (FORCE)`);
}
