import { hashOf } from '#database';
import type { CurrencyCode } from '#money';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import type { FinanceRequestKind, FinanceRequestMeasure, FinanceRequestPayload } from './handlers.js';

/** REQUESTED: waits for another person. WITHDRAWN: by who requested it. */
export const financeRequestStates = ['REQUESTED', 'DONE', 'DENIED', 'WITHDRAWN'] as const;
export type FinanceRequestState = (typeof financeRequestStates)[number];

/** Something about money that one person of finance wants and another one decides. */
export interface FinanceRequest {
  readonly bookId: string;
  readonly id: string;
  readonly kind: FinanceRequestKind;
  readonly payload: FinanceRequestPayload;
  /** SHA-256 of what is asked for and what it came to. */
  readonly contentHash: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly reason: string;
  readonly state: FinanceRequestState;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly note: string | null;
}

/** What two people must mean the same by. */
export function contentHashOf(
  kind: FinanceRequestKind,
  payload: FinanceRequestPayload,
  { bookId, amountMinor, currency }: FinanceRequestMeasure,
): string {
  return hashOf({ kind, payload, bookId, amountMinor, currency }).toString('hex');
}

/** Acts on money are those of a person of the operator's finance, with a live key. Refuses NOT_PERMITTED. */
export function checkFinance(actor: Actor, needed: 'ANY' | 'APPROVER'): Outcome<null> {
  const message = whyNotPermitted(actor, needed);
  return message === null ? done(null) : refuse('NOT_PERMITTED', { message });
}

function whyNotPermitted(actor: Actor, needed: 'ANY' | 'APPROVER'): string | null {
  if (actor.mode === 'test') return 'A test key never touches money.';
  if (actor.kind !== 'OPERATOR') return 'Only the finance team of the operator may do this.';
  // A key without a person behind it could be anybody's: four eyes need two people.
  if (actor.userId === null) return 'Only a person may do this.';
  const isApprover = actor.roles.includes('FINANCE_APPROVER');
  if (needed === 'APPROVER' && !isApprover) return 'Only a finance approver may do this.';
  if (!isApprover && !actor.roles.includes('FINANCE_PREPARER'))
    return 'Only the finance team of the operator may do this.';
  return null;
}

const longestText = 2_000;

/** A text for the people who read it later: 1 to 2,000 characters that can be shown. Refuses REQUIRED and INVALID_VALUE. */
export function readText(text: string, field: readonly string[]): Outcome<string> {
  const trimmed = text.trim();
  if (trimmed === '') return refuse('REQUIRED', { field, message: 'Say why, in a sentence.' });
  // Control characters (but line breaks and tabs) and lone surrogates cannot be stored or shown.
  const isUnusable = /[^\P{Cc}\n\r\t]|\p{Cs}/u.test(trimmed);
  if (isUnusable || [...trimmed].length > longestText) {
    const message = `This has at most ${longestText} characters and no control characters.`;
    return refuse('INVALID_VALUE', { field, message });
  }
  return done(trimmed);
}
