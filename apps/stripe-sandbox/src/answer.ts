import { type ServerResponse } from 'node:http';
import { type Incoming } from './incoming.js';
import { apiVersion } from './events.js';

/** An answer as text, so that a replay is the same to the byte. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
  /** The request that this replays. */
  readonly originalRequest?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function send(response: ServerResponse, incoming: Incoming | undefined, answer: Answer): void {
  response.writeHead(answer.status, headersOf(incoming, answer));
  response.end(answer.body);
}

/** Begins an answer and breaks off in the middle. */
export function sendHalf(response: ServerResponse, incoming: Incoming, answer: Answer): void {
  response.writeHead(answer.status, headersOf(incoming, answer));
  response.write(answer.body.slice(0, Math.floor(answer.body.length / 2)), () => response.socket?.destroy());
}

function headersOf(incoming: Incoming | undefined, answer: Answer): Record<string, string | number> {
  const { body, requestId, originalRequest, headers } = answer;
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'request-id': requestId,
    'stripe-version': incoming?.version || apiVersion,
    ...(incoming?.idempotencyKey && { 'idempotency-key': incoming.idempotencyKey }),
    ...(originalRequest !== undefined && {
      'idempotent-replayed': 'true',
      'original-request': originalRequest,
    }),
    ...headers,
  };
}
