import { isConnectionFailure } from '#database';

/**
 * Does work on many things, a batch at a time, and gives the number of pieces. A batch that fails is cut in halves until
 * what is bad stands alone: `failed` is told of it, and the others are done. Throws only when the database is gone.
 */
export async function inBatches<T>(
  items: readonly T[],
  {
    size,
    work,
    failed,
  }: {
    readonly size: number;
    readonly work: (batch: readonly T[]) => Promise<number>;
    readonly failed: (item: T, error: unknown) => void;
  },
): Promise<number> {
  let pieces = 0;
  for (let start = 0; start < items.length; start += size) {
    pieces += await halved(items.slice(start, start + size), work, failed);
  }
  return pieces;
}

async function halved<T>(
  batch: readonly T[],
  work: (batch: readonly T[]) => Promise<number>,
  failed: (item: T, error: unknown) => void,
): Promise<number> {
  try {
    return await work(batch);
  } catch (error) {
    if (isConnectionFailure(error)) throw error;
    const [only] = batch;
    if (only === undefined) return 0;
    if (batch.length === 1) {
      failed(only, error);
      return 0;
    }
    const middle = Math.ceil(batch.length / 2);
    return (
      (await halved(batch.slice(0, middle), work, failed)) + (await halved(batch.slice(middle), work, failed))
    );
  }
}

/** Of each group the items together, groups in the order of their first item. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
