import { invalid } from './failure.js';
import { type TableName, type Tables } from './tables.js';
import { type Call } from './world.js';

/** A page as v1 answers it. */
export interface Page<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly url: string;
}

interface Paging {
  readonly limit?: number;
  readonly starting_after?: string;
  readonly ending_before?: string;
  readonly created?: number | { gt?: number; gte?: number; lt?: number; lte?: number };
}

/** A page of an account's rows that are wanted, newest first. */
export function listOf<K extends TableName>(
  call: Pick<Call<object>, 'world' | 'account' | 'params'>,
  table: K,
  url: string,
  isWanted: (row: Tables[K]) => boolean,
): Page<Tables[K]> {
  const { world, account, params } = call;
  const rows = world.store
    .all(table)
    .filter((row) => world.store.ownerOf(row.id) === account && isWanted(row))
    .toReversed();
  return pageOf(rows, params, url);
}

/** A page of rows that are already in the order of the answer. */
export function pageOf<T extends { readonly id: string }>(
  rows: readonly T[],
  params: Paging,
  url: string,
): Page<T> {
  const limit = params.limit ?? 10;
  if (limit < 1 || limit > 100) {
    throw invalid('This value must be between 1 and 100.', { param: 'limit' });
  }
  const inRange = rows.filter((row) => wasCreatedIn(row, params.created));
  const { starting_after: after, ending_before: before } = params;
  if (before !== undefined) {
    const end = positionOf(inRange, before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { object: 'list', data: inRange.slice(start, end), has_more: start > 0, url };
  }
  const start = after === undefined ? 0 : positionOf(inRange, after, 'starting_after') + 1;
  const data = inRange.slice(start, start + limit);
  return { object: 'list', data, has_more: start + data.length < inRange.length, url };
}

function positionOf(rows: readonly { readonly id: string }[], id: string, param: string): number {
  const position = rows.findIndex((row) => row.id === id);
  if (position < 0) throw invalid(`No such object: '${id}'`, { param, code: 'resource_missing' });
  return position;
}

function wasCreatedIn(row: object, range: Paging['created']): boolean {
  if (range === undefined || !('created' in row) || typeof row.created !== 'number') return true;
  if (typeof range === 'number') return row.created === range;
  return (
    row.created > (range.gt ?? -Infinity) &&
    row.created >= (range.gte ?? -Infinity) &&
    row.created < (range.lt ?? Infinity) &&
    row.created <= (range.lte ?? Infinity)
  );
}
