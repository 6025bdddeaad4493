import { type Clock, SystemClock } from '#calendar';
import { SandboxClockStore } from '#database';
import { WorkImport } from '#imports';
import { type RunningLoop, takeTurns } from '#jobs';
import type { INestApplicationContext } from '@nestjs/common';
import { businessTime } from './business-time.js';
import type { Log } from './log.js';
import { warnRarely } from './warn-rarely.js';

/** How often an idle runner looks for files, and how long it rests after an error. */
const idleMs = 500;
const restMs = 1_000;
/** Then others have their turn: a file of a million rows does not keep a small one waiting. */
const sliceMs = 5_000;
/** Longer than rows take that are decided together; whoever has not written anything down by then is taken for dead. */
const leaseSeconds = 15;

/** What working files off needs, out of a context that has the module of imports. */
export interface ImportRunnerTools {
  readonly clock: Clock;
  readonly clockStore: Pick<SandboxClockStore, 'offsetMs'>;
  readonly work: Pick<WorkImport, 'next'>;
  readonly log: Log;
  /** Fifteen unless said otherwise. */
  readonly leaseSeconds?: number;
}

export function importToolsOf(context: INestApplicationContext): ImportRunnerTools {
  const found = { strict: false } as const;
  return {
    clock: context.get<Clock>('Clock', found),
    clockStore: context.get(SandboxClockStore, found),
    work: context.get(WorkImport, found),
    log: context.get<Log>('Log', found),
  };
}

/** Works files of leads off, one at a time, until it is stopped. Any number of processes may do so beside each other. */
export function openImportRunner(tools: ImportRunnerTools): RunningLoop {
  const { work, log } = tools;
  const machine = new SystemClock();
  const nowMs = (): number => machine.now().getTime();
  const warn = warnRarely(log, 'taking leads out of a file was interrupted, and goes on');
  return takeTurns(async (signal) => {
    const begunAt = nowMs();
    try {
      const shouldPause = (): boolean => signal.aborted || nowMs() - begunAt > sliceMs;
      const lease = tools.leaseSeconds ?? leaseSeconds;
      const end = await work.next({
        leaseSeconds: lease,
        shouldPause,
        businessTime: async () => await businessTime(tools),
      });
      return end === undefined ? idleMs : 0;
    } catch (error) {
      warn(error);
      return restMs;
    }
  });
}
