import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '#database';
import type { Actor } from '#organizations';
import { KeyRing, type TenantKeys } from './key-ring.store.js';
import type { PersonHashes } from './look-ups.js';
import { openNote } from './sealed-person.js';
import type { Suppression, SuppressionKind } from './suppression.js';

interface SuppressionRow {
  readonly id: string;
  readonly organization_id: string;
  readonly kind: SuppressionKind;
  readonly note: Buffer | null;
  readonly expires_at: Date | null;
  readonly added_at: Date;
}

/** A page by id: at most `limit` rows between two ids (exclusive), in their order; backwards in reverse order. */
export interface SuppressionPage {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly backwards: boolean;
}

const columns = 's.id, s.organization_id, s.kind, s.note, s.expires_at, s.added_at';

/**
 * Reads suppression lists: everybody their own, the operator all, but the notes of others. Nobody's phone or address can be
 * read from one.
 */
@Injectable()
export class SuppressionQueries {
  constructor(
    private readonly database: Database,
    private readonly keyRing: KeyRing,
  ) {}

  /** Those of the ids that the actor may see, in no order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Suppression[]> {
    const rows = await this.database.query<SuppressionRow>(
      `select ${columns} from suppressions s where ($1 or s.organization_id = $2) and s.id = any($3)`,
      [seesAll(actor), actor.organizationId, ids],
    );
    return await this.opened(actor, rows);
  }

  /** Of one organization, if the actor may see its list; the oldest first. */
  async page(
    actor: Actor,
    organizationId: string,
    { after, before, limit, backwards }: SuppressionPage,
  ): Promise<Suppression[]> {
    const rows = await this.database.query<SuppressionRow>(
      `select ${columns} from suppressions s where s.organization_id = $1 and ($5 or s.organization_id = $6)
         and ($2::uuid is null or s.id > $2) and ($3::uuid is null or s.id < $3)
       order by s.id ${backwards ? 'desc' : 'asc'} limit $4`,
      [organizationId, after ?? null, before ?? null, limit, seesAll(actor), actor.organizationId],
    );
    return await this.opened(actor, rows);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, organizationId: string, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: string }>(
      `select count(*) from (select from suppressions s
         where s.organization_id = $1 and ($3 or s.organization_id = $4) limit $2) counted`,
      [organizationId, max, seesAll(actor), actor.organizationId],
    );
    return Number(row?.count ?? 0);
  }

  /** Those of the organizations that must not be given this person, beside whoever the operator suppresses for all. */
  async suppressing(
    reader: Pick<Transaction, 'query'>,
    hashes: PersonHashes,
    { organizationIds, now }: { readonly organizationIds: readonly string[]; readonly now: Date },
  ): Promise<ReadonlySet<string>> {
    const wanted = Object.values(hashes).filter((hash: string | null) => hash !== null);
    const rows = await reader.query<{ organization_id: string }>(
      `select s.organization_id from suppressions s
       where s.hash = any (select decode(h, 'hex') from unnest($1::text[]) h) and s.organization_id = any($2)
         and (s.expires_at is null or s.expires_at > $3)`,
      [wanted, organizationIds, now],
    );
    return new Set(rows.map(({ organization_id: id }) => id));
  }

  private async opened(actor: Actor, rows: readonly SuppressionRow[]): Promise<Suppression[]> {
    const own = rows.filter((row) => row.organization_id === actor.organizationId);
    const keys = await this.keyRing.opening(
      own.map((row) => ({ id: row.organization_id, purpose: 'person', sealed: row.note })),
    );
    const toOpen = new Set(own);
    return rows.map((row) => suppressionOf(row, toOpen.has(row) ? keys.get(row.organization_id) : undefined));
  }
}

function seesAll({ kind }: Actor): boolean {
  return kind === 'OPERATOR' || kind === 'SYSTEM';
}

function suppressionOf(row: SuppressionRow, keys: TenantKeys | undefined): Suppression {
  const { id, organization_id: organizationId, kind, note } = row;
  return {
    id,
    organizationId,
    kind,
    note: note && keys ? openNote(keys.person, organizationId, id, note) : null,
    expiresAt: row.expires_at,
    addedAt: row.added_at,
  };
}
