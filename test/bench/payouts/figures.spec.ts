import { memoryOverTime, paceOf } from './figures.js';

const at = (seconds: number, status: number | null = 200) => ({
  ...{ atMs: 1_000_000 + seconds * 1_000, method: 'POST', path: '/v1/transfers' },
  status,
});

it('the pace is that of what was made, from the first request on', () => {
  // Ten seconds with 20 a second, ten with 10, and a rest that is no slice.
  const transfers = [
    at(0, 429),
    ...Array.from({ length: 200 }, (_, index) => at(index / 20)),
    ...Array.from({ length: 100 }, (_, index) => at(10 + index / 10)),
    at(20.5),
    at(24),
    at(25, null),
  ];
  expect(paceOf(transfers, [at(1), at(2, 429)])).toEqual({
    transfers: 302,
    seconds: 24,
    slowestPerSecond: 10,
    ...{ refusedTransfers: 1, looks: 2, refusedLooks: 1 },
  });
});

it('a run without a transfer has no pace', () => {
  expect(() => paceOf([], [])).toThrow(RangeError);
  expect(() => paceOf([at(1, 429)], [])).toThrow(RangeError);
});

it('memory is compared between the second and the last quarter', () => {
  expect(memoryOverTime(90, [100, 150, 110, 120, 115, 110, 120, 132])).toEqual({
    restBytes: 90,
    mostBytes: 150,
    growth: 1.1,
  });
  expect(memoryOverTime(undefined, [])).toEqual({
    restBytes: undefined,
    mostBytes: undefined,
    growth: undefined,
  });
});
