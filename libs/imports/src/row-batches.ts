import { cellsOf, isEmptyRow } from './csv-cells.js';
import { type Delimiter, type FilePosition, type RawRow, RowScanner } from './csv-records.js';

/** A row with its cells; of one that cannot be read its text as it stands, if it is not too long. */
export interface ReadRow extends Pick<RawRow, 'row' | 'fault'> {
  readonly cells: readonly string[];
}

/** Rows that are worked on together. */
export interface RowBatch {
  /** Without empty ones. */
  readonly rows: readonly ReadRow[];
  /** Where the row after them begins. */
  readonly next: FilePosition;
  /** The line at which the file cannot be read on, after these rows. */
  readonly stoppedAtLine: number | null;
}

/** However short its rows: so much of a file is in memory. */
const maxBatchBytes = 1_048_576;

/** The rows of a file from a position on, in batches of so many. */
export async function* rowBatches(
  pieces: AsyncIterable<Buffer>,
  {
    delimiter,
    from,
    size,
  }: { readonly delimiter: Delimiter; readonly from: FilePosition; readonly size: number },
): AsyncGenerator<RowBatch, void, undefined> {
  const scanner = new RowScanner(delimiter, from);
  let raw: RawRow[] = [];
  let bytes = 0;
  let before = from;
  for await (const piece of pieces) {
    for (const row of scanner.push(piece)) {
      raw.push(row);
      bytes += row.bytes.length;
      if (raw.length < size && bytes < maxBatchBytes) continue;
      yield batchOf(raw, { delimiter, stoppedAtLine: null, before });
      before = row.next;
      [raw, bytes] = [[], 0];
    }
    if (scanner.stoppedAtLine !== null) break;
    // What is not copied would hold the whole piece.
    raw = raw.map((row) => ({ ...row, bytes: Buffer.from(row.bytes) }));
  }
  raw.push(...scanner.end());
  const { stoppedAtLine } = scanner;
  if (raw.length > 0 || stoppedAtLine !== null) yield batchOf(raw, { delimiter, stoppedAtLine, before });
}

function batchOf(
  raw: readonly RawRow[],
  {
    delimiter,
    stoppedAtLine,
    before,
  }: { readonly delimiter: Delimiter; readonly stoppedAtLine: number | null; readonly before: FilePosition },
): RowBatch {
  const sound = raw.filter(({ fault }) => fault === null);
  const cells = cellsOf(sound, delimiter);
  const cellsBy = new Map(sound.map((row, index) => [row, cells[index] ?? []]));
  const rows = raw.flatMap((each): ReadRow[] => {
    const own = cellsBy.get(each) ?? [each.bytes.toString('utf8')];
    const { row, fault } = each;
    return fault === null && isEmptyRow(own) ? [] : [{ row, fault, cells: own }];
  });
  return { rows, next: raw.at(-1)?.next ?? before, stoppedAtLine };
}
