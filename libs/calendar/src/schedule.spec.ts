import fc from 'fast-check';
import { addDays, asLocalDate, dateOfDayNumber, daysBetween } from './local-date.js';
import {
  type Period,
  type Schedule,
  boundariesAround,
  isPeriodOf,
  nextPeriod,
  periodContaining,
  periodEndsAt,
  periodIncludes,
  periodStartsAt,
  previousPeriod,
  schedules,
  schedulesMatching,
} from './schedule.js';

const period = (start: string, end: string): Period => ({ start: asLocalDate(start), end: asLocalDate(end) });
const anySchedule = fc.constantFrom(...schedules);
const anyDate = fc.integer({ min: -25_567, max: 2_568_000 }).map(dateOfDayNumber);

describe('periodContaining', () => {
  it.each<[Schedule, string, string, string]>([
    ['DAILY', '2026-02-28', '2026-02-28', '2026-03-01'],
    ['WEEKLY', '2026-11-22', '2026-11-16', '2026-11-23'], // a Sunday
    ['WEEKLY', '2026-11-23', '2026-11-23', '2026-11-30'], // a Monday
    ['WEEKLY', '2027-01-01', '2026-12-28', '2027-01-04'],
    ['WEEKLY', '1969-12-31', '1969-12-29', '1970-01-05'],
    ['SEMI_MONTHLY', '2026-02-01', '2026-02-01', '2026-02-16'],
    ['SEMI_MONTHLY', '2026-02-15', '2026-02-01', '2026-02-16'],
    ['SEMI_MONTHLY', '2026-02-16', '2026-02-16', '2026-03-01'],
    ['SEMI_MONTHLY', '2026-12-31', '2026-12-16', '2027-01-01'],
    ['MONTHLY', '2024-02-29', '2024-02-01', '2024-03-01'],
    ['MONTHLY', '2026-12-01', '2026-12-01', '2027-01-01'],
    ['MONTHLY', '9000-12-31', '9000-12-01', '9001-01-01'],
  ])('%s around %s is %s to %s', (schedule, date, start, end) => {
    expect(periodContaining(schedule, asLocalDate(date))).toEqual({ start, end });
  });

  it('contains its date, and is the same for each of its days', () => {
    fc.assert(
      fc.property(anySchedule, anyDate, fc.nat(40), (schedule, date, days) => {
        const around = periodContaining(schedule, date);
        expect(periodIncludes(around, date)).toBe(true);
        const later = addDays(date, days);
        const isSame = periodIncludes(around, later);
        expect(periodContaining(schedule, later).start === around.start).toBe(isSame);
      }),
    );
  });
});

describe('periods', () => {
  it('tile the calendar: each begins where the one before ends, and none is empty or too long', () => {
    const longestDays = { DAILY: 1, WEEKLY: 7, SEMI_MONTHLY: 16, MONTHLY: 31 };
    const shortestDays = { DAILY: 1, WEEKLY: 7, SEMI_MONTHLY: 13, MONTHLY: 28 };
    fc.assert(
      fc.property(anySchedule, anyDate, (schedule, date) => {
        let current = periodContaining(schedule, date);
        for (let step = 0; step < 30; step += 1) {
          const next = nextPeriod(schedule, current);
          expect(next.start).toBe(current.end);
          expect(previousPeriod(schedule, next)).toEqual(current);
          expect(isPeriodOf(schedule, next)).toBe(true);
          const days = daysBetween(next.start, next.end);
          expect(days).toBeLessThanOrEqual(longestDays[schedule]);
          expect(days).toBeGreaterThanOrEqual(shortestDays[schedule]);
          current = next;
        }
      }),
    );
  });

  it('are half-open: the end belongs to the next one', () => {
    const march = period('2026-03-01', '2026-04-01');
    const inMarch = ['2026-02-28', '2026-03-01', '2026-03-31', '2026-04-01'].map((date) =>
      periodIncludes(march, asLocalDate(date)),
    );
    expect(inMarch).toEqual([false, true, true, false]);
  });
});

describe('a period that is named', () => {
  it.each<[string, string, Schedule[]]>([
    ['2026-03-01', '2026-03-02', ['DAILY']],
    ['2026-03-02', '2026-03-09', ['WEEKLY']],
    ['2026-03-01', '2026-03-08', []], // Sunday to Sunday
    ['2026-03-01', '2026-03-16', ['SEMI_MONTHLY']],
    ['2026-03-16', '2026-04-01', ['SEMI_MONTHLY']],
    ['2026-03-15', '2026-04-01', []],
    ['2026-03-01', '2026-04-01', ['MONTHLY']],
    ['2026-03-01', '2026-03-31', []], // the last day is not the end
    ['2026-03-01', '2026-05-01', []], // two months
    ['2026-03-01', '2026-03-01', []],
    ['2026-04-01', '2026-03-01', []],
    ['9000-12-31', '1900-01-01', []],
  ])('from %s to %s is on the schedules %j', (start, end, expected) => {
    expect(schedulesMatching(period(start, end))).toEqual(expected);
    expect(schedules.filter((schedule) => isPeriodOf(schedule, period(start, end)))).toEqual(expected);
  });

  it('is answered, when refused, with the ones around it', () => {
    expect(boundariesAround('MONTHLY', asLocalDate('2026-01-15'))).toEqual([
      period('2025-12-01', '2026-01-01'),
      period('2026-01-01', '2026-02-01'),
      period('2026-02-01', '2026-03-01'),
    ]);
  });

  it('has periods around it for any date that a caller may name', () => {
    for (const date of ['1900-01-01', '9000-12-31']) {
      for (const schedule of schedules) expect(boundariesAround(schedule, asLocalDate(date))).toHaveLength(3);
    }
  });

  it('begins and ends at instants of its zone, over a change of clocks', () => {
    const march = period('2026-03-01', '2026-04-01');
    expect(periodStartsAt(march, 'Europe/Berlin').toISOString()).toBe('2026-02-28T23:00:00.000Z');
    expect(periodEndsAt(march, 'Europe/Berlin').toISOString()).toBe('2026-03-31T22:00:00.000Z');
    expect(periodStartsAt(march, 'America/New_York').toISOString()).toBe('2026-03-01T05:00:00.000Z');
    expect(periodEndsAt(march, 'America/New_York').toISOString()).toBe('2026-04-01T04:00:00.000Z');
  });
});
