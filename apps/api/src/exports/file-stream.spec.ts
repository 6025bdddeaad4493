import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { ReaderTooSlow, streamOf } from './file-stream.js';

const patient = { stallMs: 60_000, wholeMs: 60_000 };

/** Pieces that tell how many were asked for and whether they were let go. */
function watched(count: number, failAt = -1) {
  const seen = { asked: 0, closed: false };
  async function* pieces(): AsyncGenerator<string, void, undefined> {
    try {
      for (let index = 0; index < count; index += 1) {
        seen.asked += 1;
        if (index === failAt) throw new Error('broken');
        yield `${index} `.padEnd(50_000, '.');
      }
    } finally {
      seen.closed = true;
    }
  }
  return { seen, pieces: pieces() };
}

it('gives every piece, and has let go before the last byte is out', async () => {
  const { seen, pieces } = watched(20);
  const ends: (Error | null)[] = [];
  const whole = await text(await streamOf({ pieces }, patient, (error) => ends.push(error)));
  expect(whole.match(/\d+ /g)).toHaveLength(20);
  expect(seen).toEqual({ asked: 20, closed: true });
  expect(ends).toEqual([null]);
});

it('reads no further than its reader', async () => {
  const { seen, pieces } = watched(1_000);
  const stream = await streamOf({ pieces }, patient, () => undefined);
  for await (const chunk of stream) {
    expect(String(chunk)).toMatch(/^\d+ /);
    break;
  }
  // The buffer holds two pieces of this size.
  expect(seen.asked).toBeLessThan(6);
  expect(seen.closed).toBe(true);
});

it('throws what fails before the first piece, and lets go', async () => {
  const { seen, pieces } = watched(3, 0);
  const ends: (Error | null)[] = [];
  await expect(streamOf({ pieces }, patient, (error) => ends.push(error))).rejects.toThrow('broken');
  expect(seen.closed).toBe(true);
  expect(ends).toEqual([null]);
});

it('breaks off with what fails later', async () => {
  const { pieces } = watched(30, 20);
  const ends: (Error | null)[] = [];
  const stream = await streamOf({ pieces }, patient, (error) => ends.push(error));
  await expect(text(stream)).rejects.toThrow('broken');
  expect(ends).toEqual([expect.objectContaining({ message: 'broken' })]);
});

it('lets go of a file that nobody has begun to read', async () => {
  const { seen, pieces } = watched(3);
  const stream = await streamOf({ pieces }, patient, () => undefined);
  stream.destroy();
  await once(stream, 'close');
  expect(seen.closed).toBe(true);
});

it.each([
  ['has stopped', { ...patient, stallMs: 20 }],
  ['takes too long', { ...patient, wholeMs: 20 }],
])('breaks off when the reader %s', async (_, limits) => {
  const { seen, pieces } = watched(1_000);
  const stream = await streamOf({ pieces }, limits, () => undefined);
  const [error] = (await once(stream, 'error')) as [Error];
  expect(error).toBeInstanceOf(ReaderTooSlow);
  expect(seen.closed).toBe(true);
});
