import { parseAmount, parseCurrency } from '#money';
import { done, type Outcome, type Refusal, refusal, refused } from '#outcome';
import type { Attribute, Consent, Contact, LeadSource } from './lead.js';

type Optional<T> = T | null | undefined;

/** A submission as it arrives: types are checked by the API's schema, everything else here. */
export interface LeadSubmission {
  readonly externalId: string;
  readonly vertical: string;
  /** The contract's uuid; null leaves the choice to the only matching one. */
  readonly contractId: string | null;
  readonly test: boolean;
  readonly contact: { readonly [K in keyof Contact]?: Optional<string> };
  readonly attributes?: Optional<readonly Attribute[]>;
  readonly source?: Optional<{
    readonly channel?: Optional<string>;
    readonly campaign?: Optional<string>;
    readonly subId?: Optional<string>;
    readonly cost?: Optional<{ readonly amount: string; readonly currency: string }>;
  }>;
  readonly consent?: Optional<{
    readonly text?: Optional<string>;
    readonly capturedAt?: Optional<Date>;
    readonly ip?: Optional<string>;
    readonly certificateUrl?: Optional<string>;
  }>;
  readonly score?: Optional<number>;
}

/** A submission that breaks no rule, in its normal form: absent values are null. */
export interface CheckedSubmission {
  readonly externalId: string;
  readonly vertical: string;
  readonly contractId: string | null;
  readonly test: boolean;
  readonly contact: Contact;
  readonly attributes: readonly Attribute[];
  readonly source: LeadSource | null;
  readonly consent: Consent | null;
  readonly score: number | null;
}

const contactLengths: Readonly<Record<keyof Contact, number>> = {
  email: 254,
  phone: 40,
  givenName: 200,
  familyName: 200,
  postalCode: 20,
  country: 2,
};
const contactFields = Object.keys(contactLengths) as (keyof Contact)[];
const maxAttributes = 100;

/** Collects refusals under a path; written by hand because it runs for every lead (class-validator costs a fifth). */
class Check {
  readonly refusals: Refusal[] = [];

  constructor(private readonly path: readonly string[]) {}

  refuse(
    code: 'INVALID_VALUE' | 'REQUIRED' | 'INVALID_AMOUNT' | 'INVALID_CURRENCY' | 'TOO_MANY',
    ...rest: [readonly string[], string?]
  ): void {
    const [field, message] = rest;
    this.refusals.push(refusal(code, { field: [...this.path, ...field], ...(message ? { message } : {}) }));
  }

  /** Text of at most `max` characters; empty and absent are null. */
  text(value: Optional<string>, max: number, ...field: readonly string[]): string | null {
    if (value === null || value === undefined || value === '') return null;
    if (value.length > max) this.refuse('INVALID_VALUE', field, `At most ${max} characters.`);
    else if (!isStorable(value)) {
      this.refuse('INVALID_VALUE', field, 'The text has a NUL or an incomplete Unicode character.');
    }
    return value;
  }

  required(value: string, max: number, ...field: readonly string[]): string {
    if (value.trim() === '') this.refuse('REQUIRED', field);
    this.text(value, max, ...field);
    return value;
  }
}

const unstorable = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** PostgreSQL stores every Unicode text but NUL; a lone surrogate is no Unicode text. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

/**
 * Checks a submission as a whole and brings it into its normal form. Refusals name the field below `path`
 * (`['input']`, or `['input', 'leads', '3']`) and never repeat its value.
 */
export function checkSubmission(
  submission: LeadSubmission,
  path: readonly string[],
): Outcome<CheckedSubmission> {
  const check = new Check(path);
  const checked: CheckedSubmission = {
    externalId: check.required(submission.externalId, 200, 'externalId'),
    vertical: check.required(submission.vertical, 64, 'vertical').trim(),
    contractId: submission.contractId,
    test: submission.test,
    contact: checkContact(check, submission.contact),
    attributes: checkAttributes(check, submission.attributes ?? []),
    source: checkSource(check, submission.source),
    consent: checkConsent(check, submission.consent),
    score: submission.score ?? null,
  };
  const { score } = checked;
  if (score !== null && !(Number.isInteger(score) && score >= 0 && score <= 100)) {
    check.refuse('INVALID_VALUE', ['score'], 'A whole number from 0 to 100.');
  }
  return check.refusals.length > 0 ? refused(...check.refusals) : done(checked);
}

function checkContact(check: Check, raw: LeadSubmission['contact']): Contact {
  const contact: Record<keyof Contact, string | null> = {
    email: null,
    phone: null,
    givenName: null,
    familyName: null,
    postalCode: null,
    country: null,
  };
  for (const field of contactFields) {
    contact[field] = check.text(raw[field], contactLengths[field], 'contact', field);
  }
  if (contact.email === null && contact.phone === null) {
    check.refuse(
      'REQUIRED',
      ['contact'],
      'Give an email or a phone: without one nobody can answer the lead.',
    );
  }
  if (contact.email !== null && !/^[^\s@]+@[^\s@]+$/.test(contact.email)) {
    check.refuse('INVALID_VALUE', ['contact', 'email'], 'This is not an e-mail address.');
  }
  if (contact.country !== null && !/^[A-Z]{2}$/.test(contact.country)) {
    check.refuse(
      'INVALID_VALUE',
      ['contact', 'country'],
      'An ISO 3166 code of two capital letters, such as US.',
    );
  }
  return contact;
}

function checkAttributes(check: Check, raw: readonly Attribute[]): readonly Attribute[] {
  if (raw.length > maxAttributes) {
    check.refuse('TOO_MANY', ['attributes'], `At most ${maxAttributes} attributes.`);
    return [];
  }
  const seen = new Set<string>();
  return raw.map(({ key, value }, index) => {
    const at = ['attributes', String(index)];
    check.required(key, 64, ...at, 'key');
    if (seen.has(key)) check.refuse('INVALID_VALUE', [...at, 'key'], 'Each key once.');
    seen.add(key);
    check.text(value, 2_000, ...at, 'value');
    return { key, value };
  });
}

function checkSource(check: Check, raw: LeadSubmission['source']): LeadSource | null {
  if (!raw) return null;
  const source = {
    channel: check.text(raw.channel, 200, 'source', 'channel'),
    campaign: check.text(raw.campaign, 200, 'source', 'campaign'),
    subId: check.text(raw.subId, 200, 'source', 'subId'),
    cost: null,
  };
  if (!raw.cost) return source;
  const currency = parseCurrency(raw.cost.currency);
  if (!currency) check.refuse('INVALID_CURRENCY', ['source', 'cost', 'currency']);
  const amountMinor = currency ? parseAmount(raw.cost.amount, currency) : undefined;
  if (currency && (amountMinor === undefined || amountMinor < 0n)) {
    check.refuse('INVALID_AMOUNT', ['source', 'cost', 'amount']);
  }
  return currency && amountMinor !== undefined ? { ...source, cost: { amountMinor, currency } } : source;
}

function checkConsent(check: Check, raw: LeadSubmission['consent']): Consent | null {
  if (!raw) return null;
  return {
    text: check.text(raw.text, 10_000, 'consent', 'text'),
    capturedAt: raw.capturedAt ?? null,
    ip: check.text(raw.ip, 64, 'consent', 'ip'),
    certificateUrl: check.text(raw.certificateUrl, 2_000, 'consent', 'certificateUrl'),
  };
}
