import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '#database';
import { KeyRing, openNote, sealNote, type TenantKeys } from '#persons';
import { isOwnColumn, type LeadColumn } from './lead-columns.js';

/** Which mapping is meant. */
export interface MappingPlace {
  readonly agencyId: string;
  readonly vertical: string;
}

/** A remembered mapping. */
export interface SavedMapping {
  readonly name: string;
  readonly columns: readonly LeadColumn[];
}

interface MappingRecord {
  readonly name: string;
  readonly columns: Buffer;
}

/** Remembers what columns are. */
@Injectable()
export class MappingStore {
  constructor(
    private readonly database: Database,
    private readonly keyRing: KeyRing,
  ) {}

  /** A keyed hash of the names of columns in any order, as hex. */
  async headerHash(names: readonly string[]): Promise<string> {
    const lookUps = await this.keyRing.lookUps();
    // A download of failed rows has the columns of its file, and goes by the same mapping.
    const sorted = names
      .filter((name) => !isOwnColumn(name))
      .map((name) => name.toLowerCase())
      .toSorted();
    return lookUps.ofInput(`import header:${JSON.stringify(sorted)}`);
  }

  /** The one of that name, if there is one. */
  async byName(of: MappingPlace, name: string): Promise<SavedMapping | undefined> {
    const [record] = await this.database.query<MappingRecord>(
      'select name, columns from import_mappings where agency_id = $1 and vertical = $2 and name = $3',
      [of.agencyId, of.vertical, name],
    );
    return record && (await this.opened(of, record));
  }

  /** The newest one for files with these columns. */
  async forHeader(of: MappingPlace, headerHash: string): Promise<SavedMapping | undefined> {
    const [record] = await this.database.query<MappingRecord>(
      `select name, columns from import_mappings where agency_id = $1 and vertical = $2 and header_hash = $3
       order by changed_at desc, name limit 1`,
      [of.agencyId, of.vertical, Buffer.from(headerHash, 'hex')],
    );
    return record && (await this.opened(of, record));
  }

  /** `keys`: the agency's own. */
  async save(
    tx: Transaction,
    of: MappingPlace,
    mapping: SavedMapping & {
      readonly headerHash: Buffer;
      readonly actorId: string;
      readonly now: Date;
      readonly keys: TenantKeys;
    },
  ): Promise<void> {
    const { name, columns, headerHash, actorId, now, keys } = mapping;
    const sealed = sealNote(keys.person, of.agencyId, subjectOf(of, name), JSON.stringify(columns));
    await tx.query(
      `insert into import_mappings (agency_id, vertical, name, header_hash, columns, changed_by, changed_at)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict on constraint import_mappings_pkey do update
         set header_hash = $4, columns = $5, changed_by = $6, changed_at = $7`,
      [of.agencyId, of.vertical, name, headerHash, sealed, actorId, now],
    );
  }

  private async opened(of: MappingPlace, { name, columns }: MappingRecord): Promise<SavedMapping> {
    const { agencyId } = of;
    const keys = await this.keyRing.opening([{ id: agencyId, purpose: 'person', sealed: columns }]);
    const text = openNote(keys.get(agencyId)?.person ?? [], agencyId, subjectOf(of, name), columns);
    return { name, columns: JSON.parse(text) as readonly LeadColumn[] };
  }
}

function subjectOf({ vertical }: MappingPlace, name: string): string {
  return `import mapping ${JSON.stringify([vertical, name])}`;
}
