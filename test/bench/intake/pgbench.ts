import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseApiKey } from '#organizations';
import { BenchFailure } from '../host.js';
import { childEnvironment, run } from '../processes.js';
import { percentile } from '../statistics.js';
import type { Load } from './leg.js';

export interface PgbenchOptions {
  readonly pgbench: string;
  readonly databaseUrl: string;
  readonly apiKeys: readonly string[];
  /** Database connections, each with one transaction in flight. */
  readonly connections: number;
  /** For scripts and logs. */
  readonly folder: string;
}

/** The reference: one prepared function call per lead. */
export function pgbenchLoad(options: PgbenchOptions): Load {
  const { pgbench, databaseUrl, apiKeys, connections } = options;
  const folder = join(options.folder, `pgbench-${connections}`);
  return async ({ name, seconds }) => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const scripts = apiKeys.flatMap((apiKey, index) => {
      const file = join(folder, `agency-${index}.sql`);
      writeFileSync(file, scriptOf(apiKey, name));
      return ['-f', file];
    });
    const { stdout } = await run(
      pgbench,
      [
        '-n',
        '-M',
        'prepared',
        '-c',
        String(connections),
        '-j',
        '1',
        '-T',
        String(seconds),
        '-D',
        'n=0',
        '-l',
        ...scripts,
      ],
      { env: childEnvironment(connectionOf(databaseUrl)), cwd: folder },
    );
    const failed = Number(/^number of failed transactions: (\d+)/m.exec(stdout)?.[1] ?? 0);
    const rate = Number(/^tps = ([\d.]+) \(without initial connection time\)/m.exec(stdout)?.[1]);
    if (!(rate > 0)) throw new BenchFailure(`pgbench said nothing to measure:\n${stdout}`, 1);
    const times = transactionTimes(folder);
    return {
      leadsPerSecond: rate,
      p50Ms: percentile(times, 50) / 1000,
      p99Ms: percentile(times, 99) / 1000,
      accepted: times.length,
      errors: failed,
      example: undefined,
    };
  };
}

/**
 * The same lead as wrk's, one agency a script; pgbench picks among the scripts at random. A colon before a letter
 * would be a variable, hence the one blank.
 */
function scriptOf(apiKey: string, name: string): string {
  const key = parseApiKey(apiKey);
  if (!key) throw new BenchFailure('An API key of the bench is none.', 1);
  // Everybody is somebody of their own, or most would be duplicates, and those of a warm-up are others still.
  const firstPhone = name.startsWith('warm') ? 3_000_000_000 : 2_000_000_000;
  return `\\set n :n + 1
\\set phone ${firstPhone} + :client_id * 10000000 + :n
select bench.submit_lead('${key.publicId}', '${key.secret}', '${name}-' || :client_id || '-' || :n, 'solar',
  '{"email":"${name}-' || :client_id || '-' || :n || '@example.com","phone":"+1' || :phone || '","givenName":"Ada","familyName":"Lovelace","postalCode":"10001","country":"US"}',
  '[{"key":"roof","value":"tiles"},{"key":"monthlyBill","value":"184"},{"key":"owner","value":"true"}]',
  '{"channel":"search","campaign":"autumn","subId":"a-' || :client_id || '","cost": null}',
  '{"text":"I agree to be contacted about solar offers by phone and e-mail.","capturedAt":"2026-01-15T10:00:00.000Z","ip":"203.0.113.7","certificateUrl":"https://certificates.example/' || :n || '"}',
  71);
`;
}

/** Microseconds of each transaction, from the third column of the logs. */
function transactionTimes(folder: string): number[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith('pgbench_log'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'))
    .map((line) => Number(line.split(' ')[2]));
}

/** By variables and not by arguments, which everyone on the machine can read. */
export function connectionOf(databaseUrl: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  };
}
