import { invariant } from '#outcome';

/**
 * Splits a total (minor units) in proportion to weights, so that the parts add up to it exactly: each gets
 * its whole units, and the units left over go one each to the largest remainders, ties to the smaller id (by
 * code unit, the same on every machine). Parts come in the order of the weights; splitting the opposite total
 * gives exactly the opposite parts, so a reversal is a negation. Throws InvariantViolation unless there are
 * as many distinct ids as weights, no weight is negative and at least one is above zero.
 */
export function allocate(totalMinor: bigint, weights: readonly bigint[], ids: readonly string[]): bigint[] {
  invariant(weights.length === ids.length, 'an allocation needs one id per weight');
  invariant(
    new Set(ids).size === ids.length,
    'the ids of an allocation must differ, else a tie has no winner',
  );
  invariant(
    weights.every((weight) => weight >= 0n),
    'a weight of an allocation is negative',
  );
  const weightSum = weights.reduce((total, weight) => total + weight, 0n);
  invariant(weightSum > 0n, 'an allocation needs a weight above zero');

  const magnitude = totalMinor < 0n ? -totalMinor : totalMinor;
  const parts = weights.map((weight) => (magnitude * weight) / weightSum);
  const leftOver = magnitude - parts.reduce((total, part) => total + part, 0n);
  for (const index of byLargestRemainder(magnitude, weights, weightSum, ids).slice(0, Number(leftOver))) {
    parts[index] = (parts[index] ?? 0n) + 1n;
  }
  return totalMinor < 0n ? parts.map((part) => -part) : parts;
}

/**
 * Indices in the order in which they take a left-over unit. There are fewer left-over units than non-zero
 * remainders.
 */
function byLargestRemainder(
  magnitude: bigint,
  weights: readonly bigint[],
  weightSum: bigint,
  ids: readonly string[],
): number[] {
  return weights
    .map((weight, index) => ({ index, remainder: (magnitude * weight) % weightSum, id: ids[index] ?? '' }))
    .sort((a, b) => {
      if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
      return a.id < b.id ? -1 : 1;
    })
    .map(({ index }) => index);
}
