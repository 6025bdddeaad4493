import { addDaysExact } from '#calendar';
import { failureWords } from './failure.js';

/** Days from a failure to the next try with the same method; after the last of them the buyer pays on a page. */
export const retryAfterDays = [1, 3, 5, 7] as const;

/** How an invoice goes on after a collection of it failed. */
export interface AfterFailure {
  /** Null: nothing is tried until something happens. */
  readonly nextTryAt: Date | null;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** The next try is a page on which the buyer pays. */
  readonly payOnPage: boolean;
  /** The method will not work again by itself. */
  readonly refusesMethod: boolean;
}

/** `failures`: in a row, before this one. `onPage`: it failed on the page already, which stays the way to pay. */
export function afterFailure(failed: {
  readonly code: string;
  readonly failures: number;
  readonly onPage: boolean;
  readonly now: Date;
}): AfterFailure {
  const { code, failures, onPage, now } = failed;
  const same = { failures, payOnPage: onPage, refusesMethod: false };
  const kind = failureWords(code).class;
  if (kind === 'AGAIN') return { ...same, nextTryAt: now };
  if (kind === 'OVER') return { ...same, nextTryAt: null };
  // The page stays the way to pay. What kept it from being made is not gone at once.
  if (onPage) return { ...same, nextTryAt: addDaysExact(now, 1), failures: failures + 1 };
  if (kind === 'ON_PAGE') return { ...same, nextTryAt: now, failures: failures + 1, payOnPage: true };
  if (kind === 'HARD') return { ...same, nextTryAt: null, failures: failures + 1, refusesMethod: true };
  const days = retryAfterDays[failures];
  const retried = { ...same, failures: failures + 1 };
  return days === undefined
    ? { ...retried, nextTryAt: now, payOnPage: true }
    : { ...retried, nextTryAt: addDaysExact(now, days) };
}
