import { setTimeout as pause } from 'node:timers/promises';

/** Work that goes on beside everything else of a process. */
export interface RunningLoop {
  /** Begins no further turn and waits for the one under way, at most so long. */
  readonly stop: (timeoutMs: number) => Promise<void>;
}

/**
 * Takes one turn after the other until it is stopped. Each gives the milliseconds to rest after it, and never fails; stopping
 * wakes it. The signal tells a long turn that it is to end.
 */
export function takeTurns(turn: (signal: AbortSignal) => Promise<number>): RunningLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const restMs = await turn(signal);
      if (restMs > 0) await pause(restMs, undefined, { signal }).catch(() => undefined);
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
