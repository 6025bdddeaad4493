import { asLocalDate } from '#calendar';
import { decidePeriod } from './period.js';

const month = { start: asLocalDate('2026-10-01'), end: asLocalDate('2026-11-01') };
const berlin = { schedule: 'MONTHLY', timeZone: 'Europe/Berlin' } as const;
const honolulu = { schedule: 'MONTHLY', timeZone: 'Pacific/Honolulu' } as const;
const weekly = { schedule: 'WEEKLY', timeZone: 'UTC' } as const;

it('is every series of the schedule whose zone has reached the end', () => {
  const inUse = [berlin, honolulu, weekly];
  const between = new Date('2026-11-01T00:00:00Z');
  expect(decidePeriod(month, inUse, between)).toEqual({ ok: true, value: [berlin] });
  const after = new Date('2026-11-01T10:00:00Z');
  expect(decidePeriod(month, inUse, after)).toEqual({ ok: true, value: [berlin, honolulu] });
});

it('is refused before the first zone has reached the end, and says when that is', () => {
  const outcome = decidePeriod(month, [honolulu, berlin], new Date('2026-10-31T22:59:59Z'));
  expect(outcome).toMatchObject({
    ok: false,
    refusals: [{ code: 'PERIOD_NOT_ENDED', message: expect.stringContaining('2026-10-31T23:00:00.000Z') }],
  });
});

it.each([
  [
    'no period of any schedule',
    { start: asLocalDate('2026-10-02'), end: asLocalDate('2026-11-02') },
    [berlin, weekly],
  ],
  ['a period of a schedule that nobody uses', month, [weekly]],
  ['a period that nobody can have yet', month, []],
])('refuses %s', (_what, period, inUse) => {
  const outcome = decidePeriod(period, inUse, new Date('2027-01-01T00:00:00Z'));
  expect(outcome).toMatchObject({ ok: false, refusals: [{ code: 'PERIOD_NOT_ON_SCHEDULE' }] });
});

it('lists the periods around the date for each schedule in use', () => {
  const odd = { start: asLocalDate('2026-10-02'), end: asLocalDate('2026-10-09') };
  const outcome = decidePeriod(odd, [berlin, honolulu, weekly], new Date('2027-01-01T00:00:00Z'));
  const message = outcome.ok ? '' : outcome.refusals[0]?.message;
  expect(message).toContain(
    'MONTHLY: 2026-09-01 to 2026-10-01, 2026-10-01 to 2026-11-01, 2026-11-01 to 2026-12-01;',
  );
  expect(message).toContain(
    'WEEKLY: 2026-09-21 to 2026-09-28, 2026-09-28 to 2026-10-05, 2026-10-05 to 2026-10-12.',
  );
});
