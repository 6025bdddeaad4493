import { parse } from 'csv-parse/sync';
import { invariant } from '#outcome';
import type { Delimiter, RawRow } from './csv-records.js';

/** The cells of rows without a fault, in their order; of an empty row one empty cell. */
export function cellsOf(
  rows: readonly Pick<RawRow, 'bytes'>[],
  delimiter: Delimiter,
): readonly (readonly string[])[] {
  if (rows.length === 0) return [];
  const newLine = Buffer.from('\n');
  const text = Buffer.concat(rows.flatMap(({ bytes }) => [bytes, newLine]));
  const records = parse(text, {
    delimiter,
    // A carriage return belongs to the line end only in front of a line feed; the scanner has taken those away.
    record_delimiter: '\n',
    relax_column_count: true,
  });
  invariant(records.length === rows.length, 'rows were found that cannot be read');
  return records;
}

/** Spreadsheets write rows that were cleared once as delimiters alone. */
export function isEmptyRow(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '');
}
