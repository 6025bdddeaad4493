import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#calendar';
import { Database } from '#database';
import type { Actor, KeyMode } from './actor.js';
import type { OrganizationKind, Role } from './role.js';
import { equalBytes, hashSecret, parseApiKey } from './api-key.js';
import { LastUse } from './last-use.store.js';
import { isAlive } from './organization.js';
import type { Permission } from './permission.js';

/** A key is looked up at most once a second: how long other processes may still take a revoked one. */
const cacheForMs = 1_000;
/** Entries are evicted oldest first; each is well below a kilobyte. */
const cacheSize = 10_000;

interface KeyRecord {
  readonly actor: Actor;
  readonly secretHash: Buffer;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

interface Entry {
  readonly loadedAtMs: number;
  /** Shared by all requests that arrive while it is under way. */
  readonly record: Promise<KeyRecord | undefined>;
  /** The secret that was found right, so that the hot path hashes once per entry. */
  secret?: Buffer;
}

/** Finds out who sends a request. */
@Injectable()
export class Authenticator {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly database: Database,
    private readonly lastUse: LastUse,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * The actor behind an API key; undefined for every kind of bad one (malformed, unknown, of the other mode, expired,
   * revoked, of a disabled user), so that nobody learns which. `requestId` is what the actor's acts are traced by.
   */
  async authenticate(token: string, requestId: string | null = null): Promise<Actor | undefined> {
    const key = parseApiKey(token);
    if (!key) return undefined;
    const entry = this.entryOf(key.publicId);
    const record = await entry.record;
    if (!record || record.actor.mode !== key.mode || !isRight(entry, record, key.secret)) return undefined;
    const now = this.clock.now();
    if (!isAlive(record, now)) return undefined;
    if (record.actor.keyId !== null) this.lastUse.note(record.actor.keyId, now);
    return requestId === null ? record.actor : { ...record.actor, requestId };
  }

  /** Forgets what it knows of a key that has changed; other processes follow within a second. */
  forget(publicId: string): void {
    this.entries.delete(publicId);
  }

  private entryOf(publicId: string): Entry {
    const known = this.entries.get(publicId);
    const nowMs = performance.now();
    if (known && nowMs - known.loadedAtMs < cacheForMs) return known;
    // Deleted first, so that the map stays in the order of loading and its first entry is its oldest.
    this.entries.delete(publicId);
    const entry: Entry = { loadedAtMs: nowMs, record: this.load(publicId) };
    this.entries.set(publicId, entry);
    entry.record.catch(() => {
      if (this.entries.get(publicId) === entry) this.entries.delete(publicId);
    });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= cacheSize) break;
      this.entries.delete(oldest);
    }
    return entry;
  }

  private async load(publicId: string): Promise<KeyRecord | undefined> {
    const [row] = await this.database.query<LoadedKey>(
      `select k.id, k.organization_id, o.kind, k.user_id, k.secret_hash, k.mode, k.roles, k.scopes, k.expires_at,
              k.revoked_at, u.roles as user_roles, u.disabled_at
       from api_keys k join organizations o on o.id = k.organization_id left join users u on u.id = k.user_id
       where k.public_id = $1`,
      [publicId],
    );
    if (!row || row.disabled_at !== null) return undefined;
    return {
      actor: toActor(row),
      secretHash: row.secret_hash,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
    };
  }
}

interface LoadedKey {
  readonly id: string;
  readonly organization_id: string;
  readonly kind: OrganizationKind;
  readonly user_id: string | null;
  readonly secret_hash: Buffer;
  readonly mode: KeyMode;
  readonly roles: readonly Role[];
  readonly scopes: readonly Permission[] | null;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly user_roles: readonly Role[] | null;
  readonly disabled_at: Date | null;
}

function toActor(row: LoadedKey): Actor {
  const { user_roles: ofUser } = row;
  return {
    id: row.user_id === null ? `key:${row.id}` : `user:${row.user_id}`,
    kind: row.kind,
    organizationId: row.organization_id,
    userId: row.user_id,
    keyId: row.id,
    // A person who lost a role has lost it in their keys as well.
    roles: ofUser === null ? row.roles : row.roles.filter((role) => ofUser.includes(role)),
    scopes: row.scopes,
    mode: row.mode,
    requestId: null,
  };
}

function isRight(entry: Entry, record: KeyRecord, secret: string): boolean {
  const given = Buffer.from(secret);
  if (entry.secret && equalBytes(entry.secret, given)) return true;
  if (!equalBytes(hashSecret(secret), record.secretHash)) return false;
  entry.secret = given;
  return true;
}
