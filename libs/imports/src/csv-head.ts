/** What the beginning of a file tells: whether it is CSV, how its cells are divided, and the names of its columns. */
import { done, type Outcome, refuse } from '#outcome';
import { cellsOf, isEmptyRow } from './csv-cells.js';
import { type Delimiter, type FilePosition, maxRowBytes, type RawRow, RowScanner } from './csv-records.js';
import { isOwnColumn } from './lead-columns.js';

export const maxColumns = 1_000;
export const maxNameLength = 200;

/** How a file is read. */
export interface CsvHead {
  readonly delimiter: Delimiter;
  /** The names of the columns as they stand there, without blanks around them. */
  readonly columns: readonly string[];
  /** Where the first row after the header begins. */
  readonly body: FilePosition;
}

/** Enough of a file to find its header in. */
export const headBytes = maxRowBytes;

const asCsv = 'Export it as CSV (in Excel: Save As, "CSV UTF-8") and send that file.';

/** What files are that are no CSV, by their first bytes. */
const kinds: readonly (readonly [string, string])[] = [
  ['504b0304', `This is a spreadsheet (.xlsx, .ods) or a zip archive. ${asCsv}`],
  ['504b0506', `This is a zip archive. ${asCsv}`],
  ['d0cf11e0', `This is an old Excel file (.xls). ${asCsv}`],
  ['1f8b', 'This is a compressed file (gzip). Send it as it was before.'],
  ['25504446', `This is a PDF. ${asCsv}`],
  ['fffe', `The file is in UTF-16. ${asCsv}`],
  ['feff', `The file is in UTF-16. ${asCsv}`],
];
const utf8Mark = Buffer.from('efbbbf', 'hex');

/** Reads the beginning of a file: all of it, or as much as {@link headBytes}. Refusals say what to do, and repeat nothing. */
export function readHead(bytes: Buffer, isWhole: boolean): Outcome<CsvHead> {
  const start = bytes.subarray(0, 8).toString('hex');
  const [, wrong] = kinds.find(([mark]) => start.startsWith(mark)) ?? [];
  if (wrong !== undefined) return refuseFile(wrong);
  const offset = bytes.subarray(0, utf8Mark.length).equals(utf8Mark) ? utf8Mark.length : 0;
  const text = bytes.subarray(offset);
  if (text.includes(0)) return refuseFile(`This is no text in UTF-8. ${asCsv}`);
  if (text.length === 0 || /^\s*$/.test(text.toString('latin1', 0, 4_096)))
    return refuseFile('The file is empty. Its first row must name the columns.');
  const delimiter = delimiterOf(text);
  const scanner = new RowScanner(delimiter, { offset, row: 0, line: 0 });
  const first = firstRow(scanner, text, isWhole);
  if (!first) {
    const isOpen = scanner.stoppedAtLine !== null || isWhole;
    return refuseFile(isOpen ? 'The quotes of the first row are not closed.' : 'The first row is too long.');
  }
  if (first.fault !== null) return refuseFile(headerFaults[first.fault]);
  if (first.bytes.includes(0x0d))
    return refuseFile(
      'Its rows end with carriage returns alone, as on very old Macs. Save it with line feeds.',
    );
  const columns = (cellsOf([first], delimiter)[0] ?? []).map((name) => name.trim());
  return checkColumns(columns) ?? done({ delimiter, columns, body: first.next });
}

const headerFaults = {
  BAD_QUOTES: 'The quotes of the first row are not closed, or stand in the middle of a name.',
  TOO_LONG: 'The first row is too long.',
  NOT_UTF8: `The first row is not in UTF-8. ${asCsv}`,
} as const;

function firstRow(scanner: RowScanner, text: Buffer, isWhole: boolean): RawRow | undefined {
  for (const row of scanner.push(text)) return row;
  if (isWhole) for (const row of scanner.end()) return row;
  return undefined;
}

function checkColumns(columns: readonly string[]): Outcome<never> | undefined {
  if (isEmptyRow(columns)) return refuseFile('The first row is empty. It must name the columns.');
  if (columns.length > maxColumns) return refuseFile(`At most ${maxColumns} columns.`);
  if (columns.some((name) => name.length > maxNameLength))
    return refuseFile(`The name of a column has at most ${maxNameLength} characters.`);
  // Somebody's data in place of names would be shown as names, and the first person would be lost.
  const given = columns.filter((name) => !isOwnColumn(name));
  if (given.some((name) => /\S@\S+\.\S/.test(name) || /\d[\d ()./-]{6,}\d/.test(name)))
    return refuseFile(
      'The first row looks like data. It must name the columns, such as email,phone,first name.',
    );
  const seen = new Set<string>();
  for (const [index, name] of columns.entries()) {
    const same = name.toLowerCase();
    if (name !== '' && seen.has(same))
      return refuseFile(`Column ${index + 1} has the name of one before it. Each name once.`);
    seen.add(same);
  }
  return undefined;
}

/** The one that divides the first row most often, outside of quotes. */
function delimiterOf(text: Buffer): Delimiter {
  const counts = { ',': 0, ';': 0, '\t': 0 };
  let isQuoted = false;
  for (const byte of text) {
    const char = String.fromCharCode(byte);
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && char === '\n') break;
    else if (!isQuoted && char in counts) counts[char as Delimiter] += 1;
  }
  const all: readonly Delimiter[] = [',', ';', '\t'];
  return all.reduce((best, each) => (counts[each] > counts[best] ? each : best), ',');
}

function refuseFile(message: string): Outcome<never> {
  return refuse('INVALID_VALUE', { field: ['file'], message });
}
