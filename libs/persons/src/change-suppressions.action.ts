import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refusal, type Refusal, refuse, refused } from '#outcome';
import { KeyRing } from './key-ring.store.js';
import { sealNote } from './sealed-person.js';
import {
  allOf,
  maxSuppressions,
  type RawSuppressed,
  readExpiry,
  readNote,
  readSuppressed,
  type SuppressedHash,
} from './suppression.js';
import { SuppressionStore } from './suppression.store.js';

export interface AddSuppressionsInput {
  readonly entries: readonly {
    readonly who: RawSuppressed;
    readonly note: string | null;
    readonly expiresAt: Date | null;
  }[];
  readonly idempotencyKey: string;
}

export interface RemoveSuppressionsInput {
  /** `id`: the entry's uuid. */
  readonly who: readonly (RawSuppressed & { readonly id?: string | null | undefined })[];
  readonly idempotencyKey: string;
}

/** `changed`: of an entry that is there already, note and end are the new ones. */
export interface SuppressionsAdded {
  readonly added: number;
  readonly changed: number;
  readonly replayed: boolean;
}

export interface SuppressionsRemoved {
  readonly removed: number;
  readonly replayed: boolean;
}

/** Changes the suppression list of the actor's organization. All entries of a call are taken, or none. */
@Injectable()
export class ChangeSuppressions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly suppressions: SuppressionStore,
    private readonly keyRing: KeyRing,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses TOO_MANY, and INVALID_VALUE for each entry that is none. */
  async add(actor: Actor, input: AddSuppressionsInput): Promise<Outcome<SuppressionsAdded>> {
    const { organizationId } = actor;
    const now = this.clock.now();
    const checked = await this.check(input.entries, 'entries', (path) => [...path, 'who']);
    const read = input.entries.slice(0, maxSuppressions);
    const at = (index: number, name: string) => ['input', 'entries', String(index), name];
    const notes = allOf(read.map(({ note }, index) => readNote(note, at(index, 'note'))));
    const ends = allOf(read.map(({ expiresAt }, index) => readExpiry(expiresAt, at(index, 'expiresAt'))));
    if (!checked.ok || !notes.ok || !ends.ok)
      return refused(...refusalsIn(checked), ...refusalsIn(notes), ...refusalsIn(ends));
    const keys = await this.keyRing.tenant(organizationId);
    // The last one wins, as if they had come one after the other.
    const wanted = new Map(
      checked.value.map((who, index) => {
        const [note = null, expiresAt = null] = [notes.value[index], ends.value[index]];
        return [who.hash, { ...who, note, expiresAt }];
      }),
    );
    const request = {
      organizationId,
      key: input.idempotencyKey,
      operation: 'addSuppressions',
      // Without the notes in the clear: a plain hash of them could be guessed.
      input: await this.hashed([...wanted.values()]),
      now,
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const ids = await this.suppressions.idsOf(tx, organizationId, [...wanted.keys()]);
        const entries = [...wanted.values()].map((entry) => {
          const id = ids.get(entry.hash) ?? '';
          const note = entry.note === null ? null : sealNote(keys.person, organizationId, id, entry.note);
          return { ...entry, id, note };
        });
        const added = await this.suppressions.put(tx, { organizationId, actorId: actor.id, now }, entries);
        const changed = entries.length - added;
        await recordAudit(tx, actor, {
          action: 'suppressions.add',
          subject: `organization:${organizationId}`,
          after: { added, changed },
          at: now,
        });
        return done({ added, changed });
      }),
    );
  }

  /** Who is not on the list is passed over. Refuses TOO_MANY, INVALID_VALUE, and NOT_FOUND for the id of no entry. */
  async remove(actor: Actor, input: RemoveSuppressionsInput): Promise<Outcome<SuppressionsRemoved>> {
    const { organizationId } = actor;
    const now = this.clock.now();
    const byId = input.who.flatMap(({ id }) => id ?? []);
    const others = input.who.map(({ id, ...who }) => (typeof id === 'string' ? null : { who }));
    const checked = await this.check(others, 'who', (path) => path);
    if (!checked.ok) return checked;
    const hashes = checked.value.map(({ hash }) => hash);
    const request = {
      organizationId,
      key: input.idempotencyKey,
      operation: 'removeSuppressions',
      input: { hashes, byId },
      now,
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const found = await this.suppressions.hold(tx, organizationId, byId);
        const missing = input.who.flatMap(({ id }, index) =>
          typeof id === 'string' && !found.has(id) ? [noEntry(index)] : [],
        );
        if (missing.length > 0) return refused(...missing.slice(0, 20));
        const removed = await this.suppressions.remove(tx, organizationId, { hashes, ids: byId });
        await recordAudit(tx, actor, {
          action: 'suppressions.remove',
          subject: `organization:${organizationId}`,
          after: { removed },
          at: now,
        });
        return done({ removed });
      }),
    );
  }

  private async check(
    entries: readonly ({ readonly who: RawSuppressed } | null)[],
    name: string,
    pathOf: (path: readonly string[]) => readonly string[],
  ): Promise<Outcome<readonly SuppressedHash[]>> {
    const field = ['input', name];
    if (entries.length === 0) return refuse('REQUIRED', { field });
    if (entries.length > maxSuppressions)
      return refuse('TOO_MANY', { field, message: `At most ${maxSuppressions} at once.` });
    const lookUps = await this.keyRing.lookUps();
    return allOf(
      entries.flatMap((entry, index) =>
        entry ? [readSuppressed(entry.who, lookUps, pathOf([...field, String(index)]))] : [],
      ),
    );
  }

  private async hashed(
    entries: readonly (SuppressedHash & { readonly note: string | null; readonly expiresAt: Date | null })[],
  ): Promise<unknown> {
    const lookUps = await this.keyRing.lookUps();
    return entries.map(({ note, ...entry }) => ({ ...entry, note: note && lookUps.ofInput(note) }));
  }
}

/** What the id of no entry gets, or of somebody else's. */
export function noEntry(index: number): Refusal {
  return refusal('NOT_FOUND', { field: ['input', 'who', String(index), 'suppressionId'] });
}

function refusalsIn(outcome: Outcome<unknown>): readonly Refusal[] {
  return outcome.ok ? [] : outcome.refusals;
}
