const secondMs = 1_000;
const hourMs = 3_600_000;

/** How long a message is tried before it is given up. */
export const giveUpAfterHours = 72;
/** Tries within that time, those included that ended with the process: what ends it each time is not tried for ever. */
export const maxTries = 40;

const firstPauseMs = 10 * secondMs;
const longestPauseMs = 12 * hourMs;

/**
 * How long to wait after the try of that number (from 1), in milliseconds. Full jitter: anything up to 10 s, 40 s, 160 s
 * and so on to 12 hours, so that messages that failed together do not come back together. `random` is from 0 up to 1. What
 * the receiver asked for is the least.
 */
export function pauseAfterMs(tries: number, random: number, retryAfterMs: number | null): number {
  const cap = Math.min(longestPauseMs, firstPauseMs * 4 ** Math.min(tries - 1, 10));
  return Math.max(Math.ceil(cap * random), retryAfterMs ?? 0);
}

const longestRetryAfterMs = 24 * hourMs;

/** What `Retry-After` asks for, in milliseconds, at most a day; null when it says nothing that can be read. */
export function readRetryAfter(value: string | undefined, now: Date): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value) * secondMs, longestRetryAfterMs);
  // Only the form of RFC 9110: what else Date takes for a date is guesswork.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.min(Math.max(at - now.getTime(), 0), longestRetryAfterMs);
}
