import { done, type Outcome, refusal, type Refusal, refused } from '#outcome';
import { compareValues, foldCase, valueReader } from './attribute-value.js';
import {
  type AttributeType,
  type ContactField,
  contactFields,
  type LeadAttribute,
  maxAttributes,
  maxValueLength,
  type SchemaDefinition,
} from './vertical.js';

type Optional<T> = T | null | undefined;

/** An attribute as it comes from outside: types are checked by the API's schema, everything else here. */
export interface RawAttribute {
  readonly key: string;
  readonly type: AttributeType;
  readonly required?: Optional<boolean>;
  readonly label: string;
  readonly description?: Optional<string>;
  readonly min?: Optional<string>;
  readonly max?: Optional<string>;
  readonly maxLength?: Optional<number>;
  readonly values?: Optional<readonly string[]>;
  readonly example?: Optional<string>;
  readonly personal?: Optional<boolean>;
}

/** A schema as it comes from outside; what is left out demands nothing. */
export interface RawSchema {
  readonly attributes?: Optional<readonly RawAttribute[]>;
  readonly requiredContact?: Optional<readonly ContactField[]>;
  readonly consentRequired?: Optional<boolean>;
  readonly otherAttributes?: Optional<boolean>;
}

const maxValues = 200;
/** Control characters and lone surrogates: the first would break a page, the second cannot be stored. */
const unprintable = /[\p{Cc}\p{Cs}]/u;

class Report {
  readonly refusals: Refusal[] = [];

  constructor(private readonly at: readonly string[]) {}

  add(code: 'INVALID_VALUE' | 'REQUIRED' | 'TOO_MANY', field: readonly string[], message: string): void {
    this.refusals.push(refusal(code, { field: [...this.at, ...field], message }));
  }

  /** Trimmed printable text of 1 to `max` characters; null for what is left out, empty or refused. */
  text(raw: Optional<string>, max: number, field: readonly string[]): string | null {
    const text = raw?.trim() ?? '';
    if (text === '') return null;
    if (text.length <= max && !unprintable.test(text)) return text;
    this.add('INVALID_VALUE', field, `At most ${max} characters, without control characters.`);
    return null;
  }

  requiredText(raw: string, max: number, field: readonly string[]): string {
    const text = this.text(raw, max, field);
    if (text === null && raw.trim() === '') this.add('REQUIRED', field, `1 to ${max} characters.`);
    return text ?? '';
  }
}

/**
 * Reads a schema as a whole: the definition in its normal form, or every refusal at once with the path of its field below
 * `at`. Codes: INVALID_VALUE, REQUIRED, TOO_MANY.
 */
export function validateSchema(
  raw: RawSchema,
  at: readonly string[] = ['input', 'schema'],
): Outcome<SchemaDefinition> {
  const report = new Report(at);
  const given = raw.attributes ?? [];
  if (given.length > maxAttributes) {
    report.add('TOO_MANY', ['attributes'], `At most ${maxAttributes} attributes.`);
    return refused(...report.refusals);
  }
  const attributes = given.map((each, index) => readAttribute(each, ['attributes', String(index)], report));
  const seen = new Set<string>();
  attributes.forEach(({ key }, index) => {
    if (key !== '' && seen.has(key))
      report.add('INVALID_VALUE', ['attributes', String(index), 'key'], 'Each key once.');
    seen.add(key);
  });
  const wanted = new Set(raw.requiredContact ?? []);
  const definition: SchemaDefinition = {
    attributes,
    requiredContact: contactFields.filter((field) => wanted.has(field)),
    consentRequired: raw.consentRequired ?? false,
    otherAttributes: raw.otherAttributes ?? false,
  };
  return report.refusals.length > 0 ? refused(...report.refusals) : done(definition);
}

function readAttribute(raw: RawAttribute, at: readonly string[], report: Report): LeadAttribute {
  const before = report.refusals.length;
  const attribute: LeadAttribute = {
    key: readKey(raw.key, [...at, 'key'], report),
    type: raw.type,
    required: raw.required ?? false,
    label: report.requiredText(raw.label, 200, [...at, 'label']),
    description: report.text(raw.description, 2_000, [...at, 'description']),
    min: report.text(raw.min, 40, [...at, 'min']),
    max: report.text(raw.max, 40, [...at, 'max']),
    maxLength: readMaxLength(raw, [...at, 'maxLength'], report),
    values: readValues(raw, [...at, 'values'], report),
    example: report.text(raw.example, maxValueLength, [...at, 'example']),
    personal: raw.personal ?? false,
  };
  const bounds = readBounds(attribute, at, report);
  const whole = { ...attribute, ...bounds };
  // An example is only held to an attribute that is in order itself.
  if (report.refusals.length > before || whole.example === null) return whole;
  const example = valueReader(whole)(whole.example) ?? null;
  if (example === null)
    report.add('INVALID_VALUE', [...at, 'example'], 'The example must be a value that the attribute takes.');
  return { ...whole, example };
}

function readKey(raw: string, field: readonly string[], report: Report): string {
  const key = report.requiredText(raw, 64, field);
  if (key !== raw && key !== '') report.add('INVALID_VALUE', field, 'No space around the key.');
  // A refusal names a missing attribute by its key, and one that was sent by its place in the list.
  if (/^\d+$/.test(key)) report.add('INVALID_VALUE', field, 'A key must not be a number.');
  return key;
}

function readMaxLength(
  { type, maxLength }: RawAttribute,
  field: readonly string[],
  report: Report,
): number | null {
  if (maxLength === null || maxLength === undefined) return null;
  if (type !== 'TEXT') report.add('INVALID_VALUE', field, 'Only a TEXT has a length.');
  else if (!(Number.isInteger(maxLength) && maxLength >= 1 && maxLength <= maxValueLength))
    report.add('INVALID_VALUE', field, `A whole number from 1 to ${maxValueLength}.`);
  return maxLength;
}

function readValues(
  { type, values }: RawAttribute,
  at: readonly string[],
  report: Report,
): readonly string[] {
  const given = values ?? [];
  if (given.length > maxValues) {
    report.add('TOO_MANY', at, `At most ${maxValues} values.`);
    return [];
  }
  const seen = new Set<string>();
  const read = given.map((raw, index) => {
    const field = [...at, String(index)];
    const value = report.requiredText(raw, 200, field);
    const folded = foldCase(value);
    if (value !== '' && seen.has(folded))
      report.add('INVALID_VALUE', field, 'Each value once; upper and lower case are one.');
    seen.add(folded);
    return value;
  });
  if (type === 'ENUM' && given.length === 0) report.add('REQUIRED', at, 'An ENUM has at least one value.');
  if (type !== 'ENUM' && given.length > 0) report.add('INVALID_VALUE', at, 'Only an ENUM has values.');
  return read;
}

const bounded: ReadonlySet<AttributeType> = new Set(['INTEGER', 'DECIMAL', 'DATE']);

function readBounds(
  attribute: LeadAttribute,
  at: readonly string[],
  report: Report,
): Pick<LeadAttribute, 'min' | 'max'> {
  const { type } = attribute;
  const read = valueReader({ ...attribute, min: null, max: null });
  const bound = (name: 'min' | 'max'): string | null => {
    const raw = attribute[name];
    if (raw === null) return null;
    if (!bounded.has(type)) {
      report.add('INVALID_VALUE', [...at, name], 'Only an INTEGER, a DECIMAL or a DATE has bounds.');
      return null;
    }
    const value = read(raw);
    if (value === undefined)
      report.add('INVALID_VALUE', [...at, name], 'A bound must be a value of the attribute’s type.');
    return value ?? null;
  };
  const [min, max] = [bound('min'), bound('max')];
  if (min !== null && max !== null && compareValues(type, min, max) > 0)
    report.add('INVALID_VALUE', [...at, 'max'], 'The greatest value must not be below the least.');
  return { min, max };
}

/** A vertical's key or name: trimmed printable text of at most so many characters. Undefined otherwise. */
export function parseName(raw: string, maxCharacters: number): string | undefined {
  const text = raw.trim();
  if (text === '' || text.length > 2 * maxCharacters || unprintable.test(text)) return undefined;
  // Code points, as the database counts them.
  return [...text].length <= maxCharacters ? text : undefined;
}
