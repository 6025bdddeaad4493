import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { type ForeseeLeads, type LeadState, type LeadSubmission, Overloaded, type SubmitLeads } from '#leads';
import type { Actor } from '#organizations';
import { type Outcome, type Refusal, refusal, refused } from '#outcome';
import type { FileSeal } from '#persons';
import type { RowFault } from './csv-records.js';
import type { RowRefusal } from './failed-row.js';
import { failedName } from './import.queries.js';
import type { ImportRecord } from './import.store.js';
import type { BatchReport, RowReport } from './import-report.store.js';
import { type LeadColumn } from './lead-columns.js';
import { type ImportState, paceAfter, type RowResult } from './lead-import.js';
import type { ReadRow, RowBatch } from './row-batches.js';
import { type RowSettings, submissionOf } from './row-submission.js';

/** Rows of one submission, and how many submissions are on their way: what an import keeps waiting in the queue at most. */
export const batchRows = 200;
const batchesAtOnce = 2;
const firstBackoffMs = 100;
const longestBackoffMs = 5_000;

/** What rows are read and taken with. */
export interface RunTools {
  readonly record: ImportRecord;
  readonly seal: FileSeal;
  readonly columns: readonly LeadColumn[];
  readonly submit: SubmitLeads;
  readonly foresee: ForeseeLeads;
  /** Gives the state of the import; undefined: the lease is somebody else's. */
  readonly write: (report: BatchReport) => Promise<ImportState | undefined>;
  /** Asked before each batch: whether to let go of the import now. */
  readonly shouldPause: () => boolean;
  /** The time by which leads are taken: in a sandbox its own. */
  readonly businessTime: () => Promise<Date>;
}

/** How far a run came; `line`: where the file cannot be read on. */
export type RunEnd =
  { readonly end: 'LOST' | 'PAUSED' } | { readonly end: 'ENDED'; readonly line: number | null };

interface UnderWay {
  readonly batch: RowBatch;
  readonly reports: Promise<readonly RowReport[]>;
}

/** One stretch of work on an import. */
export class ImportRun {
  private readonly actor: Actor;
  private readonly settings: RowSettings;
  private readonly underWay: UnderWay[] = [];
  private begun = 0;
  private pace: number | null;
  private writtenAtMs = performance.now();
  private state: ImportState | undefined;

  constructor(private readonly tools: RunTools) {
    const { record, columns } = tools;
    this.actor = actorOf(record);
    this.state = record.state;
    this.pace = record.rows_per_second;
    this.settings = {
      vertical: record.vertical,
      contractId: record.contract_id,
      test: record.test,
      columns,
      namePrefix: `import-${record.content_hash?.toString('hex', 0, 12) ?? ''}`,
      isCorrected: record.is_corrected,
    };
  }

  /** Takes batch after batch, a few at a time, and writes down what became of each in their order. */
  async through(batches: AsyncIterable<RowBatch>): Promise<RunEnd> {
    let line: number | null = null;
    let isPaused = false;
    try {
      for await (const batch of batches) {
        this.begin(batch);
        line = batch.stoppedAtLine;
        if (this.underWay.length >= batchesAtOnce) await this.settle();
        if (this.state !== 'RUNNING') break;
        isPaused = this.tools.shouldPause();
        if (isPaused) break;
        // Whatever else this process does has its turn.
        await nextTurn();
      }
      while (this.underWay.length > 0 && this.state !== undefined) await this.settle();
    } finally {
      await Promise.allSettled(this.underWay.map(({ reports }) => reports));
    }
    if (this.state === undefined) return { end: 'LOST' };
    return isPaused ? { end: 'PAUSED' } : { end: 'ENDED', line };
  }

  private begin(batch: RowBatch): void {
    // What was on its way when somebody died may have been taken without being written down.
    const mayBeOurs =
      this.begun < batchesAtOnce && (this.tools.record.tries > 1 || this.tools.record.rows_done > 0);
    this.begun += 1;
    const reports = this.reportsOf(batch.rows, mayBeOurs);
    // Whoever settles it is told; until then nobody listens.
    reports.catch(() => undefined);
    this.underWay.push({ batch, reports });
  }

  private async settle(): Promise<void> {
    const [first] = this.underWay;
    if (!first) return;
    const rows = await first.reports;
    this.underWay.shift();
    const now = performance.now();
    this.pace = rows.length === 0 ? this.pace : paceAfter(this.pace, rows.length, now - this.writtenAtMs);
    this.writtenAtMs = now;
    this.state = await this.tools.write({ rows, checkpoint: first.batch.next, rowsPerSecond: this.pace });
  }

  private async reportsOf(rows: readonly ReadRow[], mayBeOurs: boolean): Promise<readonly RowReport[]> {
    const read = rows.map((row) => ({ row, submission: this.submissionOf(row) }));
    const sound = read.flatMap(({ submission }) => (submission.ok ? [submission.value] : []));
    const answers = (sound.length === 0 ? [] : await this.answersTo(sound, mayBeOurs)).values();
    return read.map(({ row, submission }): RowReport => {
      if (!submission.ok) return this.refusedRow(row, submission.refusals, []);
      const answer = answers.next().value;
      if (!answer || answer.refusals)
        return this.refusedRow(row, answer?.refusals ?? [], submission.value.attributes);
      return { row: row.row, result: answer.result, leadId: answer.leadId, failed: null };
    });
  }

  private submissionOf(row: ReadRow): Outcome<LeadSubmission> {
    if (row.fault === null) return submissionOf(row.cells, row.row, this.settings);
    return refused(refusal('INVALID_VALUE', { field: ['row'], message: faultMessages[row.fault] }));
  }

  private async answersTo(
    submissions: readonly LeadSubmission[],
    mayBeOurs: boolean,
  ): Promise<readonly Answer[]> {
    const { submit, foresee, businessTime, record } = this.tools;
    for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(backoffMs * 2, longestBackoffMs)) {
      try {
        await businessTime();
        if (record.dry_run) {
          const foreseen = await foresee.execute(this.actor, submissions);
          return foreseen.map((each) =>
            each.ok ? taken({ ...each.value, leadId: null }, false) : { refusals: each.refusals },
          );
        }
        const results = await submit.execute(this.actor, submissions, () => []);
        return results.map((each) => {
          if (!each.ok) return { refusals: each.refusals };
          const { lead, replayed } = each.value;
          const isOurs =
            mayBeOurs &&
            record.started_at !== null &&
            lead.receivedAt.getTime() >= record.started_at.getTime();
          return taken({ state: lead.state, leadId: lead.id, replayed }, isOurs);
        });
      } catch (error) {
        if (!(error instanceof Overloaded)) throw error;
        await pause(backoffMs);
      }
    }
  }

  private refusedRow(
    { row, cells }: ReadRow,
    refusals: readonly Refusal[],
    attributes: LeadSubmission['attributes'],
  ): RowReport {
    const keys = attributes?.map(({ key }) => key) ?? [];
    const told = refusals.map(({ code, field = [], message }) => ({
      code,
      field: fieldOf(field, keys),
      message,
    }));
    const sealed = this.tools.seal.seal(failedName(row), JSON.stringify(cells));
    return { row, result: 'REFUSED', leadId: null, failed: { refusals: told, sealed } };
  }
}

type Answer =
  | { readonly refusals: readonly Refusal[] }
  | { readonly refusals?: undefined; readonly result: RowResult; readonly leadId: string | null };

function taken(
  { state, leadId, replayed }: { state: LeadState; leadId: string | null; replayed: boolean },
  isOurs: boolean,
): Answer {
  if (replayed && !isOurs) return { result: 'ALREADY_TAKEN', leadId };
  const isAside = state === 'DUPLICATE' || state === 'SUPPRESSED' || state === 'QUARANTINED';
  return { result: isAside ? state : 'TAKEN', leadId };
}

/** Who submits: whoever sent the file, with what its key could do then. */
function actorOf(record: ImportRecord): Actor {
  return {
    id: record.created_by,
    kind: 'AGENCY',
    organizationId: record.agency_id,
    userId: null,
    keyId: null,
    roles: ['API_CLIENT'],
    scopes: ['leads:submit'],
    mode: record.test ? 'test' : 'live',
    requestId: null,
  };
}

/** attributes.0.value as attributes.roof: rows have no places. */
function fieldOf(field: readonly string[], keys: readonly string[]): RowRefusal['field'] {
  const key = field[0] === 'attributes' && field[1] !== undefined ? keys[Number(field[1])] : undefined;
  return key === undefined ? field.join('.') || 'row' : `attributes.${key}`;
}

const faultMessages: Readonly<Record<RowFault, string>> = {
  BAD_QUOTES:
    'The quotes of the row are wrong: a cell with quotes begins and ends with one, and has two for each inside.',
  TOO_LONG: 'The row is longer than 256 KiB.',
  NOT_UTF8: 'The row is not in UTF-8. Save the file as UTF-8.',
};
