import type { Spread } from './statistics.js';

/** A ratio with the bar that it is held to. */
export interface Ratio extends Spread {
  readonly name: string;
  /** What the ratio must reach: at least, or at most. */
  readonly bar: { readonly least?: number; readonly most?: number } | undefined;
  readonly met: boolean | undefined;
}

export function ratio(name: string, values: Spread, bar?: { least?: number; most?: number }): Ratio {
  const { least = -Infinity, most = Infinity } = bar ?? {};
  return { name, ...values, bar, met: bar && values.median >= least && values.median <= most };
}
