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

/** In front of a contract's id: so the first row of such a download says what its rows are for. */
const contractMark = 'leadger_contract ';

export function contractColumn(contractId: string): string {
  return `${contractMark}${contractId}`;
}

/** The ids of contracts that names of columns say. */
export function contractsIn(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => (name.startsWith(contractMark) ? [name.slice(contractMark.length)] : []));
}

/** Whether a download of failed rows has added the column. */
export function isOwnColumn(name: string): boolean {
  return name === ownColumns.row || name === ownColumns.reasons || name.startsWith(contractMark);
}

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

/** What people call them, the more exact names first. Compared without case, blanks and signs. */
const synonyms: Readonly<Record<NamedField, readonly string[]>> = {
  externalId: ['leadid', 'leadreference', 'uniqueid', 'recordid', 'reference', 'id'],
  // A file may have tests of anything. Only its whole name says that a lead is none: see flagName.
  test: [],
  score: ['leadscore'],
  'contact.email': ['email', 'emailaddress', 'mail', 'mailaddress', 'emailadresse'],
  'contact.phone': [
    'phone',
    'phonenumber',
    'primaryphone',
    'mobilephone',
    'mobile',
    'cellphone',
    'cell',
    'telephone',
    'telefon',
    'tel',
    'homephone',
  ],
  'contact.givenName': ['givenname', 'firstname', 'forename', 'fname', 'first', 'vorname'],
  'contact.familyName': ['familyname', 'lastname', 'surname', 'lname', 'last', 'nachname'],
  'contact.postalCode': ['postalcode', 'postcode', 'zipcode', 'zip', 'plz'],
  'contact.country': ['countrycode', 'country', 'land'],
  'source.channel': ['channel', 'utmsource', 'trafficsource', 'source'],
  'source.campaign': ['utmcampaign', 'campaign', 'campaignname'],
  'source.subId': ['subid', 'publisherid', 'publisher', 'sid', 'sub'],
  'source.cost.amount': ['leadcost', 'costamount', 'cost', 'price'],
  'source.cost.currency': ['costcurrency', 'currency'],
  // "Consent" alone mostly says yes or no, which is no text that anybody agreed to.
  'consent.text': ['tcpatext', 'tcpa', 'disclosure'],
  'consent.capturedAt': [
    'consenttimestamp',
    'consenttime',
    'consentat',
    'optintime',
    'consentdate',
    'optindate',
  ],
  'consent.ip': ['optinip', 'ipaddress', 'ip'],
  'consent.certificateUrl': [
    'certificateurl',
    'trustedformcerturl',
    'trustedformurl',
    'trustedform',
    'jornaya',
    'certificate',
  ],
};

/** The one name by which a column is guessed to be the flag of tests. */
const flagName = 'lead.test';

/** What a name may mean, and how exact it is: 0 is the name of the field itself. */
interface Guess {
  readonly field: LeadField;
  readonly rank: number;
}

const guessByName: ReadonlyMap<string, Guess> = new Map(
  leadFields
    .filter((field) => field !== 'test')
    .flatMap((field) =>
      [field, ...synonyms[field]].map((name, place) => [plain(name), { field, rank: place + 1 }] as const),
    ),
);
const fieldByWholeName: ReadonlyMap<string, LeadField> = new Map([
  ...leadFields.filter((field) => field !== 'test').map((field) => [field.toLowerCase(), field] as const),
  [flagName, 'test'],
]);

function plain(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/**
 * What columns mean by their names: those of the API, what people call them, and keys of attributes of the vertical; null: it has no
 * schema, and takes any key. Of several that mean the same the most exact name counts, of equals the first; a name that says nothing
 * is passed over.
 */
export function guessColumns(
  names: readonly string[],
  attributeKeys: readonly string[] | null,
): readonly LeadColumn[] {
  const keys = attributeKeys && new Map(attributeKeys.map((key) => [plain(key), key]));
  const guesses = names.map((name) => guess(name, keys));
  const best = new Map<LeadField, number>();
  for (const [place, each] of guesses.entries()) {
    const other = each && guesses[best.get(each.field) ?? -1];
    if (each && (!other || each.rank < other.rank)) best.set(each.field, place);
  }
  return names.map((name, place) => {
    const field = guesses[place]?.field;
    return { name, field: field !== undefined && best.get(field) === place ? field : null };
  });
}

function guess(name: string, keys: ReadonlyMap<string, string> | null): Guess | undefined {
  const [, attribute] = /^attributes?[. _-](.+)$/i.exec(name) ?? [];
  const key = keys?.get(plain(attribute ?? name));
  // An attribute of the vertical has been named by somebody who knows what it is; a synonym is our guess.
  if (key !== undefined) return { field: `attributes.${key}`, rank: attribute === undefined ? 1 : 0 };
  const [, any] = /^attributes\.(.+)$/i.exec(name) ?? [];
  const free = `attributes.${any ?? ''}`;
  if (!keys && isLeadField(free)) return { field: free, rank: 0 };
  const whole = fieldByWholeName.get(name.toLowerCase());
  return whole === undefined ? guessByName.get(plain(name)) : { field: whole, rank: 0 };
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
