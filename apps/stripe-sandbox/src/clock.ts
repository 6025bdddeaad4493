/** Milliseconds since 1970. */
export type RealTime = () => number;

export const dayMs = 86_400_000;

/**
 * Virtual time: real time plus an offset, or standing still. While something that fell due earlier is settled, it
 * is the moment when that fell due, so that settling late gives the same rows as settling in time.
 */
export class VirtualClock {
  private offset = 0;
  private frozenAt: number | undefined;
  private pinnedAt: number | undefined;

  constructor(private readonly real: RealTime) {}

  get offsetMs(): number {
    return this.offset;
  }

  get isFrozen(): boolean {
    return this.frozenAt !== undefined;
  }

  nowMs(): number {
    return this.pinnedAt ?? this.frozenAt ?? this.real() + this.offset;
  }

  /** As Stripe tells time. */
  seconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  realMs(): number {
    return this.real();
  }

  setOffset(offsetMs: number): void {
    this.frozenAt = undefined;
    this.offset = offsetMs;
  }

  /** Makes it this moment now; a clock that stood still stands still there. */
  set(nowMs: number): void {
    if (this.frozenAt === undefined) this.offset = nowMs - this.real();
    else this.frozenAt = nowMs;
  }

  freeze(): void {
    this.frozenAt = this.nowMs();
  }

  unfreeze(): void {
    if (this.frozenAt === undefined) return;
    this.offset = this.frozenAt - this.real();
    this.frozenAt = undefined;
  }

  at<T>(moment: number, work: () => T): T {
    const before = this.pinnedAt;
    this.pinnedAt = moment;
    try {
      return work();
    } finally {
      this.pinnedAt = before;
    }
  }
}
