const shortestMs = 60_000;
const longestMs = 6 * 3_600_000;
const bookingMs = 10_000;

/**
 * When something unfinished is looked at next, should no news of it come: the older, the later. `isNearlyDone`: only
 * the provider's bookkeeping is waited for.
 */
export function nextLook(since: Date, now: Date, isNearlyDone = false): Date {
  if (isNearlyDone) return new Date(now.getTime() + bookingMs);
  const quarter = (now.getTime() - since.getTime()) / 4;
  return new Date(now.getTime() + Math.min(longestMs, Math.max(shortestMs, quarter)));
}
