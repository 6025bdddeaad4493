import { type Clock, SystemClock } from '#calendar';
import type { SandboxClockStore } from '#database';
import { type RunningLoop, takeTurns } from '#jobs';
import type { OperationState, PaymentQueries } from '#payments';
import { businessTime } from '../../process/src/business-time.js';
import type { Log } from '../../process/src/log.js';
import type { PaymentWork } from '../../process/src/payments.module.js';

export interface PaymentLoopTools {
  readonly clock: Clock;
  readonly clockStore: Pick<SandboxClockStore, 'offsetMs'>;
  /** In the order in which it is done; empty: there is no loop. */
  readonly work: readonly PaymentWork[];
  readonly queries: Pick<PaymentQueries, 'unfinishedCounts'>;
  readonly log: Log;
}

/** How long it waits when there was nothing to do. */
const idleMs = 500;
/** At most so many pieces of one kind before the others have their turn. */
const piecesAtOnce = 40;
/** Of work that only writes what is to be sent: more of it than is sent meanwhile, so that what is left can be counted. */
const otherPiecesAtOnce: Readonly<Record<string, number | undefined>> = {
  'pay-agencies': 500,
  // Nobody waits for it, and everybody would wait for its requests.
  'sweep-routine': 10,
};
const progressEveryMs = 5_000;
const longestBackoffMs = 60_000;
/** Work that asks the provider whether there is work, with its pace by real time. */
const paceMs: Readonly<Record<string, number | undefined>> = {
  'mirror-funds': 60_000,
  'sweep-routine': 2_000,
};

/** Does the work of payments as soon as there is some, one kind after the other, until it is stopped. */
export function startPaymentLoop(tools: PaymentLoopTools): RunningLoop {
  if (tools.work.length === 0) return { stop: async () => undefined };
  const turns = tools.work.map((work) => new Turn(work, tools.log));
  const progress = new Progress(tools);
  return takeTurns(async (signal) => {
    let pieces = 0;
    for (const turn of turns) {
      if (signal.aborted) return 0;
      pieces += await turn.take(async () => await businessTime(tools), signal);
    }
    await progress.tell(pieces);
    return pieces === 0 ? idleMs : 0;
  });
}

/** One kind of work with its pace: what fails is tried again, ever later, and keeps the others from nothing. */
class Turn {
  private readonly timeOfDay = new SystemClock();
  private notBeforeMs = 0;
  private failures = 0;

  constructor(
    private readonly work: PaymentWork,
    private readonly log: Log,
  ) {}

  async take(timeOf: () => Promise<Date>, signal: AbortSignal): Promise<number> {
    const startedMs = this.timeOfDay.now().getTime();
    if (startedMs < this.notBeforeMs) return 0;
    const { name } = this.work;
    try {
      const most = otherPiecesAtOnce[name] ?? piecesAtOnce;
      const pieces = await this.work.run(await timeOf(), most, signal);
      this.failures = 0;
      this.notBeforeMs = startedMs + (paceMs[name] ?? 0);
      return pieces;
    } catch (error) {
      this.failures += 1;
      const backoffMs = Math.min(longestBackoffMs, 1_000 * 2 ** this.failures);
      this.notBeforeMs = this.timeOfDay.now().getTime() + backoffMs;
      const fields = { task: name, attempt: this.failures, error };
      if (backoffMs < longestBackoffMs) this.log.warn('payment work failed and will be tried again', fields);
      else this.log.error('payment work fails again and again', fields);
      return 0;
    }
  }
}

/** A line every few seconds while much is under way, with how far it has come. */
class Progress {
  private readonly timeOfDay = new SystemClock();
  private toldMs = 0;
  private wasBusy = false;

  constructor(private readonly tools: PaymentLoopTools) {}

  async tell(pieces: number): Promise<void> {
    this.wasBusy ||= pieces > 0;
    const nowMs = this.timeOfDay.now().getTime();
    if (!this.wasBusy || nowMs - this.toldMs < progressEveryMs) return;
    this.toldMs = nowMs;
    this.wasBusy = false;
    const counts = await this.counts();
    if (counts === undefined || Object.keys(counts).length === 0) return;
    const { READY: ready = 0, SENDING: sending = 0, UNKNOWN: unknown = 0, STOPPED: stopped = 0 } = counts;
    this.tools.log.info('payments under way', { ready, sending, unknown, stopped });
  }

  private async counts(): Promise<Readonly<Partial<Record<OperationState, number>>> | undefined> {
    // Without the database there is no progress to tell; the work itself says so.
    return await this.tools.queries.unfinishedCounts().catch(() => undefined);
  }
}
