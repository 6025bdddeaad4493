import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { invariant } from '#outcome';
import { FileSeal, KeyRing } from '#persons';
import type { ImportRecord } from './import.store.js';

/** Bytes of a file in one piece; every piece but the last has as many. */
export const pieceBytes = 262_144;

/** What a piece is sealed as. */
export function pieceName(number: number): string {
  return `piece ${number}`;
}

/** Reads the files of imports, and makes and opens what seals them. */
@Injectable()
export class ImportFileStore {
  constructor(
    private readonly database: Database,
    private readonly keyRing: KeyRing,
  ) {}

  /** A new seal for an import of the agency. */
  async create(agencyId: string, importId: string): Promise<ReturnType<typeof FileSeal.create>> {
    const { person } = await this.keyRing.tenant(agencyId);
    return FileSeal.create(person, { tenant: agencyId, subject: importId });
  }

  /** The seals of imports by id; none for one of which nothing is left. */
  async open(
    records: readonly Pick<ImportRecord, 'id' | 'agency_id' | 'data_key'>[],
  ): Promise<ReadonlyMap<string, FileSeal>> {
    const wanted = records.flatMap(({ id, agency_id: agencyId, data_key: sealed }) =>
      sealed ? [{ importId: id, id: agencyId, purpose: 'person' as const, sealed }] : [],
    );
    if (wanted.length === 0) return new Map();
    const keys = await this.keyRing.opening(wanted);
    return new Map(
      wanted.map(({ importId, id: tenant, sealed }) => {
        const own = keys.get(tenant);
        invariant(own, 'an organization has no keys');
        return [importId, FileSeal.open(own.person, { tenant, subject: importId }, sealed)];
      }),
    );
  }

  /** The file from a byte on, piece by piece, opened; one piece is in memory at a time. */
  async *read(id: string, seal: FileSeal, offset: number): AsyncGenerator<Buffer, void, undefined> {
    for (let number = Math.floor(offset / pieceBytes); ; number += 1) {
      const [row] = await this.database.prepared<{ sealed: Buffer }>(
        'import-piece',
        'select sealed from import_chunks where import_id = $1 and number = $2',
        [id, number],
      );
      if (!row) return;
      const piece = seal.open(pieceName(number), row.sealed);
      const before = offset - number * pieceBytes;
      yield before > 0 ? piece.subarray(before) : piece;
    }
  }
}
