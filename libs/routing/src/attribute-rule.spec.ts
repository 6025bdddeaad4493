import fc from 'fast-check';
import { type ValueType, normalValue, orderOf, partsOf } from './attribute-rule.js';

describe('normalValue', () => {
  it.each<[ValueType, string | number | boolean, string | undefined]>([
    ['TEXT', '  Straße  ', 'straße'],
    ['TEXT', 'Cafe\u0301', 'caf\u00e9'],
    ['TEXT', '   ', undefined],
    ['ENUM', 'Flat', 'flat'],
    ['INTEGER', '007', '7'],
    ['INTEGER', '-0', '0'],
    ['INTEGER', -12, '-12'],
    ['INTEGER', '999999999999999', '999999999999999'],
    ['INTEGER', '1000000000000000', undefined],
    ['INTEGER', '1.0', undefined],
    ['INTEGER', '1e3', undefined],
    ['INTEGER', '٥', undefined],
    ['INTEGER', Number.NaN, undefined],
    ['DECIMAL', '012.50', '12.5'],
    ['DECIMAL', '-0.000', '0'],
    ['DECIMAL', 0.1, '0.1'],
    ['DECIMAL', '5,00', undefined],
    ['DECIMAL', '0.0000001', undefined],
    ['DECIMAL', '.5', undefined],
    ['BOOLEAN', true, 'true'],
    ['BOOLEAN', 'false', 'false'],
    ['BOOLEAN', 'yes', 'true'],
    ['BOOLEAN', 'NO', 'false'],
    ['BOOLEAN', 'perhaps', undefined],
    ['DATE', '2026-02-28', '2026-02-28'],
    ['DATE', '2026-02-29', undefined],
    ['DATE', '28.02.2026', undefined],
  ])('of a %s %j is %j', (type, value, expected) => {
    expect(normalValue(type, value)).toBe(expected);
  });
});

describe('orderOf', () => {
  const anyDecimal = fc
    .record({
      negative: fc.boolean(),
      whole: fc.bigInt({ min: 0n, max: 999_999_999_999_999n }),
      millionths: fc.integer({ min: 0, max: 999_999 }),
    })
    .map(
      ({ negative, whole, millionths }) =>
        `${negative ? '-' : ''}${whole}.${String(millionths).padStart(6, '0')}`,
    );

  it('is exact for decimals of twenty-one digits, which no number holds', () => {
    const exact = (text: string): bigint => BigInt(text.replace('.', ''));
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        const [first, second] = [a, b].map((text) => orderOf('DECIMAL', normalValue('DECIMAL', text) ?? '?'));
        if (first === undefined || second === undefined) throw new Error('no order');
        expect(first < second).toBe(exact(a) < exact(b));
        expect(first <= second).toBe(exact(a) <= exact(b));
      }),
    );
    expect(orderOf('DECIMAL', '999999999999999.000001') > orderOf('DECIMAL', '999999999999999')).toBe(true);
  });

  it('of days is the one of the calendar', () => {
    expect(orderOf('DATE', '1999-12-31') < orderOf('DATE', '2000-01-01')).toBe(true);
  });

  it('of negative decimals below one keeps their sign', () => {
    expect(orderOf('DECIMAL', '-0.5') < orderOf('DECIMAL', '0')).toBe(true);
    expect(orderOf('DECIMAL', '-0.5') > orderOf('DECIMAL', '-0.500001')).toBe(true);
  });
});

describe('partsOf', () => {
  it('counts the rule itself and all that lie in it', () => {
    const exists = { is: 'EXISTS', attribute: 'a', type: 'TEXT' } as const;
    expect(partsOf({ is: 'ALL', rules: [{ is: 'NOT', rule: exists }, exists] })).toHaveLength(4);
  });
});
