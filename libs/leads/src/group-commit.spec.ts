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
    await nextTick();
  };
  return { batches, commit, release };
}

describe('GroupCommit', () => {
  it('commits what arrives together in one batch and what arrives meanwhile in the next', async () => {
    const { batches, commit, release } = gatedCommit();
    const queue = new GroupCommit(commit, { maxBatch: 10, maxWaiting: 10 });
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
    const queue = new GroupCommit(commit, { maxBatch: 2, maxWaiting: 10 });
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
    const queue = new GroupCommit(commit, { maxBatch: 1, maxWaiting: 1 });
    const running = queue.submit(1);
    await nextTick();
    const waiting = queue.submit(2);
    expect(queue.room).toBe(0);
    await expect(queue.submit(3)).rejects.toBeInstanceOf(Overloaded);
    await release();
    await release();
    expect(await Promise.all([running, waiting])).toEqual(['done 1', 'done 2']);
    expect(queue.room).toBe(1);
  });

  it('lets one bad item fail alone', async () => {
    const commit = async (items: readonly number[]): Promise<readonly string[]> => {
      if (items.includes(2)) throw new Error('poisoned');
      return await Promise.resolve(items.map((item) => `done ${item}`));
    };
    const queue = new GroupCommit(commit, { maxBatch: 10, maxWaiting: 10 });
    const results = await Promise.allSettled([1, 2, 3].map(async (item) => await queue.submit(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
