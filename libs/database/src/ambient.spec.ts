import { setImmediate as nextTick } from 'node:timers/promises';
import { Ambient } from './ambient.js';

it('is known to whatever was begun in it, and to nobody else', async () => {
  const ambient = new Ambient<string>();
  const seen: (string | undefined)[] = [];
  const look = async (): Promise<void> => {
    await nextTick();
    seen.push(ambient.get());
  };
  await Promise.all([ambient.run('one', look), ambient.run('other', look), look()]);
  expect(seen).toEqual(['one', 'other', undefined]);
});

it('goes on for those who are still in it when another leaves, also by a throw', async () => {
  const ambient = new Ambient<string>();
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const stays = ambient.run('stays', async () => {
    await left;
    return ambient.get();
  });
  await expect(ambient.run('goes', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  leave();
  expect(await stays).toBe('stays');
});

it('has nothing followed once everybody has left', async () => {
  const ambient = new Ambient<string>();
  const lookLater = await ambient.run('here', async () => {
    await nextTick();
    return { look: nextTick().then(() => ambient.get()) };
  });
  // What is still under way of it knows nothing any more: that is how one sees that it is not followed.
  expect(await lookLater.look).toBeUndefined();
  expect(await ambient.run('again', () => Promise.resolve(ambient.get()))).toBe('again');
});
