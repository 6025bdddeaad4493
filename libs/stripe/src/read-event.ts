import type Stripe from 'stripe';
import type { ProviderEvent } from '#payments';
import { type EventObject, subjectOf, thinSubjectOf } from './event-subject.js';

/** How old a signature may be, and how far ahead of our clock. */
const toleranceSeconds = 300;

interface Signed {
  readonly rawBody: Buffer;
  readonly signature: string;
  readonly now: Date;
}

/**
 * Reads a message of a webhook endpoint; null when it is not signed with any of the secrets, or not lately, and when it
 * is no event: the provider would send what cannot be kept again for days.
 */
export function readEvent(stripe: Stripe, secrets: readonly string[], signed: Signed): ProviderEvent | null {
  if (!secrets.some((secret) => isSignedWith(stripe, secret, signed))) return null;
  const parsed = parse(signed.rawBody);
  if (parsed === null) return null;
  const event = parsed['object'] === 'v2.core.event' ? thinEvent(parsed) : snapshotEvent(parsed);
  return event !== null && isKeepable(event) ? event : null;
}

const latestYear = 9999;

function isKeepable({ id, type, accountId, objectId, createdAt }: ProviderEvent): boolean {
  const texts = [id, type, accountId ?? '-', objectId ?? '-'];
  // An instant beyond what Date can hold has no year at all.
  const year = createdAt.getUTCFullYear();
  return texts.every((text) => /^[\x21-\x7e]{1,255}$/.test(text)) && year >= 1970 && year <= latestYear;
}

function isSignedWith(stripe: Stripe, secret: string, { rawBody, signature, now }: Signed): boolean {
  const seconds = Math.floor(now.getTime() / 1000);
  // The SDK only minds what is old. It reads the last time that a header names, as this does.
  const times = [...signature.matchAll(/(?:^|,)t=(\d+)/g)];
  if (Number(times.at(-1)?.[1] ?? Number.NaN) - seconds > toleranceSeconds) return false;
  try {
    const { signature: verifier } = stripe.webhooks;
    return (
      verifier?.verifyHeader(rawBody, signature, secret, toleranceSeconds, undefined, now.getTime()) ?? false
    );
  } catch {
    return false;
  }
}

type Parsed = Readonly<Record<string, unknown>>;

function parse(rawBody: Buffer): Parsed | null {
  try {
    return objectIn(JSON.parse(rawBody.toString('utf8')));
  } catch {
    return null;
  }
}

function objectIn(value: unknown): Parsed | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Parsed) : null;
}

function snapshotEvent(event: Parsed): ProviderEvent | null {
  const { id, type, created, livemode, account } = event;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof created !== 'number') return null;
  const accountId = typeof account === 'string' ? account : null;
  const object: EventObject = objectIn(objectIn(event['data'])?.['object']) ?? {};
  const subject = subjectOf(type, object, accountId);
  return {
    id,
    type,
    accountId,
    objectKind: subject?.kind ?? null,
    objectId: subject?.id ?? null,
    createdAt: new Date(created * 1000),
    livemode: livemode === true,
  };
}

function thinEvent(event: Parsed): ProviderEvent | null {
  const { id, type, created, livemode, context } = event;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof created !== 'string') return null;
  const createdAt = new Date(created);
  if (Number.isNaN(createdAt.getTime())) return null;
  const subject = thinSubjectOf(type, objectIn(event['related_object']));
  return {
    id,
    type,
    accountId: subject?.id ?? (typeof context === 'string' && context !== '' ? context : null),
    objectKind: subject?.kind ?? null,
    objectId: subject?.id ?? null,
    createdAt,
    livemode: livemode === true,
  };
}
