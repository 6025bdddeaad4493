import { InvariantViolation } from '#outcome';
import { type Clock, SandboxClock, SystemClock } from './clock.js';

/** A base that the spec sets by hand. */
class HandClock implements Clock {
  constructor(private instant: string) {}

  set(instant: string): void {
    this.instant = instant;
  }

  now(): Date {
    return new Date(this.instant);
  }
}

const start = '2026-03-01T00:00:00.000Z';

describe('SystemClock', () => {
  it("tells the machine's time", () => {
    const before = performance.timeOrigin + performance.now();
    // performance and Date read different counters; a second is far more than they drift apart in a run.
    expect(Math.abs(new SystemClock().now().getTime() - before)).toBeLessThan(1000);
  });
});

describe('SandboxClock', () => {
  it('tells the time of its base until it is moved', () => {
    const base = new HandClock(start);
    const clock = new SandboxClock(base);
    expect(clock.now().toISOString()).toBe(start);
    expect(clock.offsetMs).toBe(0);
  });

  it('advances to an instant and ticks on from there', () => {
    const base = new HandClock(start);
    const clock = new SandboxClock(base);
    const there = new Date('2026-04-01T00:00:00.000Z');
    expect(clock.advanceTo(there)).toEqual({ ok: true, value: there });
    expect(clock.now()).toEqual(there);
    expect(clock.offsetMs).toBe(31 * 86_400_000);
    base.set('2026-03-01T00:00:01.500Z');
    expect(clock.now().toISOString()).toBe('2026-04-01T00:00:01.500Z');
  });

  it('stands still for an instant that is now, and refuses one that has passed', () => {
    const clock = new SandboxClock(new HandClock(start));
    expect(clock.advanceTo(new Date(start)).ok).toBe(true);
    expect(clock.advanceTo(new Date('2026-02-28T23:59:59.999Z'))).toMatchObject({
      refusals: [
        {
          code: 'CLOCK_BACKWARDS',
          message: 'It is 2026-03-01T00:00:00.000Z in the sandbox, whose clock only moves forward.',
        },
      ],
    });
    expect(clock.now().toISOString()).toBe(start);
  });

  it.each([NaN, Date.UTC(9001, 0, 1), -8.64e15, 8.64e15])(
    'refuses the instant %s, and keeps its time',
    (instantMs) => {
      const clock = new SandboxClock(new HandClock(start));
      expect(clock.advanceTo(new Date(instantMs))).toMatchObject({
        refusals: [
          { code: 'INVALID_VALUE', message: 'The sandbox clock knows the years 1900 to 9000 only.' },
        ],
      });
      expect(clock.now().toISOString()).toBe(start);
    },
  );

  it("takes over another process's offset, but never goes back to an older one", () => {
    const clock = new SandboxClock(new HandClock(start));
    clock.setOffset(5000);
    clock.setOffset(3000);
    clock.setOffset(-1);
    expect(clock.offsetMs).toBe(5000);
    expect(clock.now().toISOString()).toBe('2026-03-01T00:00:05.000Z');
  });

  it.each([NaN, 0.5, Infinity])('throws for an offset of %s', (offsetMs) => {
    expect(() => new SandboxClock().setOffset(offsetMs)).toThrow(InvariantViolation);
  });
});
