import type { Consent, Contact, PersonalData } from './person.js';
import { CannotOpen, type NumberedKey, open, randomSlice, seal, versionOf } from './seal.js';

/** The keys of one organization for one purpose, newest last: the newest seals, each opens what it sealed. */
export type KeyVersions = readonly NumberedKey[];

/** A person as a lead keeps it: everything under a data key of its own, and that key wrapped by the organization's. */
export interface SealedPerson {
  readonly dataKey: Buffer;
  readonly person: Buffer;
}

/** Whose lead it is. */
export interface LeadPlace {
  readonly agencyId: string;
  readonly leadId: string;
}

const dataKeyBytes = 32;
// A data key seals one value once, so it has no second version.
const dataKeyVersion = 1;

/** Seals what is personal of a lead under a new data key. */
export function sealPerson(keys: KeyVersions, lead: LeadPlace, personal: PersonalData): SealedPerson {
  const bytes = randomSlice(dataKeyBytes);
  const data = { key: bytes, version: dataKeyVersion };
  const person = seal(data, placeOf(lead, 'person'), packed(personal));
  const dataKey = seal(newest(keys), placeOf(lead, 'data key'), bytes);
  bytes.fill(0);
  return { dataKey, person };
}

/** What was sealed. Throws {@link CannotOpen} for another lead's, or one that was changed. */
export function openPerson(keys: KeyVersions, lead: LeadPlace, sealed: SealedPerson): PersonalData {
  const bytes = open(keyFor(keys, sealed.dataKey), placeOf(lead, 'data key'), sealed.dataKey);
  const data = { key: bytes, version: dataKeyVersion };
  const text = open(data, placeOf(lead, 'person'), sealed.person).toString('utf8');
  bytes.fill(0);
  return unpacked(text);
}

/** Seals a consent under the organization's own key for proofs, which erasing the person does not touch. */
export function sealConsent(keys: KeyVersions, lead: LeadPlace, consent: Consent): Buffer {
  return seal(newest(keys), placeOf(lead, 'consent'), JSON.stringify(consent));
}

export function openConsent(keys: KeyVersions, lead: LeadPlace, sealed: Uint8Array): Consent {
  const text = open(keyFor(keys, sealed), placeOf(lead, 'consent'), sealed).toString('utf8');
  const consent = JSON.parse(text) as Omit<Consent, 'capturedAt'> & { readonly capturedAt: string | null };
  return { ...consent, capturedAt: consent.capturedAt === null ? null : new Date(consent.capturedAt) };
}

/** Seals a note that an organization wrote down, about whatever `subject` is. */
export function sealNote(keys: KeyVersions, organizationId: string, subject: string, note: string): Buffer {
  return seal(newest(keys), { tenant: organizationId, subject, column: 'note' }, note);
}

export function openNote(
  keys: KeyVersions,
  organizationId: string,
  subject: string,
  sealed: Uint8Array,
): string {
  const place = { tenant: organizationId, subject, column: 'note' };
  return open(keyFor(keys, sealed), place, sealed).toString('utf8');
}

function placeOf({ agencyId, leadId }: LeadPlace, column: string) {
  return { tenant: agencyId, subject: leadId, column };
}

/** The key that seals from now on. Throws {@link CannotOpen} when there is none. */
export function newest(keys: KeyVersions): NumberedKey {
  const key = keys.at(-1);
  if (!key) throw new CannotOpen('an organization has no key');
  return key;
}

/** The key that sealed a value. Throws {@link CannotOpen} when it is not among them. */
export function keyFor(keys: KeyVersions, sealed: Uint8Array): NumberedKey {
  const version = versionOf(sealed);
  const key = keys.find((each) => each.version === version);
  if (!key) throw new CannotOpen('a sealed value was sealed by a version of the key that is not known');
  return key;
}

// By position and not by name: names of fields would be half of what is sealed.
function packed({ contact, attributes }: PersonalData): string {
  const { email, phone, givenName, familyName, postalCode, country } = contact;
  return JSON.stringify([
    [email, phone, givenName, familyName, postalCode, country],
    attributes.map(({ index, key, value }) => [index, key, value]),
  ]);
}

type Fields = readonly [email: Text, phone: Text, given: Text, family: Text, postalCode: Text, country: Text];
type Text = string | null;

function unpacked(text: string): PersonalData {
  const [fields, attributes] = JSON.parse(text) as [Fields, readonly [number, string, string][]];
  const [email, phone, givenName, familyName, postalCode, country] = fields;
  const contact: Contact = { email, phone, givenName, familyName, postalCode, country };
  return { contact, attributes: attributes.map(([index, key, value]) => ({ index, key, value })) };
}
