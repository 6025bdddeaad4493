import { invariant } from '#outcome';

/** A day of the calendar without time or zone, as 'YYYY-MM-DD'. Such text sorts as the days do. */
export type LocalDate = string & { readonly brand: 'LocalDate' };

const dayMs = 86_400_000;

/**
 * Callers may name days in these years. The bounds catch slips such as 0206-11-01, and leave room on both
 * sides, so that no period around a day that was accepted runs into the end of four-digit years.
 */
const firstYear = 1900;
const lastYear = 9000;
const firstInstantMs = Date.UTC(firstYear, 0, 1);
const endInstantMs = Date.UTC(lastYear + 1, 0, 1);

const datePattern = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;

/**
 * Reads a caller's date. Undefined unless it is exactly YYYY-MM-DD, a day that exists, in the years 1900 to
 * 9000.
 */
export function parseLocalDate(text: string): LocalDate | undefined {
  const match = datePattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day] = match.map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (year < firstYear || year > lastYear) return undefined;
  // Days that do not exist (30 February) run over into another one, which is then written differently.
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.toISOString().startsWith(text) ? (text as LocalDate) : undefined;
}

/**
 * The same for text that was checked before (a row, a constant). Throws InvariantViolation when it is no
 * date.
 */
export function asLocalDate(text: string): LocalDate {
  const date = parseLocalDate(text);
  invariant(date !== undefined, 'a stored date is not a date');
  return date;
}

/**
 * True for the instants that the calendar can place on a day in every zone: valid, and in the years 1900 to
 * 9000 (UTC). Check a caller's instants with it.
 */
export function isInstantInRange(instant: Date): boolean {
  const ms = instant.getTime();
  return ms >= firstInstantMs && ms < endInstantMs;
}

/**
 * The date so many days later, or earlier when `days` is negative. Throws InvariantViolation beyond the years
 * 1000 to 9999.
 */
export function addDays(date: LocalDate, days: number): LocalDate {
  return dateOfDayNumber(dayNumberOf(date) + days);
}

/** How many days `to` lies after `from`; negative when it lies before. */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return dayNumberOf(to) - dayNumberOf(from);
}

/** -1, 0 or 1 as a lies before, on or after b; fit for sorting. */
export function compareDates(a: LocalDate, b: LocalDate): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * The instant exactly `days` times 24 hours later. Windows such as "within 7 days" are measured so, whatever
 * the clocks do meanwhile: everyone has the same time in every zone, and both sides can check it by
 * subtraction.
 */
export function addDaysExact(instant: Date, days: number): Date {
  return new Date(instant.getTime() + days * dayMs);
}

/** Days since 1970-01-01. Not for use outside this library. */
export function dayNumberOf(date: LocalDate): number {
  return Date.parse(date) / dayMs;
}

/** The date so many days after 1970-01-01. Not for use outside this library. */
export function dateOfDayNumber(dayNumber: number): LocalDate {
  invariant(Number.isSafeInteger(dayNumber), 'a number of days is not a whole number');
  const date = new Date(dayNumber * dayMs);
  const year = date.getUTCFullYear();
  invariant(year >= 1000 && year <= 9999, 'a date has left the years that can be written with four digits');
  return date.toISOString().slice(0, 10) as LocalDate;
}

/**
 * The date of year, month (1 to 12; 0 and 13 belong to the neighbouring years) and day of the month. Not for
 * use outside this library.
 */
export function dateOf(year: number, month: number, day: number): LocalDate {
  return dateOfDayNumber(Date.UTC(year, month - 1, day) / dayMs);
}
