import fc from 'fast-check';
import { agencyShareOf, byAgency, firstOf, gapsOf } from './parts.js';

const line = { agencyId: 'a', id: 's', amountMinor: 100n };
const part = (fromMinor: bigint, amountMinor: bigint) => ({ agencyId: 'a', id: 's', fromMinor, amountMinor });

describe('gaps', () => {
  it.each([
    ['all of it', [], 100n, [part(0n, 100n)]],
    ['what follows a part', [part(0n, 40n)], 100n, [part(40n, 60n)]],
    ['what lies between parts', [part(60n, 40n), part(0n, 20n)], 100n, [part(20n, 40n)]],
    ['several', [part(20n, 30n)], 100n, [part(0n, 20n), part(50n, 50n)]],
    ['nothing', [part(0n, 100n)], 100n, []],
    ['no more than was not written off', [part(0n, 40n)], 70n, [part(40n, 30n)]],
    ['nothing of what was written off', [part(0n, 40n)], 40n, []],
  ])('are %s', (_, parts, room, gaps) => {
    expect(gapsOf(line, parts, room)).toEqual(gaps);
  });

  it('are not found where parts overlap, or go too far', () => {
    expect(() => gapsOf(line, [part(0n, 50n), part(49n, 1n)], 100n)).toThrow('overlap');
    expect(() => gapsOf(line, [part(90n, 11n)], 200n)).toThrow('beyond');
  });

  it('and parts are the settlement, whatever the parts are', () => {
    const cuts = fc.uniqueArray(fc.bigInt(1n, 999n), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, fc.array(fc.boolean(), { minLength: 13, maxLength: 13 }), (at, taken) => {
        const edges = [0n, ...at.toSorted((a, b) => (a < b ? -1 : 1)), 1000n];
        const pieces = edges
          .slice(1)
          .map((end, index) => part(edges[index] ?? 0n, end - (edges[index] ?? 0n)));
        const live = pieces.filter((_, index) => taken[index]);
        const gaps = gapsOf({ ...line, amountMinor: 1000n }, live, 1000n);
        const all = [...live, ...gaps].sort((a, b) => (a.fromMinor < b.fromMinor ? -1 : 1));
        let end = 0n;
        for (const each of all) {
          expect(each.fromMinor).toBe(end);
          end += each.amountMinor;
        }
        expect(end).toBe(1000n);
      }),
    );
  });
});

describe('the first of parts', () => {
  const parts = [part(0n, 30n), part(50n, 20n)];
  it.each([
    [0n, [], parts, 0n],
    [30n, [part(0n, 30n)], [part(50n, 20n)], 0n],
    [40n, [part(0n, 30n), part(50n, 10n)], [part(60n, 10n)], 0n],
    [50n, parts, [], 0n],
    [70n, parts, [], 20n],
  ])('that make up %s', (amount, taken, beyond, leftMinor) => {
    expect(firstOf(parts, amount)).toEqual({ taken, beyond, leftMinor });
  });

  it('are summed up by agency, in one order', () => {
    const of = (agencyId: string, amountMinor: bigint) => ({ ...part(0n, amountMinor), agencyId });
    expect([...byAgency([of('b', 1n), of('a', 2n), of('b', 3n)])]).toEqual([
      ['a', 2n],
      ['b', 4n],
    ]);
  });
});

describe("the agency's share of a part", () => {
  it.each([
    [{ agencyMinor: 90n, feeMinor: 10n }, 0n, 100n, 90n],
    [{ agencyMinor: 90n, feeMinor: 10n }, 0n, 5n, 5n],
    [{ agencyMinor: 100n, feeMinor: 0n }, 20n, 30n, 10n],
    // A statement that gives a fee back: all of what is left is the agency's.
    [{ agencyMinor: 50n, feeMinor: -10n }, 0n, 40n, 40n],
    [{ agencyMinor: 0n, feeMinor: 30n }, 0n, 30n, 0n],
    [{ agencyMinor: 0n, feeMinor: 0n }, 0n, 7n, 7n],
  ])('of %o from %s to %s is %s', (statement, fromMinor, toMinor, share) => {
    expect(agencyShareOf(statement, { fromMinor, toMinor })).toBe(share);
  });

  it('adds up to its whole share, however the statement is cut', () => {
    const money = fc.bigInt(0n, 10_000n);
    fc.assert(
      fc.property(money, money, fc.array(fc.bigInt(0n, 5_000n), { maxLength: 20 }), (agency, fee, sizes) => {
        const statement = { agencyMinor: agency, feeMinor: fee };
        const whole = agency + fee;
        let at = 0n;
        let sum = 0n;
        for (const size of [...sizes, whole]) {
          const to = at + size < whole ? at + size : whole;
          const share = agencyShareOf(statement, { fromMinor: at, toMinor: to });
          expect(share >= 0n && share <= to - at).toBe(true);
          sum += share;
          at = to;
        }
        expect(sum).toBe(agency);
      }),
    );
  });
});
