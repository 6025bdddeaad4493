import fc from 'fast-check';
import { inPieces } from './pieces.js';

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

it('bytes in chunks of any size are pieces of one size, and the last has the rest', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 20 })),
      fc.integer({ min: 1, max: 16 }),
      async (chunks, size) => {
        const whole = Buffer.concat(chunks);
        const pieces: Buffer[] = [];
        const last: boolean[] = [];
        for await (const { bytes, isLast } of inPieces(chunksOf(chunks), size)) {
          pieces.push(bytes);
          last.push(isLast);
        }
        expect(Buffer.concat(pieces)).toEqual(whole);
        expect(last).toEqual(pieces.map((_piece, index) => index === pieces.length - 1));
        expect(pieces.slice(0, -1).every(({ length }) => length === size)).toBe(true);
        expect(pieces.at(-1)?.length).toBeLessThanOrEqual(size);
      },
    ),
  );
});
