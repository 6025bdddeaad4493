/**
 * One id per HTTP request, in the `X-Request-Id` header of every answer, in masked errors and in the log, so that a caller can quote
 * it and an operator can find it. A caller's own id is kept when it is harmless in headers and logs; anything else is replaced.
 */
import { randomUUID } from 'node:crypto';

export const requestIdHeader = 'x-request-id';
const acceptable = /^[A-Za-z0-9_-]{8,64}$/;

/** The caller's id when it fits `[A-Za-z0-9_-]{8,64}`, else a new one. */
export function requestIdOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && acceptable.test(header) ? header : randomUUID();
}
