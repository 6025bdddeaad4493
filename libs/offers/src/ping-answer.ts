import { type CurrencyCode, parseAmount, parseCurrency } from '#money';
import type { BidOutcome } from '#routing';
import type { WebhookTry } from '#webhooks';

/** What a buyer answered to a ping. */
export interface PingAnswer {
  readonly outcome: BidOutcome;
  readonly amountMinor: bigint | null;
  readonly currency: CurrencyCode | null;
  /** How long the bid holds; null where there is none. */
  readonly liveMs: number | null;
}

/** How long a bid holds at least and at most, and when its buyer does not say. */
export const bidSeconds = { least: 1, most: 300, usual: 60 } as const;
/** Up to so many times the base rate a bid is believed, and always up to so many minor units. */
export const believed = { baseRates: 50n, minor: 50_000n } as const;

const none = { amountMinor: null, currency: null, liveMs: null } as const;

/** What was never answered. */
export function unanswered(outcome: Exclude<BidOutcome, 'BID' | 'TOO_HIGH'>): PingAnswer {
  return { outcome, ...none };
}

/**
 * Reads the answer to a ping: `{ "bid": { "amount": "12.50", "currency": "USD" }, "expiresInSeconds": 60 }`. No body, or a bid of null,
 * is no bid. Only 200 and 204 are answers. Whether currency and amount count is for the route to say.
 */
export function readPingAnswer(
  { failure, status, answer, answerBytes }: Pick<WebhookTry, 'failure' | 'status' | 'answer' | 'answerBytes'>,
  baseRateMinor: bigint,
): PingAnswer {
  if (failure === 'TIMEOUT') return unanswered('LATE');
  if (failure === 'BAD_ANSWER' || failure === 'TOO_LARGE') return unanswered('UNREADABLE');
  if (failure !== null) return unanswered('UNREACHABLE');
  if (status !== 200 && status !== 204) return unanswered('UNREADABLE');
  if (answer === null) return unanswered('UNREADABLE');
  if (answerBytes === 0 || answer.trim() === '') return unanswered('NO_BID');
  // Trimming takes a byte order mark off.
  const body = parsed(answer.trim());
  if (!isRecord(body)) return unanswered('UNREADABLE');
  const { bid } = body;
  if (bid === null) return unanswered('NO_BID');
  const seconds = body['expiresInSeconds'] ?? bidSeconds.usual;
  if (!isRecord(bid) || typeof seconds !== 'number' || !(seconds >= bidSeconds.least))
    return unanswered('UNREADABLE');
  const { amount, currency: code } = bid;
  const currency = typeof code === 'string' && code.length <= 3 ? parseCurrency(code) : undefined;
  const amountMinor =
    currency && typeof amount === 'string' && amount.length <= 40 ? parseAmount(amount, currency) : undefined;
  if (!currency || amountMinor === undefined || amountMinor < 0n) return unanswered('UNREADABLE');
  if (amountMinor === 0n) return unanswered('NO_BID');
  const highest = baseRateMinor * believed.baseRates;
  if (amountMinor > (highest > believed.minor ? highest : believed.minor))
    return { outcome: 'TOO_HIGH', amountMinor, currency, liveMs: null };
  return { outcome: 'BID', amountMinor, currency, liveMs: Math.min(seconds, bidSeconds.most) * 1000 };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
