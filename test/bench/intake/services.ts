import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BenchFailure, type BenchHost, type Undo } from '../host.js';
import { childEnvironment } from '../processes.js';

export interface Service {
  readonly pid: number;
  /** Ends it in order; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

export interface ServiceOptions {
  readonly databaseUrl: string;
  readonly port: number;
  readonly poolSize: number;
}

const startsWithinMs = 30_000;
// The highest that the settings take: the buckets stay in the path, and are never empty.
const noLimit = '2147483647';

/** The API as it runs in production, with limits so high that they refuse nothing. */
export async function startApi(
  host: BenchHost,
  undo: Undo,
  options: ServiceOptions & { readonly profileFolder?: string | undefined },
): Promise<Service> {
  const { databaseUrl, port, poolSize, profileFolder } = options;
  const flags = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const service = start(host, undo, [...flags, host.apiEntryPoint], {
    NODE_ENV: 'production',
    LEADGER_MODE: 'production',
    LEADGER_LOG_LEVEL: 'warn',
    LEADGER_POOL_SIZE: String(poolSize),
    LEADGER_LIMIT_LEADS_PER_SECOND: noLimit,
    LEADGER_LIMIT_COST_PER_SECOND: noLimit,
    DATABASE_URL: databaseUrl,
    PORT: String(port),
  });
  await answers('The API', service, `http://127.0.0.1:${port}/health/ready`);
  return service;
}

/** Apollo Server with one INSERT. */
export async function startBareApollo(
  host: BenchHost,
  undo: Undo,
  options: ServiceOptions,
): Promise<Service> {
  const { databaseUrl, port, poolSize } = options;
  const service = start(host, undo, [join(import.meta.dirname, 'bare-apollo.js')], {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    POOL_SIZE: String(poolSize),
  });
  await answers('The bare Apollo server', service, `http://127.0.0.1:${port}/?query=%7Bok%7D`);
  return service;
}

interface Started extends Service {
  /** Why it ended; undefined while it runs. */
  readonly ended: () => string | undefined;
}

function start(
  host: BenchHost,
  undo: Undo,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Started {
  const child = spawn(process.execPath, ['--import', host.exitWithParent, ...args], {
    cwd: host.root,
    env: childEnvironment(env),
    // A group of its own: Ctrl-C must not reach it before the load that it serves has ended.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-2_000)));
  }
  let ended: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => resolve(void (ended = error.message)));
    child.once('exit', (code, signal) => resolve(void (ended = `${signal ?? `exit code ${code}`}\n${said}`)));
  });
  const stop = async () => {
    if (ended === undefined) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await exited;
    clearTimeout(timer);
  };
  undo.add(stop);
  return { pid: child.pid ?? 0, stop, ended: () => ended };
}

async function answers(name: string, service: Started, url: string): Promise<void> {
  const deadline = performance.now() + startsWithinMs;
  while (performance.now() < deadline) {
    const ended = service.ended();
    if (ended !== undefined) throw new BenchFailure(`${name} ended before it was ready: ${ended}`, 1);
    if (await isReady(url)) return;
    await wait(50);
  }
  throw new BenchFailure(`${name} did not become ready within ${startsWithinMs / 1000} s.`, 1);
}

async function isReady(url: string): Promise<boolean> {
  try {
    const headers = { 'apollo-require-preflight': 'true' };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
