import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { TestApp } from '../support/app.js';
import { ask } from './three-currencies.js';

/** Books so many journals of one posting each at a stroke, a minute apart: more than fits into the buffers on the way. */
export async function fillLedger(app: TestApp, journals: number): Promise<void> {
  const { uuid: bookId } = app.organizations.agency;
  const [accounts] = await app.database.query<{ unbilled: string; accrued: string }>(
    `select (select id from accounts where book_id = $1 and kind = 'unbilled' and currency = 'USD') as unbilled,
       (select id from accounts where book_id = $1 and kind = 'accrued' and currency = 'USD') as accrued`,
    [bookId],
  );
  await app.database.query(
    `with made as (
       insert into journals (book_id, id, kind, source, idempotency_key, input_hash, effective_at, recorded_at, actor)
       select $1, gen_random_uuid(), 'base', 'charge:' || gen_random_uuid(), 'bulk:' || n, '\\x00',
         timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute', now(), 'system:bulk'
       from generate_series(1, $2::int) n returning id)
     insert into postings (book_id, journal_id, ordinal, debit_account_id, credit_account_id, amount_minor, currency)
     select $1, id, 1, $3, $4, 100, 'USD' from made`,
    [bookId, journals, accounts?.unbilled, accounts?.accrued],
  );
}

/** A reader that takes only what it is told to take. */
export class SlowReader {
  text = '';
  private readonly failed: Promise<Error>;

  private constructor(
    private readonly request: http.ClientRequest,
    readonly response: http.IncomingMessage,
  ) {
    this.failed = new Promise((resolve) => response.once('error', resolve));
  }

  /**
   * Comes back with the head of the answer, and has taken nothing of its body. The place of whoever read before is free a
   * moment after its last byte.
   */
  static async open(app: TestApp, address: string): Promise<SlowReader> {
    const headers = { authorization: `Bearer ${app.keys.auditor}` };
    return await whenPlaced(address, async () => {
      const request = http.get(`${app.url}/exports/${address}`, { headers, agent: false });
      const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
        request.once('response', resolve).once('error', reject);
      });
      request.on('error', () => undefined);
      if (response.statusCode !== 503) return new SlowReader(request, response.setEncoding('utf8').pause());
      response.resume();
      return undefined;
    });
  }

  /** Takes at least so many characters, or all that is left; then stops again. Counts, and keeps the last ones only. */
  async take(characters: number): Promise<number> {
    let taken = 0;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.response.pause().off('data', onData).off('end', done).off('error', done);
        resolve();
      };
      const onData = (chunk: string): void => {
        taken += chunk.length;
        this.text = (this.text + chunk).slice(-2_000);
        if (taken >= characters) done();
      };
      this.response.on('data', onData).once('end', done).once('error', done).resume();
    });
    return taken;
  }

  /** How the connection broke; waits for it. */
  async broken(): Promise<Error> {
    this.response.resume();
    return await this.failed;
  }

  leave(): void {
    this.request.destroy();
  }
}

/** As `ask`, when there is a place: that of a reader who went away is free a moment after its connection. */
export async function askOncePlaced(app: TestApp, key: string, address: string): Promise<Response> {
  return await whenPlaced(address, async () => {
    const response = await ask(app, key, address);
    if (response.status !== 503) return response;
    await response.text();
    return undefined;
  });
}

/** Asks again until there is a place: what `attempt` gives then. */
async function whenPlaced<T>(address: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 500; tries += 1) {
    const given = await attempt();
    if (given !== undefined) return given;
    await pause(10);
  }
  throw new Error(`there was never a place for ${address}`);
}

/** Waits until so many files of the ledger are being read, each in its transaction; gives their backends. */
export async function holders(app: TestApp, count: number): Promise<readonly number[]> {
  return await backends(app, `query like 'fetch %' and xact_start is not null`, count);
}

/**
 * Runs `work` while nobody gets at a table, and ends the connection of whoever first waits for it: as if the database
 * went away at that moment.
 */
export async function losing<T>(app: TestApp, table: string, work: () => Promise<T>): Promise<T> {
  const connection = new pg.Client({ connectionString: app.databaseUrl });
  await connection.connect();
  try {
    await connection.query(`begin; lock table ${table} in access exclusive mode`);
    const working = work();
    const [waiting] = await backends(app, `wait_event_type = 'Lock' and query like '%${table}%'`, 1);
    await connection.query('select pg_terminate_backend($1)', [waiting]);
    return await working;
  } finally {
    await connection.end();
  }
}

async function backends(app: TestApp, condition: string, count: number): Promise<readonly number[]> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const rows = await app.database.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and ${condition}`,
    );
    if (rows.length === count) return rows.map(({ pid }) => pid);
    await pause(10);
  }
  throw new Error(`there are not ${count} backends with ${condition}`);
}
