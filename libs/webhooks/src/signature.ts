import { createHmac, timingSafeEqual } from 'node:crypto';

/*
 * Standard Webhooks (github.com/standard-webhooks/standard-webhooks): HMAC-SHA256 over `{id}.{timestamp}.{body}`,
 * secrets of 24 to 64 bytes that are shown as whsec_ and base64, several signatures separated by spaces.
 */
const prefix = 'whsec_';

/** Random bytes of a new secret. */
export const secretBytes = 32;

/** How old or how far ahead a timestamp may be for {@link verifyWebhook}, in seconds. */
export const toleranceSeconds = 300;

export interface SignedMessage {
  /** The same at every try, so that a receiver does not act twice. */
  readonly id: string;
  /** Of the try: seconds since 1970. */
  readonly timestampSeconds: number;
  /** Exactly what is sent. */
  readonly body: string;
}

/** A secret as its holder keeps it. */
export function showSecret(secret: Uint8Array): string {
  return prefix + Buffer.from(secret).toString('base64');
}

/** The bytes of a shown secret; undefined for anything that is none. */
export function readSecret(text: string): Uint8Array | undefined {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const secret = Buffer.from(text.slice(prefix.length), 'base64');
  return secret.length >= 24 && secret.length <= 64 ? secret : undefined;
}

/** The value of `webhook-signature`: one signature for each secret that is right at the moment. */
export function signWebhook(message: SignedMessage, secrets: readonly Uint8Array[]): string {
  return secrets.map((secret) => `v1,${signatureOf(message, secret).toString('base64')}`).join(' ');
}

/** Why a message is not believed. */
export type SignatureFault = 'MISSING_HEADER' | 'TOO_OLD_OR_NEW' | 'WRONG_SIGNATURE';

/** Checks a message that was received; null when it is genuine. Headers by their lower-case names. */
export function verifyWebhook(
  received: { readonly headers: Readonly<Record<string, string | undefined>>; readonly body: string },
  secret: Uint8Array,
  now: Date,
): SignatureFault | null {
  const {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signature,
  } = received.headers;
  if (!id || !signature || !timestamp || !/^\d{1,12}$/.test(timestamp)) return 'MISSING_HEADER';
  const timestampSeconds = Number(timestamp);
  if (Math.abs(now.getTime() / 1000 - timestampSeconds) > toleranceSeconds) return 'TOO_OLD_OR_NEW';
  const expected = signatureOf({ id, timestampSeconds, body: received.body }, secret);
  const isGenuine = signature.split(' ').some((each) => {
    const given = Buffer.from(each.startsWith('v1,') ? each.slice(3) : '', 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isGenuine ? null : 'WRONG_SIGNATURE';
}

function signatureOf({ id, timestampSeconds, body }: SignedMessage, secret: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${id}.${timestampSeconds}.${body}`).digest();
}
