import fc from 'fast-check';
import { InvariantViolation } from '#outcome';
import { asCurrency, currencyCodes } from './currency.js';
import { add, compare, isZero, money, negate, subtract, sum } from './money.js';

const USD = asCurrency('USD');
const EUR = asCurrency('EUR');
const anyCurrency = fc.constantFrom(...currencyCodes);

describe('money', () => {
  it('adds, subtracts and negates', () => {
    expect(add(money(1000n, USD), money(1n, USD))).toEqual({ amountMinor: 1001n, currency: 'USD' });
    expect(subtract(money(1000n, USD), money(1001n, USD))).toEqual({ amountMinor: -1n, currency: 'USD' });
    expect(negate(money(5n, USD))).toEqual({ amountMinor: -5n, currency: 'USD' });
  });

  it('adds up beyond what a float can hold', () => {
    const big = money(2n ** 53n, USD);
    expect(sum([big, money(1n, USD), money(1n, USD)], USD).amountMinor).toBe(9007199254740994n);
  });

  it('adds nothing up to zero of the named currency', () => {
    expect(sum([], EUR)).toEqual({ amountMinor: 0n, currency: 'EUR' });
  });

  it('compares for sorting', () => {
    const sorted = [3n, -1n, 2n, 2n].map((amountMinor) => money(amountMinor, USD)).sort(compare);
    expect(sorted.map((each) => each.amountMinor)).toEqual([-1n, 2n, 2n, 3n]);
    expect(compare(money(2n, USD), money(2n, USD))).toBe(0);
  });

  it('tells zero from the rest', () => {
    expect([0n, 1n, -1n].map((amountMinor) => isZero(money(amountMinor, USD)))).toEqual([true, false, false]);
  });

  it.each([
    ['add', () => add(money(1n, USD), money(1n, EUR))],
    ['subtract', () => subtract(money(1n, USD), money(1n, EUR))],
    ['compare', () => compare(money(1n, USD), money(1n, EUR))],
    ['compare with zero', () => compare(money(0n, USD), money(0n, EUR))],
    ['sum', () => sum([money(1n, USD), money(0n, EUR)], USD)],
    ['sum under a third currency', () => sum([money(1n, USD)], EUR)],
  ])('never mixes currencies: %s', (_name, mix) => {
    expect(mix).toThrow(InvariantViolation);
  });

  it('reversing everything leaves exactly zero, for every currency', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })),
        anyCurrency,
        (amounts, currency) => {
          const lines = amounts.map((amountMinor) => money(amountMinor, currency));
          const booked = [...lines, ...lines.map(negate)];
          expect(sum(booked, currency)).toEqual(money(0n, currency));
          expect(subtract(sum(lines, currency), sum(lines.toReversed(), currency))).toEqual(
            money(0n, currency),
          );
        },
      ),
    );
  });
});
