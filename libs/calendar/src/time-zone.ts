import { invariant } from '#outcome';
import { type LocalDate, dateOfDayNumber, dayNumberOf, isInstantInRange } from './local-date.js';

const dayMs = 86_400_000;

/**
 * The areas of the IANA database, and not the rest of its names: IST is three zones, Etc/GMT+5 is five hours
 * behind, EST has no summer time.
 */
const ianaName =
  /^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)(?:\/[A-Z][A-Za-z]*(?:[-_][A-Za-z]+)*){1,2}$/;

/** Few hundred zones exist; the bounds keep odd spellings and long histories from growing the caches. */
const maxZones = 600;
const maxDaysPerZone = 400;

/** What is remembered of a zone. */
interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** By UTC day number; see {@link UtcDay}. */
  readonly utcDays: Map<number, UtcDay>;
}

/**
 * A UTC day as seen from a zone whose clocks are not changed during it, so that it holds at most two local
 * dates. On the few days with a change `offsetMs` is undefined and the wall clock is asked at each instant.
 */
interface UtcDay {
  readonly offsetMs: number | undefined;
  readonly firstDate: LocalDate;
  /** When the second date begins; after the end of the day when there is none. */
  readonly secondStartsMs: number;
  readonly secondDate: LocalDate;
}

const zones = new Map<string, Zone>();

/**
 * True for "UTC" and for the area/city names of the IANA database that this machine knows ("Europe/Berlin",
 * also older ones such as "Asia/Calcutta"). Offsets ("+02:00"), abbreviations, Etc/… and names by country
 * (US/Pacific) are refused: they mislead, or know of no summer time.
 */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true;
  if (name.length > 40 || !ianaName.test(name)) return false;
  if (zones.has(name)) return true;
  try {
    const canonical = newFormat(name).resolvedOptions().timeZone;
    // Intl ignores case. An alias resolves to another name, whose case says nothing about this one's.
    return canonical === name || canonical.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}

/**
 * The date on a wall calendar in the zone at that instant. Repeated calls for the same days cost two look-ups
 * and no `Intl`. Throws InvariantViolation for an unknown zone and for an instant outside the years 1900 to
 * 9000.
 */
export function localDateOf(instant: Date, timeZone: string): LocalDate {
  invariant(isInstantInRange(instant), 'an instant was not checked before it was placed on a day');
  const instantMs = instant.getTime();
  const zone = zoneOf(timeZone);
  const { offsetMs, firstDate, secondStartsMs, secondDate } = utcDayOf(zone, Math.floor(instantMs / dayMs));
  if (offsetMs !== undefined) return instantMs < secondStartsMs ? firstDate : secondDate;
  return dateOfDayNumber(Math.floor((instantMs + askOffsetMs(zone, instantMs)) / dayMs));
}

/**
 * The instant at which the date begins in the zone: its first moment. That is midnight, except where clocks
 * skip midnight (then the moment of the change, 01:00 on the wall) and where a whole day is skipped (then the
 * beginning of the next one: such a day has no length). Where midnight comes twice it is the first one.
 * Throws InvariantViolation for an unknown zone.
 */
export function startOfDay(date: LocalDate, timeZone: string): Date {
  const zone = zoneOf(timeZone);
  const midnightMs = dayNumberOf(date) * dayMs;
  // No zone is further than 16 hours from UTC, so these lie safely on either side, and at most one change between them.
  const offsetBeforeMs = offsetMsAt(zone, midnightMs - dayMs);
  const offsetAfterMs = offsetMsAt(zone, midnightMs + dayMs);
  const byOldClockMs = midnightMs - offsetBeforeMs;
  if (offsetMsAt(zone, byOldClockMs) === offsetBeforeMs) return new Date(byOldClockMs);
  const byNewClockMs = midnightMs - offsetAfterMs;
  if (offsetMsAt(zone, byNewClockMs) === offsetAfterMs) return new Date(byNewClockMs);
  return new Date(changeBetween(zone, byNewClockMs, byOldClockMs, offsetBeforeMs));
}

/** What a clock and a calendar on the wall show. */
export interface WallTime {
  readonly date: LocalDate;
  /** 0 to 1439; the minute that has begun. */
  readonly minuteOfDay: number;
}

/**
 * What the wall shows in the zone at that instant. An hour that the clocks skip is never shown, and one that they
 * repeat is shown twice. Throws InvariantViolation as {@link localDateOf} does.
 */
export function wallTimeOf(instant: Date, timeZone: string): WallTime {
  const shownMs = instant.getTime() + wallOffsetMs(instant, timeZone);
  const dayNumber = Math.floor(shownMs / dayMs);
  return {
    date: dateOfDayNumber(dayNumber),
    minuteOfDay: Math.floor((shownMs - dayNumber * dayMs) / 60_000),
  };
}

/** How far the wall clock of the zone is ahead of UTC, in milliseconds. Not for use outside this library. */
export function wallOffsetMs(instant: Date, timeZone: string): number {
  invariant(isInstantInRange(instant), 'an instant was not checked before it was placed in a zone');
  return offsetMsAt(zoneOf(timeZone), instant.getTime());
}

/**
 * The first instant after `from` and not after `to` at which the wall clock is another one than at `from`; undefined
 * when it is the same at both. The clocks change at most once in between. Not for use outside this library.
 */
export function clockChangeBetween(
  { from, to }: { readonly from: Date; readonly to: Date },
  timeZone: string,
): Date | undefined {
  const zone = zoneOf(timeZone);
  const oldOffsetMs = offsetMsAt(zone, from.getTime());
  if (offsetMsAt(zone, to.getTime()) === oldOffsetMs) return undefined;
  return new Date(changeBetween(zone, from.getTime(), to.getTime(), oldOffsetMs));
}

/**
 * The first millisecond in (fromMs, toMs] with another offset than the old one; the clocks change once in
 * between.
 */
function changeBetween(zone: Zone, fromMs: number, toMs: number, oldOffsetMs: number): number {
  let before = fromMs;
  let after = toMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetMsAt(zone, middle) === oldOffsetMs) before = middle;
    else after = middle;
  }
  return after;
}

/** How far the zone's wall clock is ahead of UTC at an instant, in milliseconds (negative: behind). */
function offsetMsAt(zone: Zone, instantMs: number): number {
  return utcDayOf(zone, Math.floor(instantMs / dayMs)).offsetMs ?? askOffsetMs(zone, instantMs);
}

function utcDayOf(zone: Zone, dayNumber: number): UtcDay {
  const known = zone.utcDays.get(dayNumber);
  if (known) return known;
  if (zone.utcDays.size >= maxDaysPerZone) zone.utcDays.clear();
  const day = lookAtUtcDay(zone, dayNumber);
  zone.utcDays.set(dayNumber, day);
  return day;
}

function lookAtUtcDay(zone: Zone, dayNumber: number): UtcDay {
  const startMs = dayNumber * dayMs;
  const offsetMs = askOffsetMs(zone, startMs);
  const isConstant = askOffsetMs(zone, startMs + dayMs - 1) === offsetMs;
  const firstDayNumber = Math.floor((startMs + offsetMs) / dayMs);
  return {
    offsetMs: isConstant ? offsetMs : undefined,
    firstDate: dateOfDayNumber(firstDayNumber),
    secondStartsMs: (firstDayNumber + 1) * dayMs - offsetMs,
    secondDate: dateOfDayNumber(firstDayNumber + 1),
  };
}

/**
 * Asks `Intl` what the wall clock shows, and subtracts. About a microsecond, which is why its answers are
 * kept.
 */
function askOffsetMs(zone: Zone, instantMs: number): number {
  const shown = zone.format.format(instantMs).match(/[0-9]+/g);
  const [month, day, year, hour, minute, second] = (shown ?? []).map(Number);
  invariant(
    month && day && year && hour !== undefined && minute !== undefined && second !== undefined,
    'the wall clock of a time zone cannot be read',
  );
  const wholeSecondsMs = Math.floor(instantMs / 1000) * 1000;
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecondsMs;
}

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known) return known;
  invariant(isTimeZone(timeZone), 'a time zone was not checked before it was used');
  if (zones.size >= maxZones) zones.clear();
  const zone: Zone = { format: newFormat(timeZone), utcDays: new Map() };
  zones.set(timeZone, zone);
  return zone;
}

/** Throws RangeError for a zone that the machine does not know. */
function newFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}
