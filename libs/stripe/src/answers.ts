import type Stripe from 'stripe';
import { type Answer, type ProviderObject, ProviderUnavailable } from '#payments';
import { isConnectionError, isStripeError } from './connection.js';
import { paymentSnapshot } from './payment-snapshot.js';

/** Our key, and not the request, is what is wrong. */
const keyCodes: ReadonlySet<string> = new Set([
  'api_key_expired',
  'platform_api_key_expired',
  'secret_key_required',
  'livemode_mismatch',
]);
/** Another request, ours or Stripe's own, is at work on the same thing. */
const busyCodes: ReadonlySet<string> = new Set(['idempotency_key_in_use', 'lock_timeout', 'rate_limit']);
/** What a proxy or Stripe says of a request that may have got through. */
const ambiguousStatuses: ReadonlySet<number> = new Set([408, 409, 424, 425, 499]);

/**
 * What an error of a request with an effect tells of that effect. `concerns`: the agency's account that the request
 * is about, so that what is wrong with it alone does not count as our key being wrong.
 */
export function answerTo(error: unknown, concerns: string | null = null): Answer {
  if (!isStripeError(error) || error.statusCode === undefined) {
    return { class: 'UNKNOWN', code: codeOf(error) };
  }
  const code = codeOf(error);
  const status = error.statusCode;
  if (status === 429 || busyCodes.has(code)) {
    return { class: 'NOT_EXECUTED', code, retryAfterMs: retryAfterMs(error) };
  }
  if (status === 409 && (error.code === undefined || error.rawType === 'idempotency_error')) {
    return { class: 'NOT_EXECUTED', code, retryAfterMs: retryAfterMs(error) };
  }
  if (status < 400 || status >= 500 || ambiguousStatuses.has(status)) return { class: 'UNKNOWN', code };
  if (error.rawType === 'idempotency_error') return { class: 'MISMATCH', code };
  if (status === 401 || keyCodes.has(code)) return { class: 'MISCONFIGURED', code };
  if (status === 403 && !isAbout(error, concerns)) return { class: 'MISCONFIGURED', code };
  return { class: 'REFUSED', code, declineCode: error.decline_code || null, object: objectOf(error) };
}

/** The provider's code, or the network's; never the message, which may name people. */
export function codeOf(error: unknown): string {
  if (error instanceof ProviderUnavailable) return error.code;
  if (!isStripeError(error)) return 'unreadable_answer';
  if (isConnectionError(error)) {
    const { code } = (error.detail ?? {}) as { readonly code?: unknown };
    return typeof code === 'string' ? code.toLowerCase() : 'connection_error';
  }
  if (error.statusCode === undefined) return 'unreadable_answer';
  return error.code ?? error.rawType ?? `http_${error.statusCode}`;
}

/** Whether Stripe understood, and does not want to: another try of the same will not help. */
export function isDefiniteNo(error: unknown): boolean {
  if (!isStripeError(error) || error.statusCode === undefined) return false;
  return error.statusCode >= 400 && error.statusCode < 500 && ![408, 409, 429].includes(error.statusCode);
}

/** Whether Stripe says that there is no such object. */
export function isMissing(error: unknown): boolean {
  return isStripeError(error) && error.statusCode === 404;
}

/** Whether an agency's account, which the request was made in, is not ours (any more). */
export function isWithoutAccess(error: unknown): boolean {
  return isStripeError(error) && error.statusCode === 403 && error.code === 'account_invalid';
}

/** Whether it is a failure of Stripe's own that its key is answered for a day: that request is over. */
export function isStoredFailure(error: unknown): boolean {
  return (
    isStripeError(error) &&
    (error.statusCode ?? 0) >= 500 &&
    error.headers?.['idempotent-replayed'] === 'true'
  );
}

function isAbout(error: Stripe.errors.StripeError, accountId: string | null): boolean {
  return accountId !== null && error.message.includes(accountId);
}

function retryAfterMs(error: Stripe.errors.StripeError): number | null {
  const seconds = Number(error.headers?.['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1000) : null;
}

/** A payment that was declined exists all the same. */
function objectOf({ payment_intent: intent }: Stripe.errors.StripeError): ProviderObject | null {
  return intent === undefined ? null : paymentSnapshot(intent);
}
