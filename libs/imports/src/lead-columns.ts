/** Which column of a file is what of a lead. */
import { done, type Outcome, refusal, type Refusal, refused } from '#outcome';

/** What a column can be, beside `attributes.` and the key of an attribute. */
export const leadFields = [
  'externalId',
  'test',
  'score',
  'contact.email',
  'contact.phone',
  'contact.givenName',
  'contact.familyName',
  'contact.postalCode',
  'contact.country',
  'source.channel',
  'source.campaign',
  'source.subId',
  'source.cost.amount',
  'source.cost.currency',
  'consent.text',
  'consent.capturedAt',
  'consent.ip',
  'consent.certificateUrl',
] as const;
type NamedField = (typeof leadFields)[number];
export type LeadField = NamedField | `attributes.${string}`;

/** One column of a file; null: it is passed over. */
export interface LeadColumn {
  readonly name: string;
  readonly field: LeadField | null;
}

/** What is asked for in a mapping. */
export interface RawColumn {
  readonly column: string;
  readonly field: string;
}

/** Columns that a download of failed rows adds. */
export const ownColumns = { row: 'leadger_row', reasons: 'leadger_reasons' } as const;

const named: ReadonlySet<string> = new Set(leadFields);
const attributePattern = /^attributes\.([\w.-]{1,64})$/;

/** Whether a name means something of a lead. */
export function isLeadField(text: string): text is LeadField {
  return named.has(text) || attributePattern.test(text);
}

/** The key of the attribute that a column is; undefined when it is something else. */
export function attributeKey(field: LeadField): string | undefined {
  return attributePattern.exec(field)?.[1];
}

/** What people call them. Compared without case, blanks and signs. */
const synonyms: Readonly<Record<NamedField, readonly string[]>> = {
  externalId: ['leadid', 'id', 'reference', 'leadreference', 'uniqueid', 'recordid'],
  test: ['istest', 'testlead'],
  score: ['leadscore'],
  'contact.email': ['email', 'emailaddress', 'mail', 'mailaddress', 'emailadresse'],
  'contact.phone': [
    'phone',
    'phonenumber',
    'mobile',
    'mobilephone',
    'cell',
    'cellphone',
    'telephone',
    'tel',
    'telefon',
    'primaryphone',
    'homephone',
  ],
  'contact.givenName': ['givenname', 'firstname', 'forename', 'fname', 'first', 'vorname'],
  'contact.familyName': ['familyname', 'lastname', 'surname', 'lname', 'last', 'nachname'],
  'contact.postalCode': ['postalcode', 'postcode', 'zip', 'zipcode', 'plz'],
  'contact.country': ['country', 'countrycode', 'land'],
  'source.channel': ['channel', 'source', 'utmsource', 'sourcechannel', 'trafficsource'],
  'source.campaign': ['campaign', 'utmcampaign', 'campaignname'],
  'source.subId': ['subid', 'sub', 'publisher', 'publisherid', 'sid'],
  'source.cost.amount': ['cost', 'leadcost', 'price', 'costamount'],
  'source.cost.currency': ['costcurrency', 'currency'],
  'consent.text': ['consent', 'consenttext', 'tcpatext', 'tcpa', 'disclosure'],
  'consent.capturedAt': [
    'consenttime',
    'consentat',
    'consentdate',
    'optintime',
    'optindate',
    'consenttimestamp',
  ],
  'consent.ip': ['ip', 'ipaddress', 'consentip', 'optinip'],
  'consent.certificateUrl': [
    'certificate',
    'certificateurl',
    'trustedform',
    'trustedformurl',
    'trustedformcerturl',
    'jornaya',
  ],
};

const fieldBySynonym = new Map<string, LeadField>(
  leadFields.flatMap((field) => [field, ...synonyms[field]].map((name) => [plain(name), field] as const)),
);

function plain(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/**
 * What columns mean by their names: those of the API, what people call them, and keys of attributes of the vertical. The first of
 * several that mean the same counts; a name that says nothing is passed over.
 */
export function guessColumns(
  names: readonly string[],
  attributeKeys: readonly string[],
): readonly LeadColumn[] {
  const keys = new Map(attributeKeys.map((key) => [plain(key), key]));
  const used = new Set<LeadField>();
  return names.map((name) => {
    const field = guess(name, keys);
    if (!field || used.has(field)) return { name, field: null };
    used.add(field);
    return { name, field };
  });
}

function guess(name: string, keys: ReadonlyMap<string, string>): LeadField | undefined {
  const [, attribute] = /^attributes?[. _-](.+)$/i.exec(name) ?? [];
  const key = keys.get(plain(attribute ?? name));
  // An attribute of the vertical has been named by somebody who knows what it is; a synonym is our guess.
  if (key !== undefined) return `attributes.${key}`;
  return fieldBySynonym.get(plain(name));
}

/** The columns of a file by what was chosen for some of them; the others are passed over. Refuses what does not fit. */
export function chooseColumns(
  names: readonly string[],
  chosen: readonly RawColumn[],
): Outcome<readonly LeadColumn[]> {
  const problems: Refusal[] = [];
  const refuseAt = (index: number, part: 'column' | 'field', message: string): void => {
    if (problems.length < 20)
      problems.push(refusal('INVALID_VALUE', { field: ['input', 'columns', String(index), part], message }));
  };
  const placeOf = new Map(names.map((name, index) => [name.toLowerCase(), index]));
  const fields = new Map<number, LeadField>();
  const used = new Set<string>();
  for (const [index, { column, field }] of chosen.entries()) {
    const place = placeOf.get(column.trim().toLowerCase());
    if (place === undefined) refuseAt(index, 'column', 'The file has no column of this name.');
    else if (fields.has(place)) refuseAt(index, 'column', 'Each column once.');
    if (!isLeadField(field))
      refuseAt(index, 'field', `A column is one of ${leadFields.join(', ')}, or attributes.<key>.`);
    else if (used.has(field)) refuseAt(index, 'field', 'Each field once.');
    else if (place !== undefined) fields.set(place, field);
    used.add(field);
  }
  const columns = names.map((name, place) => ({ name, field: fields.get(place) ?? null }));
  if (problems.length === 0 && !reachesSomebody(columns)) problems.push(nobody(['input', 'columns']));
  return problems.length > 0 ? refused(...problems) : done(columns);
}

/** Whether rows can be leads at all: one of the columns must say how somebody is reached. */
export function reachesSomebody(columns: readonly LeadColumn[]): boolean {
  return columns.some(({ field }) => field === 'contact.email' || field === 'contact.phone');
}

/** What is said of columns among which is neither an e-mail address nor a phone. */
export function nobody(field: readonly string[]): Refusal {
  return refusal('REQUIRED', {
    field,
    message: 'No column is an e-mail address or a phone. Say with saveImportMapping which column is what.',
  });
}
