import { type Contact, readEmailAddress, readPhone } from '#persons';
import { isCountry, type LeadProblem } from '#verticals';
import { postalCodeShapes, readPostalCode } from './postal-code.js';

/** What is said of a contact that cannot be: to whoever sent it, and on the specification page of every vertical. */
export const contactMessages = {
  nobody: 'Give an email or a phone: without one nobody can answer the lead.',
  email: 'This is not an e-mail address. It looks like name@company.example.',
  phoneImpossible:
    'This cannot be a phone number: no country has such numbers, or it has too few or too many digits for its country. Give it with + and the country code, such as +12125550100, or as it is dialled in contact.country.',
  phoneNone: 'This is not a phone number. Give it with + and the country code, such as +12125550100.',
  country: 'An ISO 3166-1 code of two capital letters, such as US, or GB for the United Kingdom.',
  /** By country, since each writes its codes in its own way. */
  postalCode: (country: string, shapes: readonly string[]): string =>
    `Postal codes of ${country} look like ${shapes.join(' or ')}, where 9 is a digit and A a letter.`,
} as const;

/** A contact in its normal form, and what is wrong with it. */
export interface ContactChecked {
  readonly contact: Contact;
  readonly problems: readonly LeadProblem[];
}

/**
 * Brings a contact into its normal form: names and codes without spaces around them, phone in E.164, e-mail with its domain
 * in lower case, postal code as its country writes it. `defaultCountry` is how a phone and a postal code are read when
 * the contact names no country. Text of spaces alone is as none.
 */
export function checkContact(given: Contact, defaultCountry: string | null): ContactChecked {
  const problems: LeadProblem[] = [];
  const refuse = (field: keyof Contact, message: string): null => {
    problems.push({ code: 'INVALID_VALUE', field: ['contact', field], message });
    return null;
  };
  const country = trimmed(given.country);
  const isKnown = country === null || isCountry(country);
  if (!isKnown) refuse('country', contactMessages.country);
  // A country that is none says nothing about the others, and they are judged when it is right.
  const readAs = country ?? defaultCountry;
  const email = trimmed(given.email);
  const phone = trimmed(given.phone);
  const postalCode = trimmed(given.postalCode);
  if (email === null && phone === null)
    problems.push({ code: 'REQUIRED', field: ['contact'], message: contactMessages.nobody });
  const contact: Contact = {
    email: email && (readEmailAddress(email) ?? refuse('email', contactMessages.email)),
    phone: phone && isKnown ? checkPhone(phone, readAs, refuse) : phone,
    givenName: trimmed(given.givenName),
    familyName: trimmed(given.familyName),
    postalCode:
      postalCode && isKnown
        ? (readPostalCode(postalCode, readAs) ?? refuse('postalCode', wrongPostalCode(readAs ?? '')))
        : postalCode,
    country,
  };
  return { contact, problems };
}

function wrongPostalCode(country: string): string {
  return contactMessages.postalCode(country, postalCodeShapes(country) ?? []);
}

function checkPhone(
  phone: string,
  country: string | null,
  refuse: (field: 'phone', message: string) => null,
): string | null {
  const read = readPhone(phone, country);
  if (read.phone !== undefined) return read.phone;
  return refuse(
    'phone',
    read.problem === 'NO_PHONE' ? contactMessages.phoneNone : contactMessages.phoneImpossible,
  );
}

function trimmed(text: string | null): string | null {
  return text === null ? null : text.trim() || null;
}
