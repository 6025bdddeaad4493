import { percentile, ratiosToReference, spreadOf } from './statistics.js';

describe('spreadOf', () => {
  it('gives the middle and both ends', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1])).toEqual({ median: 2.5, min: 1, max: 4 });
  });

  it('refuses to tell of nothing', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 101 }, (_, index) => 100 - index);

  it.each([
    [0, 0],
    [50, 50],
    [99, 99],
    [99.5, 99.5],
    [100, 100],
  ])('%d of 0 to 100 is %d', (percent, expected) => {
    expect(percentile(hundred, percent)).toBeCloseTo(expected);
  });
});

describe('ratiosToReference', () => {
  const leg = (name: string, value: number) => ({ name, value });

  it('compares with the mean of the references on both sides', () => {
    const run = [leg('a', 100), leg('b', 60), leg('a', 140), leg('b', 70), leg('a', 60)];
    expect(ratiosToReference(run, 'b', 'a')).toEqual([0.5, 0.7]);
  });

  it('skips other legs in between, and takes one side at the end of a run', () => {
    const run = [leg('a', 100), leg('c', 1), leg('b', 50), leg('c', 1), leg('a', 300), leg('b', 150)];
    expect(ratiosToReference(run, 'b', 'a')).toEqual([0.25, 0.5]);
  });

  it('refuses a run without a reference', () => {
    expect(() => ratiosToReference([leg('b', 1)], 'b', 'a')).toThrow(RangeError);
  });
});
