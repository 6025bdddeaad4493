import { percentile } from '../statistics.js';
import type { Submitted } from './load.js';
import type { Arrival } from './receiver-process.js';

/** How long leads took, in milliseconds. */
export interface Times {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** Throws RangeError when nothing was measured. */
export function timesOf(values: readonly number[]): Times {
  return { p50Ms: percentile(values, 50), p99Ms: percentile(values, 99), mostMs: percentile(values, 100) };
}

/** A lead as the database has it. */
export interface Kept {
  readonly externalId: string;
  /** When the system took it: just before its transaction. Milliseconds since 1970. */
  readonly acceptedMs: number;
}

export interface Joined {
  /** From when the system took it until its buyer had it. */
  readonly accepted: readonly number[];
  /** From when the agency wanted to send it until its buyer had it. */
  readonly submitted: readonly number[];
  /** Acknowledged leads that are not kept, and those that no buyer has received. */
  readonly lost: readonly string[];
  readonly missing: readonly string[];
}

/** Puts together what the agency, the database and the buyers know of the same leads. */
export function join(
  acknowledged: readonly Submitted[],
  kept: readonly Kept[],
  arrivals: readonly Arrival[],
): Joined {
  const keptOf = new Map(kept.map((each) => [each.externalId, each]));
  const arrivalOf = new Map(arrivals.map((each) => [each.externalId, each]));
  const joined = {
    accepted: [] as number[],
    submitted: [] as number[],
    lost: [] as string[],
    missing: [] as string[],
  };
  for (const { externalId, atMs } of acknowledged) {
    const [lead, arrival] = [keptOf.get(externalId), arrivalOf.get(externalId)];
    if (!lead) joined.lost.push(externalId);
    else if (!arrival) joined.missing.push(externalId);
    else {
      joined.accepted.push(arrival.atMs - lead.acceptedMs);
      joined.submitted.push(arrival.atMs - atMs);
    }
  }
  return joined;
}
