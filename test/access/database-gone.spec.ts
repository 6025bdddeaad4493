/** What happens to the API while its database goes away and comes back. */
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => await app.stop());

async function asAdmin<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
  const url = new URL(app.databaseUrl);
  url.pathname = '/postgres';
  const connection = new pg.Client({ connectionString: url.href });
  await connection.connect();
  try {
    return (await connection.query<T>(sql, values)).rows;
  } finally {
    await connection.end();
  }
}

function databaseName(): string {
  return new URL(app.databaseUrl).pathname.slice(1);
}

it('a connection that is lost between two statements ends a transaction and not the process', async () => {
  const { driver } = app.database.dataSource as DataSource & { driver: { master: pg.Pool } };
  const connection = await driver.master.connect();
  const [backend] = (await connection.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
  const ended = new Promise((resolve) => connection.once('end', resolve));
  await asAdmin('select pg_terminate_backend($1)', [backend?.pid]);
  await ended;
  await expect(connection.query('select 1')).rejects.toThrow();
  connection.release(true);
  expect((await app.gql(app.keys.agency, '{ viewer { roles } }')).status).toBe(200);
});

it('without its database the API answers 503 with Retry-After, is not ready, and goes on when it is back', async () => {
  const name = databaseName();
  await asAdmin(`alter database ${name} with allow_connections false`);
  await asAdmin('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  // A key that no earlier request has looked up.
  const answer = await app.gql(app.keys.otherBuyer, '{ viewer { roles } }');
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAVAILABLE']);
  expect((await fetch(`${app.url}/health/ready`)).status).toBe(503);
  expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  await asAdmin(`alter database ${name} with allow_connections true`);
  expect((await app.gql(app.keys.otherBuyer, '{ viewer { roles } }')).status).toBe(200);
  expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
});
