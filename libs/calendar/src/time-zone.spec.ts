import fc from 'fast-check';
import { InvariantViolation } from '#outcome';
import { addDays, asLocalDate, dateOfDayNumber } from './local-date.js';
import { isTimeZone, localDateOf, startOfDay } from './time-zone.js';

const hourMs = 3_600_000;

const instructiveZones = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'America/Sao_Paulo', // skipped midnight every spring until 2018
  'America/Havana', // midnight comes twice every autumn
  'America/St_Johns', // until 2010 changed at 00:01, so that the evening before came back after midnight
  'America/Nuuk',
  'Africa/Cairo', // skips midnight
  'Africa/Casablanca',
  'Asia/Beirut', // skips midnight
  'Asia/Kathmandu', // +05:45
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Atlantic/Azores',
  'Australia/Lord_Howe', // changes by half an hour
  'Pacific/Apia', // had no 30 December 2011
  'Pacific/Chatham',
  'Pacific/Kiritimati', // +14
  'Pacific/Pago_Pago', // -11
];
const anyZone = fc.constantFrom(...instructiveZones);
/** 1970 to 2040, where the zones' histories are known. */
const anyDate = fc.integer({ min: 0, max: 25_567 }).map(dateOfDayNumber);
const anyInstant = fc.date({ min: new Date('1970-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });

/** What the wall shows, asked of Intl in another way than the library does. */
function dateByIntl(instant: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).formatToParts(instant);
  const value = (type: string): string => parts.find((part) => part.type === type)?.value ?? '?';
  return `${value('year')}-${value('month').padStart(2, '0')}-${value('day').padStart(2, '0')}`;
}

function hoursOf(date: string, timeZone: string): number {
  const day = asLocalDate(date);
  return (startOfDay(addDays(day, 1), timeZone).getTime() - startOfDay(day, timeZone).getTime()) / hourMs;
}

describe('isTimeZone', () => {
  it.each([
    ...instructiveZones,
    'Asia/Calcutta',
    'America/Argentina/Buenos_Aires',
    'America/Port-au-Prince',
    'America/North_Dakota/New_Salem',
    'Antarctica/DumontDUrville',
    'Africa/Dar_es_Salaam',
  ])('accepts %s', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  it.each([
    '',
    '+02:00',
    '-0500',
    'Z',
    'utc',
    'GMT',
    'GMT+2',
    'EST',
    'EST5EDT',
    'PST',
    'IST',
    'CET',
    'Etc/GMT+5',
    'Etc/UTC',
    'US/Pacific',
    'SystemV/EST5',
    'europe/berlin',
    'Europe/berlin',
    'EUROPE/BERLIN',
    'Europe/BERLIN',
    'Europe/Atlantis',
    'Europe/',
    'Europe',
    'Europe/Berlin ',
    ' Europe/Berlin',
    'Europe/Berlin\n',
    'Europe/Berlin\u0000',
    '../Europe/Berlin',
    `Europe/${'A'.repeat(1_000_000)}`,
  ])('refuses %.40j', (name) => {
    expect(isTimeZone(name)).toBe(false);
    expect(() => localDateOf(new Date(0), name)).toThrow(InvariantViolation);
    expect(() => startOfDay(asLocalDate('2026-01-01'), name)).toThrow(InvariantViolation);
  });

  it('accepts every zone that the machine lists', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC' && !isTimeZone(name))).toEqual(
      [],
    );
  });
});

describe('localDateOf', () => {
  it.each([
    ['2026-03-31T23:59:59.999Z', 'UTC', '2026-03-31'],
    ['2026-04-01T00:00:00.000Z', 'UTC', '2026-04-01'],
    ['2026-04-01T03:59:59.999Z', 'America/New_York', '2026-03-31'],
    ['2026-04-01T04:00:00.000Z', 'America/New_York', '2026-04-01'],
    ['2026-03-31T21:59:59.999Z', 'Europe/Berlin', '2026-03-31'],
    ['2026-03-31T22:00:00.000Z', 'Europe/Berlin', '2026-04-01'],
    ['2026-04-01T10:00:00.000Z', 'Pacific/Kiritimati', '2026-04-02'],
    ['2026-04-01T10:59:59.999Z', 'Pacific/Pago_Pago', '2026-03-31'],
    ['2011-12-30T09:59:59.999Z', 'Pacific/Apia', '2011-12-29'],
    ['2011-12-30T10:00:00.000Z', 'Pacific/Apia', '2011-12-31'],
    ['1969-12-31T23:59:59.999Z', 'UTC', '1969-12-31'],
    // At 00:01 on 7 November (02:31 UTC) it became 23:01 on the 6th again.
    ['2010-11-07T02:30:30.000Z', 'America/St_Johns', '2010-11-07'],
    ['2010-11-07T02:31:00.000Z', 'America/St_Johns', '2010-11-06'],
    ['2010-11-07T03:31:00.000Z', 'America/St_Johns', '2010-11-07'],
  ])('at %s in %s it is %s', (instant, timeZone, date) => {
    expect(localDateOf(new Date(instant), timeZone)).toBe(date);
  });

  it('agrees with Intl at any instant in any zone, asked for the first time and again', () => {
    fc.assert(
      fc.property(anyInstant, fc.constantFrom(...Intl.supportedValuesOf('timeZone')), (instant, timeZone) => {
        const expected = dateByIntl(instant, timeZone);
        expect(localDateOf(instant, timeZone)).toBe(expected);
        expect(localDateOf(instant, timeZone)).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('stays right when it has been asked about more days than it remembers', () => {
    const noon = Date.UTC(2020, 0, 1, 12);
    const asked = Array.from({ length: 1000 }, (_, day) => new Date(noon + day * 24 * hourMs));
    const wrong = asked.filter(
      (instant) => localDateOf(instant, 'Asia/Tokyo') !== instant.toISOString().slice(0, 10),
    );
    expect(wrong).toEqual([]);
    expect(localDateOf(new Date(noon), 'Asia/Tokyo')).toBe('2020-01-01');
  });

  it.each([NaN, Date.UTC(1899, 11, 31), Date.UTC(9001, 0, 1)])('throws for the instant %s', (instantMs) => {
    expect(() => localDateOf(new Date(instantMs), 'UTC')).toThrow(InvariantViolation);
  });
});

describe('startOfDay', () => {
  it.each([
    ['2026-04-01', 'UTC', '2026-04-01T00:00:00.000Z'],
    ['2026-04-01', 'America/New_York', '2026-04-01T04:00:00.000Z'],
    ['2026-01-01', 'America/New_York', '2026-01-01T05:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-04-01', 'Asia/Kathmandu', '2026-03-31T18:15:00.000Z'],
    // Midnight does not exist: the day begins at 01:00 on the wall, the moment of the change.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    ['2021-03-28', 'Asia/Beirut', '2021-03-27T22:00:00.000Z'],
    ['2024-04-26', 'Africa/Cairo', '2024-04-25T22:00:00.000Z'],
    // Midnight comes twice: the day begins with the first.
    ['2025-11-02', 'America/Havana', '2025-11-02T04:00:00.000Z'],
    ['2010-11-07', 'America/St_Johns', '2010-11-07T02:30:00.000Z'],
    // 23:00 comes twice the evening before; midnight once.
    ['2018-02-18', 'America/Sao_Paulo', '2018-02-18T03:00:00.000Z'],
    // The day that was skipped begins, and ends, with the next one.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ])('%s in %s begins at %s', (date, timeZone, instant) => {
    expect(startOfDay(asLocalDate(date), timeZone).toISOString()).toBe(instant);
  });
});

describe('days', () => {
  it.each([
    ['2026-03-08', 'America/New_York', 23],
    ['2026-11-01', 'America/New_York', 25],
    ['2026-03-07', 'America/New_York', 24],
    ['2026-03-29', 'Europe/London', 23],
    ['2026-10-25', 'Europe/London', 25],
    ['2026-10-04', 'Australia/Lord_Howe', 23.5],
    ['2026-04-05', 'Australia/Lord_Howe', 24.5],
    ['2018-11-04', 'America/Sao_Paulo', 23],
    ['2018-02-17', 'America/Sao_Paulo', 25],
    ['2021-03-28', 'Asia/Beirut', 23],
    ['2011-12-30', 'Pacific/Apia', 0],
  ])('%s in %s has %s hours', (date, timeZone, hours) => {
    expect(hoursOf(date, timeZone)).toBe(hours);
  });

  it('begin at the first instant of their date, and not a millisecond earlier', () => {
    fc.assert(
      fc.property(anyDate, anyZone, (date, timeZone) => {
        fc.pre(!(date === '2011-12-30' && timeZone === 'Pacific/Apia'));
        const start = startOfDay(date, timeZone);
        expect(dateByIntl(start, timeZone)).toBe(date);
        expect(dateByIntl(new Date(start.getTime() - 1), timeZone) < date).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each(instructiveZones)(
    'follow one another through years with and without summer time: %s',
    (timeZone) => {
      const wrong: string[] = [];
      for (const [from, days] of [
        ['2010-11-01', 425],
        ['2018-01-01', 365],
        ['2026-01-01', 365],
      ] as const) {
        for (let day = 0; day < days; day += 1) {
          const date = addDays(asLocalDate(from), day);
          const start = startOfDay(date, timeZone);
          const next = startOfDay(addDays(date, 1), timeZone);
          const isSkipped = start.getTime() === next.getTime();
          if (isSkipped !== (date === '2011-12-30' && timeZone === 'Pacific/Apia'))
            wrong.push(`${date} length`);
          if (!isSkipped && localDateOf(start, timeZone) !== date) wrong.push(`${date} first`);
          if (!isSkipped && localDateOf(new Date(next.getTime() - 1), timeZone) !== date)
            wrong.push(`${date} last`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );
});
