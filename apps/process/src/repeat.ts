import { type RunningLoop, takeTurns } from '#jobs';

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
): RunningLoop {
  return takeTurns(async () => {
    let pieces = 0;
    const begun = performance.now();
    try {
      pieces = await work();
    } catch (error) {
      onError(error);
    }
    if (pieces === 0) return idleMs;
    return leavesRoom ? Math.min(idleMs, performance.now() - begun) : 0;
  });
}
