import { type LocalDate, parseLocalDate } from '#calendar';
import type { LedgerFilter } from '#exports';
import { parseCurrency } from '#money';
import { badArgument } from './export-refused.js';

/** Query parameters as Fastify reads them: one that is repeated is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Throws for every parameter that is not among the known ones: a misspelt bound would otherwise widen the file in silence. */
export function refuseUnknown(query: Query, known: readonly string[]): void {
  const unknown = Object.keys(query).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const takes = known.length === 0 ? 'It takes none.' : `It takes ${known.join(', ')}.`;
  throw badArgument('', `This address has a parameter that it does not know. ${takes}`);
}

/** currency, from and to. Throws for what is none. */
export function ledgerFilterOf(query: Query): LedgerFilter {
  refuseUnknown(query, ['currency', 'from', 'to']);
  return {
    currency: readOne(query, 'currency', parseCurrency, 'The currency must be an ISO 4217 code.'),
    ...daysOf(query),
  };
}

/** The days of a file that takes no other parameter. Throws for what is none. */
export function onlyDaysOf(query: Query): { readonly from: LocalDate | null; readonly to: LocalDate | null } {
  refuseUnknown(query, ['from', 'to']);
  return daysOf(query);
}

/** from, the first day, and to, the first day that is no longer wanted. */
function daysOf(query: Query): { readonly from: LocalDate | null; readonly to: LocalDate | null } {
  const day = (name: 'from' | 'to') =>
    readOne(query, name, parseLocalDate, `${name} must be a day such as 2026-10-01.`);
  return { from: day('from'), to: day('to') };
}

function readOne<T>(
  query: Query,
  name: string,
  parse: (text: string) => T | undefined,
  message: string,
): T | null {
  const given = query[name];
  if (given === undefined) return null;
  const value = typeof given === 'string' ? parse(given) : undefined;
  if (value === undefined) throw badArgument(name, message);
  return value;
}
