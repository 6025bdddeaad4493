import { Injectable } from '@nestjs/common';
import { Database, keyset, type KeysetPage } from '#database';
import { type Actor, may } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import type { ExportFile } from '#exports';
import { type FailedRow, failedHeader, failedRows, type RowRefusal } from './failed-row.js';
import { importColumns, importOf, type ImportRecord } from './import.store.js';
import { ImportFileStore } from './import-file.store.js';
import type { LeadColumn } from './lead-columns.js';
import type { LeadImport, RowResult } from './lead-import.js';

/** A page of rows by number. */
export interface RowPage {
  readonly limit: number;
  readonly backwards: boolean;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
}

/** What became of one row of a file. */
export interface ReportedRow {
  readonly row: number;
  readonly result: RowResult;
  readonly leadId: string | null;
  readonly refusals: readonly RowRefusal[];
}

interface FailedRecord {
  readonly row: number;
  readonly refusals: readonly RowRefusal[];
  readonly sealed: Buffer;
}

/** What a failed row is sealed as. */
export function failedName(row: number): string {
  return `failed row ${row}`;
}

/** What a mapping is sealed as. */
export const mappingName = 'mapping';

const downloadedAtOnce = 100;

/** Agencies see their own; with a test key those of test leads. Nobody else sees any. */
const visible = `i.agency_id = $1 and (i.test or not $2)`;
const seenBy = (actor: Actor): readonly unknown[] => [actor.organizationId, actor.mode === 'test'];

/** Reads imports and their reports, as an agency sees them. */
@Injectable()
export class ImportQueries {
  constructor(
    private readonly database: Database,
    private readonly files: ImportFileStore,
  ) {}

  /** Those of the ids that the actor may see, in no order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<LeadImport[]> {
    const rows = await this.database.query<ImportRecord>(
      `select ${importColumns} from lead_imports i where ${visible} and i.id = any($3::uuid[])`,
      [...seenBy(actor), ids],
    );
    return await this.opened(rows);
  }

  /** The newest first. */
  async page(actor: Actor, page: KeysetPage): Promise<LeadImport[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'i.id',
      newestFirst: true,
      placeholder: '$3',
    });
    const rows = await this.database.query<ImportRecord>(
      `select ${importColumns} from lead_imports i where ${visible} and ${condition} order by ${orderBy} limit $4`,
      [...seenBy(actor), key, page.limit + 1],
    );
    return await this.opened(rows);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (select from lead_imports i where ${visible} limit $3) counted`,
      [...seenBy(actor), max],
    );
    return row?.count ?? 0;
  }

  /** What became of the rows of an import that the actor was shown; in the order of the file. */
  async rows(importId: string, { limit, backwards, after, before }: RowPage): Promise<ReportedRow[]> {
    const order = backwards ? 'desc' : 'asc';
    return await this.database.query<ReportedRow>(
      `select r.row, r.result, r.lead_id as "leadId", coalesce(f.refusals, '[]') as refusals
       from (
         select * from import_batches
         where import_id = $1 and ($2::int is null or last_row > $2) and ($3::int is null or first_row < $3)
         order by ${backwards ? 'last_row' : 'first_row'} ${order} limit $4) b
       cross join lateral unnest(b.rows, b.results, b.lead_ids) as r (row, result, lead_id)
       left join import_failed_rows f on f.import_id = $1 and f.row_number = r.row
       where ($2::int is null or r.row > $2) and ($3::int is null or r.row < $3)
       order by r.row ${order} limit $4`,
      [importId, after ?? null, before ?? null, limit + 1],
    );
  }

  /** Rows that were refused, without what stands in them. */
  async failedRows(importId: string, { limit, backwards, after, before }: RowPage): Promise<FailedRow[]> {
    return await this.database.query<FailedRow>(
      `select row_number as row, refusals from import_failed_rows
       where import_id = $1 and ($2::int is null or row_number > $2) and ($3::int is null or row_number < $3)
       order by row_number ${backwards ? 'desc' : 'asc'} limit $4`,
      [importId, after ?? null, before ?? null, limit + 1],
    );
  }

  async countFailedRows(importId: string, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select from import_failed_rows where import_id = $1 limit $2) counted`,
      [importId, max],
    );
    return row?.count ?? 0;
  }

  /**
   * The refused rows as they stood in the file, with their numbers and reasons. NOT_FOUND for a missing and for a foreign import, and
   * when its time is over; NOT_PERMITTED for who may not see people. `shownContract`: the id of a contract as people see it.
   */
  async failedFile(
    actor: Actor,
    importId: string,
    shownContract: (uuid: string) => string,
  ): Promise<Outcome<ExportFile>> {
    if (!may(actor, 'leads:contact')) return refuse('NOT_PERMITTED');
    const [record] = await this.database.query<ImportRecord>(
      `select ${importColumns} from lead_imports i where ${visible} and i.id = $3`,
      [...seenBy(actor), importId],
    );
    if (!record?.header) return refuse('NOT_FOUND', { field: ['id'] });
    return done({
      name: 'failed-rows.csv',
      type: 'text/csv; charset=utf-8',
      pieces: this.failedPieces(record, record.contract_id && shownContract(record.contract_id)),
    });
  }

  private async *failedPieces(
    record: ImportRecord,
    contractId: string | null,
  ): AsyncGenerator<string, void, undefined> {
    const seal = (await this.files.open([record])).get(record.id);
    if (!seal || !record.header) return;
    const names = JSON.parse(seal.open('header', record.header).toString()) as readonly string[];
    yield failedHeader(names, contractId);
    for (let last = 0; ;) {
      const rows = await this.database.query<FailedRecord>(
        `select row_number as row, refusals, sealed from import_failed_rows
         where import_id = $1 and row_number > $2 order by row_number limit $3`,
        [record.id, last, downloadedAtOnce],
      );
      if (rows.length === 0) return;
      yield failedRows(
        names,
        rows.map(({ row, refusals, sealed }) => ({
          row,
          refusals,
          cells: JSON.parse(seal.open(failedName(row), sealed).toString()) as readonly string[],
        })),
        contractId,
      );
      last = rows.at(-1)?.row ?? last;
    }
  }

  private async opened(rows: readonly ImportRecord[]): Promise<LeadImport[]> {
    const seals = await this.files.open(rows);
    return rows.map((row) => {
      const seal = seals.get(row.id);
      const columns =
        seal && row.mapping
          ? (JSON.parse(seal.open(mappingName, row.mapping).toString()) as readonly LeadColumn[])
          : null;
      return importOf(row, columns);
    });
  }
}
