import { type Clock, SystemClock } from '#calendar';

/** What a call may take longer to the other side than one before it, in milliseconds. */
const lagMs = 40;

/**
 * Lets at most so many calls through within any second, as who counts them over there does; who comes too early waits in
 * order. Unlike a bucket it makes up for a pause, up to the full rate, and never goes over it.
 */
export class CallWindow {
  private readonly latest: number[] = [];
  private readonly gapMs: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock = new SystemClock(),
  ) {
    // Twice the rate while it makes up for something: not all of a second's calls at once.
    this.gapMs = 500 / perSecond;
  }

  /** Takes a place, at once or after the wait that it gives in milliseconds. */
  reserve(): number {
    const nowMs = this.clock.now().getTime();
    const isFull = this.latest.length === this.perSecond;
    const freeMs = isFull ? (this.latest.shift() ?? 0) + 1_000 + lagMs : 0;
    const atMs = Math.max(nowMs, freeMs, (this.latest.at(-1) ?? 0) + this.gapMs);
    this.latest.push(atMs);
    return Math.max(0, atMs - nowMs);
  }

  async take(): Promise<void> {
    const waitMs = this.reserve();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
