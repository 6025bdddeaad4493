/**
 * Top-level errors that callers may see. Expected refusals are data (`userErrors`); these are for protocol, authentication,
 * throttling and limits. Every code that may leave the house is in one list: an error with any other code is masked.
 * `extensions.http` is Apollo's own convention: it sets the status and is removed from the answer.
 */
import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';

/** Refusals because of a document's size and shape; HTTP 400 whatever the caller accepts. */
export const limitCodes = [
  'QUERY_TOO_LARGE',
  'QUERY_TOO_DEEP',
  'QUERY_TOO_EXPENSIVE',
  'TOO_MANY_ALIASES',
  'TOO_MANY_DIRECTIVES',
  'FIELD_REPEATED_TOO_OFTEN',
  'FRAGMENT_CYCLE',
] as const;
export type LimitCode = (typeof limitCodes)[number];

/** Every code of a top-level error. What is not listed here is answered as INTERNAL, with nothing of its text. */
export const publicErrorCodes = [
  ...limitCodes,
  'BAD_REQUEST',
  'BAD_SIGNATURE',
  'BAD_USER_INPUT',
  'CSRF_REFUSED',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'INTERNAL',
  'INTROSPECTION_DISABLED',
  'NOT_FOUND',
  'OPERATION_RESOLUTION_FAILURE',
  'OVERLOADED',
  'PAYLOAD_TOO_LARGE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'THROTTLED',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'UNSUPPORTED_MEDIA_TYPE',
] as const;
export type PublicErrorCode = (typeof publicErrorCodes)[number];

const publicCodes: ReadonlySet<unknown> = new Set(publicErrorCodes);
const limits: ReadonlySet<unknown> = new Set(limitCodes);

export function isPublicErrorCode(code: unknown): code is PublicErrorCode {
  return publicCodes.has(code);
}

export function isLimitCode(code: unknown): code is LimitCode {
  return limits.has(code);
}

/** What an error may carry beside its code; everything else in `extensions` is dropped by the mask. */
export interface PublicErrorData {
  /** Path of the offending argument, never its value: `first`, `input.leads.3.score`. */
  readonly argument?: string;
  /** The bound that was exceeded. */
  readonly limit?: number;
  readonly retryAfterSeconds?: number;
}

/** A top-level error with its HTTP status. Messages say what to do and never repeat a value. */
export function publicError(
  code: PublicErrorCode,
  message: string,
  http: { readonly status: number; readonly headers?: Readonly<Record<string, string>> },
  data: PublicErrorData = {},
): GraphQLError {
  const headers = new HeaderMap(Object.entries(http.headers ?? {}));
  return new GraphQLError(message, { extensions: { code, ...data, http: { status: http.status, headers } } });
}

/** 400: an argument that the schema allows and the API does not (`first: 1000000`, a forged cursor). */
export function badUserInput(argument: string, message: string): GraphQLError {
  return publicError('BAD_USER_INPUT', message, { status: 400 }, { argument });
}

/** 401: no key, or one that is unknown, expired or revoked; the message is the same for all of them. */
export function unauthenticated(message = 'A valid API key is required.'): GraphQLError {
  return publicError('UNAUTHENTICATED', message, { status: 401, headers: { 'www-authenticate': 'Bearer' } });
}

/** 403: known, and not allowed to do this. */
export function forbidden(message = 'Your role or key does not allow this.'): GraphQLError {
  return publicError('FORBIDDEN', message, { status: 403 });
}

/** 429: the caller's own bucket is empty. */
export function throttled(retryAfterSeconds: number): GraphQLError {
  return publicError(
    'THROTTLED',
    'Too much for the moment. Wait as long as Retry-After says, then send the request again.',
    { status: 429, headers: { 'retry-after': String(retryAfterSeconds) } },
    { retryAfterSeconds },
  );
}

/** 503: the system as a whole is busy (a bounded queue is full), whoever asks. */
export function overloaded(retryAfterSeconds = 1): GraphQLError {
  return publicError(
    'OVERLOADED',
    'The system is busy. Send the request again in a moment.',
    { status: 503, headers: { 'retry-after': String(retryAfterSeconds) } },
    { retryAfterSeconds },
  );
}

/** 503: the database does not answer; nothing was done. */
export function unavailable(retryAfterSeconds = 1): GraphQLError {
  return publicError(
    'UNAVAILABLE',
    'The system is not available at the moment. Send the request again in a while.',
    { status: 503, headers: { 'retry-after': String(retryAfterSeconds) } },
    { retryAfterSeconds },
  );
}

/** A document beyond a bound: reported by the validation rule, answered with 400 by the HTTP plugin. */
export function limitError(code: LimitCode, message: string, limit?: number): GraphQLError {
  return publicError(code, message, { status: 400 }, limit === undefined ? {} : { limit });
}
