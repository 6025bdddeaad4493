import { asLocalDate, type Period } from '#calendar';
import { gatheringPeriod, settlementNumber } from './gathering.js';

const month = (start: string, end: string): Period => ({ start: asLocalDate(start), end: asLocalDate(end) });
const november = month('2026-11-01', '2026-12-01');

const january = month('2027-01-01', '2027-02-01');
const none: ReadonlySet<string> = new Set();

describe('gatheringPeriod', () => {
  it('is the own period while that is open or has not begun, however long it is past', () => {
    const state = { open: none, closed: new Set(['2026-10-01']), present: january };
    expect(gatheringPeriod('MONTHLY', november, state)).toEqual(november);
  });

  it('passes over every closed period, across the turn of the year', () => {
    const closed = new Set(['2026-11-01', '2026-12-01']);
    const state = { open: none, closed, present: november };
    expect(gatheringPeriod('MONTHLY', november, state)).toEqual(january);
  });

  it('opens no period that has passed for what comes late', () => {
    const present = month('2027-03-01', '2027-04-01');
    const state = { open: none, closed: new Set(['2026-11-01']), present };
    expect(gatheringPeriod('MONTHLY', november, state)).toEqual(present);
    expect(gatheringPeriod('MONTHLY', november, { ...state, open: new Set(['2027-01-01']) })).toEqual(
      january,
    );
  });
});

describe('settlementNumber', () => {
  it('says the period and ends with the random part of the id', () => {
    const id = '01a201ac-5a48-7002-8d62-446dedc6c914';
    expect(settlementNumber('2026-11-01', id)).toBe('20261101-EDC6C914');
  });
});
