import { Injectable } from '@nestjs/common';
import { done, type Outcome, refuse } from '#outcome';
import type { FileSeal } from '#persons';
import { VerticalQueries } from '#verticals';
import { mappingName } from './import.queries.js';
import { guessColumns, type LeadColumn } from './lead-columns.js';
import type { MappingSource } from './lead-import.js';
import { type MappingPlace, MappingStore, type SavedMapping } from './mapping.store.js';

/** What the columns of a file are, and where that comes from. */
export interface MappingChosen {
  readonly headerHash: Buffer;
  readonly mapping: readonly LeadColumn[];
  readonly name: string | null;
  readonly source: MappingSource;
}

/** Which mapping is wanted; null: none was named. */
interface Wanted extends MappingPlace {
  readonly mapping: string | null;
}

/** Finds what the columns of a new file are: as somebody said by name, as was said of the same columns before, or by their names. */
@Injectable()
export class ChooseMapping {
  constructor(
    private readonly saved: MappingStore,
    private readonly verticals: VerticalQueries,
  ) {}

  /** The mapping that is named, if one is. Refuses NOT_FOUND. */
  async named({ mapping, ...of }: Wanted): Promise<Outcome<SavedMapping | null>> {
    if (mapping === null) return done(null);
    const found = await this.saved.byName(of, mapping);
    return found ? done(found) : refuse('NOT_FOUND', { field: ['mapping'] });
  }

  /** Refuses NOT_FOUND, and INVALID_VALUE when the file lacks a column that the named mapping needs. */
  async forFile(wanted: Wanted, names: readonly string[]): Promise<Outcome<MappingChosen>> {
    const named = await this.named(wanted);
    if (!named.ok) return named;
    const hash = await this.saved.headerHash(names);
    const headerHash = Buffer.from(hash, 'hex');
    if (named.value) {
      const { name, columns } = named.value;
      const mapping = applied(columns, names);
      if (mapping) return done({ headerHash, mapping, name, source: 'REMEMBERED' });
      const message = 'The file lacks columns that this mapping names.';
      return refuse('INVALID_VALUE', { field: ['mapping'], message });
    }
    const remembered = await this.saved.forHeader(wanted, hash);
    const mapping = remembered && applied(remembered.columns, names);
    if (mapping) return done({ headerHash, mapping, name: remembered.name, source: 'REMEMBERED' });
    const guessed = guessColumns(names, await this.attributeKeys(wanted.vertical));
    return done({ headerHash, mapping: guessed, name: null, source: 'GUESSED' });
  }

  /** As it is kept with the file. */
  sealed(seal: FileSeal, mapping: readonly LeadColumn[]): Buffer {
    return seal.seal(mappingName, JSON.stringify(mapping));
  }

  /** Null where the vertical has no schema. */
  private async attributeKeys(key: string): Promise<readonly string[] | null> {
    const [vertical] = await this.verticals.byKeys([key]);
    if (!vertical || vertical.schemaVersion === null) return null;
    const [schema] = await this.verticals.schemas([{ vertical: key, version: vertical.schemaVersion }]);
    return schema?.attributes.map((attribute) => attribute.key) ?? [];
  }
}

/** The mapping for columns in this order; undefined when one that means something is missing. */
function applied(
  columns: readonly LeadColumn[],
  names: readonly string[],
): readonly LeadColumn[] | undefined {
  const fields = new Map(columns.map(({ name, field }) => [name.toLowerCase(), field]));
  const present = new Set(names.map((name) => name.toLowerCase()));
  const isComplete = columns.every(({ name, field }) => field === null || present.has(name.toLowerCase()));
  return isComplete
    ? names.map((name) => ({ name, field: fields.get(name.toLowerCase()) ?? null }))
    : undefined;
}
