import { createHmac, createSecretKey } from 'node:crypto';
import { CannotOpen, type NumberedKey, open, seal, type SealedFor } from './seal.js';

/** What each wrapped key is for. PERSON wraps the data keys of leads, CONSENT seals consent proofs, LOOKUP is the pepper. */
export type KeyPurpose = 'PERSON' | 'CONSENT' | 'LOOKUP';

/** A key as it is kept: wrapped by a master key that it names. */
export interface WrappedKey {
  readonly ownerId: string;
  readonly purpose: KeyPurpose;
  readonly version: number;
  /** Tells which master key wraps it; nothing about the key follows from it. */
  readonly masterKeyId: Buffer;
  readonly wrapped: Buffer;
}

interface MasterKey extends NumberedKey {
  readonly id: Buffer;
}

// Master keys have no number: each wrapped key names its own by id.
const masterVersion = 1;

/** The master keys of a process: the first wraps, every one unwraps. */
export class MasterKeys {
  private readonly keys: readonly MasterKey[];

  constructor(keys: readonly Buffer[]) {
    this.keys = keys.map((bytes) => ({
      id: createHmac('sha256', bytes).update('leadger master key id').digest().subarray(0, 8),
      key: createSecretKey(bytes),
      version: masterVersion,
    }));
  }

  /** Names the key that wraps now. */
  get currentId(): Buffer {
    return this.current.id;
  }

  /** Whether it names one of these. */
  knows(id: Buffer): boolean {
    return this.keys.some((each) => each.id.equals(id));
  }

  private get current(): MasterKey {
    const [current] = this.keys;
    if (!current) throw new CannotOpen('there is no master key');
    return current;
  }

  wrap(of: Pick<WrappedKey, 'ownerId' | 'purpose' | 'version'>, key: Buffer): WrappedKey {
    const { ownerId, purpose, version } = of;
    const wrapped = seal(this.current, placeOf(of), key);
    return { ownerId, purpose, version, masterKeyId: this.current.id, wrapped };
  }

  /** Throws {@link CannotOpen} when none of the master keys is the one that wrapped it. */
  unwrap(wrapped: WrappedKey): Buffer {
    const key = this.keys.find(({ id }) => id.equals(wrapped.masterKeyId));
    if (!key)
      throw new CannotOpen(
        'a key of this database was wrapped by a master key that was not given: see docs/personal-data.md',
      );
    return open(key, placeOf(wrapped), wrapped.wrapped);
  }
}

function placeOf({
  ownerId,
  purpose,
  version,
}: Pick<WrappedKey, 'ownerId' | 'purpose' | 'version'>): SealedFor {
  return { tenant: ownerId, subject: String(version), column: `key ${purpose}` };
}
