import type { WebhookFailure } from '#webhooks';
import type { Verdict } from './answer.js';

/** Why a lead could not be sent by e-mail. */
export const mailFailures = ['MAIL_OFF', 'MAIL_REFUSED', 'MAIL_DEFERRED', 'MAIL_UNANSWERED'] as const;

/** Why a delivery ended without a try, or with one whose end nobody saw. */
export const untriedFailures = [
  'EXPIRED',
  'TOO_MANY_TRIES',
  'CIRCUIT_OPEN',
  'DESTINATION_DISABLED',
  'CONTRACT_INACTIVE',
  'BUYER_PAUSED',
  'INSUFFICIENT_BALANCE',
  'LEAD_GONE',
  'LEAD_ERASED',
] as const;
export type UntriedFailure = (typeof untriedFailures)[number];

/** Why a try did not hand the lead over, or why there was none. */
export type HandoverFailure = WebhookFailure | (typeof mailFailures)[number] | UntriedFailure;

/** Tries of a delivery, those included that ended with the process. */
export const maxTries = 3;
/** From when the lead was taken by the system to when the next buyer's turn comes. */
export const giveUpAfterMs = 60_000;
/** Of one try, until the whole answer is there; of a mail, until it is sent. */
export const tryTimeoutMs = 5_000;
/** How long a mail server may take to answer once it has the whole mail. */
export const mailAnswerMs = 30_000;

/** After the first and after the second try, in milliseconds: with three timeouts they stay well below a minute. */
const pauses = [
  { least: 1_000, most: 5_000 },
  { least: 5_000, most: 20_000 },
] as const;

/** What came of a delivery that is over. */
export type HandoverEnd = 'ACCEPTED' | 'REJECTED' | 'DUPLICATE' | 'TIMED_OUT' | 'FAILED' | 'CANCELED';

/** A try as far as it decides what comes next. */
export interface TriedOnce {
  readonly verdict: Verdict | null;
  readonly failure: HandoverFailure | null;
  /** This one included. */
  readonly tries: number;
  /** Until it is given up. */
  readonly leftMs: number;
  readonly retryAfterMs: number | null;
  /** From 0 up to 1. */
  readonly random: number;
}

export type NextStep =
  | { readonly end: HandoverEnd; readonly retryInMs: null }
  | { readonly end: null; readonly retryInMs: number };

/** Nothing that is sent again would be answered otherwise; or the buyer may have it already, and would have it twice. */
const final: ReadonlySet<HandoverFailure> = new Set([
  'GONE',
  'TOO_LARGE',
  'MAIL_REFUSED',
  'MAIL_OFF',
  'MAIL_UNANSWERED',
]);
/** Nobody was asked: the lead is taken back before it was sent. */
const canceling: ReadonlySet<HandoverFailure> = new Set([
  'DESTINATION_DISABLED',
  'CONTRACT_INACTIVE',
  'BUYER_PAUSED',
  'INSUFFICIENT_BALANCE',
  'LEAD_GONE',
  'LEAD_ERASED',
]);

/** Whether a delivery is over after a try, or when it is tried again. */
export function nextStep(tried: TriedOnce): NextStep {
  const { verdict, failure, tries, leftMs, retryAfterMs, random } = tried;
  if (verdict !== null) return { end: verdict, retryInMs: null };
  if (failure !== null && canceling.has(failure)) return { end: 'CANCELED', retryInMs: null };
  const pause = pauses[tries - 1];
  const over = { end: endOf(failure), retryInMs: null } as const;
  if (!pause || (failure !== null && (final.has(failure) || isUntried(failure)))) return over;
  const retryInMs = Math.max(Math.ceil(pause.least + (pause.most - pause.least) * random), retryAfterMs ?? 0);
  return retryInMs < leftMs ? { end: null, retryInMs } : over;
}

/** TIMED_OUT: its time ran out without an answer. */
function endOf(failure: HandoverFailure | null): HandoverEnd {
  const isLate = failure === 'TIMEOUT' || failure === 'MAIL_UNANSWERED' || failure === 'EXPIRED';
  return isLate ? 'TIMED_OUT' : 'FAILED';
}

export function isUntried(failure: HandoverFailure): failure is UntriedFailure {
  return (untriedFailures as readonly string[]).includes(failure);
}
