import { InvariantViolation } from '#outcome';
import { asCurrency, currencyCodes, currencyOf, parseCurrency } from './currency.js';
import { currencyTable } from './currency-table.js';

// Written down apart from the table, from ISO 4217's list one: everything else has two decimals.
const withoutDecimals = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ');
const withThreeDecimals = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');
const withFourDecimals = 'CLF UYW'.split(' ');

function isoExponentOf(code: string): number {
  if (withoutDecimals.includes(code)) return 0;
  if (withThreeDecimals.includes(code)) return 3;
  return withFourDecimals.includes(code) ? 4 : 2;
}

describe('currency table', () => {
  it('has each code once, in order, as three capitals with a name', () => {
    const codes = currencyTable.map((row) => row.code);
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes).toHaveLength(165);
    expect(
      currencyTable.filter(
        (row) => !/^[A-Z]{3}$/.test(row.code) || row.name.trim() !== row.name || !row.name,
      ),
    ).toEqual([]);
  });

  it('has the decimals of ISO 4217', () => {
    const exponents = currencyTable.map((row) => [row.code, row.isoExponent]);
    expect(exponents).toEqual(currencyTable.map((row) => [row.code, isoExponentOf(row.code)]));
    for (const code of [...withoutDecimals, ...withThreeDecimals, ...withFourDecimals]) {
      expect([code, parseCurrency(code)]).toEqual([code, code]);
    }
  });

  it.each(['IQD', 'HUF', 'COP', 'IDR', 'AFN', 'LAK', 'MGA'])('follows ISO and not Intl for %s', (code) => {
    const intlDigits = new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions()
      .maximumFractionDigits;
    expect(currencyOf(asCurrency(code)).isoExponent).toBe(isoExponentOf(code));
    // Should Intl ever agree, this spec says so, and the comment on the table can go.
    expect(intlDigits).not.toBe(isoExponentOf(code));
  });

  it('knows the newest codes and not the withdrawn ones, the metals or the test codes', () => {
    expect(['XCG', 'ZWG', 'SLE', 'VED', 'XAD'].map((code) => parseCurrency(code))).not.toContain(undefined);
    for (const code of ['ANG', 'BGN', 'CUC', 'HRK', 'SLL', 'ZWL', 'XAU', 'XDR', 'XTS', 'XXX']) {
      expect([code, parseCurrency(code)]).toEqual([code, undefined]);
    }
  });

  it("has Stripe's units: zero, three ending in 0, the two that are sent with two decimals, none for what it does not take", () => {
    const deviating = currencyTable.filter((row) => row.stripeExponent !== 2 || row.stripeStep !== 1);
    const byUnit = new Map<string, string[]>();
    for (const row of deviating) {
      const unit = `${row.stripeExponent}/${row.stripeStep}`;
      byUnit.set(unit, [...(byUnit.get(unit) ?? []), row.code]);
    }
    expect(Object.fromEntries(byUnit)).toEqual({
      '0/1': 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '),
      '3/10': 'BHD JOD KWD OMR TND'.split(' '),
      '2/100': ['ISK', 'UGX'],
      'null/1': 'BOV CHE CHW CLF COU IQD LYD MXV USN UYI UYW XAD'.split(' '),
    });
  });
});

describe('currency codes', () => {
  it.each([
    '',
    'usd',
    'Usd',
    ' USD',
    'USD ',
    'USDT',
    'US',
    'US\u0000',
    '840',
    'ＵＳＤ',
    'constructor',
    '__proto__',
    'toString',
  ])('refuses %j', (text) => {
    expect(parseCurrency(text)).toBeUndefined();
    expect(() => asCurrency(text)).toThrow(InvariantViolation);
  });

  it('lists every code, and each leads back to its row', () => {
    expect(currencyCodes).toHaveLength(currencyTable.length);
    expect(currencyCodes.map(currencyOf)).toEqual(currencyTable);
  });
});
