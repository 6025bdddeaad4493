/** A page of a list whose key is the id: `limit` rows are wanted and one more is read, which tells whether more follow. */
export interface KeysetPage {
  readonly limit: number;
  /** From the end of the list, in reverse order. */
  readonly backwards: boolean;
  readonly after?: readonly string[];
  readonly before?: readonly string[];
}

/** What {@link keyset} makes of a page. */
export interface Keyset {
  readonly condition: string;
  readonly orderBy: string;
  /** Value of the key's placeholder; null on the first page. */
  readonly key: string | null;
}

/** The parts of a statement that reads a page; `placeholder` stands for the key, which is null on the first page. */
export function keyset(
  page: KeysetPage,
  list: { readonly column: string; readonly newestFirst: boolean; readonly placeholder: string },
): Keyset {
  const descending = list.newestFirst !== page.backwards;
  const key = (page.backwards ? page.before : page.after)?.[0] ?? null;
  // Two conditions instead of one with `or`: an index is used for the second whatever the plan is made for.
  const condition =
    key === null
      ? `${list.placeholder}::uuid is null`
      : `${list.column} ${descending ? '<' : '>'} ${list.placeholder}::uuid`;
  return { condition, orderBy: `${list.column} ${descending ? 'desc' : 'asc'}`, key };
}
