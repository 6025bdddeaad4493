import { type Outcome, done, type Refusal, refusal, refused } from '#outcome';
import type { LeadProblem, LeadRules } from '#verticals';
import { checkContact } from './check-contact.js';
import type { CheckedSubmission, GivenSubmission, SubmissionRead } from './check-submission.js';
import { forcedAnswerOf, refusalsOf } from './forced-answer.js';

/** What is said where a ping tells of the person. */
export const personalMessage =
  'A ping tells nothing about the person. Leave it out, and post it with the lead.';

const personalContact = ['email', 'phone', 'givenName', 'familyName'] as const;
const personalConsent = ['ip', 'certificateUrl'] as const;

/**
 * Holds what an agency asks about a lead to the rules of its vertical, as far as they are not about the person: that must not be told,
 * and so is not missed. Of the contact it has country and postal code alone.
 */
export function checkPing(
  { given, refusals }: SubmissionRead,
  rules: LeadRules,
  { path, now }: { readonly path: readonly string[]; readonly now: Date },
): Outcome<CheckedSubmission> {
  const { contact, problems } = checkContact(given.contact, rules.defaultCountry);
  const verdict = rules.judge({ contact, attributes: given.attributes, consent: given.consent }, now);
  const missed = [...problems, ...verdict.problems].filter(({ code, field }) => {
    const [part, name = ''] = field;
    if (code !== 'REQUIRED') return true;
    return part === 'attributes' ? verdict.publicKeys.has(name) : part !== 'contact' || isPlace(name);
  });
  const all = [
    ...refusals,
    ...told(given, verdict.publicKeys, path),
    ...missed.map((problem) => refusalOf(problem, path)),
  ];
  const forced = given.test ? forcedAnswerOf(given.contact) : undefined;
  if (forced && all.length === 0 && forced.state === undefined) all.push(...refusalsOf(forced, path));
  if (all.length > 0) return refused(...once(all));
  const { attributes, schemaVersion, publicKeys } = verdict;
  return done({ ...given, contact, attributes, schemaVersion, publicKeys, forcedState: null });
}

function isPlace(name: string): boolean {
  return name === 'country' || name === 'postalCode';
}

/** What of it is about the person, by its place. */
function told(
  { contact, attributes, consent }: GivenSubmission,
  publicKeys: ReadonlySet<string>,
  path: readonly string[],
): Refusal[] {
  const places = [
    ...personalContact.flatMap((name) => (contact[name] === null ? [] : [['contact', name]])),
    ...personalConsent.flatMap((name) =>
      consent?.[name] === null || consent === null ? [] : [['consent', name]],
    ),
    ...attributes.flatMap(({ key }, index) =>
      publicKeys.has(key) ? [] : [['attributes', String(index), 'key']],
    ),
  ];
  return places.map((place) =>
    refusal('INVALID_VALUE', { field: [...path, ...place], message: personalMessage }),
  );
}

function refusalOf({ code, field, message }: LeadProblem, path: readonly string[]): Refusal {
  return refusal(code, { field: [...path, ...field], message });
}

/** Each place is told of once. */
function once(all: readonly Refusal[]): Refusal[] {
  const places = new Set<string>();
  return all.filter(({ field }) => {
    const place = field?.join('.') ?? '';
    if (places.has(place)) return false;
    places.add(place);
    return true;
  });
}
