import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { BenchFailure, type BenchHost, type Undo } from '../host.js';
import { benchMasterKey, startApi } from '../intake/services.js';
import {
  addApiKey,
  addContract,
  addOrganization,
  benchTerms,
  benchVertical,
  brokenInvariants,
  migrateDatabase,
  openProduct,
} from '../marketplace.js';
import type { BenchOptions } from '../options.js';
import { MemoryWatch } from '../payouts/worker.js';
import { becomesReady, type Started, startService } from '../services.js';
import type { BenchServer } from '../server.js';
import { percentile } from '../statistics.js';

/** A file of leads: sent, taken by a worker that is killed in the middle, and counted. */
export interface ImportsRun {
  readonly rows: number;
  readonly fileBytes: number;
  readonly uploadSeconds: number;
  /** Of the API, in bytes: before the file came, and at most while it came. */
  readonly upload: { readonly restBytes: number | undefined; readonly peakBytes: number | undefined };
  /** While a worker was at work. */
  readonly rowsPerSecond: number;
  /** From the kill until rows were taken again. */
  readonly outageSeconds: number;
  readonly rowsAtKill: number;
  /** Of the worker, in bytes. The middle of the second quarter of the rows, and of the last one. */
  readonly memory: {
    readonly restBytes: number | undefined;
    readonly peakBytes: number | undefined;
    readonly secondQuarterBytes: number | undefined;
    readonly lastQuarterBytes: number | undefined;
  };
  readonly broken: readonly string[];
}

interface Progress {
  readonly state: string;
  readonly rows: number;
  readonly atMs: number;
}

export async function measureImports(
  host: BenchHost,
  undo: Undo,
  { server, options }: { readonly server: BenchServer; readonly options: BenchOptions },
): Promise<ImportsRun> {
  const rows = options.rows ?? (options.quick ? 20_000 : 1_000_000);
  const databaseUrl = await server.createDatabase('bench_imports');
  await migrateDatabase(databaseUrl);
  const product = await openProduct(databaseUrl);
  undo.add(() => product.close());
  const agency = await addOrganization(product, 'AGENCY', 'Bench agency');
  const buyer = await addOrganization(product, 'BUYER', 'Bench buyer');
  await addContract(product, { agency, buyer, terms: benchTerms });
  const key = await addApiKey(product, agency);
  const connection = new pg.Client({ connectionString: databaseUrl });
  await connection.connect();
  undo.add(() => connection.end());
  const port = await host.freePort();
  const api = await startApi(host, undo, { databaseUrl, port, poolSize: 6 });
  const apiMemory = new MemoryWatch(api.pid);
  const sent = await host.step(`sending a file of ${rows.toLocaleString('en')} rows`, () =>
    send({ key, rows, port }),
  );
  const uploaded = [...apiMemory.stop()];
  const worked = await host.step('taking it, with a worker that is killed once', () =>
    workOff(host, undo, { databaseUrl, connection, rows }),
  );
  const broken = [
    ...(await miscounted(connection, rows)),
    ...(await brokenInvariants(product)).map((line) => `imports: ${line}`),
  ];
  return {
    rows,
    ...sent,
    upload: { restBytes: uploaded[0], peakBytes: highest(uploaded) },
    ...worked,
    broken,
  };
}

/** As fast as it is taken, and made on the way: no more of it is anywhere than a few rows. */
async function send({
  key,
  rows,
  port,
}: {
  readonly key: string;
  readonly rows: number;
  readonly port: number;
}): Promise<{ fileBytes: number; uploadSeconds: number }> {
  const begun = performance.now();
  let fileBytes = 0;
  const pieces = function* (): Generator<Buffer, void, undefined> {
    for (const piece of filePieces(rows)) {
      fileBytes += piece.length;
      yield piece;
    }
  };
  const sent = request({
    host: '127.0.0.1',
    port,
    path: `/v1/imports?vertical=${benchVertical}&start=true&fileName=bench.csv`,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
  });
  const answered = once(sent, 'response') as Promise<[Readable & { readonly statusCode?: number }]>;
  Readable.from(pieces()).pipe(sent);
  const [response] = await answered;
  const said = (await response.toArray()).join('');
  if (response.statusCode !== 201) throw new BenchFailure(`The file was not taken: ${said.slice(0, 500)}`, 1);
  return { fileBytes, uploadSeconds: (performance.now() - begun) / 1_000 };
}

function* filePieces(rows: number): Generator<Buffer, void, undefined> {
  let text = 'Lead ID,E-Mail,Phone,First Name,Last Name,ZIP,Country,utm_source,Cost,Currency\r\n';
  for (let row = 0; row < rows; row += 1) {
    const phone = `+1212${String(2_000_000 + (row % 7_999_999)).padStart(7, '0')}`;
    text += `B-${row},person.${row}@bench.example,${phone},Given ${row},"Family, ${row}",10001,US,search,4.00,USD\r\n`;
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

async function workOff(
  host: BenchHost,
  undo: Undo,
  {
    databaseUrl,
    connection,
    rows,
  }: { readonly databaseUrl: string; readonly connection: pg.Client; readonly rows: number },
): Promise<Pick<ImportsRun, 'rowsPerSecond' | 'outageSeconds' | 'rowsAtKill' | 'memory'>> {
  const samples: { readonly rows: number; readonly bytes: number }[] = [];
  let worker = await startWorker(host, undo, databaseUrl);
  const begun = performance.now();
  const rest = new MemoryWatch(worker.pid);
  const [restBytes] = rest.stop();
  let killed: Progress | undefined;
  let backAtMs: number | undefined;
  for (;;) {
    const now = await progress(connection);
    const bytes = new MemoryWatch(worker.pid).stop()[0];
    if (bytes !== undefined) samples.push({ rows: now.rows, bytes });
    if (killed && backAtMs === undefined && now.rows > killed.rows) backAtMs = now.atMs;
    if (now.state === 'COMPLETED') break;
    if (now.state !== 'RUNNING') throw new BenchFailure(`The import ended as ${now.state}.`, 1);
    const ended = worker.ended();
    if (ended !== undefined) throw new BenchFailure(`The worker ended: ${ended}`, 1);
    if (!killed && now.rows >= rows / 2) {
      process.kill(worker.pid, 'SIGKILL');
      await worker.stop();
      killed = await progress(connection);
      worker = await startWorker(host, undo, databaseUrl);
    }
    await wait(200);
  }
  const seconds = (performance.now() - begun) / 1_000;
  await worker.stop();
  const outageSeconds = killed && backAtMs !== undefined ? (backAtMs - killed.atMs) / 1_000 : 0;
  const quarter = (from: number): number | undefined => {
    const own = samples.filter(({ rows: at }) => at >= (rows * from) / 4 && at < (rows * (from + 1)) / 4);
    return own.length === 0
      ? undefined
      : percentile(
          own.map(({ bytes }) => bytes),
          50,
        );
  };
  return {
    rowsPerSecond: rows / (seconds - outageSeconds),
    outageSeconds,
    rowsAtKill: killed?.rows ?? 0,
    memory: {
      restBytes,
      peakBytes: highest(samples.map(({ bytes }) => bytes)),
      secondQuarterBytes: quarter(1),
      lastQuarterBytes: quarter(3),
    },
  };
}

async function startWorker(host: BenchHost, undo: Undo, databaseUrl: string): Promise<Started> {
  let isWorking = false;
  const service = startService(host, undo, {
    args: [join(host.root, 'dist', 'apps', 'worker', 'src', 'main.js')],
    env: {
      NODE_ENV: 'production',
      LEADGER_MODE: 'production',
      LEADGER_MASTER_KEY: benchMasterKey,
      LEADGER_POOL_SIZE: '6',
      DATABASE_URL: databaseUrl,
    },
    onLine: (line) => void (isWorking ||= (JSON.parse(line) as { readonly msg: string }).msg === 'working'),
  });
  await becomesReady('The worker', service, () => isWorking);
  return service;
}

async function progress(connection: pg.Client): Promise<Progress> {
  const { rows } = await connection.query<{ state: string; rows_done: number }>(
    'select state, rows_done from lead_imports',
  );
  return { state: rows[0]?.state ?? 'gone', rows: rows[0]?.rows_done ?? 0, atMs: performance.now() };
}

/** Each row is one lead, is reported once, and nothing is left of the file. */
async function miscounted(connection: pg.Client, rows: number): Promise<string[]> {
  const { rows: found } = await connection.query<Record<string, string>>(`
    select (select count(*) from leads) as leads, (select count(distinct external_id) from leads) as names,
      (select taken from lead_imports) as taken, (select rows_done from lead_imports) as done,
      (select sum(cardinality(rows)) from import_batches) as reported,
      (select count(distinct r) from import_batches, unnest(rows) r) as numbers,
      (select count(*) from import_chunks) as pieces`);
  const expected = {
    leads: rows,
    names: rows,
    taken: rows,
    done: rows,
    reported: rows,
    numbers: rows,
    pieces: 0,
  };
  return Object.entries(expected).flatMap(([name, count]) =>
    Number(found[0]?.[name] ?? 0) === count ? [] : [`imports: ${name} are ${found[0]?.[name]}, not ${count}`],
  );
}

function highest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}
