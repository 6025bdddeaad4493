import fc from 'fast-check';
import {
  giveUpAfterMs,
  type HandoverFailure,
  maxTries,
  nextStep,
  tryTimeoutMs,
  untriedFailures,
} from './next-step.js';

const of = (over: Partial<Parameters<typeof nextStep>[0]> = {}) =>
  nextStep({
    verdict: null,
    failure: 'STATUS',
    tries: 1,
    leftMs: 60_000,
    retryAfterMs: null,
    random: 0,
    ...over,
  });

describe('a delivery after a try', () => {
  it('is over with what the buyer says', () => {
    for (const verdict of ['ACCEPTED', 'REJECTED', 'DUPLICATE'] as const)
      expect(of({ verdict, failure: null, tries: 3 })).toEqual({ end: verdict, retryInMs: null });
  });

  it('is tried again after 1 to 5, then after 5 to 20 seconds, and then no more', () => {
    const waits = [0, 0.999_999].map((random) => [1, 2].map((tries) => of({ tries, random }).retryInMs));
    expect(waits).toEqual([
      [1_000, 5_000],
      [5_000, 20_000],
    ]);
    expect(of({ tries: 3 })).toEqual({ end: 'FAILED', retryInMs: null });
    expect(of({ tries: 3, failure: 'TIMEOUT' })).toEqual({ end: 'TIMED_OUT', retryInMs: null });
  });

  it('waits as long as the receiver asks, if that is in time', () => {
    expect(of({ retryAfterMs: 30_000 })).toEqual({ end: null, retryInMs: 30_000 });
    expect(of({ retryAfterMs: 60_000 })).toEqual({ end: 'FAILED', retryInMs: null });
  });

  it.each<[HandoverFailure, string]>([
    ['GONE', 'FAILED'],
    ['TOO_LARGE', 'FAILED'],
    ['MAIL_REFUSED', 'FAILED'],
    ['MAIL_UNANSWERED', 'TIMED_OUT'],
    ['EXPIRED', 'TIMED_OUT'],
    ['CIRCUIT_OPEN', 'FAILED'],
    ['TOO_MANY_TRIES', 'FAILED'],
    ['CONTRACT_INACTIVE', 'CANCELED'],
    ['BUYER_PAUSED', 'CANCELED'],
    ['INSUFFICIENT_BALANCE', 'CANCELED'],
    ['DESTINATION_DISABLED', 'CANCELED'],
    ['LEAD_GONE', 'CANCELED'],
  ])('%s ends it: %s', (failure, end) => {
    expect(of({ failure })).toEqual({ end, retryInMs: null });
  });

  it('never takes more than three tries, nor longer than a minute, however each of them ends', () => {
    const failures = fc.constantFrom<HandoverFailure>(
      'STATUS',
      'TIMEOUT',
      'CONNECTION',
      'BAD_ANSWER',
      ...untriedFailures,
    );
    const tries = fc.array(
      fc.record({ failure: failures, random: fc.double({ min: 0, max: 0.999_999, noNaN: true }) }),
      {
        minLength: 5,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(tries, (each) => {
        let elapsedMs = 0;
        let made = 0;
        for (const { failure, random } of each) {
          made += 1;
          elapsedMs += tryTimeoutMs;
          const step = of({ failure, random, tries: made, leftMs: giveUpAfterMs - elapsedMs });
          if (step.end !== null) break;
          elapsedMs += step.retryInMs;
        }
        expect(made).toBeLessThanOrEqual(maxTries);
        expect(elapsedMs).toBeLessThanOrEqual(giveUpAfterMs);
      }),
    );
  });
});
