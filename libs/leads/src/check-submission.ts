import { parseAmount, parseCurrency } from '#money';
import { done, type Outcome, type Refusal, refusal, refused } from '#outcome';
import type { Attribute, Consent, Contact } from '#persons';
import { type LeadProblem, type LeadRules, maxAttributes, maxValueLength } from '#verticals';
import { checkContact } from './check-contact.js';
import { forcedAnswerOf, type ForcedState, refusalsOf } from './forced-answer.js';
import type { LeadSource } from './lead.js';

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
  /** The uuid of the ping that it was asked for by. */
  readonly pingId?: Optional<string>;
}

/**
 * A submission as it was given: absent values are null, and nothing else is changed. Its hash tells whether the same was
 * sent before, whatever rules came since; so it keeps its fields and their order.
 */
export interface GivenSubmission {
  readonly externalId: string;
  readonly vertical: string;
  readonly contractId: string | null;
  readonly test: boolean;
  readonly contact: Contact;
  readonly attributes: readonly Attribute[];
  readonly source: LeadSource | null;
  readonly consent: Consent | null;
  readonly score: number | null;
  /** Left out where there was none, so that the hash of what came before there were pings is what it was. */
  readonly pingId?: string;
}

/** A submission that breaks no rule, in its normal form. */
export interface CheckedSubmission extends GivenSubmission {
  /** The version of the vertical's schema that it was checked by; null when there is none. */
  readonly schemaVersion: number | null;
  /** Keys of attributes that its schema calls not personal; every other may be about the person. */
  readonly publicKeys: ReadonlySet<string>;
  /** What a test lead asks to become. */
  readonly forcedState: ForcedState | null;
}

/** What came of reading a submission: how it was given, and what is wrong with its form whatever rules hold. */
export interface SubmissionRead {
  readonly given: GivenSubmission;
  readonly refusals: readonly Refusal[];
}

/** The longest texts that are taken, in UTF-16 code units, by their path below the lead. */
export const textLimits = {
  externalId: 200,
  vertical: 64,
  'contact.email': 254,
  'contact.phone': 40,
  'contact.givenName': 200,
  'contact.familyName': 200,
  'contact.postalCode': 20,
  'contact.country': 2,
  'attributes.N.key': 64,
  'attributes.N.value': maxValueLength,
  'source.channel': 200,
  'source.campaign': 200,
  'source.subId': 200,
  'consent.text': 10_000,
  'consent.ip': 64,
  'consent.certificateUrl': 2_000,
} as const;
type TextPath = keyof typeof textLimits;

/** What is said of a form that is refused; the specification page of every vertical lists the same. */
export const formMessages = {
  tooLong: (max: number): string => `At most ${max} characters.`,
  unstorable: 'The text has a NUL or an incomplete Unicode character.',
  score: 'A whole number from 0 to 100.',
  tooManyAttributes: `At most ${maxAttributes} attributes.`,
  keyOnce: 'Each key once.',
} as const;

const contactFields = ['email', 'phone', 'givenName', 'familyName', 'postalCode', 'country'] as const;

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

  /** Text as long as its limit says; empty and absent are null. `index` is the place of an attribute in the list. */
  text(value: Optional<string>, path: TextPath, index = 0): string | null {
    if (value === null || value === undefined || value === '') return null;
    const max = textLimits[path];
    if (value.length > max) this.refuse('INVALID_VALUE', fieldOf(path, index), formMessages.tooLong(max));
    else if (!isStorable(value)) {
      this.refuse('INVALID_VALUE', fieldOf(path, index), formMessages.unstorable);
    }
    return value;
  }

  required(value: string, path: TextPath, index = 0): string {
    if (value.trim() === '') this.refuse('REQUIRED', fieldOf(path, index));
    this.text(value, path, index);
    return value;
  }
}

function fieldOf(path: TextPath, index: number): string[] {
  return path.split('.').map((part) => (part === 'N' ? String(index) : part));
}

const unstorable = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** PostgreSQL stores every Unicode text but NUL; a lone surrogate is no Unicode text. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text);
}

/**
 * Reads a submission: lengths, storable text, numbers. What it refuses was never taken and never will be. Refusals name the
 * field below `path` (`['input']`, or `['input', 'leads', '3']`) and never repeat its value.
 */
export function readSubmission(submission: LeadSubmission, path: readonly string[]): SubmissionRead {
  const check = new Check(path);
  const given: GivenSubmission = {
    externalId: check.required(submission.externalId, 'externalId'),
    vertical: check.required(submission.vertical, 'vertical').trim(),
    contractId: submission.contractId,
    test: submission.test,
    contact: readContact(check, submission.contact),
    attributes: checkAttributes(check, submission.attributes ?? []),
    source: checkSource(check, submission.source),
    consent: checkConsent(check, submission.consent),
    score: submission.score ?? null,
    ...(submission.pingId ? { pingId: submission.pingId } : {}),
  };
  const { score } = given;
  if (score !== null && !(Number.isInteger(score) && score >= 0 && score <= 100)) {
    check.refuse('INVALID_VALUE', ['score'], formMessages.score);
  }
  return { given, refusals: check.refusals };
}

/**
 * Holds what was read to the rules of its vertical, and brings it into its normal form; together with what was wrong with
 * its form, so that everything is told at once. A test lead that breaks none may ask for another answer.
 */
export function checkSubmission(
  { given, refusals }: SubmissionRead,
  rules: LeadRules,
  { path, now }: { readonly path: readonly string[]; readonly now: Date },
): Outcome<CheckedSubmission> {
  const { contact, problems } = checkContact(given.contact, rules.defaultCountry);
  const verdict = rules.judge({ contact, attributes: given.attributes, consent: given.consent }, now);
  if (refusals.length + problems.length + verdict.problems.length > 0) {
    return refused(...refusals, ...untold([...problems, ...verdict.problems], path, refusals));
  }
  const forced = given.test ? forcedAnswerOf(given.contact) : undefined;
  const forcedState = forced?.state ?? null;
  if (forced && forcedState === null && forced.refusals.length > 0)
    return refused(...refusalsOf(forced, path));
  const { attributes, schemaVersion, publicKeys } = verdict;
  return done({ schemaVersion, publicKeys, forcedState, ...given, contact, attributes });
}

/** Each place is told of once: a text that cannot even be stored need not be called no phone as well. */
function untold(
  problems: readonly LeadProblem[],
  path: readonly string[],
  told: readonly Refusal[],
): Refusal[] {
  const places = new Set(told.map(({ field }) => field?.join('.')));
  return problems.flatMap(({ code, field, message }) => {
    const at = [...path, ...field];
    if (places.has(at.join('.'))) return [];
    places.add(at.join('.'));
    return [refusal(code, { field: at, message })];
  });
}

function readContact(check: Check, raw: LeadSubmission['contact']): Contact {
  const contact: Record<keyof Contact, string | null> = {
    email: null,
    phone: null,
    givenName: null,
    familyName: null,
    postalCode: null,
    country: null,
  };
  for (const field of contactFields) {
    contact[field] = check.text(raw[field], `contact.${field}`);
  }
  return contact;
}

function checkAttributes(check: Check, raw: readonly Attribute[]): readonly Attribute[] {
  if (raw.length > maxAttributes) {
    check.refuse('TOO_MANY', ['attributes'], formMessages.tooManyAttributes);
    return [];
  }
  const seen = new Set<string>();
  return raw.map(({ key, value }, index) => {
    check.required(key, 'attributes.N.key', index);
    if (seen.has(key))
      check.refuse('INVALID_VALUE', fieldOf('attributes.N.key', index), formMessages.keyOnce);
    seen.add(key);
    check.text(value, 'attributes.N.value', index);
    return { key, value };
  });
}

function checkSource(check: Check, raw: LeadSubmission['source']): LeadSource | null {
  if (!raw) return null;
  const source = {
    channel: check.text(raw.channel, 'source.channel'),
    campaign: check.text(raw.campaign, 'source.campaign'),
    subId: check.text(raw.subId, 'source.subId'),
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
    text: check.text(raw.text, 'consent.text'),
    capturedAt: raw.capturedAt ?? null,
    ip: check.text(raw.ip, 'consent.ip'),
    certificateUrl: check.text(raw.certificateUrl, 'consent.certificateUrl'),
  };
}
