import type { Page } from '../graphql/index.js';

/** A page of a list that is in memory, in the order of its ids; one more than the limit, in the page's direction. */
export function pageOf<T extends { readonly id: string }>(
  items: readonly T[],
  { limit, backwards, after: [after] = [], before: [before] = [] }: Page,
): readonly T[] {
  const sorted = items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const within = sorted.filter(
    ({ id }) => (after === undefined || id > after) && (before === undefined || id < before),
  );
  return (backwards ? within.toReversed() : within).slice(0, limit + 1);
}
