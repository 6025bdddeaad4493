import { Injectable } from '@nestjs/common';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { KeyRing } from '#persons';
import { type ImportActed, type ImportActInput, ImportActs } from './import-acts.action.js';
import { ImportStore } from './import.store.js';
import { ImportFileStore } from './import-file.store.js';
import { mappingName } from './import.queries.js';
import { chooseColumns, type RawColumn } from './lead-columns.js';
import { startable } from './lead-import.js';
import { MappingStore } from './mapping.store.js';
import { isLabel } from './upload-import.action.js';

export interface SaveMappingInput extends ImportActInput {
  /** Under which it is remembered; one of the same name is replaced. */
  readonly name: string;
  readonly columns: readonly RawColumn[];
}

/** Says what the columns of a file are, for this file and for all that come with the same columns. */
@Injectable()
export class SaveMapping {
  constructor(
    private readonly acts: ImportActs,
    private readonly imports: ImportStore,
    private readonly files: ImportFileStore,
    private readonly mappings: MappingStore,
    private readonly keyRing: KeyRing,
  ) {}

  /** Refuses NOT_FOUND, ILLEGAL_TRANSITION once it runs, TOO_MANY, and INVALID_VALUE or REQUIRED for what does not fit. */
  async execute(actor: Actor, input: SaveMappingInput): Promise<Outcome<ImportActed>> {
    const { name, columns } = input;
    if (!isLabel(name, 100))
      return refuse('INVALID_VALUE', {
        field: ['input', 'name'],
        message: '1 to 100 characters on one line.',
      });
    if (columns.length > 1_000) return refuse('TOO_MANY', { field: ['input', 'columns'] });
    const keys = await this.keyRing.tenant(actor.organizationId);
    const act = { operation: 'saveImportMapping', action: 'lead-import.map', allowedIn: startable };
    return await this.acts.run(actor, act, { ...input }, async (tx, held, now) => {
      const seal = (await this.files.open([held])).get(held.id);
      if (!seal || !held.header || !held.header_hash)
        return refuse('NOT_FOUND', { field: ['input', 'importId'] });
      const names = JSON.parse(seal.open('header', held.header).toString()) as readonly string[];
      const chosen = chooseColumns(names, columns);
      if (!chosen.ok) return chosen;
      const of = { agencyId: held.agency_id, vertical: held.vertical };
      const saved = { name, columns: chosen.value, headerHash: held.header_hash, keys, now };
      await this.mappings.save(tx, of, { ...saved, actorId: actor.id });
      const mapping = seal.seal(mappingName, JSON.stringify(chosen.value));
      await this.imports.setMapping(tx, held.id, { mapping, name, source: 'CHOSEN' });
      return done({});
    });
  }
}
