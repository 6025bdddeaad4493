import { invariant } from '#outcome';
import { daysSinceMonday } from './schedule.js';
import { wallTimeOf } from './time-zone.js';

/** Every {@link Weekday}, as ISO 8601 counts them. */
export const weekdays = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const;
/** A day of the week. */
export type Weekday = (typeof weekdays)[number];

/**
 * Hours that come back each week, by the clock on the wall. Minutes count from midnight: 480 to 1080 is 08:00 to
 * 18:00, the end left out. An end that is not after the beginning lies on the next day: 1320 to 360 on FRIDAY is Friday
 * 22:00 to Saturday 06:00, and 0 to 0 the whole day.
 */
export interface WeeklyHours {
  readonly days: readonly Weekday[];
  /** 0 to 1439. */
  readonly fromMinute: number;
  /** 0 to 1440. */
  readonly toMinute: number;
}

/** Weekly hours made ready to be asked: minutes from Monday 00:00 on, in order, without overlap, ends left out. */
export type WeekMinutes = readonly (readonly [from: number, to: number])[];

const dayMinutes = 1440;
const weekLength = 7 * dayMinutes;

/** Brings hours into one order, joined where they touch. Throws InvariantViolation for minutes that are none. */
export function weekMinutesOf(hours: readonly WeeklyHours[]): WeekMinutes {
  const pieces = hours.flatMap(({ days, fromMinute, toMinute }) => {
    invariant(isMinute(fromMinute, dayMinutes - 1) && isMinute(toMinute, dayMinutes), 'a minute is none');
    const length = toMinute > fromMinute ? toMinute - fromMinute : toMinute + dayMinutes - fromMinute;
    return days.flatMap((day) => inWeek(weekdays.indexOf(day) * dayMinutes + fromMinute, length));
  });
  const joined: [number, number][] = [];
  for (const [from, to] of pieces.toSorted(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/**
 * True when the wall clock of the zone shows a time within the hours. So hours that the clocks skip do not happen, and
 * hours that they repeat happen twice.
 */
export function isWithinHours(week: WeekMinutes, instant: Date, timeZone: string): boolean {
  return includesMinute(week, minuteOfWeek(instant, timeZone));
}

/** The same for a {@link minuteOfWeek}, where many hours are asked about one instant. */
export function includesMinute(week: WeekMinutes, minute: number): boolean {
  return week.some(([from, to]) => from <= minute && minute < to);
}

/** Minutes since Monday 00:00 as the wall clock of the zone shows them: 0 to 10,079. */
export function minuteOfWeek(instant: Date, timeZone: string): number {
  const { date, minuteOfDay } = wallTimeOf(instant, timeZone);
  return daysSinceMonday(date) * dayMinutes + minuteOfDay;
}

function isMinute(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

/** What runs over the end of Sunday goes on at the beginning of Monday. */
function inWeek(from: number, length: number): (readonly [number, number])[] {
  const to = from + length;
  return to <= weekLength
    ? [[from, to]]
    : [
        [from, weekLength],
        [0, to - weekLength],
      ];
}
