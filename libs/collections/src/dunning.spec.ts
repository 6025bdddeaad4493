import { afterFailure, retryAfterDays } from './dunning.js';
import { failureCodeOf, failureCodes, failureWords } from './failure.js';

const now = new Date('2027-03-01T12:00:00Z');
const in_ = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
const after = (code: string, failures = 0, onPage = false) => afterFailure({ code, failures, onPage, now });

describe('after a failure', () => {
  it.each([
    ['insufficient_funds', 0, { nextTryAt: in_(1), failures: 1, payOnPage: false, refusesMethod: false }],
    ['insufficient_funds', 1, { nextTryAt: in_(3), failures: 2, payOnPage: false, refusesMethod: false }],
    ['generic_decline', 2, { nextTryAt: in_(5), failures: 3, payOnPage: false, refusesMethod: false }],
    ['never_heard_of', 3, { nextTryAt: in_(7), failures: 4, payOnPage: false, refusesMethod: false }],
    ['insufficient_funds', 4, { nextTryAt: now, failures: 5, payOnPage: true, refusesMethod: false }],
    ['lost_card', 0, { nextTryAt: null, failures: 1, payOnPage: false, refusesMethod: true }],
    ['account_closed', 2, { nextTryAt: null, failures: 3, payOnPage: false, refusesMethod: true }],
    ['authentication_required', 0, { nextTryAt: now, failures: 1, payOnPage: true, refusesMethod: false }],
    ['canceled', 1, { nextTryAt: null, failures: 1, payOnPage: false, refusesMethod: false }],
    ['KEY_EXPIRED', 1, { nextTryAt: now, failures: 1, payOnPage: false, refusesMethod: false }],
  ])('%s, the one after %s', (code, failures, expected) => {
    expect(after(code, failures)).toEqual(expected);
  });

  it('on the page, which stays the way to pay, nothing is tried at once', () => {
    for (const code of failureCodes) {
      const { nextTryAt, payOnPage, refusesMethod } = after(code, 9, true);
      expect(payOnPage && !refusesMethod).toBe(true);
      if (failureWords(code).class !== 'AGAIN') expect(nextTryAt === null || nextTryAt > now).toBe(true);
    }
  });

  it('no number of failures goes on for ever', () => {
    let failures = 0;
    for (const days of retryAfterDays) {
      const next = after('insufficient_funds', failures);
      expect(next.nextTryAt).toEqual(in_(days));
      ({ failures } = next);
    }
    expect(after('insufficient_funds', failures).payOnPage).toBe(true);
  });
});

describe('a failure', () => {
  it('is told by the code that says most', () => {
    expect(failureCodeOf({ code: 'card_declined', declineCode: 'lost_card' })).toBe('lost_card');
    expect(failureCodeOf({ code: 'expired_card', declineCode: null })).toBe('expired_card');
    expect(failureCodeOf({ code: 'card_declined', declineCode: 'unheard_of' })).toBe('card_declined');
    expect(failureCodeOf({ code: 'unheard_of', declineCode: null })).toBe('unheard_of');
  });

  it('has words for people, whatever its code is', () => {
    for (const code of [...failureCodes, 'unheard_of', 'constructor', '__proto__', '']) {
      const { what, remedy } = failureWords(code);
      expect(what).toMatch(/^[A-Z].*\.$/);
      expect(remedy).toMatch(/^[A-Z].*\.$/);
    }
  });
});
