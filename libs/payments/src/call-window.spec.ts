import { CallWindow } from './call-window.js';

function windowOf(perSecond: number): { reserve: () => number; wait: (ms: number) => void } {
  let nowMs = 1_000_000;
  const window = new CallWindow(perSecond, { now: () => new Date(nowMs) });
  return { reserve: () => nowMs + window.reserve(), wait: (ms) => (nowMs += ms) };
}

/** The most of these instants that lie in any one second. */
function mostInASecond(instants: readonly number[]): number {
  return Math.max(...instants.map((from) => instants.filter((at) => at >= from && at < from + 1_000).length));
}

it('never lets more through in any second than it may, also after a pause', () => {
  const { reserve, wait } = windowOf(25);
  const instants: number[] = [];
  for (const pauseMs of [0, 3_000, 10, 700, 5_000, 300]) {
    wait(pauseMs);
    for (let calls = 0; calls < 60; calls += 1) instants.push(reserve());
  }
  expect(mostInASecond(instants)).toBe(25);
});

it('lets all but what is lost on the way through in the long run', () => {
  const { reserve } = windowOf(25);
  const instants = Array.from({ length: 1_000 }, reserve);
  const perSecond = 999_000 / ((instants.at(-1) ?? 0) - (instants[0] ?? 0));
  expect(perSecond).toBeGreaterThan(24);
  expect(perSecond).toBeLessThan(25);
});

it('makes up for a pause at twice the rate', () => {
  const { reserve, wait } = windowOf(25);
  const first = Array.from({ length: 10 }, reserve);
  expect(first.map((at) => at - (first[0] ?? 0))).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 180]);
  // Ten calls have gone in half a second: fifteen more have a place in this one.
  wait(500);
  const later = Array.from({ length: 16 }, reserve);
  expect(later.filter((at) => at < (first[0] ?? 0) + 1_000)).toHaveLength(15);
});

it('lets one a second through', () => {
  const { reserve } = windowOf(1);
  const [first = 0, second = 0] = [reserve(), reserve()];
  expect(second - first).toBeGreaterThanOrEqual(1_000);
});
