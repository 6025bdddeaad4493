import fc from 'fast-check';
import { InvariantViolation } from '#outcome';
import { allocate } from './allocate.js';

const total = (parts: readonly bigint[]): bigint => parts.reduce((sum, part) => sum + part, 0n);

/** Weighted, distinctly named parts with at least one weight above zero. */
const anyParts = fc
  .uniqueArray(fc.record({ id: fc.string(), weight: fc.bigInt({ min: 0n, max: 10n ** 12n }) }), {
    selector: (part) => part.id,
    minLength: 1,
    maxLength: 20,
  })
  .filter((parts) => parts.some((part) => part.weight > 0n));
const anyTotal = fc.oneof(
  fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
  fc.bigInt({ min: -20n, max: 20n }),
);

describe('allocate', () => {
  it.each([
    // 100 in three: 33.33 each, all remainders equal, so the one left over goes to the smallest id.
    [100n, [1n, 1n, 1n], ['b', 'a', 'c'], [33n, 34n, 33n]],
    [-100n, [1n, 1n, 1n], ['b', 'a', 'c'], [-33n, -34n, -33n]],
    // 10 by 1:2:4 is 1.43, 2.86, 5.71: two are left over, for the remainders .86 and .71.
    [10n, [1n, 2n, 4n], ['a', 'b', 'c'], [1n, 3n, 6n]],
    [5n, [0n, 1n], ['a', 'b'], [0n, 5n]],
    [0n, [1n, 1n], ['a', 'b'], [0n, 0n]],
    [1n, [1n, 1n], ['10', '9'], [1n, 0n]], // by code unit: "10" before "9"
    [1n, [1n, 1n], ['a', 'B'], [0n, 1n]], // capitals first, whatever the locale
    [7n, [3n], ['only'], [7n]],
  ])('splits %s by %j among %j', (totalMinor, weights, ids, expected) => {
    expect(allocate(totalMinor, weights, ids)).toEqual(expected);
  });
});

describe('every allocation', () => {
  it('has parts that add up to the whole', () => {
    fc.assert(
      fc.property(anyTotal, anyParts, (totalMinor, parts) => {
        const split = allocate(
          totalMinor,
          parts.map((part) => part.weight),
          parts.map((part) => part.id),
        );
        expect(total(split)).toBe(totalMinor);
      }),
    );
  });

  it('keeps each part less than one unit away from its exact quota, and nothing for a weight of zero', () => {
    fc.assert(
      fc.property(anyTotal, anyParts, (totalMinor, parts) => {
        const weights = parts.map((part) => part.weight);
        const weightSum = total(weights);
        const split = allocate(
          totalMinor,
          weights,
          parts.map((part) => part.id),
        );
        split.forEach((part, index) => {
          const weight = weights[index] ?? 0n;
          const distance = part * weightSum - totalMinor * weight;
          expect(distance < weightSum && distance > -weightSum).toBe(true);
          if (weight === 0n) expect(part).toBe(0n);
        });
      }),
    );
  });

  it('splits the opposite total into the opposite parts', () => {
    fc.assert(
      fc.property(anyTotal, anyParts, (totalMinor, parts) => {
        const weights = parts.map((part) => part.weight);
        const ids = parts.map((part) => part.id);
        const reversed = allocate(-totalMinor, weights, ids);
        expect(reversed).toEqual(allocate(totalMinor, weights, ids).map((part) => -part));
      }),
    );
  });

  it('gives each id the same part in whatever order they come', () => {
    fc.assert(
      fc.property(anyTotal, anyParts, (totalMinor, parts) => {
        const byId = (list: typeof parts): Map<string, bigint | undefined> => {
          const split = allocate(
            totalMinor,
            list.map((part) => part.weight),
            list.map((part) => part.id),
          );
          return new Map(list.map((part, index) => [part.id, split[index]]));
        };
        const backwards = byId(parts.toReversed());
        expect([...byId(parts)].every(([id, part]) => backwards.get(id) === part)).toBe(true);
      }),
    );
  });
});

describe('an impossible allocation', () => {
  it.each([
    ['no part at all', [], []],
    ['only weights of zero', [0n, 0n], ['a', 'b']],
    ['a negative weight', [2n, -1n], ['a', 'b']],
    ['the same id twice', [1n, 1n], ['a', 'a']],
    ['fewer ids than weights', [1n, 1n], ['a']],
  ])('throws: %s', (_name, weights, ids) => {
    expect(() => allocate(10n, weights, ids)).toThrow(InvariantViolation);
  });
});
