/** Processes of the product, as an operator starts them and as a machine ends them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const programs = {
  worker: { main: '../../dist/apps/worker/src/main.js', ready: 'working' },
  acts: { main: '../../dist/test/faults/acts-process.js', ready: 'acting' },
} as const;

export interface LogLine {
  readonly level: number;
  readonly msg: string;
}

export class ProductProcess {
  /** Everything that it wrote. */
  readonly lines: LogLine[] = [];

  private constructor(private readonly child: ChildProcess) {}

  /** Starts it and waits until it is at work. */
  static async start(
    name: keyof typeof programs,
    environment: Readonly<Record<string, string>>,
  ): Promise<ProductProcess> {
    const { PATH = '' } = process.env;
    const { main, ready } = programs[name];
    const child = spawn(process.execPath, [join(import.meta.dirname, main)], {
      env: { PATH, ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const started = new ProductProcess(child);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the ${name} ended with ${code}: ${started.tail()}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const told = JSON.parse(line) as LogLine;
        started.lines.push(told);
        if (told.msg === ready) resolve();
      });
    });
    return started;
  }

  tell(what: object): void {
    this.child.stdin?.write(`${JSON.stringify(what)}\n`);
  }

  /** Without a moment to do anything. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  private tail(): string {
    return this.lines
      .slice(-5)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }
}
