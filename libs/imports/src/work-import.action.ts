import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '#database';
import { ForeseeLeads, SubmitLeads } from '#leads';
import { done, invariant } from '#outcome';
import { mappingName } from './import.queries.js';
import { checkpointOf, type ImportRecord, ImportStore } from './import.store.js';
import { ImportFileStore } from './import-file.store.js';
import { ImportReportStore } from './import-report.store.js';
import { batchRows, ImportRun, type RunTools } from './import-run.action.js';
import type { LeadColumn } from './lead-columns.js';
import type { ImportFailure } from './lead-import.js';
import { rowBatches } from './row-batches.js';

/** How far work on an import came. */
export type WorkEnd =
  /** The lease went to somebody else, or the import is no more. */
  | 'LOST'
  /** It was asked to pause, and has let go of it. */
  | 'PAUSED'
  | 'ENDED';

export interface WorkOptions extends Pick<RunTools, 'shouldPause' | 'businessTime'> {
  readonly leaseSeconds: number;
}

/** Without coming any further, whatever the reason: a process that dies of it counts as well. */
const maxTries = 10;
const backoffMs = 2_000;

/** Works imports off: reads their rows, hands them to intake like any others, and writes down what became of them. */
@Injectable()
export class WorkImport {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly imports: ImportStore,
    private readonly files: ImportFileStore,
    private readonly report: ImportReportStore,
    private readonly submit: SubmitLeads,
    private readonly foresee: ForeseeLeads,
  ) {}

  /** The one that has waited longest, until its end or until it is to pause; undefined when none waits. */
  async next(options: WorkOptions): Promise<WorkEnd | undefined> {
    const record = await this.imports.claim(options.leaseSeconds);
    if (!record) return undefined;
    try {
      return await this.work(record, options);
    } catch (error) {
      // What fails again and again waits ever longer between two tries; without the database the lease ends by itself.
      const afterMs = backoffMs * record.tries;
      await this.imports.release(record, { afterMs, isProgress: false }).catch(() => undefined);
      throw error;
    }
  }

  private async work(record: ImportRecord, options: WorkOptions): Promise<WorkEnd> {
    const { state, tries, delimiter, mapping, id } = record;
    const now = await options.businessTime();
    if (state === 'CANCELLING') return await this.end(record, now, null);
    const seal = (await this.files.open([record])).get(id);
    if (tries > maxTries || !seal || !delimiter || !mapping)
      return await this.end(record, now, { kind: 'INTERNAL', line: record.next_line + 1 });
    const columns = JSON.parse(seal.open(mappingName, mapping).toString()) as readonly LeadColumn[];
    const { submit, foresee } = this;
    const write: RunTools['write'] = async (rows) => {
      const lease = { id, fence: record.fence, leaseSeconds: options.leaseSeconds };
      const outcome = await this.unitOfWork.run(async (tx) => done(await this.report.write(tx, lease, rows)));
      invariant(outcome.ok, 'writing down what became of rows is never refused');
      return outcome.value;
    };
    const run = new ImportRun({ ...options, record, seal, columns, submit, foresee, write });
    const from = checkpointOf(record);
    const ended = await run.through(
      rowBatches(this.files.read(id, seal, from.offset), { delimiter, from, size: batchRows }),
    );
    if (ended.end === 'PAUSED') await this.imports.release(record, { afterMs: 0, isProgress: true });
    if (ended.end !== 'ENDED') return ended.end;
    const failure = ended.line === null ? null : ({ kind: 'QUOTES_NOT_CLOSED', line: ended.line } as const);
    return await this.end(record, await options.businessTime(), failure);
  }

  private async end(
    record: ImportRecord,
    now: Date,
    failure: { readonly kind: ImportFailure; readonly line: number } | null,
  ): Promise<WorkEnd> {
    const outcome = await this.unitOfWork.run(async (tx) =>
      done(await this.imports.end(tx, record, { now, failure })),
    );
    if (!outcome.ok || !outcome.value) return 'LOST';
    await this.imports.dropFiles(1);
    return 'ENDED';
  }
}
