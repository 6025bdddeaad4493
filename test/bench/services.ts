import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { BenchFailure, type BenchHost, type Undo } from './host.js';
import { childEnvironment } from './processes.js';

export interface Service {
  readonly pid: number;
  /** Ends it in order; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

export interface Started extends Service {
  /** Why it ended; undefined while it runs. */
  readonly ended: () => string | undefined;
}

export interface ServiceCommand {
  /** Of Node: flags, the module and its own arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Called with each line of its standard output. */
  readonly onLine?: (line: string) => void;
}

const startsWithinMs = 30_000;

/** Starts a process that goes when the bench goes. */
export function startService(host: BenchHost, undo: Undo, { args, env, onLine }: ServiceCommand): Started {
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
  if (onLine && child.stdout) createInterface({ input: child.stdout }).on('line', onLine);
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

/** Waits until it is ready. Throws BenchFailure when it ends before, or takes too long. */
export async function becomesReady(
  name: string,
  service: Started,
  isReady: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + startsWithinMs;
  while (performance.now() < deadline) {
    const ended = service.ended();
    if (ended !== undefined) throw new BenchFailure(`${name} ended before it was ready: ${ended}`, 1);
    if (await isReady()) return;
    await wait(50);
  }
  throw new BenchFailure(`${name} did not become ready within ${startsWithinMs / 1000} s.`, 1);
}

/** Whether an address answers 200. */
export async function answers(url: string): Promise<boolean> {
  try {
    const headers = { 'apollo-require-preflight': 'true' };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
