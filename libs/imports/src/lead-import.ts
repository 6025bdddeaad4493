import type { Delimiter, FilePosition } from './csv-records.js';
import type { LeadColumn } from './lead-columns.js';

export const importStates = [
  'UPLOADING',
  'READY',
  'RUNNING',
  'CHECKED',
  'COMPLETED',
  'CANCELLING',
  'CANCELLED',
  'FAILED',
  'EXPIRED',
] as const;
export type ImportState = (typeof importStates)[number];

/** What became of a row. */
export const rowResults = [
  'TAKEN',
  'DUPLICATE',
  'SUPPRESSED',
  'QUARANTINED',
  'ALREADY_TAKEN',
  'REFUSED',
] as const;
export type RowResult = (typeof rowResults)[number];

/** Why an import cannot go on. */
export const importFailures = ['QUOTES_NOT_CLOSED', 'INTERNAL'] as const;
export type ImportFailure = (typeof importFailures)[number];

export const mappingSources = ['GUESSED', 'REMEMBERED', 'CHOSEN'] as const;
/** Where the meaning of columns comes from. */
export type MappingSource = (typeof mappingSources)[number];

/** Rows by what became of them. */
export type RowCounts = Readonly<Record<RowResult, number>>;

/** A file of leads that is taken in the background. */
export interface LeadImport {
  readonly id: string;
  readonly agencyId: string;
  readonly test: boolean;
  readonly vertical: string;
  readonly contractId: string | null;
  /** What whoever sent it calls it. */
  readonly fileName: string | null;
  readonly state: ImportState;
  /** Rows are checked, and none is submitted. */
  readonly dryRun: boolean;
  readonly delimiter: Delimiter | null;
  /** Null once nothing of the file is left. */
  readonly columns: readonly LeadColumn[] | null;
  readonly mappingName: string | null;
  readonly mappingSource: MappingSource | null;
  readonly bytesTotal: number;
  readonly checkpoint: FilePosition;
  readonly counts: RowCounts;
  readonly rowsDone: number;
  readonly rowsPerSecond: number | null;
  readonly failure: ImportFailure | null;
  /** The line of the file at which it cannot go on. */
  readonly failureLine: number | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** How many days the rows of a report are kept, failed ones with what stands in them. */
export const reportDays = 30;
/** How many days a file waits to be started, or started anew after a dry run. */
export const fileDays = 7;
/** Files of one agency that are kept at the same time; and how many of them may be as large as a file may be. */
export const maxFiles = 200;
export const maxFilesOfSize = 4;

/** States in which somebody may say what columns are, and begin. */
export const startable: readonly ImportState[] = ['READY', 'CHECKED'];
/** States in which there is something to cancel. */
export const cancellable: readonly ImportState[] = ['READY', 'CHECKED', 'RUNNING'];

/** What is to be done about an import that could not go on: which rows were taken, and what is to be sent. Null of any other. */
export function failureWords(
  of: Pick<LeadImport, 'failure' | 'failureLine' | 'checkpoint' | 'dryRun' | 'columns'>,
): string | null {
  const { failure, checkpoint, dryRun, columns } = of;
  if (failure === null) return null;
  const line = of.failureLine ?? checkpoint.line + 1;
  const why =
    failure === 'INTERNAL'
      ? `It was tried again and again from line ${line} on, and could not be read: our fault.`
      : `Quotes that open in line ${line} are not closed properly.`;
  if (dryRun) return `${why} Nothing was taken, since it was a dry run. Correct the file and send all of it.`;
  // Rows keep their names in the same file; some beyond the last checkpoint may be leads without standing in the report.
  if (failure === 'INTERNAL')
    return `${why} Send the same file again, unchanged: no row of it is taken twice.`;
  if (checkpoint.row < 2) return `${why} No row stands before it. Correct the file and send all of it.`;
  const taken = `Rows 2 to ${checkpoint.row} were read and have their answers; nothing from line ${line} on was taken.`;
  const rest = `send only the first row, with the names of columns, and what stands from line ${line} on`;
  const isNamed = columns?.some(({ field }) => field === 'externalId') ?? false;
  return isNamed
    ? `${why} ${taken} Correct it, and ${rest}; or all of it, since rows are known by their externalId.`
    : `${why} ${taken} Correct it, and ${rest}. Rows before it would count as new ones in another file: no column is an externalId.`;
}

/** Whole seconds until the end at the present pace; null while nobody can tell. */
export function remainingSeconds(
  each: Pick<LeadImport, 'state' | 'bytesTotal' | 'checkpoint' | 'rowsDone' | 'rowsPerSecond'>,
): number | null {
  const { state, bytesTotal, checkpoint, rowsDone, rowsPerSecond } = each;
  if (state !== 'RUNNING' || rowsPerSecond === null || rowsPerSecond <= 0 || rowsDone === 0) return null;
  const bytesPerRow = checkpoint.offset / rowsDone;
  return Math.ceil((bytesTotal - checkpoint.offset) / bytesPerRow / rowsPerSecond);
}

/** The pace as it is told: new figures count for a fifth, so that it neither jumps nor lies. */
export function paceAfter(before: number | null, rows: number, elapsedMs: number): number {
  const now = (rows * 1_000) / Math.max(elapsedMs, 1);
  return before === null ? now : before * 0.8 + now * 0.2;
}
