import { TokenBucket } from './token-bucket.js';

function bucketOf(perSecond: number): { bucket: TokenBucket; wait: (ms: number) => void } {
  let nowMs = 1_000_000;
  const bucket = new TokenBucket(perSecond, { now: () => new Date(nowMs) });
  return { bucket, wait: (ms) => (nowMs += ms) };
}

it('lets a quarter of a second’s calls through at once, and then one after the other', () => {
  const { bucket } = bucketOf(20);
  // 5 of 20 a second at once, then one every 50 ms.
  expect(Array.from({ length: 8 }, () => bucket.reserve())).toEqual([0, 0, 0, 0, 0, 50, 100, 150]);
});

it('never lets more than the rate and its burst through within a second', () => {
  const { bucket } = bucketOf(25);
  const waits = Array.from({ length: 100 }, () => bucket.reserve());
  expect(waits.filter((ms) => ms < 1_000).length).toBeLessThanOrEqual(25 + 7);
  expect(waits.filter((ms) => ms >= 1_000 && ms < 2_000)).toHaveLength(25);
});

it('does not save up what was not used', () => {
  const { bucket, wait } = bucketOf(20);
  wait(3_600_000);
  expect(Array.from({ length: 6 }, () => bucket.reserve())).toEqual([0, 0, 0, 0, 0, 50]);
});

it('lets one a second through without a burst', () => {
  const { bucket } = bucketOf(1);
  expect([bucket.reserve(), bucket.reserve()]).toEqual([0, 1_000]);
});
