import { grouped, inBatches } from './in-batches.js';

it('does all but the bad ones, in batches where it can', async () => {
  const done: number[][] = [];
  const bad: number[] = [];
  const items = Array.from({ length: 20 }, (_, index) => index);
  const pieces = await inBatches(items, {
    size: 8,
    work: async (batch) => {
      if (batch.includes(3) || batch.includes(17)) throw new Error('bad');
      done.push([...batch]);
      return batch.length;
    },
    failed: (item) => bad.push(item),
  });
  expect(pieces).toBe(18);
  expect(bad).toEqual([3, 17]);
  expect(done.flat()).toEqual(items.filter((item) => item !== 3 && item !== 17));
  expect(done).toContainEqual([8, 9, 10, 11, 12, 13, 14, 15]);
});

it('gives up when the database is gone', async () => {
  const gone = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
  const work = async () => Promise.reject(gone);
  await expect(inBatches([1, 2], { size: 2, work, failed: () => undefined })).rejects.toBe(gone);
});

it('groups in the order of the first of each', () => {
  const words = ['pay', 'hold', 'send', 'net'];
  expect(grouped(words, (word) => `${word.length}`)).toEqual([
    ['pay', 'net'],
    ['hold', 'send'],
  ]);
});
