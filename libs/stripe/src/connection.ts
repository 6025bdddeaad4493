import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Stripe from 'stripe';

export interface StripeProviderOptions {
  readonly secretKey: string;
  /** A message is believed when it is signed with any of them; empty: none is. */
  readonly webhookSecrets: readonly string[];
  /** The origin of apps/stripe-sandbox; null: Stripe itself. */
  readonly sandboxUrl: string | null;
  /** As what agencies' accounts are made and asked for; v2 unless told. */
  readonly accountsVersion?: AccountsVersion;
  /** Until a request without an answer is given up; 20 s unless told. */
  readonly timeoutMs?: number;
  /** Operations that are on their way at the same time; 8 unless told. */
  readonly operationsAtOnce?: number;
}

export type AccountsVersion = 'v1' | 'v2';

const defaultTimeoutMs = 20_000;
/** Connections for what is read, beside one for each operation. */
const socketsToRead = 8;

/**
 * The SDK without its own repetitions: what is sent again, and when, is for the outbox to decide. (A connection that
 * is closed under it is tried once more by the SDK all the same; every POST has an idempotency key, so that is safe.)
 */
export function connect(options: StripeProviderOptions): Stripe {
  const { secretKey, sandboxUrl, timeoutMs = defaultTimeoutMs, operationsAtOnce = 8 } = options;
  const common = {
    apiVersion: '2026-10-28.endive',
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
    appInfo: { name: 'Leadger' },
  } as const;
  const mostSockets = operationsAtOnce + socketsToRead;
  const sockets = { keepAlive: true, maxSockets: mostSockets, maxFreeSockets: mostSockets };
  if (sandboxUrl === null) return new Stripe(secretKey, { ...common, httpAgent: new HttpsAgent(sockets) });
  const { hostname, port, protocol } = new URL(sandboxUrl);
  const isSecure = protocol === 'https:';
  return new Stripe(secretKey, {
    ...common,
    host: hostname,
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    protocol: isSecure ? 'https' : 'http',
    httpAgent: isSecure ? new HttpsAgent(sockets) : new HttpAgent(sockets),
  });
}

/** Whether it came from the SDK, and so tells what Stripe or the network did. */
export function isStripeError(error: unknown): error is Stripe.errors.StripeError {
  return error instanceof Stripe.errors.StripeError;
}

/** Whether no answer came at all. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeConnectionError;
}
