import fc from 'fast-check';
import { giveUpAfterHours, maxTries, pauseAfterMs, readRetryAfter } from './retry.js';

const now = new Date('2026-05-04T12:00:00Z');

it.each([
  [1, 10_000],
  [2, 40_000],
  [3, 160_000],
  [4, 640_000],
  [5, 2_560_000],
  [6, 10_240_000],
  [7, 40_960_000],
  [8, 43_200_000],
  [40, 43_200_000],
])('the pause after try %d is anything up to %d ms', (tries, cap) => {
  expect(pauseAfterMs(tries, 0, null)).toBe(0);
  expect(pauseAfterMs(tries, 0.5, null)).toBe(cap / 2);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      expect(pauseAfterMs(tries, random, null)).toBeLessThanOrEqual(cap);
    }),
  );
});

it('lasts at least as long as the receiver asks', () => {
  expect(pauseAfterMs(1, 0.5, 60_000)).toBe(60_000);
  expect(pauseAfterMs(4, 0.5, 60_000)).toBe(320_000);
});

it('three days hold fewer tries than there may be', () => {
  let hours = 0;
  let tries = 0;
  for (; hours < giveUpAfterHours; tries += 1) hours += pauseAfterMs(tries + 1, 0.5, null) / 3_600_000;
  expect(tries).toBeGreaterThan(12);
  expect(tries).toBeLessThan(maxTries);
});

it.each([
  ['0', 0],
  ['120', 120_000],
  ['999999999', 86_400_000],
  ['Mon, 04 May 2026 12:01:00 GMT', 60_000],
  ['Mon, 04 May 2026 11:00:00 GMT', 0],
  ['Mon, 04 May 2099 11:00:00 GMT', 86_400_000],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['', null],
  ['1e3', null],
  ['2026-05-04', null],
  [undefined, null],
])('Retry-After %j: %s ms', (value, expected) => {
  expect(readRetryAfter(value, now)).toBe(expected);
});
