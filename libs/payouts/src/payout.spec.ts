import fc from 'fast-check';
import { asCurrency, currencyCodes, maxStripeAmount, money, toStripeAmount } from '#money';
import {
  allocateReversals,
  byRelease,
  isAccountProblem,
  largestSendable,
  minimumOf,
  payoutNumber,
  type PayoutFunds,
  retryAt,
  sizePayout,
  splitReversal,
  type Unpaid,
  whoIsPaid,
} from './payout.js';

const usd = asCurrency('USD');
const agencyId = 'agency';
const at = (hours: number): Date => new Date(Date.UTC(2026, 10, 1) + hours * 3_600_000);

function unpaid(id: string, leftMinor: bigint, releasedHour = 0): Unpaid {
  return { agencyId, id, round: 1, leftMinor, releasedAt: at(releasedHour) };
}

function funds(given: Partial<PayoutFunds>): PayoutFunds {
  return {
    currency: usd,
    payableMinor: 0n,
    clawbackDueMinor: 0n,
    reversingMinor: 0n,
    minimumMinor: 5_000n,
    unpaid: [],
    ...given,
  };
}

describe('the size of a payout', () => {
  const both = [unpaid('b', 6_000n, 2), unpaid('a', 4_000n, 1)];

  it('is what is payable', () => {
    expect(sizePayout(funds({ payableMinor: 10_000n, unpaid: both }))).toEqual({
      is: 'SEND',
      size: {
        amountMinor: 10_000n,
        nettedMinor: 0n,
        releasedMinor: 10_000n,
        carriedMinor: 0n,
        portions: [
          { agencyId, id: 'a', round: 1, releasedMinor: 4_000n },
          { agencyId, id: 'b', round: 1, releasedMinor: 6_000n },
        ],
      },
    });
  });

  it.each([
    [
      'owes less than is payable',
      { payableMinor: 10_000n, clawbackDueMinor: 3_000n },
      'SEND',
      7_000n,
      3_000n,
    ],
    ['owes as much', { payableMinor: 10_000n, clawbackDueMinor: 10_000n }, 'NET', 0n, 10_000n],
    ['owes more', { payableMinor: 10_000n, clawbackDueMinor: 40_000n }, 'NET', 0n, 10_000n],
    [
      'owes what is being reversed',
      { payableMinor: 10_000n, clawbackDueMinor: 3_000n, reversingMinor: 2_000n },
      'SEND',
      9_000n,
      1_000n,
    ],
    [
      'has nothing payable, as corrections took it all',
      { payableMinor: 0n, clawbackDueMinor: 500n },
      'NET',
      0n,
      0n,
    ],
  ] as const)('when the agency %s', (_, given, is, amountMinor, nettedMinor) => {
    const decision = sizePayout(funds({ ...given, unpaid: both }));
    expect(decision).toMatchObject({ is, size: { amountMinor, nettedMinor, releasedMinor: 10_000n } });
  });

  it('waits for more below the minimum, and takes nothing of it for what is owed before', () => {
    expect(sizePayout(funds({ payableMinor: 4_999n, unpaid: both }))).toEqual({
      is: 'BELOW_MINIMUM',
      restMinor: 4_999n,
    });
    const netted = { payableMinor: 10_000n, clawbackDueMinor: 5_001n, unpaid: both };
    expect(sizePayout(funds(netted))).toEqual({ is: 'BELOW_MINIMUM', restMinor: 4_999n });
  });

  it('is nothing where nothing is', () => {
    expect(sizePayout(funds({ clawbackDueMinor: 700n }))).toEqual({ is: 'NOTHING' });
    expect(sizePayout(funds({ payableMinor: -5n }))).toEqual({ is: 'NOTHING' });
  });

  it('closes a settlement of nothing', () => {
    const decision = sizePayout(funds({ unpaid: [unpaid('a', 0n)] }));
    expect(decision).toMatchObject({ is: 'NET', size: { amountMinor: 0n, nettedMinor: 0n } });
  });

  it('goes in parts above eight digits, a settlement in two of them if need be', () => {
    const big = [unpaid('a', 80_000_000n, 1), unpaid('b', 50_000_000n, 2), unpaid('c', 1n, 3)];
    const first = sizePayout(funds({ payableMinor: 130_000_001n, unpaid: big }));
    expect(first).toMatchObject({
      is: 'SEND',
      size: {
        amountMinor: 99_999_999n,
        carriedMinor: 0n,
        portions: [
          { id: 'a', releasedMinor: 80_000_000n },
          { id: 'b', releasedMinor: 19_999_999n },
        ],
      },
    });
    const rest = [unpaid('b', 30_000_001n, 2), unpaid('c', 1n, 3)];
    expect(sizePayout(funds({ payableMinor: 30_000_002n, unpaid: rest }))).toMatchObject({
      size: { amountMinor: 30_000_002n, releasedMinor: 30_000_002n },
    });
  });

  it('keeps back what is less than the smallest amount that is taken', () => {
    const decision = sizePayout(
      funds({ currency: asCurrency('KWD'), payableMinor: 10_005n, minimumMinor: 1n, unpaid: both }),
    );
    expect(decision).toMatchObject({ is: 'SEND', size: { amountMinor: 10_000n } });
    const tiny = funds({ currency: asCurrency('KWD'), payableMinor: 5n, minimumMinor: 1n });
    expect(sizePayout(tiny)).toEqual({ is: 'UNSENDABLE', restMinor: 5n });
  });

  it('adds up, never exceeds what is payable, and leaves no settlement half sent but the last', () => {
    const amount = fc.bigInt({ min: 0n, max: 300_000_000n });
    fc.assert(
      fc.property(
        fc.record({ payableMinor: amount, clawbackDueMinor: amount, reversingMinor: amount }),
        fc.array(amount, { maxLength: 6 }),
        (given, lefts) => {
          const waiting = lefts.map((left, index) => unpaid(`s${index}`, left, index));
          const decision = sizePayout(funds({ ...given, unpaid: waiting }));
          if (decision.is !== 'SEND' && decision.is !== 'NET') return;
          const { amountMinor, nettedMinor, releasedMinor, carriedMinor, portions } = decision.size;
          expect(amountMinor).toBe(releasedMinor - nettedMinor + carriedMinor);
          expect(amountMinor + nettedMinor <= given.payableMinor).toBe(true);
          expect(amountMinor <= BigInt(maxStripeAmount)).toBe(true);
          expect(decision.is === 'NET').toBe(amountMinor === 0n);
          const isLast = amountMinor + nettedMinor === given.payableMinor;
          portions.forEach((portion, index) => {
            const left = waiting[index]?.leftMinor ?? -1n;
            expect(portion.id).toBe(`s${index}`);
            if (isLast || index < portions.length - 1) expect(portion.releasedMinor).toBe(left);
            expect(portion.releasedMinor <= left).toBe(true);
          });
          if (isLast) expect(portions).toHaveLength(waiting.length);
        },
      ),
    );
  });
});

describe('the largest amount of one transfer', () => {
  it.each([
    ['USD', 10_000n, 10_000n],
    ['USD', 250_000_000n, 99_999_999n],
    ['JPY', 5_000n, 5_000n],
    ['KWD', 10_005n, 10_000n],
    // Ten times as large in the provider's unit, of which the last two digits are zero.
    ['ISK', 5n, 5n],
    ['ISK', 250_000_000n, 999_999n],
    ['MGA', 150n, 100n],
  ])('of %s %s is %s', (code, amountMinor, largest) => {
    expect(largestSendable(amountMinor, asCurrency(code))).toBe(largest);
  });

  it('is exact in the unit of the provider, for every currency, and no larger one is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...currencyCodes),
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        (code, minor) => {
          const largest = largestSendable(minor, code);
          expect(largest <= minor).toBe(true);
          if (largest > 0n) expect(toStripeAmount(money(largest, code)).ok).toBe(true);
          for (let more = largest + 1n; more <= minor && more < largest + 120n; more += 1n) {
            expect(toStripeAmount(money(more, code)).ok).toBe(false);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

it.each([
  ['50.00', 'USD', 5_000n],
  ['50', 'USD', 5_000n],
  ['50.00', 'JPY', 50n],
  ['50.01', 'JPY', 51n],
  ['50.5', 'KWD', 50_500n],
  ['0', 'USD', 0n],
] as const)('the minimum of %s in %s', (minimum, code, minor) => {
  expect(minimumOf(minimum, asCurrency(code))).toBe(minor);
});

it.each([
  ['balance_insufficient', 7, 1],
  ['something_else', 1, 1],
  ['something_else', 2, 2],
  ['something_else', 5, 16],
  ['something_else', 6, 24],
  ['something_else', 60, 24],
])('after %s at attempt %i it is tried again in %i hours', (failureCode, attempt, hours) => {
  expect(retryAt({ failureCode, attempt, finishedAt: at(0) })).toEqual(at(hours));
});

it('knows what is wrong with the account and not with the balance', () => {
  const codes = [
    'capability_missing',
    'insufficient_capabilities_for_transfer',
    'balance_insufficient',
    null,
  ];
  expect(codes.map(isAccountProblem)).toEqual([true, true, false, false]);
});

describe('who is paid when money is short', () => {
  const claim = (agency: string, amountMinor: bigint, releasedHour: number, isFunded = false) => ({
    agencyId: agency,
    amountMinor,
    releasedAt: at(releasedHour),
    isFunded,
  });
  const queue = [claim('c', 100n, 3), claim('a', 500n, 1), claim('b', 300n, 2), claim('d', 50n, 4)];
  const names = (of: readonly { agencyId: string }[]) => of.map((each) => each.agencyId).join('');
  const paidAndShort = (available: bigint | null, hour: number, of = queue) => {
    const { paid, short } = whoIsPaid(of, available, at(hour));
    return `${names(paid)} ${names(short)}`;
  };

  it.each([
    [null, 'abcd '],
    [950n, 'abcd '],
    [949n, 'abc d'],
    [400n, 'bc ad'],
    [0n, ' abcd'],
  ])('%s: who waits longest first, passed over by who fits', (available, expected) => {
    expect(paidAndShort(available, 5)).toBe(expected);
  });

  it('passes nobody over for longer than a day', () => {
    expect(paidAndShort(400n, 24)).toBe('bc ad');
    expect(paidAndShort(400n, 25)).toBe(' abcd');
  });

  it('does not count what is taken from a charge', () => {
    const funded = [...queue, claim('e', 900n, 0, true)];
    expect(paidAndShort(100n, 25, funded)).toBe('e abcd');
    expect(paidAndShort(500n, 5, funded)).toBe('ea bcd');
  });

  it('never gives out more than there is', () => {
    const one = fc.record({
      amount: fc.bigInt({ min: 1n, max: 500n }),
      hour: fc.nat(60),
      funded: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one), fc.bigInt({ min: 0n, max: 2_000n }), (given, available) => {
        const claims = given.map(({ amount, hour, funded }, index) =>
          claim(`${index}`, amount, hour, funded),
        );
        const { paid, short } = whoIsPaid(claims, available, at(60));
        expect(paid.length + short.length).toBe(claims.length);
        const spent = paid.reduce((sum, each) => sum + (each.isFunded ? 0n : each.amountMinor), 0n);
        expect(spent <= available).toBe(true);
      }),
    );
  });
});

describe('reversals', () => {
  it('take from the payouts in the order given, and no more than is left of each', () => {
    const payouts = [
      { id: 'new', leftMinor: 300n },
      { id: 'empty', leftMinor: 0n },
      { id: 'old', leftMinor: 500n },
    ];
    const parts = (amount: bigint) =>
      allocateReversals(amount, payouts).map(({ payout, amountMinor }) => `${payout.id} ${amountMinor}`);
    expect(parts(200n)).toEqual(['new 200']);
    expect(parts(400n)).toEqual(['new 300', 'old 100']);
    expect(parts(9_000n)).toEqual(['new 300', 'old 500']);
    expect(parts(0n)).toEqual([]);
  });

  it.each([
    [400n, 400n, 400n, 0n],
    [400n, 150n, 150n, 250n],
    [400n, 0n, 0n, 400n],
    [400n, 900n, 400n, 0n],
  ])('of %s where %s is owed settle %s and give %s back', (amount, owed, owedMinor, payableMinor) => {
    expect(splitReversal(amount, owed)).toEqual({ owedMinor, payableMinor });
  });
});

it('orders by release, then by id', () => {
  const mixed = [unpaid('b', 1n, 2), unpaid('c', 1n, 1), unpaid('a', 1n, 2)];
  expect(byRelease(mixed).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
});

it('names a payout by its day and the end of its id', () => {
  expect(payoutNumber(at(0), '0190a0b0-0000-7000-8000-0000abcdef01')).toBe('P20261101-ABCDEF01');
});
