import { stringify } from 'csv-stringify/sync';
import { invariant } from '#outcome';

/** One column of a table: what stands above it and in it. */
export interface Column<Row> {
  readonly header: string;
  /**
   * `text` may come from anybody and is kept from being a formula; `amount` is our own exact decimal, whose minus
   * sign must stay a sign.
   */
  readonly holds: 'text' | 'amount';
  /** Null is an empty cell. */
  readonly cell: (row: Row) => string | null;
}

export function text<Row>(header: string, cell: (row: Row) => string | null): Column<Row> {
  return { header, holds: 'text', cell };
}

export function amount<Row>(header: string, cell: (row: Row) => string): Column<Row> {
  return { header, holds: 'amount', cell };
}

/** The header row by RFC 4180, with its CRLF. */
export function csvHeader<Row>(columns: readonly Column<Row>[]): string {
  return csvOf([columns.map(({ header }) => header)]);
}

/** The rows by RFC 4180, each with its CRLF; nothing for no rows. */
export function csvRows<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  return csvOf(rows.map((row) => columns.map((column) => cellOf(column, row))));
}

function csvOf(records: readonly (readonly string[])[]): string {
  // Of line ends it would quote CRLF only, and readers end a row at each of the two as well.
  return stringify([...records], { record_delimiter: '\r\n', quoted_match: /[\r\n]/ });
}

const exactDecimal = /^-?\d+(\.\d+)?$/;

function cellOf<Row>({ header, holds, cell }: Column<Row>, row: Row): string {
  const value = cell(row) ?? '';
  if (holds === 'text') return inertText(value);
  invariant(exactDecimal.test(value), `the column ${header} holds something else than an amount`);
  return value;
}

/**
 * What a spreadsheet may take for a formula when a cell begins with it: the four signs, their full-width forms, which
 * some programs normalize, and control characters. Blanks and invisible characters before them change nothing.
 */
const formulaStart = /^[\s\p{Cf}]*[=+\-@＝＋－＠\p{Cc}]/u;

/** The text with an apostrophe before it where a spreadsheet would run it; any other text as it is. */
export function inertText(value: string): string {
  return formulaStart.test(value) ? `'${value}` : value;
}
