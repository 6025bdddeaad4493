import { join, timesOf } from './figures.js';

const arrival = (externalId: string, atMs: number) => ({
  ...{ externalId, atMs, messageId: `dlv_${externalId}`, answer: 'accepted' as const },
});

it('puts together what agency, database and buyer know of a lead, by its name', () => {
  const joined = join(
    [
      { externalId: 'a', atMs: 1_000 },
      { externalId: 'b', atMs: 2_000 },
      { externalId: 'lost', atMs: 3_000 },
      { externalId: 'missing', atMs: 4_000 },
    ],
    [
      { externalId: 'b', acceptedMs: 2_004 },
      { externalId: 'a', acceptedMs: 1_003 },
      { externalId: 'missing', acceptedMs: 4_001 },
    ],
    [arrival('a', 1_020), arrival('b', 2_050), arrival('of somebody else', 1)],
  );
  // 1,020 − 1,003 and 2,050 − 2,004; from when they were sent 20 and 50.
  expect(joined).toEqual({ accepted: [17, 46], submitted: [20, 50], lost: ['lost'], missing: ['missing'] });
});

it('tells how long most took', () => {
  const times = timesOf(Array.from({ length: 101 }, (_, index) => index));
  expect(times).toEqual({ p50Ms: 50, p99Ms: 99, mostMs: 100 });
  expect(() => timesOf([])).toThrow(RangeError);
});
