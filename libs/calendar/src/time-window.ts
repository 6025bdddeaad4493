import { invariant, unreachable } from '#outcome';
import { type LocalDate, isInstantInRange } from './local-date.js';
import { type Period, nextPeriod, periodContaining, periodEndsAt, periodStartsAt } from './schedule.js';
import { clockChangeBetween, localDateOf, wallOffsetMs } from './time-zone.js';

const hourMs = 3_600_000;

/** What a limit is counted by, shortest first. */
export const windowUnits = ['HOUR', 'DAY', 'WEEK', 'MONTH'] as const;

/**
 * HOUR: an hour of the wall clock; one that the clocks repeat is two. DAY: midnight to midnight, of 23 or 25 hours
 * where the clocks change. WEEK: Monday to Monday, as ISO 8601 counts. MONTH: the 1st to the 1st.
 */
export type WindowUnit = (typeof windowUnits)[number];

/** A stretch of time in some zone; those of one unit and zone follow one another without gap or overlap. */
export interface TimeWindow {
  readonly unit: WindowUnit;
  /**
   * Unit and beginning: "DAY 2026-03-08", "WEEK 2026-03-02", "MONTH 2026-03", and for hours, whose names on the wall
   * repeat, the instant: "HOUR 2026-11-01T05:00Z". Those of one unit and zone sort as they follow one another.
   */
  readonly key: string;
  readonly startsAt: Date;
  /** The first instant after it. */
  readonly endsAt: Date;
}

/**
 * The one window of the unit in which the instant lies. Throws InvariantViolation for an unknown zone and for an
 * instant outside the years 1900 to 9000.
 */
export function windowContaining(unit: WindowUnit, instant: Date, timeZone: string): TimeWindow {
  invariant(isInstantInRange(instant), 'an instant was not checked before it was placed in a window');
  switch (unit) {
    case 'HOUR':
      return hourContaining(instant, timeZone);
    case 'DAY': {
      const period = periodAt('DAILY', instant, timeZone);
      return windowOfPeriod({ unit, period, timeZone, name: period.start });
    }
    case 'WEEK': {
      const period = periodAt('WEEKLY', instant, timeZone);
      return windowOfPeriod({ unit, period, timeZone, name: period.start });
    }
    case 'MONTH': {
      const period = periodAt('MONTHLY', instant, timeZone);
      return windowOfPeriod({ unit, period, timeZone, name: period.start.slice(0, 7) });
    }
    default:
      return unreachable(unit);
  }
}

/**
 * The period in which the instant lies by its beginnings. Where clocks went back over midnight the wall shows the old
 * date again for a while; the new day had begun, and goes on.
 */
function periodAt(schedule: 'DAILY' | 'WEEKLY' | 'MONTHLY', instant: Date, timeZone: string): Period {
  const date: LocalDate = localDateOf(instant, timeZone);
  let period = periodContaining(schedule, date);
  while (periodEndsAt(period, timeZone).getTime() <= instant.getTime()) {
    period = nextPeriod(schedule, period);
  }
  return period;
}

function windowOfPeriod(of: {
  readonly unit: WindowUnit;
  readonly period: Period;
  readonly timeZone: string;
  readonly name: string;
}): TimeWindow {
  const { unit, period, timeZone, name } = of;
  return {
    unit,
    key: `${unit} ${name}`,
    startsAt: periodStartsAt(period, timeZone),
    endsAt: periodEndsAt(period, timeZone),
  };
}

/** From one full hour on the wall to the next, cut where the clocks change in between (Lord Howe: by half an hour). */
function hourContaining(instant: Date, timeZone: string): TimeWindow {
  const instantMs = instant.getTime();
  const offsetMs = wallOffsetMs(instant, timeZone);
  const fullHour = new Date(Math.floor((instantMs + offsetMs) / hourMs) * hourMs - offsetMs);
  const nextFullHour = new Date(fullHour.getTime() + hourMs);
  const lastMoment = new Date(nextFullHour.getTime() - 1);
  const startsAt = clockChangeBetween({ from: fullHour, to: instant }, timeZone) ?? fullHour;
  const endsAt = clockChangeBetween({ from: instant, to: lastMoment }, timeZone) ?? nextFullHour;
  return { unit: 'HOUR', key: `HOUR ${startsAt.toISOString().slice(0, 16)}Z`, startsAt, endsAt };
}
