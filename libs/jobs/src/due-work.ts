import type { Clock } from '#calendar';

/**
 * Work that falls due as time passes, such as returns that nobody decided. The due time lies in the business tables,
 * never in the queue, which knows only real time: the worker asks every minute what is due by the clock, and a sandbox
 * whose clock is advanced asks at once, both of the same list.
 */
export interface DueWork {
  /** Also the name of the worker's task. */
  readonly name: string;
  /** It only makes sure that what is in order still is: left to the worker by who waits for what is due. */
  readonly isRoutine?: true;
  /** Does at most `limit` pieces that are due at `now` and gives their number. Idempotent, also beside itself. */
  readonly run: (now: Date, limit: number) => Promise<number>;
}

const batch = 500;
const maxBatches = 1_000;

/**
 * Does everything that is due, one kind after the other in the order of the list, in batches; gives the number of
 * pieces. Bounded: after half a million of a kind the rest is left to the next call.
 */
export async function doDueWork(list: readonly DueWork[], now: Date): Promise<number> {
  let total = 0;
  for (const { run } of list) {
    for (let round = 0; round < maxBatches; round += 1) {
      const pieces = await run(now, batch);
      total += pieces;
      if (pieces < batch) break;
    }
  }
  return total;
}

/** How far {@link doDueWorkToTheEnd} came. */
export interface DueWorkDone {
  readonly pieces: number;
  /** False when the last of its passes still found something: what is left waits for the next call. */
  readonly isAllDone: boolean;
}

const maxPasses = 50;

/**
 * Goes over the list until a whole pass finds nothing, for work feeds work: money that is collected begins a hold, and
 * a hold that ends lets a payout go. Each pass asks the clock anew, since what a pass makes is dated after its start.
 */
export async function doDueWorkToTheEnd(list: readonly DueWork[], clock: Clock): Promise<DueWorkDone> {
  let pieces = 0;
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const done = await doDueWork(list, clock.now());
    if (done === 0) return { pieces, isAllDone: true };
    pieces += done;
  }
  return { pieces, isAllDone: false };
}
