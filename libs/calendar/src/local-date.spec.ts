import fc from 'fast-check';
import { InvariantViolation } from '#outcome';
import {
  addDays,
  addDaysExact,
  asLocalDate,
  compareDates,
  dateOf,
  dateOfDayNumber,
  dayNumberOf,
  daysBetween,
  isInstantInRange,
  parseLocalDate,
} from './local-date.js';

const anyDate = fc.integer({ min: -25_567, max: 2_568_000 }).map(dateOfDayNumber);

describe('parseLocalDate', () => {
  it.each(['1900-01-01', '1970-01-01', '2024-02-29', '2000-02-29', '2026-12-31', '9000-12-31'])(
    'reads %s',
    (text) => {
      expect(parseLocalDate(text)).toBe(text);
      expect(asLocalDate(text)).toBe(text);
    },
  );

  it.each([
    '',
    '2026-02-29',
    '2100-02-29',
    '2026-02-30',
    '2026-04-31',
    '2026-13-01',
    '2026-00-01',
    '2026-01-00',
    '2026-01-32',
    '2026-1-1',
    '26-01-01',
    '02026-01-01',
    '+002026-01-01',
    '-000001-01-01',
    '0000-01-01',
    '0206-11-01',
    '1899-12-31',
    '9001-01-01',
    '9999-12-31',
    '2026-01-01T00:00:00Z',
    '2026-01-01\n',
    ' 2026-01-01',
    '2026/01/01',
    '2026‐01‐01',
    '٢٠٢٦-٠١-٠١',
    '2026-01-0\u0000',
  ])('refuses %j', (text) => {
    expect(parseLocalDate(text)).toBeUndefined();
    expect(() => asLocalDate(text)).toThrow(InvariantViolation);
  });
});

describe('dates', () => {
  it.each([
    ['2026-02-28', 1, '2026-03-01'],
    ['2024-02-28', 1, '2024-02-29'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2026-01-01', -1, '2025-12-31'],
    ['1970-01-01', -1, '1969-12-31'],
    ['2026-03-01', 365, '2027-03-01'],
    ['2026-03-01', 0, '2026-03-01'],
  ])('%s and %s days is %s', (date, days, expected) => {
    expect(addDays(asLocalDate(date), days)).toBe(expected);
    expect(daysBetween(asLocalDate(date), asLocalDate(expected))).toBe(days);
  });

  it('add up there and back, in the order in which they sort', () => {
    fc.assert(
      fc.property(anyDate, fc.integer({ min: -10_000, max: 10_000 }), (date, days) => {
        const there = addDays(date, days);
        expect(addDays(there, -days)).toBe(date);
        expect(daysBetween(date, there)).toBe(days);
        expect(compareDates(there, date)).toBe(Math.sign(days));
        expect(dateOfDayNumber(dayNumberOf(date))).toBe(date);
      }),
    );
  });

  it('know months beyond the year', () => {
    expect([dateOf(2026, 13, 1), dateOf(2026, 0, 1), dateOf(2026, 12, 31)]).toEqual([
      '2027-01-01',
      '2025-12-01',
      '2026-12-31',
    ]);
  });

  it.each([0.5, NaN, 1e9, -1e9])('cannot be moved by %s days', (days) => {
    expect(() => addDays(asLocalDate('2026-01-01'), days)).toThrow(InvariantViolation);
  });
});

describe('instants', () => {
  it('move by days of exactly 24 hours, also over a change of clocks', () => {
    const instant = new Date('2026-03-28T12:00:00.000Z');
    expect(addDaysExact(instant, 7).toISOString()).toBe('2026-04-04T12:00:00.000Z');
    expect(addDaysExact(instant, -1).toISOString()).toBe('2026-03-27T12:00:00.000Z');
    expect(instant.toISOString()).toBe('2026-03-28T12:00:00.000Z');
  });

  it.each([
    ['1900-01-01T00:00:00.000Z', true],
    ['1899-12-31T23:59:59.999Z', false],
    ['9000-12-31T23:59:59.999Z', true],
    ['9001-01-01T00:00:00.000Z', false],
    ['no instant', false],
  ])('%s in range: %s', (text, inRange) => {
    expect(isInstantInRange(new Date(text))).toBe(inRange);
  });
});
