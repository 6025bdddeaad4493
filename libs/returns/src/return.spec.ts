import fc from 'fast-check';
import {
  decide,
  decideByOf,
  insideReturnWindow,
  readReturnNote,
  returnStates,
  returnStatesBefore,
  returnTransitions,
} from './return.js';

const requestedAt = new Date('2026-03-10T12:00:00.000Z');
const decideBy = decideByOf(requestedAt);

describe('return states', () => {
  it('are all in the table, and what is decided stays decided', () => {
    expect(Object.keys(returnTransitions).sort()).toEqual([...returnStates].sort());
    expect(returnStates.filter((state) => returnTransitions[state].length === 0)).toEqual([
      'APPROVED',
      'AUTO_APPROVED',
      'DENIED',
      'WITHDRAWN',
      'EXPIRED',
    ]);
  });

  it('never lead back to REQUESTED', () => {
    expect(returnStatesBefore('REQUESTED')).toEqual([]);
  });

  it('are approved automatically only while nobody has taken the matter up to a dispute', () => {
    expect(returnStatesBefore('AUTO_APPROVED')).toEqual(['REQUESTED', 'UNDER_REVIEW']);
  });
});

describe('the return window', () => {
  const deliveredAt = new Date('2026-03-28T23:30:00.000Z');

  it('is days of exactly 24 hours, whatever a local clock does', () => {
    // Europe/Berlin loses an hour on 29 March 2026: the seventh day still ends 168 hours after delivery.
    const end = new Date('2026-04-04T23:30:00.000Z');
    expect(insideReturnWindow(deliveredAt, 7, end)).toBe(true);
    expect(insideReturnWindow(deliveredAt, 7, new Date(end.getTime() + 1))).toBe(false);
    expect(insideReturnWindow(deliveredAt, 0, deliveredAt)).toBe(true);
    expect(insideReturnWindow(deliveredAt, 0, new Date(deliveredAt.getTime() + 1))).toBe(false);
  });

  it('once closed never opens again', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(10 ** 10), fc.nat(10 ** 10), (days, first, more) => {
        const earlier = new Date(deliveredAt.getTime() + first);
        const later = new Date(earlier.getTime() + more);
        if (insideReturnWindow(deliveredAt, days, later)) {
          expect(insideReturnWindow(deliveredAt, days, earlier)).toBe(true);
        }
      }),
    );
  });
});

describe('a decision', () => {
  it('is due 48 hours after the request', () => {
    expect(decideBy).toEqual(new Date('2026-03-12T12:00:00.000Z'));
  });

  it.each([
    ['REQUESTED', 'APPROVE', 0, 'APPROVED'],
    ['REQUESTED', 'DENY', 0, 'DENIED'],
    ['UNDER_REVIEW', 'DENY', 0, 'DENIED'],
    ['ESCALATED', 'DENY', 0, 'DENIED'],
    // At the very end and later the automatic approval holds, whether it has run or not.
    ['REQUESTED', 'DENY', -1, 'DENIED'],
    ['REQUESTED', 'APPROVE', 1, 'APPROVED'],
  ] as const)('in %s: %s leads on', (state, decision, sinceDueMs, next) => {
    const now = new Date(decideBy.getTime() + (sinceDueMs === 0 ? -3_600_000 : sinceDueMs));
    expect(decide({ state, decideBy }, decision, now)).toEqual({ ok: true, value: next });
  });

  it.each([
    ['APPROVED', 'APPROVE'],
    ['AUTO_APPROVED', 'DENY'],
    ['DENIED', 'APPROVE'],
    ['WITHDRAWN', 'APPROVE'],
    ['EXPIRED', 'DENY'],
  ] as const)('in %s: %s comes too late', (state, decision) => {
    expect(decide({ state, decideBy }, decision, requestedAt)).toMatchObject({
      ok: false,
      refusals: [{ code: 'RETURN_DECIDED' }],
    });
  });

  it('to deny is refused from the moment on at which the return counts as approved', () => {
    expect(decide({ state: 'REQUESTED', decideBy }, 'DENY', decideBy)).toMatchObject({
      ok: false,
      refusals: [{ code: 'RETURN_DECIDED' }],
    });
    // A dispute is decided by people, however long that takes.
    const later = new Date(decideBy.getTime() + 10 ** 9);
    expect(decide({ state: 'ESCALATED', decideBy }, 'DENY', later).ok).toBe(true);
  });
});

describe('a note', () => {
  it('is trimmed, bounded, and free of control characters', () => {
    expect(readReturnNote(' wrong\nnumber ')).toEqual({ ok: true, value: 'wrong\nnumber' });
    expect(readReturnNote(undefined)).toEqual({ ok: true, value: null });
    for (const text of ['a\u0000', 'a\ud800', 'x'.repeat(2_001), 'x'.repeat(1_000_000)]) {
      expect(readReturnNote(text)).toMatchObject({
        ok: false,
        refusals: [{ code: 'INVALID_VALUE', field: ['input', 'note'] }],
      });
    }
  });
});
