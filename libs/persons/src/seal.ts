import { createCipheriv, createDecipheriv, type CipherKey, randomFillSync } from 'node:crypto';

/** What a sealed value belongs to. Sealed for one place, it opens in no other. */
export interface SealedFor {
  /** The organization's uuid; the nil uuid for the installation's own. */
  readonly tenant: string;
  /** The lead's uuid, or the id of whatever else has it. */
  readonly subject: string;
  readonly column: string;
}

/** A key with its number, which is written in front of what it seals: 1 to 255. */
export interface NumberedKey {
  readonly version: number;
  /** 32 bytes. */
  readonly key: CipherKey;
}

/** Thrown for what was sealed by another key, for another place, or has been changed since. Says nothing of the content. */
export class CannotOpen extends Error {
  override name = 'CannotOpen';
}

// Byte 0: the format. Byte 1: the version of the key. Then nonce, ciphertext and tag.
const format = 1;
const headerBytes = 2;
const nonceBytes = 12;
const tagBytes = 16;

// Filled in one go and used up in slices: a system call per nonce would show on the hot path.
const pool = Buffer.alloc(64 * 256);
let used = pool.length;

/** So many bytes that nobody can guess; a copy, for the caller to keep. At most 64. */
export function randomSlice(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const slice = Buffer.from(pool.subarray(used, used + bytes));
  // What was handed out is not kept: a data key in here would outlive its destruction.
  pool.fill(0, used, used + bytes);
  used += bytes;
  return slice;
}

function boundTo({ tenant, subject, column }: SealedFor, version: number): Buffer {
  return Buffer.from(`leadger\0${format}\0${version}\0${tenant}\0${subject}\0${column}`);
}

/** AES-256-GCM with a random nonce. 30 bytes longer than the content. */
export function seal({ key, version }: NumberedKey, place: SealedFor, content: Buffer | string): Buffer {
  const nonce = randomSlice(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(boundTo(place, version));
  const body = typeof content === 'string' ? cipher.update(content, 'utf8') : cipher.update(content);
  // GCM is a stream: final() gives nothing more, but the tag is there only after it.
  cipher.final();
  const sealed = Buffer.allocUnsafe(headerBytes + nonceBytes + body.length + tagBytes);
  sealed[0] = format;
  sealed[1] = version;
  sealed.set(nonce, headerBytes);
  sealed.set(body, headerBytes + nonceBytes);
  sealed.set(cipher.getAuthTag(), sealed.length - tagBytes);
  return sealed;
}

/** The version of the key that sealed it. Throws {@link CannotOpen} for what was never sealed. */
export function versionOf(sealed: Uint8Array): number {
  const version = sealed[1];
  if (sealed[0] !== format || version === undefined || sealed.length < headerBytes + nonceBytes + tagBytes)
    throw new CannotOpen('this is no sealed value');
  return version;
}

/** The content again. Throws {@link CannotOpen}. */
export function open({ key, version }: NumberedKey, place: SealedFor, sealed: Uint8Array): Buffer {
  if (versionOf(sealed) !== version)
    throw new CannotOpen('a sealed value was sealed by another version of the key');
  const nonceEnd = headerBytes + nonceBytes;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(headerBytes, nonceEnd));
  decipher.setAAD(boundTo(place, version));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  try {
    return Buffer.concat([
      decipher.update(sealed.subarray(nonceEnd, sealed.length - tagBytes)),
      decipher.final(),
    ]);
  } catch {
    throw new CannotOpen('a sealed value does not open: wrong key, wrong place, or changed');
  }
}
