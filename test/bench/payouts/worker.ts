import { join } from 'node:path';
import type { BenchHost, Undo } from '../host.js';
import { memoryOf } from '../processes.js';
import { becomesReady, startService } from '../services.js';

/**
 * What an operator with a live account sets: Stripe takes 100 requests a second in all there, and others of the operator
 * want some too. A payout is two requests, so it lets out forty payouts a second: our bucket is not what bounds them.
 */
export const bucketPerSecond = 80;

/** The background process, as it runs in production but for where Stripe is. */
export interface BenchWorker {
  readonly pid: number;
  /** Lines that told how far it had come. */
  readonly progressLines: () => number;
  /** Messages that are for somebody to look at, with how often they came. */
  readonly complaints: () => ReadonlyMap<string, number>;
  readonly stop: () => Promise<void>;
}

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

const warning = 40;

export async function startWorker(
  host: BenchHost,
  undo: Undo,
  { databaseUrl, stripeUrl }: { readonly databaseUrl: string; readonly stripeUrl: string },
): Promise<BenchWorker> {
  let isWorking = false;
  let progressLines = 0;
  const complaints = new Map<string, number>();
  const onLine = (line: string): void => {
    const { level, msg } = JSON.parse(line) as LogLine;
    isWorking ||= msg === 'working';
    if (msg === 'payments under way') progressLines += 1;
    if (level >= warning) complaints.set(msg, (complaints.get(msg) ?? 0) + 1);
  };
  const service = startService(host, undo, {
    args: [join(host.root, 'dist', 'apps', 'worker', 'src', 'main.js')],
    env: {
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      LEADGER_STRIPE_SANDBOX_URL: stripeUrl,
      LEADGER_STRIPE_REQUESTS_PER_SECOND: String(bucketPerSecond),
    },
    onLine,
  });
  await becomesReady('The worker', service, () => isWorking);
  const { pid, stop } = service;
  return { pid, progressLines: () => progressLines, complaints: () => complaints, stop };
}

/** The resident memory of a process, looked at several times a second. */
export class MemoryWatch {
  readonly samples: number[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pid: number) {
    this.look();
    this.timer = setInterval(() => this.look(), 200);
  }

  stop(): readonly number[] {
    clearInterval(this.timer);
    return this.samples;
  }

  private look(): void {
    const bytes = memoryOf(this.pid);
    if (bytes !== undefined) this.samples.push(bytes);
  }
}
