import { asCurrency } from '#money';
import fc from 'fast-check';
import { keyTrustedForMs, moneyOf, nextLook, pauseMs, stepAfter } from './operation.js';
import type { Answer } from './provider.js';

const usd = asCurrency('USD');
const first = { tries: 1, state: 'SENDING' } as const;

describe('what an answer leads to', () => {
  const no = { code: 'x', declineCode: null, object: null };

  it.each<[Answer, string, string]>([
    [
      { class: 'SUCCEEDED', object: { object: 'buyer', id: 'cus_1', operationId: null } },
      'SUCCEEDED',
      'SUCCEEDED',
    ],
    [{ class: 'REFUSED', ...no }, 'REFUSED', 'REFUSED'],
    [{ class: 'UNKNOWN', code: 'x' }, 'UNKNOWN', 'UNKNOWN'],
    // That this try did nothing does not tell what an earlier one did.
    [{ class: 'NOT_EXECUTED', code: 'x', retryAfterMs: null }, 'READY', 'UNKNOWN'],
    [{ class: 'MISCONFIGURED', code: 'x' }, 'READY', 'UNKNOWN'],
    [{ class: 'MISMATCH', code: 'x' }, 'STOPPED', 'STOPPED'],
  ])('%j is %s at first, and %s when an earlier try is in doubt', (answer, atFirst, inDoubt) => {
    expect(stepAfter(answer, first, false, 0.5).to).toBe(atFirst);
    expect(stepAfter(answer, first, true, 0.5).to).toBe(inDoubt);
  });

  it('waits as long as the provider says', () => {
    const answer: Answer = { class: 'NOT_EXECUTED', code: 'x', retryAfterMs: 7_000 };
    expect(stepAfter(answer, first, false, 0.5)).toMatchObject({ afterMs: 7_000 });
  });
});

describe('a try in doubt', () => {
  const sentAt = new Date('2027-01-04T12:00:00Z');
  const at = (ms: number) => new Date(sentAt.getTime() + ms);

  it.each([
    [null, 1, 0, 'SEND'],
    [sentAt, 1, 1_000, 'SEND'],
    [sentAt, 3, 1_000, 'LOOK_THEN_SEND'],
    [sentAt, 3, keyTrustedForMs - 1, 'LOOK_THEN_SEND'],
    [sentAt, 1, keyTrustedForMs, 'LOOK_ONLY'],
    [sentAt, 99, keyTrustedForMs, 'LOOK_ONLY'],
  ] as const)('first sent %j, try %i, after %i ms: %s', (firstSentAt, tries, ms, expected) => {
    expect(nextLook({ firstSentAt, tries }, at(ms))).toBe(expected);
  });
});

it('pauses grow, are spread, and are never over a quarter of an hour', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (tries, random) => {
        const pause = pauseMs(tries, random);
        expect(pause).toBeGreaterThanOrEqual(1);
        expect(pause).toBeLessThanOrEqual(Math.min(15 * 60_000, 1_000 * 2 ** Math.min(tries, 20)));
      },
    ),
  );
});

it('an invoice moves the sum of its lines, and what makes a buyer moves nothing', () => {
  const lines = [
    { description: 'S-1', amountMinor: 1_00n },
    { description: 'S-2', amountMinor: 2_50n },
  ];
  const invoice = {
    kind: 'INVOICE',
    collectionId: 'c',
    providerBuyerId: 'cus_1',
    lines,
    currency: usd,
  } as const;
  expect(moneyOf({ ...invoice, daysUntilDue: 30, transferGroup: 'g' })).toEqual({
    amountMinor: 3_50n,
    currency: usd,
  });
  expect(moneyOf({ kind: 'BUYER_CREATE', buyerId: 'b', name: 'B', email: null })).toEqual({
    amountMinor: null,
    currency: null,
  });
});
