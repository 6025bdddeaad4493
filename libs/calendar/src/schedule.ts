import { unreachable } from '#outcome';
import { type LocalDate, addDays, compareDates, dateOf, dayNumberOf } from './local-date.js';
import { startOfDay } from './time-zone.js';

/**
 * How often a contract settles. Every schedule cuts the whole calendar into periods without gap or overlap.
 */
export const schedules = ['DAILY', 'WEEKLY', 'SEMI_MONTHLY', 'MONTHLY'] as const;

/**
 * DAILY: each day. WEEKLY: Monday to Monday. SEMI_MONTHLY: the 1st to the 16th and the 16th to the 1st.
 * MONTHLY: the 1st to the 1st.
 */
export type Schedule = (typeof schedules)[number];

/** Days from `start` on, up to but not including `end`, in the contract's time zone. */
export interface Period {
  readonly start: LocalDate;
  readonly end: LocalDate;
}

/** The schedule's one period in which the date lies. */
export function periodContaining(schedule: Schedule, date: LocalDate): Period {
  switch (schedule) {
    case 'DAILY':
      return { start: date, end: addDays(date, 1) };
    case 'WEEKLY': {
      const start = addDays(date, -daysSinceMonday(date));
      return { start, end: addDays(start, 7) };
    }
    case 'SEMI_MONTHLY': {
      const { year, month, day } = partsOf(date);
      const middle = dateOf(year, month, 16);
      return day < 16
        ? { start: dateOf(year, month, 1), end: middle }
        : { start: middle, end: dateOf(year, month + 1, 1) };
    }
    case 'MONTHLY': {
      const { year, month } = partsOf(date);
      return { start: dateOf(year, month, 1), end: dateOf(year, month + 1, 1) };
    }
    default:
      return unreachable(schedule);
  }
}

/** The period that begins where this one ends. */
export function nextPeriod(schedule: Schedule, period: Period): Period {
  return periodContaining(schedule, period.end);
}

/** The period that ends where this one begins. */
export function previousPeriod(schedule: Schedule, period: Period): Period {
  return periodContaining(schedule, addDays(period.start, -1));
}

/** True when the schedule has exactly this period. */
export function isPeriodOf(schedule: Schedule, period: Period): boolean {
  const { start, end } = periodContaining(schedule, period.start);
  return start === period.start && end === period.end;
}

/** Every schedule that has exactly this period: mostly one or none. */
export function schedulesMatching(period: Period): Schedule[] {
  return schedules.filter((schedule) => isPeriodOf(schedule, period));
}

/**
 * The period in which the date lies between the one before and the one after: what to offer when a period is
 * refused.
 */
export function boundariesAround(schedule: Schedule, date: LocalDate): Period[] {
  const period = periodContaining(schedule, date);
  return [previousPeriod(schedule, period), period, nextPeriod(schedule, period)];
}

/** True when the date lies in the period. */
export function periodIncludes(period: Period, date: LocalDate): boolean {
  return compareDates(period.start, date) <= 0 && compareDates(date, period.end) < 0;
}

/** The first instant of the period in the zone. */
export function periodStartsAt(period: Period, timeZone: string): Date {
  return startOfDay(period.start, timeZone);
}

/** The first instant after the period in the zone; from then on it can be closed. */
export function periodEndsAt(period: Period, timeZone: string): Date {
  return startOfDay(period.end, timeZone);
}

/** 0 on a Monday, 6 on a Sunday. Not for use outside this library. */
export function daysSinceMonday(date: LocalDate): number {
  // 1970-01-01 was a Thursday, three days after a Monday; the second remainder makes days before it positive.
  return (((dayNumberOf(date) + 3) % 7) + 7) % 7;
}

function partsOf(date: LocalDate): { year: number; month: number; day: number } {
  return { year: Number(date.slice(0, 4)), month: Number(date.slice(5, 7)), day: Number(date.slice(8, 10)) };
}
