import { readEmail } from './mail-address.js';
import { done, type Outcome, refusal, type Refusal, refuse, refused } from '#outcome';
import { type AnswerRules, defaultAnswerRules } from './answer.js';
import type { EmailSettings, WebhookSettings } from './destination.js';
import { type KnownAttributes, mappingRefusals, type MappedField } from './mapping.js';
import { attributesIn, readTemplate, templateFaultMessages } from './template.js';

type Optional<T> = T | null | undefined;

/** A header as it is given; without a value it keeps the one that it has. */
export interface RawHeader {
  readonly header: string;
  readonly value?: Optional<string>;
}

/** A webhook destination as it is given. */
export interface RawWebhook {
  readonly url: string;
  readonly headers?: Optional<readonly RawHeader[]>;
  readonly fields?: Optional<readonly MappedField[]>;
  readonly answer?: Optional<{ readonly [K in keyof AnswerRules]?: Optional<AnswerRules[K]> }>;
}

/** An e-mail destination as it is given. */
export interface RawEmail {
  readonly address: string;
  readonly subject?: Optional<string>;
  readonly text?: Optional<string>;
}

/** What is wrong with what was given is told by its place below `at`; `verticals` are those whose leads go there. */
export interface ReadAs {
  readonly at: readonly string[];
  readonly verticals: readonly KnownAttributes[];
}

const longestName = 200;

/** What a destination is called, for people: 1 to 200 characters that can be shown. */
export function readName(text: string, field: readonly string[] = ['input', 'name']): Outcome<string> {
  const name = text.trim();
  if (name === '') return refuse('REQUIRED', { field, message: 'Say what the destination is for.' });
  if (name.length > 2 * longestName || /\p{Cc}|\p{Cs}/u.test(name) || [...name].length > longestName) {
    const message = `A name has at most ${longestName} characters and no control characters.`;
    return refuse('INVALID_VALUE', { field, message });
  }
  return done(name);
}

export interface HeadersRead {
  readonly headers: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

const maxHeaders = 20;
const longestHeaderValue = 2_000;
/** Ours, and those that belong to the connection or to the body. */
const ownHeaders =
  /^(webhook-.*|content-.*|user-agent|host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-.*|accept-encoding|cookie)$/;

/** Headers of the buyer's own, such as a token. `known` are the values that they have so far. */
export function readHeaders(
  raw: readonly RawHeader[],
  known: Readonly<Record<string, string>>,
  at: readonly string[],
): Outcome<HeadersRead> {
  if (raw.length > maxHeaders)
    return refuse('TOO_MANY', { field: at, message: `At most ${maxHeaders} headers.` });
  const values = new Map<string, string>();
  const refusals: Refusal[] = [];
  raw.forEach((header, index) => {
    const refuseIt = (part: keyof RawHeader, message: string): void =>
      void refusals.push(refusal('INVALID_VALUE', { field: [...at, String(index), part], message }));
    const name = header.header.toLowerCase();
    if (!/^[a-z0-9][a-z0-9_-]{0,99}$/.test(name))
      return refuseIt('header', 'A header’s name has letters, digits, - and _.');
    if (ownHeaders.test(name)) return refuseIt('header', 'This header is set by us, or not allowed.');
    if (values.has(name)) return refuseIt('header', 'Each header once.');
    const value = header.value ?? (Object.hasOwn(known, name) ? known[name] : undefined);
    if (value === undefined) return refuseIt('value', 'A new header needs a value.');
    if (value.length > longestHeaderValue || !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value))
      return refuseIt('value', `1 to ${longestHeaderValue} visible ASCII characters.`);
    values.set(name, value);
  });
  if (refusals.length > 0) return refused(...refusals);
  return done({ headers: [...values.keys()], values: Object.fromEntries(values) });
}

/** Reads all of a webhook but its URL, which needs a look at the network, and its headers. */
export function readWebhook(
  raw: RawWebhook,
  { at, verticals }: ReadAs,
): Outcome<Pick<WebhookSettings, 'fields' | 'answer'>> {
  const fields = raw.fields ?? null;
  const refusals = fields === null ? [] : mappingRefusals(fields, verticals, [...at, 'fields']);
  const answer: AnswerRules = {
    verdictPath: raw.answer?.verdictPath ?? defaultAnswerRules.verdictPath,
    reasonPath: raw.answer?.reasonPath ?? defaultAnswerRules.reasonPath,
    rejected: raw.answer?.rejected ?? defaultAnswerRules.rejected,
    duplicate: raw.answer?.duplicate ?? defaultAnswerRules.duplicate,
  };
  refusals.push(...answerRefusals(answer, [...at, 'answer']));
  if (refusals.length > 0) return refused(...refusals);
  const kept = fields?.map(({ path, value, type }) => ({ path, value, type })) ?? null;
  return done({ fields: kept, answer });
}

const maxWords = 20;

function answerRefusals(answer: AnswerRules, at: readonly string[]): Refusal[] {
  const found: Refusal[] = [];
  const refuseIt = (field: readonly string[], message: string): void =>
    void found.push(refusal('INVALID_VALUE', { field: [...at, ...field], message }));
  for (const name of ['verdictPath', 'reasonPath'] as const) {
    if (!/^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,5}$/.test(answer[name]))
      refuseIt([name], 'Names of letters, digits, _ and -, at most six with dots between them.');
  }
  for (const name of ['rejected', 'duplicate'] as const) {
    if (answer[name].length > maxWords) refuseIt([name], `At most ${maxWords} words.`);
    else
      answer[name].forEach((word, index) => {
        if (word.trim() !== word || word === '' || word.length > 100 || /\p{Cc}|\p{Cs}/u.test(word))
          refuseIt([name, String(index)], '1 to 100 characters without spaces around them.');
      });
  }
  const duplicate = new Set(answer.duplicate.map((word) => word.toLowerCase()));
  answer.rejected.forEach((word, index) => {
    if (duplicate.has(word.toLowerCase()))
      refuseIt(['rejected', String(index)], 'It stands under duplicate too.');
  });
  return found;
}

const defaultSubject = 'New lead: {{lead.vertical}} {{lead.id}}';
const defaultText = `A new lead for you.

Name: {{contact.fullName}}
Phone: {{contact.phone}}
E-mail: {{contact.email}}
Postal code: {{contact.postalCode}} {{contact.country}}

Lead: {{lead.id}}
Vertical: {{lead.vertical}}
Received: {{lead.receivedAt}}
`;

/** Reads an e-mail destination. What a subject or a text leaves out takes the default. */
export function readEmailDestination(raw: RawEmail, { at, verticals }: ReadAs): Outcome<EmailSettings> {
  const refusals: Refusal[] = [];
  const address = readEmail(raw.address);
  if (address === undefined) {
    const message = 'One e-mail address, such as leads@buyer.example.';
    refusals.push(refusal('INVALID_VALUE', { field: [...at, 'address'], message }));
  }
  const subject = raw.subject ?? defaultSubject;
  const text = raw.text ?? defaultText;
  const check = (template: string, part: string, options: Parameters<typeof readTemplate>[1]): void => {
    const field = [...at, part];
    const read = readTemplate(template, options);
    if (typeof read === 'string')
      refusals.push(refusal('INVALID_VALUE', { field, message: templateFaultMessages[read] }));
    else if (template.trim() === '') refusals.push(refusal('REQUIRED', { field }));
    else if (
      attributesIn(read).some((key) => verticals.some(({ isOpen, types }) => !isOpen && !types.has(key)))
    ) {
      const message = 'A vertical of these leads has no such attribute. Its specification lists them.';
      refusals.push(refusal('INVALID_VALUE', { field, message }));
    }
  };
  check(subject, 'subject', { maxLength: 300, multiline: false });
  check(text, 'text', { maxLength: 10_000, multiline: true });
  if (refusals.length > 0 || address === undefined) return refused(...refusals);
  return done({ kind: 'EMAIL', address, subject, text });
}
