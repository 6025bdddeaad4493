import { type Clock, SystemClock } from '#calendar';

/** Lets through a steady number of calls a second, after a pause a short burst; who comes too early waits in order. */
export class TokenBucket {
  private readonly intervalMs: number;
  private readonly burstMs: number;
  private nextFreeMs = 0;

  /** A quarter of a second's calls may come at once: a whole second's would be twice the rate in the first second. */
  constructor(
    perSecond: number,
    private readonly clock: Clock = new SystemClock(),
  ) {
    this.intervalMs = 1_000 / perSecond;
    this.burstMs = Math.max(0, 250 - this.intervalMs);
  }

  /** Takes a token, at once or after the wait that it gives in milliseconds. */
  reserve(): number {
    const nowMs = this.clock.now().getTime();
    const atMs = Math.max(this.nextFreeMs, nowMs - this.burstMs);
    this.nextFreeMs = atMs + this.intervalMs;
    return Math.max(0, atMs - nowMs);
  }

  async take(): Promise<void> {
    const waitMs = this.reserve();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
