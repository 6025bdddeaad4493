import { done, type Outcome, type Refusal, refusal, refused } from '#outcome';
import { canonicalDomain, readEmailAddress } from './email-address.js';
import type { LookUps } from './look-ups.js';
import { readPhone } from './phone.js';

/** What an entry of a suppression list is about: one phone, one e-mail address, or every address of a domain. */
export const suppressionKinds = ['PHONE', 'EMAIL', 'DOMAIN'] as const;
export type SuppressionKind = (typeof suppressionKinds)[number];

/** Whom to suppress, as it comes from outside: exactly one of them. */
export interface RawSuppressed {
  readonly phone?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly domain?: string | null | undefined;
}

/** An entry as it is kept: nobody can be read from it. */
export interface Suppression {
  readonly id: string;
  readonly organizationId: string;
  readonly kind: SuppressionKind;
  /** For its own organization only. */
  readonly note: string | null;
  /** From then on it does not count; null: until it is removed. */
  readonly expiresAt: Date | null;
  readonly addedAt: Date;
}

/** What stands in one call at most. */
export const maxSuppressions = 1_000;
export const maxNoteLength = 200;
const firstYear = 2000;
const lastYear = 9998;
/** Refusals that are told of one call; who has more reads them after the first are right. */
const maxTold = 20;

const messages = {
  one: 'Give exactly one of phone, email and domain.',
  phone: 'A phone with + and the country code, such as +12125550100.',
  email: 'An e-mail address, such as name@company.example.',
  domain: 'A domain, such as company.example.',
} as const;

/** What an entry is found by; hex. */
export interface SuppressedHash {
  readonly kind: SuppressionKind;
  readonly hash: string;
}

/** Refuses INVALID_VALUE at `path`. A phone is read as it stands: without + and country code nobody would be found by it. */
export function readSuppressed(
  raw: RawSuppressed,
  lookUps: LookUps,
  path: readonly string[],
): Outcome<SuppressedHash> {
  const { phone = null, email = null, domain = null } = raw;
  const given = [phone, email, domain].filter((each) => each !== null);
  if (given.length !== 1) return wrong(path, messages.one);
  if (phone !== null) {
    const read = phone.length <= 40 && phone.includes('+') ? readPhone(phone, null).phone : undefined;
    const { phone: hash } = lookUps.ofPerson({ phone: read ?? null, email: null });
    return hash === null ? wrong([...path, 'phone'], messages.phone) : done({ kind: 'PHONE', hash });
  }
  if (email !== null) {
    const { email: hash } = lookUps.ofPerson({ phone: null, email: readAddress(email) ?? null });
    return hash === null ? wrong([...path, 'email'], messages.email) : done({ kind: 'EMAIL', hash });
  }
  const name = (domain ?? '').trim();
  // As the domain of an address, so that both are read alike.
  const address = readAddress(`somebody@${name}`);
  return address === undefined || !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(canonicalDomain(name))
    ? wrong([...path, 'domain'], messages.domain)
    : done({ kind: 'DOMAIN', hash: lookUps.ofDomain(name) });
}

function readAddress(text: string): string | undefined {
  return text.length <= 254 && !/\p{Cs}/u.test(text) ? readEmailAddress(text) : undefined;
}

/** A note is short text that can be stored; null when there is none. */
export function readNote(raw: string | null, path: readonly string[]): Outcome<string | null> {
  const note = raw?.trim() ?? '';
  if (note.length <= maxNoteLength && !/[\0\p{Cs}]/u.test(note)) return done(note === '' ? null : note);
  return wrong(path, `At most ${maxNoteLength} characters.`);
}

/** An end that a calendar has; null for none. */
export function readExpiry(raw: Date | null, path: readonly string[]): Outcome<Date | null> {
  const year = raw?.getUTCFullYear() ?? firstYear;
  if (year >= firstYear && year <= lastYear) return done(raw);
  return wrong(path, `A moment in the years ${firstYear} to ${lastYear}.`);
}

/** All values, or the refusals of those that are none. */
export function allOf<T>(outcomes: readonly Outcome<T>[]): Outcome<readonly T[]> {
  const refusals: Refusal[] = outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.refusals));
  if (refusals.length > 0) return refused(...refusals.slice(0, maxTold));
  return done(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : [])));
}

function wrong<T>(field: readonly string[], message: string): Outcome<T> {
  return refused(refusal('INVALID_VALUE', { field, message }));
}
