import { type Outcome, done, invariant, refuse } from '#outcome';
import { isInstantInRange } from './local-date.js';

/**
 * What time it is. Everything that asks for the time asks one of these, so that tests and the sandbox can set
 * it.
 */
export interface Clock {
  now(): Date;
}

/** The machine's clock: the only place in the project that reads it. */
export class SystemClock implements Clock {
  now(): Date {
    return new Date();
  }
}

/**
 * A clock that runs ahead of another one, by default the machine's, and ticks on from there. It only moves
 * forward: money that fell due stays due. Its offset is what processes share, so that they all tell the same
 * time.
 */
export class SandboxClock implements Clock {
  private offset = 0;

  constructor(private readonly base: Clock = new SystemClock()) {}

  /** How far this clock is ahead of its base, in milliseconds; never negative and never less than before. */
  get offsetMs(): number {
    return this.offset;
  }

  now(): Date {
    return new Date(this.base.now().getTime() + this.offset);
  }

  /**
   * Makes it `instant` now. Refused with CLOCK_BACKWARDS when that has passed already and with INVALID_VALUE
   * when it is no instant that the calendar can handle; the clock then stays as it is.
   */
  advanceTo(instant: Date): Outcome<Date> {
    if (!isInstantInRange(instant)) {
      return refuse('INVALID_VALUE', { message: 'The sandbox clock knows the years 1900 to 9000 only.' });
    }
    const now = this.now();
    if (instant.getTime() < now.getTime()) {
      const message = `It is ${now.toISOString()} in the sandbox, whose clock only moves forward.`;
      return refuse('CLOCK_BACKWARDS', { message });
    }
    this.offset = instant.getTime() - this.base.now().getTime();
    return done(instant);
  }

  /**
   * Takes over an offset (milliseconds) that another process has stored. One smaller than the present one is
   * ignored, since such news may arrive late or twice. Throws InvariantViolation when it is not a whole
   * number.
   */
  setOffset(offsetMs: number): void {
    invariant(Number.isSafeInteger(offsetMs), 'a clock offset is not a whole number of milliseconds');
    this.offset = Math.max(this.offset, offsetMs);
  }
}
