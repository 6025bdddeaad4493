import { parseLocalDate } from '#calendar';
import { type LeadAttribute, maxValueLength } from './vertical.js';

/** Reads a trimmed, non-empty text; undefined for what the attribute does not take. */
export type ValueReader = (text: string) => string | undefined;

type Shape = Pick<LeadAttribute, 'type' | 'min' | 'max' | 'maxLength' | 'values'>;

/** Numbers of at most 15 digits before the point and 6 behind it: exact wherever a later rule compares them. */
const integerPattern = /^(-?)0*(\d{1,15})$/;
const decimalPattern = /^(-?)0*(\d{1,15})(?:\.(\d{1,6}))?$/;
const booleans: ReadonlyMap<string, string> = new Map([
  ['true', 'true'],
  ['yes', 'true'],
  ['1', 'true'],
  ['false', 'false'],
  ['no', 'false'],
  ['0', 'false'],
]);

/** The reader of one attribute, made once per schema version: the hot path calls it for every value. */
export function valueReader(attribute: Shape): ValueReader {
  switch (attribute.type) {
    case 'TEXT':
      return textReader(attribute.maxLength ?? maxValueLength);
    case 'INTEGER':
      return bounded(readInteger, attribute);
    case 'DECIMAL':
      return bounded(readDecimal, attribute);
    case 'DATE':
      return bounded(parseLocalDate, attribute);
    case 'BOOLEAN':
      return readBoolean;
    case 'ENUM':
      return enumReader(attribute.values);
  }
}

/** As leads may write it: `true`, `yes` or `1`, and `false`, `no` or `0`, in any case. */
export function readBoolean(text: string): string | undefined {
  return booleans.get(text.toLowerCase());
}

function textReader(max: number): ValueReader {
  return (text) => (text.length <= max ? text : undefined);
}

function enumReader(values: readonly string[]): ValueReader {
  const byName = new Map(values.map((value) => [foldCase(value), value]));
  return (text) => byName.get(foldCase(text));
}

/** Upper and lower case are one: two values of an ENUM never differ in it alone. */
export function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function readInteger(text: string): string | undefined {
  const match = integerPattern.exec(text);
  if (!match) return undefined;
  const [, sign = '', digits = ''] = match;
  return digits === '0' ? '0' : sign + digits;
}

function readDecimal(text: string): string | undefined {
  const match = decimalPattern.exec(text);
  if (!match) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const rest = fraction.replace(/0+$/, '');
  const printed = rest === '' ? whole : `${whole}.${rest}`;
  return printed === '0' ? '0' : sign + printed;
}

/** Compares two values of a type in their normal form. */
export function compareValues(type: LeadAttribute['type'], a: string, b: string): number {
  if (type === 'DATE') return a < b ? -1 : Number(a > b);
  const difference = scaled(a) - scaled(b);
  return difference < 0n ? -1 : Number(difference > 0n);
}

function scaled(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
}

function bounded(read: ValueReader, { type, min, max }: Shape): ValueReader {
  if (min === null && max === null) return read;
  return (text) => {
    const value = read(text);
    if (value === undefined) return undefined;
    if (min !== null && compareValues(type, value, min) < 0) return undefined;
    return max !== null && compareValues(type, value, max) > 0 ? undefined : value;
  };
}

/** What the attribute takes, as a sentence for whoever sent something else. Values of an ENUM are listed as far as there is room. */
export function expectationOf(attribute: Shape): string {
  switch (attribute.type) {
    case 'TEXT':
      return `Text of at most ${attribute.maxLength ?? maxValueLength} characters.`;
    case 'INTEGER':
      return `A whole number${boundsOf(attribute)}: digits without separators, at most 15 of them.`;
    case 'DECIMAL':
      return `A number${boundsOf(attribute)} such as 12.5: a point, no separators, at most 15 digits before it and 6 behind it.`;
    case 'DATE':
      return `A day${boundsOf(attribute)} such as 2026-01-31.`;
    case 'BOOLEAN':
      return 'true or false.';
    case 'ENUM':
      return `One of ${listOf(attribute.values)}.`;
  }
}

function boundsOf({ min, max }: Shape): string {
  if (min !== null && max !== null) return ` from ${min} to ${max}`;
  if (min !== null) return ` of at least ${min}`;
  return max === null ? '' : ` of at most ${max}`;
}

const listed = 20;

function listOf(values: readonly string[]): string {
  const shown = values.slice(0, listed).join(', ');
  return values.length > listed ? `${shown} and ${values.length - listed} more` : shown;
}
