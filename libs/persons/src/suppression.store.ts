import { Injectable } from '@nestjs/common';
import { newId, type Transaction } from '#database';
import type { SuppressedHash } from './suppression.js';

/** An entry that is to be written. */
export interface SuppressionEntry extends SuppressedHash {
  readonly id: string;
  readonly note: Buffer | null;
  readonly expiresAt: Date | null;
}

/** Writes `suppressions`. */
@Injectable()
export class SuppressionStore {
  /** Ids for entries: those that an organization has for the same person already, new ones for the others. */
  async idsOf(
    tx: Transaction,
    organizationId: string,
    hashes: readonly string[],
  ): Promise<Map<string, string>> {
    const rows = await tx.query<{ hash: string; id: string }>(
      `select encode(hash, 'hex') as hash, id from suppressions
       where organization_id = $1 and hash = any (select decode(h, 'hex') from unnest($2::text[]) h)`,
      [organizationId, hashes],
    );
    const ids = new Map(hashes.map((hash) => [hash, newId()]));
    for (const { hash, id } of rows) ids.set(hash, id);
    return ids;
  }

  /** Adds them, and changes note and end of those that are there; returns how many are new. In the order of their hashes. */
  async put(
    tx: Transaction,
    by: { readonly organizationId: string; readonly actorId: string; readonly now: Date },
    entries: readonly SuppressionEntry[],
  ): Promise<number> {
    const rows = await tx.query<{ is_new: boolean }>(
      `insert into suppressions (hash, organization_id, id, kind, note, expires_at, added_by, added_at)
       select decode(e.hash, 'hex'), $2, e.id, e.kind, decode(e.note, 'base64'), e.expires_at, $3, $4
       from json_to_recordset($1::json) as e(hash text, id uuid, kind text, note text, expires_at timestamptz)
       order by decode(e.hash, 'hex')
       on conflict on constraint suppressions_pkey do update set note = excluded.note,
         expires_at = excluded.expires_at, id = excluded.id
       returning xmax = 0 as is_new`,
      [
        JSON.stringify(
          entries.map(({ hash, id, kind, note, expiresAt }) => ({
            hash,
            id,
            kind,
            note: note && note.toString('base64'),
            expires_at: expiresAt,
          })),
        ),
        by.organizationId,
        by.actorId,
        by.now,
      ],
    );
    return rows.filter(({ is_new: isNew }) => isNew).length;
  }

  /** Those of the ids that the organization has, its rows held until the transaction ends. */
  async hold(tx: Transaction, organizationId: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query<{ id: string }>(
      'select id from suppressions where organization_id = $1 and id = any($2) order by hash for update',
      [organizationId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Removes by hash and by id; returns how many there were. */
  async remove(
    tx: Transaction,
    organizationId: string,
    { hashes, ids }: { readonly hashes: readonly string[]; readonly ids: readonly string[] },
  ): Promise<number> {
    const rows = await tx.query(
      `delete from suppressions where organization_id = $1
         and (id = any($3::uuid[]) or hash = any (select decode(h, 'hex') from unnest($2::text[]) h)) returning 1`,
      [organizationId, hashes, ids],
    );
    return rows.length;
  }
}
