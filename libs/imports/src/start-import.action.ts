import { Injectable } from '@nestjs/common';
import type { Actor } from '#organizations';
import { done, type Outcome, refused } from '#outcome';
import { type ImportActed, type ImportActInput, ImportActs } from './import-acts.action.js';
import { takenOtherwise } from './file-contract.action.js';
import { ImportStore } from './import.store.js';
import { ImportFileStore } from './import-file.store.js';
import { mappingName } from './import.queries.js';
import { type LeadColumn, nobody, reachesSomebody } from './lead-columns.js';
import { cancellable, startable } from './lead-import.js';

export interface StartImportInput extends ImportActInput {
  /** Rows are checked, and none is submitted. */
  readonly dryRun: boolean;
  /** The contract that its rows must be for; left out, whichever it is. */
  readonly contractId?: string | null;
}

/** Lets a file that is here be worked off, from its first row. */
@Injectable()
export class StartImport {
  constructor(
    private readonly acts: ImportActs,
    private readonly imports: ImportStore,
    private readonly files: ImportFileStore,
  ) {}

  /** Refuses NOT_FOUND, ILLEGAL_TRANSITION, and REQUIRED when no column says how somebody is reached. */
  async execute(actor: Actor, input: StartImportInput): Promise<Outcome<ImportActed>> {
    const act = { operation: 'startLeadImport', action: 'lead-import.start', allowedIn: startable };
    return await this.acts.run(actor, act, { ...input }, async (tx, held, now) => {
      if (input.contractId !== undefined && input.contractId !== held.contract_id)
        return takenOtherwise(held.id);
      const seal = (await this.files.open([held])).get(held.id);
      const columns =
        seal && held.mapping
          ? (JSON.parse(seal.open(mappingName, held.mapping).toString()) as readonly LeadColumn[])
          : [];
      if (!reachesSomebody(columns)) return refused(nobody(['input', 'importId']));
      await this.imports.start(tx, held.id, { dryRun: input.dryRun, now });
      return done({});
    });
  }
}

/** Ends an import for good: what was taken stays taken, and the rest of the file is forgotten. */
@Injectable()
export class CancelImport {
  constructor(
    private readonly acts: ImportActs,
    private readonly imports: ImportStore,
  ) {}

  /** Refuses NOT_FOUND and ILLEGAL_TRANSITION. Rows that are on their way are still taken, and reported. */
  async execute(actor: Actor, input: ImportActInput): Promise<Outcome<ImportActed>> {
    const act = { operation: 'cancelLeadImport', action: 'lead-import.cancel', allowedIn: cancellable };
    const cancelled = await this.acts.run(actor, act, { ...input }, async (tx, held, now) => {
      await this.imports.cancel(tx, held.id, now);
      return done({});
    });
    // Not in the transaction: a large file takes a moment. What fails here is tidied up within a minute.
    if (cancelled.ok) await this.imports.dropFiles(1);
    return cancelled;
  }
}
