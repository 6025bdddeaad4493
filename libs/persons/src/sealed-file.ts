import { createSecretKey, type KeyObject } from 'node:crypto';
import { open, randomSlice, seal } from './seal.js';
import { keyFor, type KeyVersions, newest } from './sealed-person.js';

const dataKeyBytes = 32;
// A data key seals the pieces of one file and has no second version.
const dataKeyVersion = 1;

/** Whose file it is. */
interface FilePlace {
  readonly tenant: string;
  /** The id of whatever has the file. */
  readonly subject: string;
}

/**
 * Seals the pieces of a file under a data key of its own, so that nothing of it opens any more once that key is gone.
 * Each piece is bound to its name: moved to another place it opens nowhere.
 */
export class FileSeal {
  private constructor(
    private readonly place: FilePlace,
    private readonly key: KeyObject,
  ) {}

  /** Makes a data key; `wrapped` is how it is kept, sealed by the newest of the organization's keys. */
  static create(keys: KeyVersions, place: FilePlace): { readonly seal: FileSeal; readonly wrapped: Buffer } {
    const bytes = randomSlice(dataKeyBytes);
    const wrapped = seal(newest(keys), { ...place, column: 'file key' }, bytes);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return { seal: new FileSeal(place, key), wrapped };
  }

  /** The one that was created before. Throws {@link CannotOpen} for another file's. */
  static open(keys: KeyVersions, place: FilePlace, wrapped: Uint8Array): FileSeal {
    const bytes = open(keyFor(keys, wrapped), { ...place, column: 'file key' }, wrapped);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return new FileSeal(place, key);
  }

  seal(name: string, content: Buffer | string): Buffer {
    return seal({ key: this.key, version: dataKeyVersion }, { ...this.place, column: name }, content);
  }

  /** What was sealed under that name. Throws {@link CannotOpen}. */
  open(name: string, sealed: Uint8Array): Buffer {
    return open({ key: this.key, version: dataKeyVersion }, { ...this.place, column: name }, sealed);
  }
}
