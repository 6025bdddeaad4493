import fc from 'fast-check';
import { InvariantViolation } from '#outcome';
import { type TimeWindow, type WindowUnit, windowContaining, windowUnits } from './time-window.js';

const hourMs = 3_600_000;
const zones = ['America/New_York', 'Europe/London', 'Australia/Lord_Howe'];

/** Every window of the unit from one instant to another. */
function windowsBetween(
  unit: WindowUnit,
  [from, to]: readonly [string, string],
  timeZone: string,
): TimeWindow[] {
  const found: TimeWindow[] = [];
  for (let at = new Date(from); at < new Date(to);) {
    const window = windowContaining(unit, at, timeZone);
    found.push(window);
    at = window.endsAt;
  }
  return found;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the wall shows, asked of Intl in another way than the library does. */
function wallByIntl(at: Date, timeZone: string) {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      weekday: 'short',
      hour: '2-digit',
      timeZoneName: 'longOffset',
    });
  formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const value = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '?';
  const date = `${value('year')}-${value('month')}-${value('day')}`;
  const sinceMonday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(value('weekday'));
  const monday = new Date(Date.parse(date) - sinceMonday * 24 * hourMs).toISOString().slice(0, 10);
  return { date, monday, month: date.slice(0, 7), hour: `${date} ${value('hour')} ${value('timeZoneName')}` };
}

describe.each(zones)('a whole year in %s', (timeZone) => {
  it('is cut so that every quarter of an hour lies in one window, the one that Intl would put it into', () => {
    const wrong: string[] = [];
    // By unit: the name that Intl gives the window, and the window's own.
    const names = windowUnits.map(() => new Map<string, string>());
    for (let ms = Date.UTC(2025, 11, 20); ms < Date.UTC(2027, 0, 12); ms += hourMs / 4) {
      const at = new Date(ms);
      const wall = wallByIntl(at, timeZone);
      const byIntl = [wall.hour, wall.date, wall.monday, wall.month];
      windowUnits.forEach((unit, index) => {
        const { key, startsAt, endsAt } = windowContaining(unit, at, timeZone);
        if (!(startsAt <= at && at < endsAt)) wrong.push(`${unit} at ${at.toISOString()} does not hold it`);
        const name = byIntl[index] ?? '?';
        const known = names[index]?.get(name);
        if (known === undefined) names[index]?.set(name, key);
        else if (known !== key) wrong.push(`${unit} at ${at.toISOString()} is ${key}, not ${known}`);
        if (unit !== 'HOUR' && key !== `${unit} ${name}`) wrong.push(`${key} is ${name} for Intl`);
      });
    }
    expect(wrong).toEqual([]);
    // Different names, different windows: with the above, each instant belongs to exactly one.
    names.forEach((known) => expect(new Set(known.values()).size).toBe(known.size));
  }, 120_000);

  it.each(windowUnits)('is tiled by windows of a %s, in the order of their keys', (unit) => {
    const windows = windowsBetween(unit, ['2025-12-31T00:00:00Z', '2027-01-02T00:00:00Z'], timeZone);
    windows.forEach((window, index) => {
      const next = windows[index + 1];
      if (next && !(window.endsAt.getTime() === next.startsAt.getTime() && window.key < next.key)) {
        throw new Error(`${next.key} does not follow ${window.key}`);
      }
    });
    expect(new Set(windows.map(({ key }) => key)).size).toBe(windows.length);
  });
});

describe('days on which the clocks change', () => {
  it.each([
    // date, zone, length of the day in hours, windows of an hour in it, of these shorter than an hour
    ['2026-03-08', 'America/New_York', 23, 23, 0],
    ['2026-11-01', 'America/New_York', 25, 25, 0],
    ['2026-07-01', 'America/New_York', 24, 24, 0],
    ['2026-03-29', 'Europe/London', 23, 23, 0],
    ['2026-10-25', 'Europe/London', 25, 25, 0],
    // 02:00 becomes 02:30, so its third hour is half an hour; in April 02:00 becomes 01:30, which is half an hour more.
    ['2026-10-04', 'Australia/Lord_Howe', 23.5, 24, 1],
    ['2026-04-05', 'Australia/Lord_Howe', 24.5, 25, 1],
  ])('%s in %s has %s hours, in %s windows', (date, timeZone, hours, count, shorter) => {
    const noon = new Date(`${date}T${timeZone.startsWith('Aus') ? '01' : '16'}:00:00Z`);
    const day = windowContaining('DAY', noon, timeZone);
    expect(day.key).toBe(`DAY ${date}`);
    expect((day.endsAt.getTime() - day.startsAt.getTime()) / hourMs).toBe(hours);
    const within = windowsBetween('HOUR', [day.startsAt.toISOString(), day.endsAt.toISOString()], timeZone);
    expect(within).toHaveLength(count);
    const lengths = within.map(({ startsAt, endsAt }) => (endsAt.getTime() - startsAt.getTime()) / hourMs);
    expect(lengths.filter((length) => length < 1)).toHaveLength(shorter);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(hours);
  });

  it.each([
    // The hour from 01:00 comes twice in New York, and each counts on its own.
    ['2026-11-01T05:59:59.999Z', 'America/New_York', '2026-11-01T05:00:00.000Z', '2026-11-01T06:00:00.000Z'],
    ['2026-11-01T06:00:00.000Z', 'America/New_York', '2026-11-01T06:00:00.000Z', '2026-11-01T07:00:00.000Z'],
    // On Lord Howe the half hour from 01:30 comes twice: 15:00Z is 01:30 again.
    [
      '2026-04-04T14:59:00.000Z',
      'Australia/Lord_Howe',
      '2026-04-04T14:00:00.000Z',
      '2026-04-04T15:00:00.000Z',
    ],
    [
      '2026-04-04T15:00:00.000Z',
      'Australia/Lord_Howe',
      '2026-04-04T15:00:00.000Z',
      '2026-04-04T15:30:00.000Z',
    ],
    [
      '2026-04-04T15:30:00.000Z',
      'Australia/Lord_Howe',
      '2026-04-04T15:30:00.000Z',
      '2026-04-04T16:30:00.000Z',
    ],
    // The half hour from 02:00 is skipped: 15:30Z is 02:30.
    [
      '2026-10-03T15:29:59.999Z',
      'Australia/Lord_Howe',
      '2026-10-03T14:30:00.000Z',
      '2026-10-03T15:30:00.000Z',
    ],
    [
      '2026-10-03T15:30:00.000Z',
      'Australia/Lord_Howe',
      '2026-10-03T15:30:00.000Z',
      '2026-10-03T16:00:00.000Z',
    ],
    // In St. John's the clocks once went from 00:01 to 23:01: a minute of Sunday, then the rest of that hour again.
    ['2010-11-07T02:30:30.000Z', 'America/St_Johns', '2010-11-07T02:30:00.000Z', '2010-11-07T02:31:00.000Z'],
    ['2010-11-07T02:31:00.000Z', 'America/St_Johns', '2010-11-07T02:31:00.000Z', '2010-11-07T03:30:00.000Z'],
    ['2010-11-07T03:30:00.000Z', 'America/St_Johns', '2010-11-07T03:30:00.000Z', '2010-11-07T04:30:00.000Z'],
    ['2026-01-01T00:10:00.000Z', 'Asia/Kathmandu', '2025-12-31T23:15:00.000Z', '2026-01-01T00:15:00.000Z'],
  ])('%s in %s lies in the hour from %s to %s', (at, timeZone, from, to) => {
    const { key, startsAt, endsAt } = windowContaining('HOUR', new Date(at), timeZone);
    expect([startsAt.toISOString(), endsAt.toISOString()]).toEqual([from, to]);
    expect(key).toBe(`HOUR ${from.slice(0, 16)}Z`);
  });
});

describe('windows', () => {
  it.each<[WindowUnit, string, string, string]>([
    ['DAY', '2026-03-08T04:59:59.999Z', 'America/New_York', 'DAY 2026-03-07'],
    ['DAY', '2026-03-08T05:00:00.000Z', 'America/New_York', 'DAY 2026-03-08'],
    ['WEEK', '2026-03-09T03:59:59.999Z', 'America/New_York', 'WEEK 2026-03-02'], // Sunday evening
    ['WEEK', '2026-03-09T04:00:00.000Z', 'America/New_York', 'WEEK 2026-03-09'], // Monday 00:00
    ['WEEK', '2027-01-01T12:00:00.000Z', 'UTC', 'WEEK 2026-12-28'], // ISO week 53 of 2026
    ['MONTH', '2026-04-01T03:59:59.999Z', 'America/New_York', 'MONTH 2026-03'],
    ['MONTH', '2026-04-01T04:00:00.000Z', 'America/New_York', 'MONTH 2026-04'],
    // At 00:01 on the 7th it became 23:01 on the 6th again: the 7th had begun, and goes on.
    ['DAY', '2010-11-07T02:30:30.000Z', 'America/St_Johns', 'DAY 2010-11-07'],
    ['DAY', '2010-11-07T03:00:00.000Z', 'America/St_Johns', 'DAY 2010-11-07'],
    ['DAY', '2011-12-30T10:00:00.000Z', 'Pacific/Apia', 'DAY 2011-12-31'],
  ])('of a %s at %s in %s is %s', (unit, at, timeZone, key) => {
    expect(windowContaining(unit, new Date(at), timeZone).key).toBe(key);
  });

  it('hold the instant, and go over into one another, in any zone at any time', () => {
    const anyZone = fc.constantFrom(
      ...Intl.supportedValuesOf('timeZone').filter((zone) => zone.includes('/')),
    );
    const anyInstant = fc.date({
      min: new Date('1970-01-02'),
      max: new Date('2040-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(anyZone, anyInstant, fc.constantFrom(...windowUnits), (timeZone, at, unit) => {
        const window = windowContaining(unit, at, timeZone);
        expect(window.startsAt <= at && at < window.endsAt).toBe(true);
        expect(windowContaining(unit, window.startsAt, timeZone)).toEqual(window);
        expect(windowContaining(unit, new Date(window.endsAt.getTime() - 1), timeZone)).toEqual(window);
        expect(windowContaining(unit, window.endsAt, timeZone).startsAt).toEqual(window.endsAt);
      }),
      { numRuns: 500 },
    );
  });

  it.each([new Date(Number.NaN), new Date(Date.UTC(9001, 0, 1))])('do not hold %s', (at) => {
    expect(() => windowContaining('DAY', at, 'UTC')).toThrow(InvariantViolation);
  });

  it('are of zones that exist', () => {
    expect(() => windowContaining('HOUR', new Date(0), 'Europe/Atlantis')).toThrow(InvariantViolation);
  });
});
