import { setImmediate as nextTick } from 'node:timers/promises';
import { GroupCommit, Overloaded } from './group-commit.js';

/** Commits that wait until they are let go, so that a test decides what arrives meanwhile. */
function gatedCommit() {
  const batches: number[][] = [];
  const gates: (() => void)[] = [];
  const commit = async (items: readonly number[]): Promise<readonly string[]> => {
    batches.push([...items]);
    await new Promise<void>((resolve) => gates.push(resolve));
    return items.map((item) => `done ${item}`);
  };
  const release = async (): Promise<void> => {
    gates.shift()?.();
    // One until the batch has ended, and one until the next has begun.
    await nextTick();
    await nextTick();
  };
  return { batches, commit, release };
}

const onePart = { parts: 1, partOf: () => 0, worthOwn: 1 };
/** Odd numbers are one part and even ones the other. */
const twoParts = { maxBatch: 10, maxWaiting: 10, parts: 2, partOf: (item: number) => item % 2, worthOwn: 3 };

describe('GroupCommit', () => {
  it('commits what arrives together in one batch and what arrives meanwhile in the next', async () => {
    const { batches, commit, release } = gatedCommit();
    const queue = new GroupCommit(commit, { ...onePart, maxBatch: 10, maxWaiting: 10 });
    const first = [queue.submit(1), queue.submit(2)];
    await nextTick();
    const second = [queue.submit(3), queue.submit(4), queue.submit(5)];
    await nextTick();
    expect(batches).toEqual([[1, 2]]);
    await release();
    expect(await Promise.all(first)).toEqual(['done 1', 'done 2']);
    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    await release();
    expect(await Promise.all(second)).toEqual(['done 3', 'done 4', 'done 5']);
  });

  it('never commits more than maxBatch at once', async () => {
    const { batches, commit, release } = gatedCommit();
    const queue = new GroupCommit(commit, { ...onePart, maxBatch: 2, maxWaiting: 10 });
    const all = [1, 2, 3, 4, 5].map(async (item) => await queue.submit(item));
    for (let round = 0; round < 3; round += 1) {
      await nextTick();
      await release();
    }
    await Promise.all(all);
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('refuses what would exceed maxWaiting and takes work again afterwards', async () => {
    const { commit, release } = gatedCommit();
    const queue = new GroupCommit(commit, { ...onePart, maxBatch: 1, maxWaiting: 1 });
    const running = queue.submit(1);
    await nextTick();
    const waiting = queue.submit(2);
    expect(queue.room(0)).toBe(0);
    await expect(queue.submit(3)).rejects.toBeInstanceOf(Overloaded);
    await release();
    await release();
    expect(await Promise.all([running, waiting])).toEqual(['done 1', 'done 2']);
    expect(queue.room(0)).toBe(1);
  });

  it('lets one bad item fail alone', async () => {
    const commit = async (items: readonly number[]): Promise<readonly string[]> => {
      if (items.includes(2)) throw new Error('poisoned');
      return await Promise.resolve(items.map((item) => `done ${item}`));
    };
    const queue = new GroupCommit(commit, { ...onePart, maxBatch: 10, maxWaiting: 10 });
    const results = await Promise.allSettled([1, 2, 3].map(async (item) => await queue.submit(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('begins with what waits before it answers, where that is about as much', async () => {
    const { batches, commit, release } = gatedCommit();
    const queue = new GroupCommit(commit, { ...onePart, maxBatch: 10, maxWaiting: 10 });
    const begunWhenAnswered: number[] = [];
    const submit = (item: number) => queue.submit(item).then(() => begunWhenAnswered.push(batches.length));
    const all = [submit(1), submit(2)];
    await nextTick();
    all.push(submit(3));
    await release();
    await release();
    await Promise.all(all);
    expect(batches).toEqual([[1, 2], [3]]);
    expect(begunWhenAnswered).toEqual([2, 2, 2]);
  });

  it('waits for those whom it answers where little else waits', async () => {
    const { batches, commit, release } = gatedCommit();
    const queue = new GroupCommit(commit, { ...onePart, maxBatch: 10, maxWaiting: 10 });
    const twice = async (item: number) => {
      await queue.submit(item);
      await queue.submit(item + 10);
    };
    const all = [1, 2, 3, 4].map(twice);
    await nextTick();
    all.push(twice(5));
    await release();
    expect(batches).toEqual([
      [1, 2, 3, 4],
      [5, 11, 12, 13, 14],
    ]);
    await release();
    await release();
    await Promise.all(all);
  });

  it('commits little of several parts together, and has what comes meanwhile wait', async () => {
    const { batches, commit, release } = gatedCommit();
    const queue = new GroupCommit(commit, twoParts);
    const all = [1, 2, 4].map(async (item) => await queue.submit(item));
    await nextTick();
    all.push(queue.submit(6), queue.submit(7));
    await nextTick();
    expect(batches).toEqual([[2, 4, 1]]);
    await release();
    expect(batches).toEqual([
      [2, 4, 1],
      [6, 7],
    ]);
    await release();
    await Promise.all(all);
  });

  it('commits much of each part beside that of the other, and never two of the same part', async () => {
    const { batches, commit, release } = gatedCommit();
    const queue = new GroupCommit(commit, twoParts);
    const all = [1, 2, 3, 4, 5, 6].map(async (item) => await queue.submit(item));
    await nextTick();
    expect(batches).toEqual([
      [2, 4, 6],
      [1, 3, 5],
    ]);
    all.push(...[8, 10, 12, 7].map(async (item) => await queue.submit(item)));
    await nextTick();
    expect(batches).toHaveLength(2);
    await release();
    // The even ones go out beside the odd ones that are still under way; one odd one is not worth it and waits.
    expect(batches.slice(2)).toEqual([[8, 10, 12]]);
    await release();
    expect(batches).toHaveLength(3);
    await release();
    expect(batches.slice(3)).toEqual([[7]]);
    await release();
    await Promise.all(all);
  });
});
