import { collector, IdleTime } from './tidy-when-idle.js';

const megabyte = 1_048_576;

describe('IdleTime', () => {
  it.each([
    { then: 'tidied', utilization: 0.01, used: 300, expected: true },
    { then: 'left, since somebody is served', utilization: 0.05, used: 300, expected: false },
    { then: 'left, since hardly anything has gathered', utilization: 0, used: 200, expected: false },
  ])(
    'of $used MB where 100 were left, at a load of $utilization: $then',
    ({ utilization, used, expected }) => {
      expect(new IdleTime(100 * megabyte).isWorthTidying(utilization, used * megabyte)).toBe(expected);
    },
  );

  it('counts from what was left the last time', () => {
    const idleTime = new IdleTime(100 * megabyte);
    idleTime.tidied(250 * megabyte);
    expect(idleTime.isWorthTidying(0, 300 * megabyte)).toBe(false);
    expect(idleTime.isWorthTidying(0, 400 * megabyte)).toBe(true);
  });

  it('counts from what V8 left when it tidied up by itself', () => {
    const idleTime = new IdleTime(400 * megabyte);
    expect(idleTime.isWorthTidying(1, 100 * megabyte)).toBe(false);
    expect(idleTime.isWorthTidying(0, 300 * megabyte)).toBe(true);
  });
});

describe('collector', () => {
  it('gives back what nobody holds any more', () => {
    const collect = collector();
    collect();
    const before = process.memoryUsage().heapUsed;
    const held = new Map([['all', Array.from({ length: 500_000 }, (_each, index) => ({ index }))]]);
    // What has outlived a collection is long-lived from then on.
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeGreaterThan(8 * megabyte);
    held.clear();
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * megabyte);
  });
});
