/** Works on all items, at most `width` at a time, and waits for all; the first error is thrown at the end. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
}
