import { asOneReader, inTurn } from './read-turns.js';

/** A read that ends when it is told to. */
function reads() {
  const ends: ((failure?: Error) => void)[] = [];
  const read = (name: string) => () =>
    new Promise<string>((resolve, reject) =>
      ends.push((failure) => (failure ? reject(failure) : resolve(name))),
    );
  return { ends, read };
}

const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

it('reads of one request go three at a time, in their order, and a failed one makes room', async () => {
  const { ends, read } = reads();
  const done: string[] = [];
  const all = asOneReader(async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const reading = names.map(async (name) => {
      const value = await inTurn(read(name)).catch(() => `${name} failed`);
      done.push(value);
    });
    await Promise.all(reading);
  });
  await settled();
  expect(ends).toHaveLength(3);
  ends[1]?.();
  await settled();
  expect([done, ends.length]).toEqual([['b'], 4]);
  ends[0]?.(new Error('gone'));
  await settled();
  expect([done, ends.length]).toEqual([['b', 'a failed'], 5]);
  ends.slice(2).forEach((end) => end());
  await all;
  expect(done).toEqual(['b', 'a failed', 'c', 'd', 'e']);
});

it('requests do not wait for each other, and nobody waits outside of one', async () => {
  const { ends, read } = reads();
  const four = async (): Promise<string[]> =>
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => inTurn(read(name))));
  const all = [asOneReader(four), asOneReader(four), four()];
  await settled();
  expect(ends).toHaveLength(3 + 3 + 4);
  for (let end = ends.shift(); end; end = ends.shift()) {
    end();
    await settled();
  }
  await Promise.all(all);
});
