import { readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { BenchHost, Undo } from './host.js';
import { percentile } from './statistics.js';

/** A PostgreSQL of the bench's own. */
export interface BenchServer {
  /** Of the process that the others belong to. */
  readonly pid: number;
  readonly version: string;
  /** The data lies in memory, where a durable commit costs nothing: figures say less. */
  readonly inMemory: boolean;
  /** Measures what one durable commit of one row takes, in milliseconds, with nothing else going on. */
  readonly timeOfCommit: () => Promise<number>;
  /** Makes an empty database and gives its address. */
  readonly createDatabase: (name: string) => Promise<string>;
}

/**
 * Beside the defaults: nothing may fall into a leg that is not caused by it, so checkpoints come when the bench asks
 * for them. Durability is the default: fsync and synchronous_commit are on.
 */
export const serverSettings = [
  'shared_buffers=512MB',
  'max_wal_size=8GB',
  'checkpoint_timeout=1h',
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  // More than a leg writes: see recycledLog.
  'min_wal_size=1GB',
] as const;

/**
 * Writes 1 GiB of log, and has it recycled. A server that has run for a while writes into files of its log that it has used
 * before; a new one makes them, sixteen megabytes of zeroes each, and whoever commits then waits for it: 50 ms every two seconds.
 */
const recycledLog = [
  `select pg_logical_emit_message(false, 'bench', repeat('.', 1048576)) from generate_series(1, 1024)`,
  'checkpoint',
] as const;

export async function startServer(host: BenchHost, undo: Undo): Promise<BenchServer> {
  const server = await host.startServer(serverSettings);
  undo.add(server.stop);
  const connection = new pg.Client({ connectionString: server.url });
  await connection.connect();
  undo.add(() => connection.end());
  for (const statement of recycledLog) await connection.query(statement);
  const { rows } = await connection.query<{ server_version: string }>('show server_version');
  const createDatabase = async (name: string): Promise<string> => {
    await connection.query(`create database ${connection.escapeIdentifier(name)}`);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const [pid] = readFileSync(join(server.dataDir, 'postmaster.pid'), 'utf8').split('\n');
  return {
    pid: Number(pid),
    version: rows[0]?.server_version ?? '',
    inMemory: statfsSync(server.dataDir).type === tmpfs,
    timeOfCommit: () => timeOfCommit(connection),
    createDatabase,
  };
}

const tmpfs = 0x01021994;

async function timeOfCommit(connection: pg.Client): Promise<number> {
  await connection.query('create table one_row (id int)');
  const times: number[] = [];
  for (let id = 0; id < 200; id += 1) {
    const started = performance.now();
    await connection.query('insert into one_row values (1)');
    times.push(performance.now() - started);
  }
  await connection.query('drop table one_row');
  return percentile(times, 50);
}
