import { setTimeout as pause } from 'node:timers/promises';
import type { RunningRelay } from '#webhooks';

export interface RepeatOptions {
  readonly idleMs: number;
  readonly onError: (error: unknown) => void;
  /** Works at most half of the time, so that a lot of it at once does not hold up what the process does beside it. */
  readonly leavesRoom?: boolean;
}

/** Does work again and again, at once while there is some and every `idleMs` while there is none, until it is stopped. */
export function repeat(
  work: () => Promise<number>,
  { idleMs, onError, leavesRoom = false }: RepeatOptions,
): RunningRelay {
  const stopping = new AbortController();
  const { signal } = stopping;
  const isStopping = (): boolean => signal.aborted;
  const run = async (): Promise<void> => {
    while (!isStopping()) {
      let pieces = 0;
      const begun = performance.now();
      try {
        pieces = await work();
      } catch (error) {
        onError(error);
      }
      // Stopping wakes it.
      const restMs = pieces === 0 ? idleMs : leavesRoom ? Math.min(idleMs, performance.now() - begun) : 0;
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
