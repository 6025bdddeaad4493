/** Processes that are killed at any moment and started again, as a supervisor does it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const programs = {
  api: { main: 'dist/apps/api/src/main.js', ready: 'listening' },
  worker: { main: 'dist/apps/worker/src/main.js', ready: 'working' },
} as const;
export type Program = keyof typeof programs;

export interface ProcessPlan {
  /** Of the checkout, with its compiled programs. */
  readonly root: string;
  readonly program: Program;
  readonly environment: Readonly<Record<string, string>>;
}

export class Mortal {
  private child: ChildProcess | undefined;
  private starting: Promise<void> = Promise.resolve();
  kills = 0;
  isAtWork = false;

  private constructor(private readonly plan: ProcessPlan) {}

  /** Starts it and waits until it is at work. */
  static async start(plan: ProcessPlan): Promise<Mortal> {
    const mortal = new Mortal(plan);
    mortal.startAgain();
    await mortal.isUp();
    return mortal;
  }

  get program(): Program {
    return this.plan.program;
  }

  /** Resolves when it is at work; rejects when it ended by itself before. */
  async isUp(): Promise<void> {
    await this.starting;
  }

  /** Without a moment to do anything, be it at work or starting; false when it was dead already. */
  async kill(): Promise<boolean> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return false;
    this.kills += 1;
    this.isAtWork = false;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    return true;
  }

  /** After a kill. */
  startAgain(): void {
    const { root, program, environment } = this.plan;
    const { main, ready } = programs[program];
    const { PATH = '' } = process.env;
    const exitWithParent = pathToFileURL(join(root, 'scripts', 'lib', 'exit-with-parent.mjs')).href;
    const child = spawn(process.execPath, ['--import', exitWithParent, join(root, main)], {
      env: { PATH, LEADGER_LOG_LEVEL: 'info', ...environment },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // Ctrl-C is for whoever started this, and it ends them in order.
      detached: true,
    });
    this.child = child;
    this.starting = new Promise((resolve, reject) => {
      child.once('exit', (code, signal) =>
        signal === 'SIGKILL' ? resolve() : reject(new Error(`the ${program} ended by itself with ${code}`)),
      );
      createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
        if ((JSON.parse(line) as { readonly msg: string }).msg !== ready || this.child !== child) return;
        this.isAtWork = child.exitCode === null && child.signalCode === null && !child.killed;
        resolve();
      });
    });
    // Whoever waits for it is told; while nobody does, it may be killed again.
    this.starting.catch(() => undefined);
  }
}

/**
 * A port that nobody listens on at the moment, below those that systems hand out by themselves: nobody gets it while the
 * process that is to listen there is starting, or dead.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** The same numbers for the same seed: mulberry32. From 0 up to 1. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
