import { createHash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { KeyMode } from './actor.js';

/*
 * ldg_{live|test}_{id}_{secret}{checksum}, all of it Crockford base32 in lower case: it survives a double click and
 * a phone call, and one pattern finds it in source code. The checksum (CRC-32 of everything before it) tells a typo
 * or a cut-off key without a look-up, and keeps secret scanners from reporting what only looks like a key.
 */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const idLength = 12;
const secretLength = 32;
const checksumLength = 7;

/** Finds keys in any text: for secret scanners and for keeping them out of logs. */
export const apiKeyPattern = /ldg_(?:live|test)_[0-9a-hjkmnp-tv-z]{12}_[0-9a-hjkmnp-tv-z]{39}/;
const wholeKey = new RegExp(`^${apiKeyPattern.source}$`);

/** Random bytes that a new key takes: 60 bits of id and 160 bits of secret, five to a character. */
export const apiKeyRandomBytes = idLength + secretLength;

export interface ApiKeyParts {
  readonly mode: KeyMode;
  /** Not secret: shown in lists, and what the key is looked up by. */
  readonly publicId: string;
  readonly secret: string;
}

/** The whole key as its holder keeps it. It is shown once; the database has only the hash of its secret. */
export function formatApiKey({ mode, publicId, secret }: ApiKeyParts): string {
  const body = `ldg_${mode}_${publicId}_${secret}`;
  return body + checksumOf(body);
}

/** The parts of a key; undefined for anything that is not one, a typo included. Never throws. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  if (!wholeKey.test(text)) return undefined;
  const body = text.slice(0, -checksumLength);
  if (checksumOf(body) !== text.slice(-checksumLength)) return undefined;
  const [, mode, publicId, secret] = body.split('_');
  if ((mode !== 'live' && mode !== 'test') || publicId === undefined || secret === undefined)
    return undefined;
  return { mode, publicId, secret };
}

/** A new key from `apiKeyRandomBytes` random bytes, of which it uses five bits each. */
export function apiKeyFrom(mode: KeyMode, random: Uint8Array): ApiKeyParts {
  if (random.length !== apiKeyRandomBytes)
    throw new RangeError('wrong number of random bytes for an API key');
  const text = Array.from(random, (byte) => alphabet.charAt(byte & 31)).join('');
  return { mode, publicId: text.slice(0, idLength), secret: text.slice(idLength) };
}

/** What is stored of a secret: SHA-256, 32 bytes. A slow hash protects guessable secrets; 160 random bits are not. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Compares in a time that does not depend on where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < checksumLength; digit += 1) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
