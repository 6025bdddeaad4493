import fc from 'fast-check';
import { spreadDispute, spreadReturn } from './dispute.js';

const part = (id: string, amountMinor: bigint) => ({ agencyId: 'a', id, amountMinor });

describe('a dispute', () => {
  it.each([
    [
      'takes all of a payment',
      300n,
      [part('1', 100n), part('2', 200n)],
      0n,
      [part('1', 100n), part('2', 200n)],
      0n,
    ],
    [
      'takes a part by largest remainder',
      100n,
      [part('1', 100n), part('2', 200n)],
      0n,
      [part('1', 33n), part('2', 67n)],
      0n,
    ],
    ['takes its part of the balance', 50n, [part('1', 60n)], 40n, [part('1', 30n)], 20n],
    ['of a top-up is all of the balance', 50n, [], 80n, [], 50n],
    ['beyond what is there falls on the balance', 70n, [part('1', 60n)], 0n, [part('1', 60n)], 10n],
    ['of what others took before falls on the balance', 70n, [], 0n, [], 70n],
    ['of one cent is of one statement', 1n, [part('1', 50n), part('2', 50n)], 0n, [part('1', 1n)], 0n],
  ])('%s', (_, amount, parts, balanceMinor, expected, ofBalance) => {
    expect(spreadDispute(amount, { parts, balanceMinor })).toEqual({
      parts: expected,
      balanceMinor: ofBalance,
    });
  });

  it('takes exactly its amount, and of no statement more than it has', () => {
    const sizes = fc.array(fc.bigInt(1n, 1_000n), { maxLength: 8 });
    fc.assert(
      fc.property(fc.bigInt(1n, 5_000n), sizes, fc.bigInt(0n, 1_000n), (amount, amounts, balanceMinor) => {
        const parts = amounts.map((each, index) => part(`s${index}`, each));
        const spread = spreadDispute(amount, { parts, balanceMinor });
        const sum = spread.parts.reduce((total, each) => total + each.amountMinor, spread.balanceMinor);
        expect(sum).toBe(amount);
        for (const { id, amountMinor } of spread.parts) {
          const of = parts.find((each) => each.id === id)?.amountMinor ?? 0n;
          expect(amountMinor > 0n && amountMinor <= of).toBe(true);
        }
        // And all of it comes back the way it went.
        expect(spreadReturn(amount, spread)).toEqual(spread);
      }),
    );
  });

  it('does not give back more than it took', () => {
    expect(() => spreadReturn(11n, { parts: [part('1', 10n)], balanceMinor: 0n })).toThrow(
      'more of a dispute',
    );
  });
});
