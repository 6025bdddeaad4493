import { ProviderUnavailable } from '#payments';

/** The most that Stripe gives at once. */
export const pageSize = 100;
/** Who has more than that of one kind in one list has to look at the dashboard. */
const mostRows = 10_000;

/** All rows of a list, page by page. What is too long to be read to its end is not known. */
export async function allOf<T>(list: AsyncIterable<T>): Promise<readonly T[]> {
  const rows: T[] = [];
  for await (const row of list) {
    if (rows.length >= mostRows) throw new ProviderUnavailable('list_too_long');
    rows.push(row);
  }
  return rows;
}

/** The first row that is wanted; null only after the whole list was read, or as far as `isOver` lets. */
export async function firstOf<T>(
  list: AsyncIterable<T>,
  isWanted: (row: T) => boolean,
  isOver: (row: T) => boolean = () => false,
): Promise<T | null> {
  let seen = 0;
  for await (const row of list) {
    if (isWanted(row)) return row;
    if (isOver(row)) return null;
    seen += 1;
    if (seen >= mostRows) throw new ProviderUnavailable('list_too_long');
  }
  return null;
}
