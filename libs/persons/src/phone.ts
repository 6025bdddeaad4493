import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';

/**
 * A phone as it is stored: E.164 (`+12125550100`), with an extension as in RFC 3966 (`+12125550100;ext=12`). One that
 * nothing says how to read stays as it was given.
 */
export type PhoneRead =
  | { readonly phone: string; readonly problem?: never }
  | { readonly phone?: never; readonly problem: 'IMPOSSIBLE' | 'NO_PHONE' };

/** The North American plan knows one length, so these need no look-up; the library takes 6 µs, a twentieth of a lead. */
const northAmerican = /^\+1[2-9][0-9]{9}$/;
/** With fewer digits nobody can be called: the shortest national numbers have four. */
const fewestDigits = 4;

/**
 * Brings a phone into its normal form: international after a `+`, national as it is dialled in `country` (ISO 3166-1; null
 * when it is not known). Refused is only what cannot be: a number that the plan of its country has no room for, or, when
 * nothing says what country that is, a text without even four digits. Whether a possible number is in use is not asked.
 */
export function readPhone(given: string, country: string | null): PhoneRead {
  if (northAmerican.test(given)) return { phone: given };
  const text = plainDigits(given).trim();
  const plan = country !== null && hasPlan(country) ? country : undefined;
  if (plan === undefined && !text.includes('+')) {
    return digitsIn(text) < fewestDigits ? { problem: 'NO_PHONE' } : { phone: given.trim() };
  }
  return readByPlan(text, plan);
}

function readByPlan(text: string, plan: CountryCode | undefined): PhoneRead {
  const read = parsePhoneNumberFromString(text, plan ? { defaultCountry: plan } : {}, metadata);
  if (!read?.isPossible()) return { problem: 'IMPOSSIBLE' };
  return { phone: read.ext ? `${read.number};ext=${read.ext}` : read.number };
}

function hasPlan(country: string): country is CountryCode {
  return isSupportedCountry(country as CountryCode, metadata);
}

/** Full-width digits and signs are what some keyboards write, and many scripts have digits of their own. */
function plainDigits(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text.normalize('NFKC').replace(/\p{Nd}/gu, (digit) => String(valueOf(digit.codePointAt(0) ?? 0)));
}

/** Unicode has the ten digits of a script beside each other. */
function valueOf(digit: number): number {
  if (digit <= 0x39) return digit - 0x30;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(digit - value - 1))) value += 1;
  return value;
}

function digitsIn(text: string): number {
  return text.match(/\p{Nd}/gu)?.length ?? 0;
}

/**
 * What two spellings of one phone have in common, for finding the same person again: the digits, after a `+` if there was
 * one, without the extension. Takes a phone in its normal form.
 */
export function canonicalPhone(phone: string): string {
  const [number = ''] = plainDigits(phone).split(';ext=');
  return (number.startsWith('+') ? '+' : '') + number.replace(/\D/g, '');
}
