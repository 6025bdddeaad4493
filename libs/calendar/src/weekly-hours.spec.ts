import { InvariantViolation } from '#outcome';
import { wallTimeOf } from './time-zone.js';
import {
  type Weekday,
  type WeeklyHours,
  isWithinHours,
  minuteOfWeek,
  weekMinutesOf,
  weekdays,
} from './weekly-hours.js';

const workdays: readonly Weekday[] = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'];
const at = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

function hours(days: readonly Weekday[], from: string, to: string): WeeklyHours {
  return { days, fromMinute: at(from), toMinute: at(to) };
}

function isOpen(week: readonly WeeklyHours[], instant: string, timeZone: string): boolean {
  return isWithinHours(weekMinutesOf(week), new Date(instant), timeZone);
}

describe('weekly hours', () => {
  it.each([
    [
      'a working day',
      hours(workdays, '08:00', '18:00'),
      [
        [480, 1080],
        [1920, 2520],
        [3360, 3960],
        [4800, 5400],
        [6240, 6840],
      ],
    ],
    ['a night', hours(['FRIDAY'], '22:00', '06:00'), [[7080, 7560]]],
    [
      'the night to Monday',
      hours(['SUNDAY'], '22:00', '06:00'),
      [
        [0, 360],
        [9960, 10080],
      ],
    ],
    ['a whole day', hours(['TUESDAY'], '00:00', '24:00'), [[1440, 2880]]],
    ['the same, said otherwise', hours(['TUESDAY'], '00:00', '00:00'), [[1440, 2880]]],
    ['from noon to noon', hours(['MONDAY'], '12:00', '12:00'), [[720, 2160]]],
    ['every day', hours(weekdays, '00:00', '24:00'), [[0, 10080]]],
    ['no day', hours([], '00:00', '24:00'), []],
  ])('of %s are minutes of the week', (_, given, expected) => {
    expect(weekMinutesOf([given])).toEqual(expected);
  });

  it('that touch or overlap are one', () => {
    const week = [
      hours(['MONDAY'], '12:00', '14:00'),
      hours(['MONDAY'], '08:00', '12:00'),
      hours(['MONDAY'], '09:00', '10:00'),
    ];
    expect(weekMinutesOf(week)).toEqual([[480, 840]]);
  });

  it.each([
    [-1, 60],
    [1440, 60],
    [0, 1441],
    [0.5, 60],
    [Number.NaN, 60],
  ])('from minute %s to %s are none', (fromMinute, toMinute) => {
    expect(() => weekMinutesOf([{ days: ['MONDAY'], fromMinute, toMinute }])).toThrow(InvariantViolation);
  });

  it.each([
    // Monday 08:00 in New York is 13:00Z in winter and 12:00Z in summer; the end is left out.
    ['2026-01-05T12:59:59.999Z', false],
    ['2026-01-05T13:00:00.000Z', true],
    ['2026-01-05T22:59:59.999Z', true],
    ['2026-01-05T23:00:00.000Z', false],
    ['2026-07-06T11:59:59.999Z', false],
    ['2026-07-06T12:00:00.000Z', true],
    ['2026-01-04T15:00:00.000Z', false], // Sunday
  ])('follow the wall: at %s a working day in New York is %s', (instant, expected) => {
    expect(isOpen([hours(workdays, '08:00', '18:00')], instant, 'America/New_York')).toBe(expected);
  });

  it.each([
    // On 8 March 02:00 becomes 03:00 at 07:00Z: the hour from 02:00 to 03:00 does not happen that day.
    ['02:00', '03:00', '2026-03-08T06:59:59.999Z', false],
    ['02:00', '03:00', '2026-03-08T07:00:00.000Z', false],
    ['02:30', '05:00', '2026-03-08T06:59:59.999Z', false],
    ['02:30', '05:00', '2026-03-08T07:00:00.000Z', true],
    // On 1 November 02:00 becomes 01:00 at 06:00Z: the hour from 01:00 to 02:00 happens twice.
    ['01:00', '02:00', '2026-11-01T04:59:59.999Z', false],
    ['01:00', '02:00', '2026-11-01T05:00:00.000Z', true],
    ['01:00', '02:00', '2026-11-01T06:59:59.999Z', true],
    ['01:00', '02:00', '2026-11-01T07:00:00.000Z', false],
    // Until 01:30: closed for the second half of the first pass, open again in the second.
    ['00:00', '01:30', '2026-11-01T05:29:00.000Z', true],
    ['00:00', '01:30', '2026-11-01T05:30:00.000Z', false],
    ['00:00', '01:30', '2026-11-01T06:00:00.000Z', true],
    ['00:00', '01:30', '2026-11-01T06:30:00.000Z', false],
  ])('from %s to %s on Sunday in New York hold %s: %s', (from, to, instant, expected) => {
    expect(isOpen([hours(['SUNDAY'], from, to)], instant, 'America/New_York')).toBe(expected);
  });

  it.each([
    // Saturday 22:00 to Sunday 02:45 over the change from 02:00 to 02:30 at 15:30Z.
    ['2026-10-03T11:29:00.000Z', false],
    ['2026-10-03T11:30:00.000Z', true],
    ['2026-10-03T15:30:00.000Z', true],
    ['2026-10-03T15:44:00.000Z', true],
    ['2026-10-03T15:45:00.000Z', false],
  ])('go over midnight and a change by half an hour on Lord Howe: %s %s', (instant, expected) => {
    expect(isOpen([hours(['SATURDAY'], '22:00', '02:45')], instant, 'Australia/Lord_Howe')).toBe(expected);
  });
});

describe.each(['America/New_York', 'Europe/London', 'Australia/Lord_Howe'])('the wall in %s', (timeZone) => {
  it('shows what Intl says, through a whole year', () => {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'long',
      hour: 'numeric',
      minute: 'numeric',
      hourCycle: 'h23',
    });
    const night: WeeklyHours = hours(['SATURDAY', 'WEDNESDAY'], '21:15', '02:45');
    const week = weekMinutesOf([night]);
    const wrong: string[] = [];
    for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 900_000) {
      const instant = new Date(ms);
      const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
      const day = weekdays.findIndex((name) => name === (parts.get('weekday') ?? '').toUpperCase());
      const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
      if (minuteOfWeek(instant, timeZone) !== day * 1440 + minute) wrong.push(instant.toISOString());
      if (wallTimeOf(instant, timeZone).minuteOfDay !== minute) wrong.push(instant.toISOString());
      // Evening of the day itself, or morning after it: Thursday (3) and Sunday (6).
      const expected =
        (minute >= 1275 && (day === 2 || day === 5)) || (minute < 165 && (day === 3 || day === 6));
      if (isWithinHours(week, instant, timeZone) !== expected) wrong.push(`${instant.toISOString()} hours`);
    }
    expect(wrong).toEqual([]);
  });
});
