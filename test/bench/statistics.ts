/** The middle of several measurements, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws for an empty list: a figure that was not measured must not look like one. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 50), min: Math.min(...values), max: Math.max(...values) };
}

/** The value below which so many per cent of the values lie; between two of them in proportion. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = ((sorted.length - 1) * percent) / 100;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) throw new RangeError('nothing was measured');
  return below + (above - below) * (at - Math.floor(at));
}

/** One measurement in the order of the run. */
export interface Measured {
  readonly name: string;
  /** What is compared: a rate or a time. */
  readonly value: number;
}

/**
 * For each measurement of `name` its ratio to the reference around it: the mean of the nearest one before and the
 * nearest one after, so that a machine that grows slower or faster meanwhile moves both.
 */
export function ratiosToReference(run: readonly Measured[], name: string, reference: string): number[] {
  return run.flatMap((leg, index) => {
    if (leg.name !== name) return [];
    const before = run.slice(0, index).findLast((other) => other.name === reference);
    const after = run.slice(index + 1).find((other) => other.name === reference);
    const around = [before, after].flatMap((other) => (other ? [other.value] : []));
    if (around.length === 0) throw new RangeError('a measurement has no reference beside it');
    return [leg.value / (around.reduce((sum, value) => sum + value, 0) / around.length)];
  });
}
