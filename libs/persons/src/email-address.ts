import { domainToASCII } from 'node:url';

/**
 * An e-mail address as it is stored: trimmed, with the domain in lower case and the local part as it was given. Undefined
 * for what cannot be one: not exactly one @, spaces, characters that nobody sees, or a domain with an empty part. Whether anybody reads it is not asked.
 */
export function readEmailAddress(given: string): string | undefined {
  const text = given.trim().normalize('NFC');
  if (!/^[^\s@\p{Cc}\p{Cf}]+@[^\s@\p{Cc}\p{Cf}]+$/u.test(text)) return undefined;
  const at = text.indexOf('@');
  const domain = text.slice(at + 1).toLowerCase();
  if (domain.split('.').includes('')) return undefined;
  return `${text.slice(0, at)}@${domain}`;
}

const withoutDots = new Set(['gmail.com', 'googlemail.com']);

/**
 * What the addresses of one mailbox have in common, for finding the same person again and never for writing to them: lower
 * case, without a tag (`ada+offers@…` is `ada@…`), and at Gmail without dots and under one domain. Takes an address in its
 * normal form.
 */
export function canonicalEmailAddress(email: string): string {
  const lower = email.toLowerCase();
  const at = lower.indexOf('@');
  const domain = canonicalDomain(lower.slice(at + 1));
  const whole = lower.slice(0, at);
  const tag = whole.indexOf('+');
  const local = tag > 0 ? whole.slice(0, tag) : whole;
  if (!withoutDots.has(domain)) return `${local}@${domain}`;
  return `${local.replaceAll('.', '') || local}@gmail.com`;
}

/** One spelling of a domain, for comparing: in ASCII where it has other letters, as name servers are asked for it. */
export function canonicalDomain(domain: string): string {
  const lower = domain.toLowerCase();
  return /^[\x21-\x7e]*$/.test(lower) ? lower : domainToASCII(lower) || lower;
}
