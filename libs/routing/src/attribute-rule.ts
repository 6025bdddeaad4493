import { parseLocalDate } from '#calendar';
import { readBoolean } from '#verticals';

/** The types of a vertical's attributes, as far as rules are concerned. */
export const valueTypes = ['TEXT', 'INTEGER', 'DECIMAL', 'BOOLEAN', 'DATE', 'ENUM'] as const;
/** How the values of an attribute are written and compared. */
export type ValueType = (typeof valueTypes)[number];

/** Types with an order, so that a value can lie in a range. */
export const rangeTypes = ['INTEGER', 'DECIMAL', 'DATE'] as const satisfies readonly ValueType[];
/** See {@link rangeTypes}. */
export type RangeType = (typeof rangeTypes)[number];

/**
 * What a lead's attributes must be. Values are text in the normal form of their type: "12.5", "2026-01-31", "true". A
 * value that is missing, or is none of its type, fails EQ, IN, RANGE and EXISTS; so their NOT holds for it.
 */
export type AttributeRule =
  | { readonly is: 'EQ'; readonly attribute: string; readonly type: ValueType; readonly value: string }
  | {
      readonly is: 'IN';
      readonly attribute: string;
      readonly type: ValueType;
      readonly values: readonly string[];
    }
  | {
      readonly is: 'RANGE';
      readonly attribute: string;
      readonly type: RangeType;
      /** Both ends belong to the range; null is open. */
      readonly atLeast: string | null;
      readonly atMost: string | null;
    }
  | { readonly is: 'EXISTS'; readonly attribute: string; readonly type: ValueType }
  | { readonly is: 'NOT'; readonly rule: AttributeRule }
  | { readonly is: 'ANY' | 'ALL'; readonly rules: readonly AttributeRule[] };

const integerPattern = /^(-?)0*(\d{1,15})$/;
const decimalPattern = /^(-?)0*(\d{1,15})(?:\.(\d{1,6}))?$/;

/**
 * Brings a value into the form in which equal values are equal texts: case and composition of letters do not count,
 * nor do zeros before a number or behind its point. Undefined for what is no value of the type.
 */
export function normalValue(type: ValueType, value: string | number | boolean): string | undefined {
  const text = String(value).trim();
  if (text === '') return undefined;
  switch (type) {
    case 'TEXT':
    case 'ENUM':
      return text.normalize('NFC').toLowerCase();
    case 'INTEGER': {
      const [, sign = '', digits] = integerPattern.exec(text) ?? [];
      return digits === undefined ? undefined : signed(sign, digits);
    }
    case 'DECIMAL': {
      const [, sign = '', whole, fraction = ''] = decimalPattern.exec(text) ?? [];
      const rest = fraction.replace(/0+$/, '');
      return whole === undefined ? undefined : signed(sign, rest === '' ? whole : `${whole}.${rest}`);
    }
    case 'DATE':
      return parseLocalDate(text);
    case 'BOOLEAN':
      return readBoolean(text);
  }
}

function signed(sign: string, magnitude: string): string {
  return magnitude === '0' ? '0' : sign + magnitude;
}

/** What sorts as the values do: compare two of one type with < and <=. Exact: decimals of 21 digits are bigints. */
export type OrderedValue = number | bigint | string;

/** The order of a value in normal form. A decimal counts in millionths. */
export function orderOf(type: RangeType, normal: string): OrderedValue {
  if (type === 'DATE') return normal;
  if (type === 'INTEGER') return Number(normal);
  const [whole = '', fraction = ''] = normal.split('.');
  const millionths = whole + fraction.padEnd(6, '0');
  // Fifteen digits fit a number exactly, and JavaScript compares a number with a bigint exactly.
  return millionths.length <= 15 ? Number(millionths) : BigInt(millionths);
}

/** Every part of a rule, itself first. */
export function partsOf(rule: AttributeRule): readonly AttributeRule[] {
  if (rule.is === 'NOT') return [rule, ...partsOf(rule.rule)];
  if (rule.is === 'ANY' || rule.is === 'ALL') return [rule, ...rule.rules.flatMap(partsOf)];
  return [rule];
}
