import fc from 'fast-check';
import { InvariantViolation } from '#outcome';
import { asCurrency, currencyCodes } from './currency.js';
import { type RatePpm, asRatePpm, formatRate, parseRatePpm, share, shareExplained } from './rate.js';

const USD = asCurrency('USD');
const anyAmountMinor = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const anyRate = fc.integer({ min: 0, max: 1_000_000 }).map(asRatePpm);
/** Rates and amounts at which ties are frequent; among the others a tie is one in half a million. */
const tieRate = fc.constantFrom(500_000, 250_000, 125_000, 50_000, 100_000).map(asRatePpm);
const smallAmountMinor = fc.bigInt({ min: -1000n, max: 1000n });

describe('rates', () => {
  it.each([0, 1, 200_000, 1_000_000])('reads %s ppm', (value) => {
    expect(parseRatePpm(value)).toBe(value);
  });

  it.each([-1, 1_000_001, 0.5, NaN, Infinity, -Infinity, 2 ** 53])('refuses %s', (value) => {
    expect(parseRatePpm(value)).toBeUndefined();
    expect(() => asRatePpm(value)).toThrow(InvariantViolation);
  });

  it('reads a negative zero as zero', () => {
    expect(Object.is(parseRatePpm(-0), 0)).toBe(true);
  });

  it.each([
    [0, '0 %'],
    [1, '0.0001 %'],
    [10, '0.001 %'],
    [10_000, '1 %'],
    [100_000, '10 %'],
    [125_000, '12.5 %'],
    [200_000, '20 %'],
    [333_333, '33.3333 %'],
    [1_000_000, '100 %'],
  ])('prints %s ppm as %j', (ppm, text) => {
    expect(formatRate(asRatePpm(ppm))).toBe(text);
  });

  it('prints every rate exactly', () => {
    fc.assert(
      fc.property(anyRate, (ratePpm) => {
        const [whole = '', fraction = ''] = formatRate(ratePpm).replace(' %', '').split('.');
        expect(Number(whole) * 10_000 + Number(fraction.padEnd(4, '0'))).toBe(ratePpm);
        expect(fraction.endsWith('0')).toBe(false);
      }),
    );
  });
});

describe('share', () => {
  it.each([
    [7n, 200_000, 1n], // 1.4
    [2n, 200_000, 0n], // 0.4
    [3n, 200_000, 1n], // 0.6
    [1n, 500_000, 0n], // 0.5, a tie: to the even 0
    [3n, 500_000, 2n], // 1.5, a tie: to the even 2
    [5n, 500_000, 2n], // 2.5, a tie: to the even 2
    [-1n, 500_000, 0n],
    [-3n, 500_000, -2n],
    [-5n, 500_000, -2n],
    [10n, 50_000, 0n], // 0.5
    [30n, 50_000, 2n], // 1.5
    [33n, 150_000, 5n], // 4.95: one line of 0.33 at 15 %
    [3300n, 150_000, 495n], // a hundred such lines in one sum are 4.95, line by line 5.00
    [200_000n, 200_000, 40_000n],
    [999_999_999_999_999n, 1_000_000, 999_999_999_999_999n],
    [999_999_999_999_999n, 0, 0n],
  ])('of %s at %s ppm is %s', (amountMinor, ppm, expected) => {
    expect(share(amountMinor, asRatePpm(ppm))).toBe(expected);
  });
});

describe('every share', () => {
  it('is the nearest whole number, and the even one of two equally near, by exact arithmetic', () => {
    const holds = (amountMinor: bigint, ratePpm: RatePpm): void => {
      const exactMillionths = amountMinor * BigInt(ratePpm);
      const rounded = share(amountMinor, ratePpm);
      const distance = exactMillionths - rounded * 1_000_000n;
      const magnitude = distance < 0n ? -distance : distance;
      expect(magnitude).toBeLessThanOrEqual(500_000n);
      if (magnitude === 500_000n) expect(rounded % 2n === 0n).toBe(true);
    };
    fc.assert(fc.property(anyAmountMinor, anyRate, holds));
    fc.assert(fc.property(smallAmountMinor, tieRate, holds));
  });

  it('of the opposite is the opposite', () => {
    const holds = (amountMinor: bigint, ratePpm: RatePpm): void => {
      expect(share(-amountMinor, ratePpm)).toBe(-share(amountMinor, ratePpm));
    };
    fc.assert(fc.property(anyAmountMinor, anyRate, holds));
    fc.assert(fc.property(smallAmountMinor, tieRate, holds));
  });

  it('of lines that are all reversed is zero', () => {
    fc.assert(
      fc.property(fc.array(anyAmountMinor), anyRate, (lines, ratePpm) => {
        const charged = lines.map((line) => share(line, ratePpm));
        const reversed = lines.map((line) => share(-line, ratePpm));
        expect([...charged, ...reversed].reduce((total, each) => total + each, 0n)).toBe(0n);
      }),
    );
  });

  it('grows with the amount and never exceeds it', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.nat(),
        anyRate,
        (amountMinor, more, ratePpm) => {
          expect(share(amountMinor + BigInt(more), ratePpm)).toBeGreaterThanOrEqual(
            share(amountMinor, ratePpm),
          );
          expect(share(amountMinor, ratePpm)).toBeLessThanOrEqual(amountMinor);
        },
      ),
    );
  });

  it.each([1_000_001, -1, 0.5, NaN])('throws for a rate of %s that was cast instead of parsed', (value) => {
    expect(() => share(100n, value as RatePpm)).toThrow(InvariantViolation);
  });
});

describe('shareExplained', () => {
  it.each([
    [7n, 200_000, 'USD', 1n, false, '0.014'],
    [-7n, 200_000, 'USD', -1n, false, '-0.014'],
    [200_000n, 200_000, 'USD', 40_000n, true, '400.00'],
    [1n, 1, 'USD', 0n, false, '0.00000001'],
    [0n, 200_000, 'USD', 0n, true, '0.00'],
    [7n, 200_000, 'JPY', 1n, false, '1.4'],
    [10n, 200_000, 'JPY', 2n, true, '2'],
    [7n, 200_000, 'KWD', 1n, false, '0.0014'],
    [10_000n, 200_000, 'KWD', 2_000n, true, '2.000'],
  ])('of %s at %s ppm in %s', (baseMinor, ppm, code, amountMinor, exact, exactText) => {
    expect(shareExplained(baseMinor, asRatePpm(ppm), asCurrency(code))).toEqual({
      amountMinor,
      exact,
      exactText,
    });
  });

  it('agrees with share, and is exact just when its text has no more digits than the currency', () => {
    fc.assert(
      fc.property(
        anyAmountMinor,
        fc.oneof(anyRate, tieRate),
        fc.constantFrom(...currencyCodes),
        (base, ratePpm, currency) => {
          const explained = shareExplained(base, ratePpm, currency);
          expect(explained.amountMinor).toBe(share(base, ratePpm));
          expect(explained.exact).toBe(explained.amountMinor * 1_000_000n === base * BigInt(ratePpm));
        },
      ),
    );
    expect(shareExplained(50n, asRatePpm(500_000), USD)).toEqual({
      amountMinor: 25n,
      exact: true,
      exactText: '0.25',
    });
  });
});
