import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '#database';
import type { Delimiter, FilePosition } from './csv-records.js';
import {
  fileDays,
  type ImportFailure,
  type ImportState,
  type LeadImport,
  type MappingSource,
  reportDays,
} from './lead-import.js';

/** A row of `lead_imports` as the driver hands it over. */
export interface ImportRecord {
  readonly id: string;
  readonly agency_id: string;
  readonly test: boolean;
  readonly vertical: string;
  readonly contract_id: string | null;
  readonly file_name: string | null;
  readonly state: ImportState;
  readonly dry_run: boolean;
  readonly content_hash: Buffer | null;
  readonly data_key: Buffer | null;
  readonly header: Buffer | null;
  readonly header_hash: Buffer | null;
  readonly mapping: Buffer | null;
  readonly mapping_name: string | null;
  readonly mapping_source: MappingSource | null;
  readonly delimiter: Delimiter | null;
  readonly is_corrected: boolean;
  readonly bytes_total: string;
  readonly next_offset: string;
  readonly next_row: number;
  readonly next_line: number;
  readonly rows_done: number;
  readonly taken: number;
  readonly duplicates: number;
  readonly suppressed: number;
  readonly quarantined: number;
  readonly already_taken: number;
  readonly refused: number;
  readonly rows_per_second: number | null;
  readonly failure: ImportFailure | null;
  readonly failure_line: number | null;
  readonly fence: string;
  readonly tries: number;
  readonly created_by: string;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

export const importColumns = `i.id, i.agency_id, i.test, i.vertical, i.contract_id, i.file_name, i.state, i.dry_run,
  i.content_hash, i.data_key, i.header, i.header_hash, i.mapping, i.mapping_name, i.mapping_source, i.delimiter,
  i.is_corrected, i.bytes_total, i.next_offset, i.next_row, i.next_line, i.rows_done, i.taken, i.duplicates, i.suppressed,
  i.quarantined, i.already_taken, i.refused, i.rows_per_second, i.failure, i.failure_line, i.fence, i.tries, i.created_by,
  i.created_at, i.started_at, i.ended_at`;

export function importOf(row: ImportRecord, columns: LeadImport['columns']): LeadImport {
  return {
    id: row.id,
    agencyId: row.agency_id,
    test: row.test,
    vertical: row.vertical,
    contractId: row.contract_id,
    fileName: row.file_name,
    state: row.state,
    dryRun: row.dry_run,
    delimiter: row.delimiter,
    columns,
    mappingName: row.mapping_name,
    mappingSource: row.mapping_source,
    bytesTotal: Number(row.bytes_total),
    checkpoint: checkpointOf(row),
    counts: {
      TAKEN: row.taken,
      DUPLICATE: row.duplicates,
      SUPPRESSED: row.suppressed,
      QUARANTINED: row.quarantined,
      ALREADY_TAKEN: row.already_taken,
      REFUSED: row.refused,
    },
    rowsDone: row.rows_done,
    rowsPerSecond: row.rows_per_second,
    failure: row.failure,
    failureLine: row.failure_line,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
}

export function checkpointOf(
  row: Pick<ImportRecord, 'next_offset' | 'next_row' | 'next_line'>,
): FilePosition {
  return { offset: Number(row.next_offset), row: row.next_row, line: row.next_line };
}

/** A file whose first piece is here. */
export interface NewImport {
  readonly id: string;
  readonly agencyId: string;
  readonly test: boolean;
  readonly vertical: string;
  readonly contractId: string | null;
  readonly fileName: string | null;
  readonly dataKey: Buffer;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** What is known of a file once all of it is here. */
export interface UploadedFile {
  readonly contentHash: Buffer;
  readonly header: Buffer;
  readonly headerHash: Buffer;
  readonly delimiter: Delimiter;
  readonly isCorrected: boolean;
  readonly body: FilePosition;
}

export interface ChosenMapping {
  readonly mapping: Buffer;
  readonly name: string | null;
  readonly source: MappingSource;
}

/** An import of a file that comes again. */
export interface SameFile {
  readonly id: string;
  readonly state: ImportState;
  readonly contractId: string | null;
  readonly isAllRefused: boolean;
}

const nothingDone = `next_offset = body_offset, next_row = 1, next_line = body_line, rows_done = 0, taken = 0, duplicates = 0,
  suppressed = 0, quarantined = 0, already_taken = 0, refused = 0, rows_per_second = null, tries = 0`;

/** Writes imports: what people say about them, and who works on them. */
@Injectable()
export class ImportStore {
  constructor(private readonly database: Database) {}

  /** Locks the agency, so that two calls at once do not go beyond the bounds together; the files that it has here. */
  async lockAndCount(
    tx: Transaction,
    agencyId: string,
  ): Promise<{ readonly files: number; readonly bytes: number }> {
    await tx.query('select 1 from organizations where id = $1 for no key update', [agencyId]);
    const [row] = await tx.query<{ files: number; bytes: string }>(
      `select count(*)::int as files, coalesce(sum(bytes_total), 0)::bigint as bytes from lead_imports
       where agency_id = $1 and state in ('UPLOADING', 'READY', 'RUNNING', 'CHECKED', 'CANCELLING')`,
      [agencyId],
    );
    return { files: row?.files ?? 0, bytes: Number(row?.bytes ?? 0) };
  }

  async insert(tx: Transaction, of: NewImport): Promise<void> {
    await tx.query(
      `insert into lead_imports (id, agency_id, test, vertical, contract_id, file_name, state, data_key, created_by,
         created_at)
       values ($1, $2, $3, $4, $5, $6, 'UPLOADING', $7, $8, $9)`,
      [
        of.id,
        of.agencyId,
        of.test,
        of.vertical,
        of.contractId,
        of.fileName,
        of.dataKey,
        of.createdBy,
        of.createdAt,
      ],
    );
  }

  /** Adds the next piece of a file; false when the upload was given up meanwhile. */
  async addPiece(
    id: string,
    piece: { readonly number: number; readonly sealed: Buffer; readonly bytes: number },
  ): Promise<boolean> {
    const rows = await this.database.query(
      `with alive as (
         update lead_imports set touched_at = now(), bytes_total = bytes_total + $4, chunks = chunks + 1
         where id = $1 and state = 'UPLOADING' and chunks = $2 returning id)
       insert into import_chunks (import_id, number, sealed) select id, $2, $3 from alive returning number`,
      [id, piece.number, piece.sealed, piece.bytes],
    );
    return rows.length > 0;
  }

  /** An import of the same file that stands, held; two that come at once are told of each other, since the agency is locked. */
  async sameFile(
    tx: Transaction,
    of: Pick<NewImport, 'agencyId' | 'test' | 'vertical'>,
    contentHash: Buffer,
  ): Promise<SameFile | undefined> {
    const [row] = await tx.query<SameFile>(
      `select id, state, contract_id as "contractId", refused = rows_done as "isAllRefused" from lead_imports
       where agency_id = $1 and test = $2 and vertical = $3 and content_hash = $4
         and state not in ('CANCELLED', 'FAILED', 'EXPIRED') for no key update`,
      [of.agencyId, of.test, of.vertical, contentHash],
    );
    return row;
  }

  /** The file may be sent again, as another import. Only for one that is over: rows are named by the hash. */
  async forgetFile(tx: Transaction, id: string): Promise<void> {
    await tx.query(`update lead_imports set content_hash = null where id = $1 and state = 'COMPLETED'`, [id]);
  }

  /** For all rows of one that takes none yet. What a dry run has found was about the contract before, and is forgotten. */
  async setContract(tx: Transaction, id: string, contractId: string): Promise<void> {
    await this.forgetReport(tx, id);
    await tx.query(
      `update lead_imports set contract_id = $2, state = 'READY', dry_run = false, started_at = null, ended_at = null,
         forget_at = null, ${nothingDone}
       where id = $1 and state in ('READY', 'CHECKED')`,
      [id, contractId],
    );
  }

  private async forgetReport(tx: Transaction, id: string): Promise<void> {
    await tx.query('delete from import_batches where import_id = $1', [id]);
    await tx.query('delete from import_failed_rows where import_id = $1', [id]);
  }

  /** False when the upload was given up meanwhile. */
  async finishUpload(tx: Transaction, id: string, file: UploadedFile): Promise<boolean> {
    const { contentHash, header, headerHash, delimiter, isCorrected, body } = file;
    const rows = await tx.query(
      `update lead_imports set state = 'READY', content_hash = $2, header = $3, header_hash = $4, delimiter = $5,
         is_corrected = $6, body_offset = $7, body_line = $8, next_offset = $7, next_row = 1, next_line = $8
       where id = $1 and state = 'UPLOADING' returning id`,
      [id, contentHash, header, headerHash, delimiter, isCorrected, body.offset, body.line],
    );
    return rows.length > 0;
  }

  async setMapping(tx: Transaction, id: string, { mapping, name, source }: ChosenMapping): Promise<void> {
    await tx.query(
      'update lead_imports set mapping = $2, mapping_name = $3, mapping_source = $4 where id = $1',
      [id, mapping, name, source],
    );
  }

  /** Holds an import of the agency; undefined when it is not there, or not to be seen with that key. */
  async hold(
    tx: Transaction,
    of: { readonly id: string; readonly agencyId: string; readonly testOnly: boolean },
  ): Promise<ImportRecord | undefined> {
    const [row] = await tx.query<ImportRecord>(
      `select ${importColumns} from lead_imports i
       where i.id = $1 and i.agency_id = $2 and (i.test or not $3) for no key update`,
      [of.id, of.agencyId, of.testOnly],
    );
    return row;
  }

  /** From the first row on; whatever was reported before is forgotten. */
  async start(
    tx: Transaction,
    id: string,
    { dryRun, now }: { readonly dryRun: boolean; readonly now: Date },
  ): Promise<void> {
    await this.forgetReport(tx, id);
    await tx.query(
      `update lead_imports set state = 'RUNNING', dry_run = $2, started_at = $3, ended_at = null, leased_until = null,
         served_at = null, fence = fence + 1, forget_at = null, ${nothingDone}
       where id = $1`,
      [id, dryRun, now],
    );
  }

  /** At once when nobody works on it; else whoever does ends it after the rows that are on their way. */
  async cancel(tx: Transaction, id: string, now: Date): Promise<void> {
    await tx.query(
      `update lead_imports set ended_at = $2, forget_at = $2::timestamptz + make_interval(days => $3),
         state = case when state = 'RUNNING' and leased_until > now() then 'CANCELLING' else 'CANCELLED' end
       where id = $1`,
      [id, now, reportDays],
    );
  }

  /** Gives an upload up, and what is here of it. */
  async giveUpUpload(id: string): Promise<void> {
    await this.database.query(`delete from lead_imports where id = $1 and state = 'UPLOADING'`, [id]);
  }

  /** Takes the import that has waited longest, under a lease; nobody else works on it meanwhile. */
  async claim(leaseSeconds: number): Promise<ImportRecord | undefined> {
    const result = await this.database.query<ImportRecord>(
      `with taken as (
         update lead_imports set fence = fence + 1, tries = tries + 1, served_at = now(),
           leased_until = now() + make_interval(secs => $1)
         where id = (
           select id from lead_imports
           where state in ('RUNNING', 'CANCELLING') and (leased_until is null or leased_until <= now())
           order by served_at nulls first, id limit 1 for update skip locked)
         returning *)
       select ${importColumns} from taken i`,
      [leaseSeconds],
    );
    return result[0];
  }

  /** Lets go of an import after so many milliseconds, unless somebody else has it by now. */
  async release(
    of: { readonly id: string; readonly fence: string },
    { afterMs, isProgress }: { readonly afterMs: number; readonly isProgress: boolean },
  ): Promise<void> {
    await this.database.query(
      `with freed as (update lead_imports set leased_until = now() + make_interval(secs => $3 / 1000.0),
         tries = case when $4 then 0 else tries end where id = $1 and fence = $2 returning 1) select from freed`,
      [of.id, of.fence, afterMs, isProgress],
    );
  }

  /**
   * Ends it. False, and nothing done, for who has lost the lease. What is RUNNING is completed or checked, what is CANCELLING
   * is cancelled, whatever is asked for.
   */
  async end(
    tx: Transaction,
    of: { readonly id: string; readonly fence: string },
    { now, failure }: { readonly now: Date; readonly failure: { kind: ImportFailure; line: number } | null },
  ): Promise<boolean> {
    const rows = await tx.query(
      `update lead_imports set leased_until = null, ended_at = $3,
         forget_at = $3::timestamptz + make_interval(days => $4),
         failure = case when state = 'RUNNING' then $5::text end,
         failure_line = case when state = 'RUNNING' then $6::int end,
         state = case when state = 'CANCELLING' then 'CANCELLED' when $5::text is not null then 'FAILED'
           when dry_run then 'CHECKED' else 'COMPLETED' end
       where id = $1 and fence = $2 and state in ('RUNNING', 'CANCELLING') returning id`,
      [of.id, of.fence, now, reportDays, failure?.kind ?? null, failure?.line ?? null],
    );
    return rows.length > 0;
  }

  /** Removes pieces of files that nobody needs any more; how many imports that concerned. */
  async dropFiles(limit: number): Promise<number> {
    const rows = await this.database.query<{ id: string }>(
      `with over as (
         select i.id from lead_imports i
         where i.data_key is not null and i.state in ('COMPLETED', 'CANCELLED', 'FAILED', 'EXPIRED')
           and exists (select from import_chunks c where c.import_id = i.id)
         order by i.created_at limit $1
       ), dropped as (delete from import_chunks c using over where c.import_id = over.id)
       select id from over`,
      [limit],
    );
    return rows.length;
  }

  /** Gives up files that nobody has started, and uploads that have broken off. */
  async expire(tx: Transaction, now: Date, limit: number): Promise<number> {
    const broken = await tx.query(
      `delete from lead_imports where id in (
         select id from lead_imports where state = 'UPLOADING' and touched_at < now() - interval '10 minutes'
         order by touched_at limit $1 for update skip locked) returning id`,
      [limit],
    );
    const late = await tx.query(
      `update lead_imports set state = 'EXPIRED', ended_at = coalesce(ended_at, $1),
         forget_at = coalesce(forget_at, $1::timestamptz)
       where id in (
         select id from lead_imports where data_key is not null and state in ('READY', 'CHECKED')
           and coalesce(ended_at, created_at) < $1::timestamptz - make_interval(days => $3)
         order by created_at limit $2 for update skip locked) returning id`,
      [now, limit, fileDays],
    );
    return broken.length + late.length;
  }

  /** Forgets the rows of reports whose time is over, and the keys that would open what backups still have of them. */
  async forget(tx: Transaction, now: Date, limit: number): Promise<number> {
    const over = await tx.query<{ id: string }>(
      `select id from lead_imports where data_key is not null and forget_at <= $1
         and state in ('COMPLETED', 'CANCELLED', 'FAILED', 'EXPIRED')
       order by created_at limit $2 for update skip locked`,
      [now, limit],
    );
    const ids = over.map(({ id }) => id);
    if (ids.length === 0) return 0;
    for (const table of ['import_chunks', 'import_batches', 'import_failed_rows'])
      await tx.query(`delete from ${table} where import_id = any($1)`, [ids]);
    await tx.query(
      'update lead_imports set data_key = null, header = null, mapping = null where id = any($1)',
      [ids],
    );
    return ids.length;
  }
}
