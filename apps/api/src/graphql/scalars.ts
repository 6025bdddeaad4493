/**
 * The scalars of the API. Decimal and CurrencyCode let every string through: whether "1e3", " 5 " or "٥" is an amount is a rule of
 * the domain, answered as `userErrors` with the field's path; only a JSON number is refused here, because it may already have lost
 * digits. DateTime and Date are strict. No message repeats the value that it refuses.
 */
import { Allow } from 'class-validator';
import { Field, InputType, ObjectType } from '@nestjs/graphql';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

/** Longer than any amount or code; keeps a megabyte of digits out of the domain. */
export const maxScalarLength = 64;

/** What a value of the scalar looks like; appended to coercion errors. */
export const scalarHints: Readonly<Record<string, string>> = {
  Decimal: 'an exact decimal in a string, such as "19.99"',
  CurrencyCode: 'an ISO 4217 code in a string, such as "USD"',
  DateTime: 'RFC 3339 with an offset, such as 2026-01-31T12:00:00Z',
  Date: 'a calendar day, such as 2026-01-31',
};

/** With the literal's node, if there is one: the error formatter names its path. */
function refuse(name: string, node?: ValueNode): GraphQLError {
  const message = `${name} cannot represent this value: expected ${scalarHints[name] ?? 'another one'}.`;
  return new GraphQLError(message, node ? { nodes: node } : {});
}

function textOf(node: ValueNode): string | undefined {
  return node.kind === Kind.STRING ? node.value : undefined;
}

function textScalar(name: string, description: string): GraphQLScalarType<string, string> {
  const accept = (value: unknown, node?: ValueNode): string => {
    if (typeof value !== 'string' || value.length > maxScalarLength) throw refuse(name, node);
    return value;
  };
  return new GraphQLScalarType<string, string>({
    name,
    description,
    serialize: (value) => accept(value),
    parseValue: (value) => accept(value),
    parseLiteral: (node) => accept(textOf(node), node),
  });
}

/** An exact decimal, always a string, on the wire as in memory. */
export const DecimalScalar = textScalar(
  'Decimal',
  'An exact decimal in a string, such as "19.99": no exponent, no grouping, no more digits than its currency has. Never a JSON number.',
);

/** Any ISO 4217 code; an unknown one is refused by the domain with `INVALID_CURRENCY`. */
export const CurrencyCodeScalar = textScalar('CurrencyCode', 'An ISO 4217 currency code, such as "USD".');

const instantPattern =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const dayPattern = /^(\d{4})-(\d{2})-(\d{2})$/;

function isCalendarDay(year: string, month: string, day: string): boolean {
  const monthNumber = Number(month);
  if (monthNumber < 1 || monthNumber > 12 || Number(year) < 1) return false;
  const lengthOfMonth = new Date(Date.UTC(2000 + (Number(year) % 400), monthNumber, 0)).getUTCDate();
  return Number(day) >= 1 && Number(day) <= lengthOfMonth;
}

/** The instant that an input names; undefined for what is none. */
export function readInstant(value: unknown): Date | undefined {
  const match =
    typeof value === 'string' && value.length <= maxScalarLength ? instantPattern.exec(value) : null;
  if (!match || !isCalendarDay(match[1] ?? '', match[2] ?? '', match[3] ?? '')) return undefined;
  const instant = new Date(match[0]);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

function parseInstant(value: unknown, node?: ValueNode): Date {
  const instant = readInstant(value);
  if (!instant) throw refuse('DateTime', node);
  return instant;
}

/** An instant: a `Date` inside, UTC with milliseconds and `Z` on the way out, RFC 3339 with an offset on the way in. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'An instant in UTC, such as 2026-01-31T12:00:00.000Z. As input, RFC 3339 with any offset; digits beyond milliseconds are cut.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => (value instanceof Date ? value : parseInstant(value)).toISOString(),
  parseValue: (value) => parseInstant(value),
  parseLiteral: (node) => parseInstant(textOf(node), node),
});

function parseDay(value: unknown, node?: ValueNode): string {
  const match = typeof value === 'string' ? dayPattern.exec(value) : null;
  if (!match || !isCalendarDay(match[1] ?? '', match[2] ?? '', match[3] ?? '')) throw refuse('Date', node);
  return match[0];
}

/** A calendar day of the contract's zone, a string `YYYY-MM-DD` inside and outside: it has no instant of its own. */
export const DateScalar = new GraphQLScalarType<string, string>({
  name: 'Date',
  description:
    'A calendar day, such as 2026-01-31, in the time zone of the contract. Periods are half-open: the end is the first day after.',
  serialize: (value) => parseDay(value),
  parseValue: (value) => parseDay(value),
  parseLiteral: (node) => parseDay(textOf(node), node),
});

@ObjectType('Money', { description: 'An exact amount in a currency.' })
export class MoneyType {
  @Field(() => DecimalScalar, {
    description: 'An exact decimal with exactly as many digits as the currency has.',
  })
  amount: string;

  @Field(() => CurrencyCodeScalar)
  currency: string;
}

@InputType({ description: 'An exact amount in a currency.' })
export class MoneyInput {
  @Allow()
  @Field(() => DecimalScalar)
  amount: string;

  @Allow()
  @Field(() => CurrencyCodeScalar)
  currency: string;
}
