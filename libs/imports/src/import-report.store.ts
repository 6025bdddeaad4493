import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import type { FilePosition } from './csv-records.js';
import type { RowRefusal } from './failed-row.js';
import { type ImportState, type RowResult, rowResults } from './lead-import.js';

/** What became of one row. */
export interface RowReport {
  readonly row: number;
  readonly result: RowResult;
  /** The lead that it became, or was before. */
  readonly leadId: string | null;
  /** Of a refused row. */
  readonly failed: { readonly refusals: readonly RowRefusal[]; readonly sealed: Buffer } | null;
}

/** Rows that were decided together, and how far the file is worked off with them. */
export interface BatchReport {
  readonly rows: readonly RowReport[];
  readonly checkpoint: FilePosition;
  readonly rowsPerSecond: number | null;
}

/** What a column of counts is called. */
const countColumns: Readonly<Record<RowResult, string>> = {
  TAKEN: 'taken',
  DUPLICATE: 'duplicates',
  SUPPRESSED: 'suppressed',
  QUARANTINED: 'quarantined',
  ALREADY_TAKEN: 'already_taken',
  REFUSED: 'refused',
};

const checkpointSql = `
  update lead_imports set next_offset = $3, next_row = $4, next_line = $5, rows_per_second = coalesce($6, rows_per_second),
    rows_done = rows_done + $7, tries = 0, leased_until = now() + make_interval(secs => $8),
    ${rowResults.map((result, k) => `${countColumns[result]} = ${countColumns[result]} + $${9 + k}`).join(', ')}
  where id = $1 and fence = $2 and state in ('RUNNING', 'CANCELLING') returning state`;

const batchSql = `
  insert into import_batches (import_id, first_row, last_row, rows, results, lead_ids) values ($1, $2, $3, $4, $5, $6)`;

const failedSql = `
  insert into import_failed_rows (import_id, row_number, refusals, sealed)
  select $1, * from unnest($2::integer[], $3::jsonb[], $4::bytea[])`;

/** Writes what became of rows, together with how far the file has come: each row is reported once, whoever dies when. */
@Injectable()
export class ImportReportStore {
  /** The state of the import now; undefined, and nothing written, for who has lost the lease. */
  async write(
    tx: Transaction,
    of: { readonly id: string; readonly fence: string; readonly leaseSeconds: number },
    { rows, checkpoint, rowsPerSecond }: BatchReport,
  ): Promise<ImportState | undefined> {
    const counts = rowResults.map((wanted) => rows.filter(({ result }) => result === wanted).length);
    const [found] = await tx.prepared<{ state: ImportState }>('import-checkpoint', checkpointSql, [
      of.id,
      of.fence,
      checkpoint.offset,
      checkpoint.row,
      checkpoint.line,
      rowsPerSecond,
      rows.length,
      of.leaseSeconds,
      ...counts,
    ]);
    const [first, last] = [rows[0], rows.at(-1)];
    if (!found || !first || !last) return found?.state;
    await tx.prepared('import-batch', batchSql, [
      of.id,
      first.row,
      last.row,
      rows.map(({ row }) => row),
      rows.map(({ result }) => result),
      rows.map(({ leadId }) => leadId),
    ]);
    const failed = rows.flatMap(({ row, failed: each }) => (each ? [{ row, ...each }] : []));
    if (failed.length > 0) {
      await tx.prepared('import-failed-rows', failedSql, [
        of.id,
        failed.map(({ row }) => row),
        failed.map(({ refusals }) => JSON.stringify(refusals)),
        failed.map(({ sealed }) => sealed),
      ]);
    }
    return found.state;
  }
}
