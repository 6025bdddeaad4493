import { createSecretKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#config';
import { Database } from '#database';
import { invariant } from '#outcome';
import { LookUps } from './look-ups.js';
import { type KeyPurpose, MasterKeys, type WrappedKey } from './master-key.js';
import { randomSlice, versionOf } from './seal.js';
import type { KeyVersions } from './sealed-person.js';

/** The keys of one organization. */
export interface TenantKeys {
  /** Wraps the data keys of persons, and seals notes. */
  readonly person: KeyVersions;
  /** Seals proofs of consent. */
  readonly consent: KeyVersions;
}

interface WrappedRow {
  readonly owner_id: string;
  readonly purpose: KeyPurpose;
  readonly version: number;
  readonly master_key_id: Buffer;
  readonly wrapped: Buffer;
}

/** Owner of what belongs to the whole installation. */
export const installation = '00000000-0000-0000-0000-000000000000';
const keyBytes = 32;
const maxVersion = 255;

/**
 * The keys of organizations and the pepper of look-ups: made when they are first needed, kept wrapped in the database, and
 * in the clear only here. The pepper is a key of its own, not derived from the master key: another master key would
 * otherwise lose every look-up.
 */
@Injectable()
export class KeyRing {
  private readonly master: MasterKeys;
  private readonly known = new Map<string, TenantKeys>();
  private pepper: Promise<LookUps> | undefined;

  constructor(
    private readonly database: Database,
    @Inject('Config') config: Pick<Config, 'masterKeys'>,
  ) {
    this.master = new MasterKeys(config.masterKeys);
  }

  /** Throws CannotOpen, here as everywhere, when the master key is not the one of this database. */
  async lookUps(): Promise<LookUps> {
    this.pepper ??= this.readPepper();
    // One that failed is tried again: the database may have been away.
    this.pepper.catch(() => (this.pepper = undefined));
    return await this.pepper;
  }

  /** The keys of these organizations; without a look at the database once they are known. */
  async tenants(ids: Iterable<string>): Promise<ReadonlyMap<string, TenantKeys>> {
    const unknown = [...new Set(ids)].filter((id) => !this.known.has(id));
    if (unknown.length > 0) await this.learn(unknown);
    return this.known;
  }

  async tenant(id: string): Promise<TenantKeys> {
    const keys = (await this.tenants([id])).get(id);
    invariant(keys, 'an organization has no keys');
    return keys;
  }

  /** The keys that open these values; read anew for those that another process sealed with a new version. */
  async opening(
    values: readonly {
      readonly id: string;
      readonly purpose: keyof TenantKeys;
      readonly sealed: Uint8Array | null;
    }[],
  ): Promise<ReadonlyMap<string, TenantKeys>> {
    const known = await this.tenants(values.map(({ id }) => id));
    const isNew = values.filter(({ id, purpose, sealed }) => {
      const version = sealed && versionOf(sealed);
      return version !== null && !known.get(id)?.[purpose].some((key) => key.version === version);
    });
    if (isNew.length > 0) await this.refresh(isNew.map(({ id }) => id));
    return this.known;
  }

  private async refresh(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.known.delete(id);
    await this.tenants(ids);
  }

  /** How many keys the master keys do not open: not 0 means that they are not those of this database. */
  async unopenable(): Promise<number> {
    const rows = await this.database.query<{ master_key_id: Buffer; count: string }>(
      'select master_key_id, count(*) from wrapped_keys group by master_key_id',
    );
    return rows
      .filter(({ master_key_id: id }) => !this.master.knows(id))
      .reduce((sum, { count }) => sum + Number(count), 0);
  }

  /** Every organization that has keys. */
  async owners(): Promise<readonly string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select distinct owner_id as id from wrapped_keys where purpose <> 'LOOKUP' order by 1`,
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Wraps every key by the present master key that is still wrapped by an older one; gives their number. Nothing is
   * sealed anew, so it takes as long as there are organizations.
   */
  async rewrap(): Promise<number> {
    const rows = await this.database.query<WrappedRow>(
      `select owner_id, purpose, version, master_key_id, wrapped from wrapped_keys where master_key_id <> $1
       order by owner_id, purpose, version`,
      [this.master.currentId],
    );
    for (const row of rows) {
      const next = this.master.wrap(keyOf(row), this.master.unwrap(keyOf(row)));
      await this.database.query(
        `update wrapped_keys set master_key_id = $4, wrapped = $5
         where owner_id = $1 and purpose = $2 and version = $3 and master_key_id = $6`,
        [next.ownerId, next.purpose, next.version, next.masterKeyId, next.wrapped, row.master_key_id],
      );
    }
    return rows.length;
  }

  /** Gives an organization new keys for what is sealed from now on; what was sealed before opens with the old ones. */
  async renew(id: string): Promise<void> {
    const { person, consent } = await this.tenant(id);
    for (const [purpose, versions] of [
      ['PERSON', person],
      ['CONSENT', consent],
    ] as const) {
      const version = (versions.at(-1)?.version ?? 0) + 1;
      invariant(version <= maxVersion, 'an organization has no more room for versions of its key');
      await this.make([{ ownerId: id, purpose, version }]);
    }
    await this.refresh([id]);
  }

  private async learn(ids: readonly string[]): Promise<void> {
    const purposes = ['PERSON', 'CONSENT'] as const;
    let rows = await this.read(ids);
    const has = new Set(rows.map(({ owner_id: id, purpose }) => `${id} ${purpose}`));
    const missing = ids.flatMap((ownerId) =>
      purposes
        .filter((purpose) => !has.has(`${ownerId} ${purpose}`))
        .map((purpose) => ({ ownerId, purpose, version: 1 })),
    );
    if (missing.length > 0) {
      await this.make(missing);
      // What another process made at the same time counts.
      rows = await this.read(ids);
    }
    for (const id of ids) {
      const of = (wanted: KeyPurpose) =>
        rows
          .filter(({ owner_id: owner, purpose }) => owner === id && purpose === wanted)
          .map((row) => ({ version: row.version, key: createSecretKey(this.master.unwrap(keyOf(row))) }));
      this.known.set(id, { person: of('PERSON'), consent: of('CONSENT') });
    }
  }

  private async readPepper(): Promise<LookUps> {
    const one = { ownerId: installation, purpose: 'LOOKUP', version: 1 } as const;
    let [row] = await this.read([installation]);
    if (!row) {
      await this.make([one]);
      [row] = await this.read([installation]);
    }
    invariant(row, 'the pepper was not written');
    return new LookUps(this.master.unwrap(keyOf(row)));
  }

  private async read(owners: readonly string[]): Promise<readonly WrappedRow[]> {
    return await this.database.query<WrappedRow>(
      `select owner_id, purpose, version, master_key_id, wrapped from wrapped_keys where owner_id = any($1)
       order by owner_id, purpose, version`,
      [owners],
    );
  }

  private async make(
    wanted: readonly { readonly ownerId: string; readonly purpose: KeyPurpose; readonly version: number }[],
  ): Promise<void> {
    const made = wanted.map((one) => this.master.wrap(one, randomSlice(keyBytes)));
    await this.database.query(
      `insert into wrapped_keys (owner_id, purpose, version, master_key_id, wrapped)
       select * from unnest($1::uuid[], $2::text[], $3::smallint[], $4::bytea[], $5::bytea[])
       on conflict on constraint wrapped_keys_pkey do nothing`,
      [
        made.map(({ ownerId }) => ownerId),
        made.map(({ purpose }) => purpose),
        made.map(({ version }) => version),
        made.map(({ masterKeyId }) => masterKeyId),
        made.map(({ wrapped }) => wrapped),
      ],
    );
  }
}

function keyOf(row: WrappedRow): WrappedKey {
  const { owner_id: ownerId, purpose, version, master_key_id: masterKeyId, wrapped } = row;
  return { ownerId, purpose, version, masterKeyId, wrapped };
}
