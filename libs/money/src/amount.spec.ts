import fc from 'fast-check';
import { formatAmount, formatMoney, maxAmountMinor, parseAmount } from './amount.js';
import { asCurrency, currencyCodes, currencyOf } from './currency.js';
import { money } from './money.js';

const anyCurrency = fc.constantFrom(...currencyCodes);
const anyAmountMinor = fc.bigInt({ min: -maxAmountMinor, max: maxAmountMinor });

describe('parseAmount', () => {
  it.each([
    ['10', 'USD', 1000n],
    ['10.5', 'USD', 1050n],
    ['10.50', 'USD', 1050n],
    ['0', 'USD', 0n],
    ['0.01', 'USD', 1n],
    ['-0.01', 'USD', -1n],
    ['007', 'USD', 700n],
    ['9999999999999.99', 'USD', maxAmountMinor],
    ['-9999999999999.99', 'USD', -maxAmountMinor],
    ['1000', 'JPY', 1000n],
    ['10', 'KWD', 10_000n],
    ['10.005', 'KWD', 10_005n],
    ['1.0001', 'CLF', 10_001n],
    // A float would read 1.005 dollars' worth of fils as 1004.9999999999999.
    ['1.005', 'KWD', 1005n],
  ])('reads %j %s as %s', (text, code, amountMinor) => {
    expect(parseAmount(text, asCurrency(code))).toBe(amountMinor);
  });

  it.each([
    ['', 'USD'],
    [' 5 ', 'USD'],
    ['5\n', 'USD'],
    ['5\u0000', 'USD'],
    ['+5', 'USD'],
    ['--5', 'USD'],
    ['5,00', 'USD'],
    ['1,000.00', 'USD'],
    ['1_000', 'USD'],
    ['1e3', 'USD'],
    ['0x10', 'USD'],
    ['$5', 'USD'],
    ['.5', 'USD'],
    ['5.', 'USD'],
    ['5.0.0', 'USD'],
    ['٥', 'USD'],
    ['５', 'USD'],
    ['−5', 'USD'],
    ['NaN', 'USD'],
    ['Infinity', 'USD'],
    ['-', 'USD'],
    ['-0', 'USD'],
    ['-0.00', 'USD'],
    ['0.001', 'USD'],
    ['10.000', 'USD'],
    ['10.0', 'JPY'],
    ['10.0000', 'KWD'],
    ['10000000000000.00', 'USD'],
    ['-10000000000000.00', 'USD'],
    ['1000000000000000000', 'JPY'],
    ['9'.repeat(1_000_000), 'USD'],
    ['0'.repeat(1_000_000), 'USD'],
  ])('refuses %.30j %s', (text, code) => {
    expect(parseAmount(text, asCurrency(code))).toBeUndefined();
  });

  it('has a bound that a Postgres bigint holds thousands of times', () => {
    expect(maxAmountMinor).toBe(999_999_999_999_999n);
    expect(maxAmountMinor * 9_000n).toBeLessThan(2n ** 63n);
  });
});

describe('formatAmount', () => {
  it.each([
    [1000n, 'USD', '10.00'],
    [5n, 'USD', '0.05'],
    [-5n, 'USD', '-0.05'],
    [0n, 'USD', '0.00'],
    [1000n, 'JPY', '1000'],
    [-1n, 'JPY', '-1'],
    [0n, 'JPY', '0'],
    [10_000n, 'KWD', '10.000'],
    [1n, 'KWD', '0.001'],
    [1n, 'CLF', '0.0001'],
    [12_345_678_901_234_567_890n, 'USD', '123456789012345678.90'],
  ])('prints %s %s as %j', (amountMinor, code, text) => {
    expect(formatAmount(amountMinor, asCurrency(code))).toBe(text);
  });

  it('is undone by parsing, for every currency', () => {
    for (const currency of currencyCodes) {
      fc.assert(
        fc.property(anyAmountMinor, (amountMinor) => {
          expect(parseAmount(formatAmount(amountMinor, currency), currency)).toBe(amountMinor);
        }),
        { numRuns: 25 },
      );
    }
  });

  it("prints what was parsed, filled up to the currency's digits", () => {
    fc.assert(
      fc.property(anyCurrency, fc.nat(), fc.stringMatching(/^[0-9]{0,4}$/), (currency, whole, fraction) => {
        const text = fraction === '' ? `${whole}` : `${whole}.${fraction}`;
        const amountMinor = parseAmount(text, currency);
        const { isoExponent } = currencyOf(currency);
        if (fraction.length > isoExponent) {
          expect(amountMinor).toBeUndefined();
        } else {
          const filled = isoExponent === 0 ? `${whole}` : `${whole}.${fraction.padEnd(isoExponent, '0')}`;
          expect(amountMinor === undefined ? undefined : formatAmount(amountMinor, currency)).toBe(filled);
        }
      }),
    );
  });

  it('never reads text that is not a plain decimal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), anyCurrency, (text, currency) => {
        fc.pre(!/^-?[0-9]+(\.[0-9]+)?$/.test(text));
        expect(parseAmount(text, currency)).toBeUndefined();
      }),
    );
  });
});

describe('formatMoney', () => {
  it.each([
    [200_000n, 'USD', '$2,000.00'],
    [-500n, 'USD', '-$5.00'],
    [99_999n, 'USD', '$999.99'],
    [100_000_000n, 'USD', '$1,000,000.00'],
    [0n, 'USD', '$0.00'],
    [1000n, 'EUR', '€10.00'],
    [1000n, 'JPY', '¥1,000'],
    [-999n, 'JPY', '-¥999'],
    [10_000n, 'KWD', 'KWD 10.000'],
    [-12_345_678n, 'KWD', '-KWD 12,345.678'],
    [12_345_678n, 'CLF', 'CLF 1,234.5678'],
    [1000n, 'CNY', 'CNY 10.00'],
  ])('writes %s %s as %j', (amountMinor, code, text) => {
    expect(formatMoney(money(amountMinor, asCurrency(code)))).toBe(text);
  });

  it('says the same number as formatAmount, for every currency', () => {
    fc.assert(
      fc.property(anyAmountMinor, anyCurrency, (amountMinor, currency) => {
        const written = formatMoney(money(amountMinor, currency)).replace(/[^-0-9.]/g, '');
        expect(written).toBe(formatAmount(amountMinor, currency));
      }),
    );
  });
});
