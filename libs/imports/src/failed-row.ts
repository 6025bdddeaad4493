/** Rows that were refused, as a file: corrected, it can be sent again. */
import { stringify } from 'csv-stringify/sync';
import { inertText } from '#exports';
import type { RefusalCode } from '#outcome';
import { contractColumn, isOwnColumn, ownColumns } from './lead-columns.js';

/** One reason: what went against a rule, and where. No value is in it. */
export interface RowRefusal {
  readonly code: RefusalCode;
  /** Path below the lead, such as contact.phone or attributes.roof; row when it is about the row as such. */
  readonly field: string;
  readonly message: string;
}

export interface FailedRow {
  /** As in a spreadsheet: the header is row 1. */
  readonly row: number;
  readonly refusals: readonly RowRefusal[];
}

/** What stands in it as well. */
export interface OpenedFailedRow extends FailedRow {
  readonly cells: readonly string[];
}

// A spreadsheet that makes a number of it loses nothing but a plus sign; with an apostrophe it would be no phone any more.
const phone = /^\+\d[\d ()./-]{4,30}$/;
const amount = /^-\d+([.,]\d+)?$/;

/** A cell that no spreadsheet runs as a formula; phones with a plus and negative amounts stay what they are. */
export function safeCell(cell: string): string {
  return phone.test(cell) || amount.test(cell) ? cell : inertText(cell);
}

/** The first row: the columns of the file, two of ours, and one that names the contract that all rows are for, if there is one. */
export function failedHeader(columns: readonly string[], contractId: string | null): string {
  const contract = contractId === null ? [] : [contractColumn(contractId)];
  return csvOf([
    [...ownOut(columns, columns), ownColumns.row, ownColumns.reasons, ...contract].map(safeCell),
  ]);
}

export function failedRows(
  columns: readonly string[],
  rows: readonly OpenedFailedRow[],
  contractId: string | null,
): string {
  return csvOf(
    rows.map(({ row, refusals, cells }) => [
      ...ownOut(columns, cells).map(safeCell),
      String(row),
      safeCell(refusals.map(({ code, field, message }) => `${field}: ${message} (${code})`).join(' | ')),
      // The first row has said it.
      ...(contractId === null ? [] : ['']),
      // What has no column stands behind all that have one.
      ...cells.slice(columns.length).map(safeCell),
    ]),
  );
}

/** The cells of a row, one for each column, without those that an earlier download has added. */
function ownOut(columns: readonly string[], cells: readonly string[]): string[] {
  return columns.flatMap((name, index) => (isOwnColumn(name) ? [] : [cells[index] ?? '']));
}

function csvOf(records: readonly (readonly string[])[]): string {
  return stringify([...records], { record_delimiter: '\r\n', quoted_match: /[\r\n;\t]/ });
}
