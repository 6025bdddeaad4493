import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { readHead } from './csv-head.js';
import type { Delimiter, FilePosition } from './csv-records.js';
import { type ReadRow, type RowBatch, rowBatches } from './row-batches.js';

const start: FilePosition = { offset: 0, row: 0, line: 0 };

async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer, void, undefined> {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    yield bytes.subarray(from, place);
    from = place;
  }
}

async function batchesOf(
  bytes: Buffer,
  {
    cuts = [],
    delimiter = ',',
    from = start,
    size = 3,
  }: { cuts?: readonly number[]; delimiter?: Delimiter; from?: FilePosition; size?: number } = {},
): Promise<RowBatch[]> {
  const batches: RowBatch[] = [];
  const parts = pieces(bytes.subarray(from.offset), cuts);
  for await (const batch of rowBatches(parts, { delimiter, from, size })) batches.push(batch);
  return batches;
}

const rowsOf = (batches: readonly RowBatch[]): readonly ReadRow[] => batches.flatMap(({ rows }) => rows);

/** Bytes that make and break quotes, rows and characters. */
const bytes = fc
  .array(
    fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', 'a', 'b c', 'é', '\u{1f3e0}', '\xff', ' ', ';'),
    {
      maxLength: 60,
    },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part, part === '\xff' ? 'latin1' : 'utf8'))));

it('any file in any pieces has the same rows', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.array(fc.nat(200)), async (file, cuts) => {
      const whole = await batchesOf(file);
      expect(await batchesOf(file, { cuts })).toEqual(whole);
    }),
    { numRuns: 500 },
  );
});

it('read on from any checkpoint, no row is missing and none comes twice', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.nat(), async (file, pick) => {
      const whole = await batchesOf(file, { size: 1 });
      if (whole.length === 0) return;
      const place = pick % whole.length;
      const rest = await batchesOf(file, { size: 2, from: whole[place]?.next ?? start });
      expect([...rowsOf(whole.slice(0, place + 1)), ...rowsOf(rest)]).toEqual(rowsOf(whole));
      // Where a row cannot be read is told by its line, wherever reading began.
      expect(rest.at(-1)?.stoppedAtLine ?? null).toBe(whole.at(-1)?.stoppedAtLine ?? null);
    }),
    { numRuns: 500 },
  );
});

it('what was written as CSV is read as it was', async () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', ''));
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom<Delimiter>(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      fc.array(fc.nat(300)),
      async (rows, delimiter, lineEnd, cuts) => {
        const text = stringify(rows, { delimiter, record_delimiter: lineEnd, quoted_match: /[\r\n"]/ });
        const read = rowsOf(await batchesOf(Buffer.from(text), { delimiter, cuts }));
        const kept = rows.flatMap((cells, index) =>
          cells.every((each) => each.trim() === '') ? [] : [{ row: index + 1, fault: null, cells }],
        );
        expect(read).toEqual(kept);
      },
    ),
    { numRuns: 300 },
  );
});

it('never throws, and says of each row at most one fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (any) => {
      const file = Buffer.from(any);
      readHead(file, true);
      const last = (await batchesOf(file)).at(-1);
      expect(last?.next.offset ?? 0).toBeLessThanOrEqual(file.length);
    }),
    { numRuns: 500 },
  );
});

it.each([
  [
    'one line',
    'a,b\n1,"x"y\n2,z\n',
    [
      [2, 'BAD_QUOTES'],
      [3, null],
    ],
    null,
  ],
  [
    'the middle of a cell',
    'a,b\n1,5" pipe\n2,z\n',
    [
      [2, 'BAD_QUOTES'],
      [3, null],
    ],
    null,
  ],
  [
    'the last line',
    'a,b\n1,z\n2,"never',
    [
      [2, null],
      [3, 'BAD_QUOTES'],
    ],
    null,
  ],
  ['several lines', 'a,b\n1,z\n2,"x\n3,y\n4,"w"\n5,v\n', [[2, null]], 3],
  ['the rest of the file', 'a,b\n1,"x\n2,y\n3,z\n', [], 2],
] as const)('wrong quotes in %s', async (_where, file, rows, stoppedAtLine) => {
  const batches = await batchesOf(Buffer.from(file));
  const read = rowsOf(batches).slice(1);
  expect(read.map(({ row, fault }) => [row, fault])).toEqual(rows);
  expect(batches.at(-1)?.stoppedAtLine).toBe(stoppedAtLine);
});

it('a row that is too long is told of, is not held, and the next one is read', async () => {
  const long = `${'x'.repeat(300_000)},"${'y\n'.repeat(200_000)}"`;
  const batches = await batchesOf(Buffer.from(`a,b\n${long}\nc,d\n`), { cuts: [100_000, 200_000, 400_000] });
  expect(rowsOf(batches)).toEqual([
    { row: 1, fault: null, cells: ['a', 'b'] },
    { row: 2, fault: 'TOO_LONG', cells: [''] },
    { row: 3, fault: null, cells: ['c', 'd'] },
  ]);
});

it('counts empty rows, and leaves them out', async () => {
  const batches = await batchesOf(Buffer.from('a,b\r\n\r\n , \n"c\n",d\n\n'));
  expect(rowsOf(batches).map(({ row, cells }) => [row, cells])).toEqual([
    [1, ['a', 'b']],
    [4, ['c\n', 'd']],
  ]);
  expect(batches.at(-1)?.next).toEqual({ offset: 19, row: 5, line: 6 });
});
