import type { LoggedRequest } from './stripe.js';

/** What the sandbox allows each second and endpoint, as Stripe does. */
export const limitPerSecond = 25;

/** How fast transfers were made, by the sandbox's own log. */
export interface Pace {
  readonly transfers: number;
  /** From the first request for a transfer to the last transfer. */
  readonly seconds: number;
  /** Of its slices of ten seconds that are whole, the one with the fewest. */
  readonly slowestPerSecond: number | undefined;
  /** Requests for transfers that were too many, and looks at an account before one. */
  readonly refusedTransfers: number;
  readonly refusedLooks: number;
  readonly looks: number;
}

const tooMany = 429;
const sliceMs = 10_000;

/** Throws RangeError when nothing was transferred. */
export function paceOf(transfers: readonly LoggedRequest[], looks: readonly LoggedRequest[]): Pace {
  const made = transfers.filter(({ status }) => status === 200).map(({ atMs }) => atMs);
  const first = Math.min(...transfers.map(({ atMs }) => atMs));
  const last = Math.max(...made);
  if (!Number.isFinite(first) || !Number.isFinite(last)) throw new RangeError('nothing was transferred');
  const slices = Array.from({ length: Math.floor((last - first) / sliceMs) }, (_, index) => {
    const from = first + index * sliceMs;
    return made.filter((atMs) => atMs >= from && atMs < from + sliceMs).length / (sliceMs / 1_000);
  });
  const refused = (requests: readonly LoggedRequest[]) =>
    requests.filter(({ status }) => status === tooMany).length;
  return {
    transfers: made.length,
    seconds: (last - first) / 1_000,
    slowestPerSecond: slices.length === 0 ? undefined : Math.min(...slices),
    refusedTransfers: refused(transfers),
    refusedLooks: refused(looks),
    looks: looks.length,
  };
}

/** The resident memory of a process over a run, in bytes. */
export interface MemoryOverTime {
  readonly restBytes: number | undefined;
  readonly mostBytes: number | undefined;
  /** The most of the last quarter of the run to the most of the second: about 1 when nothing piles up. */
  readonly growth: number | undefined;
}

export function memoryOverTime(restBytes: number | undefined, samples: readonly number[]): MemoryOverTime {
  const mostOf = (from: number, to: number) =>
    Math.max(...samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to)));
  const isKnown = samples.length >= 4;
  return {
    restBytes,
    mostBytes: samples.length === 0 ? undefined : mostOf(0, 1),
    growth: isKnown ? mostOf(0.75, 1) / mostOf(0.25, 0.5) : undefined,
  };
}
