import { allocate } from '#money';
import { invariant } from '#outcome';
import type { SettlementRef } from '#settlements';
import type { Part } from './collection.js';

/**
 * The cents of a settlement that none of the parts covers, in order, at most `roomMinor` of them in all: what was
 * written off leaves a gap that nobody fills. The parts do not overlap and end where the settlement ends.
 */
export function gapsOf(
  of: SettlementRef & { readonly amountMinor: bigint },
  parts: readonly Part[],
  roomMinor: bigint,
): readonly Part[] {
  const { agencyId, id, amountMinor } = of;
  const covered = [...parts].sort((a, b) => (a.fromMinor < b.fromMinor ? -1 : 1));
  const gaps: Part[] = [];
  let room = roomMinor - covered.reduce((sum, part) => sum + part.amountMinor, 0n);
  let at = 0n;
  const gapUpTo = (end: bigint): void => {
    const size = end - at < room ? end - at : room;
    if (size <= 0n) return;
    gaps.push({ agencyId, id, fromMinor: at, amountMinor: size });
    room -= size;
  };
  for (const { fromMinor, amountMinor: size } of covered) {
    invariant(fromMinor >= at, 'two live parts of a settlement overlap');
    gapUpTo(fromMinor);
    at = fromMinor + size;
  }
  invariant(at <= amountMinor, 'a part goes beyond its settlement');
  gapUpTo(amountMinor);
  return gaps;
}

/** The first cents of these parts that make up the amount, or all of them when there are fewer; and what is left of the amount. */
export function firstOf(
  parts: readonly Part[],
  amountMinor: bigint,
): { readonly taken: readonly Part[]; readonly beyond: readonly Part[]; readonly leftMinor: bigint } {
  const taken: Part[] = [];
  const beyond: Part[] = [];
  let left = amountMinor;
  for (const part of parts) {
    const size = part.amountMinor < left ? part.amountMinor : left;
    if (size > 0n) taken.push({ ...part, amountMinor: size });
    const rest = part.amountMinor - size;
    if (rest > 0n) beyond.push({ ...part, fromMinor: part.fromMinor + size, amountMinor: rest });
    left -= size;
  }
  return { taken, beyond, leftMinor: left };
}

/** What the parts come to in each agency's book, in the order of the agencies' ids. */
export function byAgency(parts: readonly Part[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { agencyId, amountMinor } of parts) sums.set(agencyId, (sums.get(agencyId) ?? 0n) + amountMinor);
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the parts come to for each settlement, by agency and id. */
export function bySettlement(
  parts: readonly Part[],
): readonly (SettlementRef & { readonly amountMinor: bigint })[] {
  const sums = new Map<string, SettlementRef & { readonly amountMinor: bigint }>();
  for (const { agencyId, id, amountMinor } of parts) {
    const key = `${agencyId} ${id}`;
    sums.set(key, { agencyId, id, amountMinor: (sums.get(key)?.amountMinor ?? 0n) + amountMinor });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

/** The agency's share of an amount of a statement, of `fromMinor` up to `toMinor` of it: so shares of parts add up. */
export function agencyShareOf(
  statement: { readonly agencyMinor: bigint; readonly feeMinor: bigint },
  { fromMinor, toMinor }: { readonly fromMinor: bigint; readonly toMinor: bigint },
): bigint {
  const agency = statement.agencyMinor > 0n ? statement.agencyMinor : 0n;
  const fee = statement.feeMinor > 0n ? statement.feeMinor : 0n;
  invariant(fromMinor >= 0n && toMinor >= fromMinor, 'a share is asked of less than nothing');
  if (agency + fee === 0n) return toMinor - fromMinor;
  const upTo = (minor: bigint): bigint => allocate(minor, [agency, fee], ['agency', 'fee'])[0] ?? 0n;
  return upTo(toMinor) - upTo(fromMinor);
}
