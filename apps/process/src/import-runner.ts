import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, SandboxClock, SystemClock } from '#calendar';
import { SandboxClockStore } from '#database';
import { WorkImport } from '#imports';
import type { RunningRelay } from '#webhooks';
import type { INestApplicationContext } from '@nestjs/common';
import type { Log } from './log.js';

/** How often an idle runner looks for files, and how long it rests after an error. */
const idleMs = 500;
const restMs = 1_000;
/** Then others have their turn: a file of a million rows does not keep a small one waiting. */
const sliceMs = 5_000;
/** Longer than rows take that are decided together; whoever has not written anything down by then is taken for dead. */
const leaseSeconds = 15;
/** A database that is away is tried every second, and told of once a minute. */
const warnEveryMs = 60_000;

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
export function openImportRunner(tools: ImportRunnerTools): RunningRelay {
  const { clock, clockStore, work, log } = tools;
  const machine = new SystemClock();
  const nowMs = (): number => machine.now().getTime();
  const stopping = new AbortController();
  const { signal } = stopping;
  const isStopping = (): boolean => signal.aborted;
  let warnedAt = 0;
  const businessTime = async (): Promise<Date> => {
    // Another process may have advanced the sandbox's clock.
    if (clock instanceof SandboxClock) clock.setOffset(await clockStore.offsetMs());
    return clock.now();
  };
  const turn = async (): Promise<number> => {
    const begunAt = nowMs();
    try {
      const shouldPause = (): boolean => isStopping() || nowMs() - begunAt > sliceMs;
      const lease = tools.leaseSeconds ?? leaseSeconds;
      const end = await work.next({ leaseSeconds: lease, shouldPause, businessTime });
      return end === undefined ? idleMs : 0;
    } catch (error) {
      if (nowMs() - warnedAt >= warnEveryMs) {
        warnedAt = nowMs();
        log.warn('taking leads out of a file was interrupted, and goes on', { error });
      }
      return restMs;
    }
  };
  const run = async (): Promise<void> => {
    while (!isStopping()) {
      const ms = await turn();
      // Stopping wakes it.
      if (ms > 0) await pause(ms, undefined, { signal }).catch(() => undefined);
    }
  };
  const ended = run();
  return {
    stop: async (timeoutMs) => {
      stopping.abort();
      const given = new AbortController();
      const late = pause(timeoutMs, undefined, { signal: given.signal }).catch(() => undefined);
      await Promise.race([ended, late]);
      given.abort();
    },
  };
}
