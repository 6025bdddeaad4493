import type { CurrencyCode } from '#money';
import { unreachable } from '#outcome';
import type { Answer, FrozenBody, OperationKind, PaymentRequest } from './provider.js';

/**
 * READY: to be sent. SENDING: a worker has it, under a lease. UNKNOWN: sent, and nobody knows what it did; the same key
 * and bytes are sent again. SUCCEEDED, REFUSED: over. STOPPED: needs a person, because sending again could do harm.
 */
export const operationStates = ['READY', 'SENDING', 'UNKNOWN', 'SUCCEEDED', 'REFUSED', 'STOPPED'] as const;
export type OperationState = (typeof operationStates)[number];

/** One effect that the provider is asked for. */
export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  /** What it is for, as type:id, such as payout:…; its agency or buyer is read from there. */
  readonly subject: string;
  /** The book whose money it moves; for what moves none the organization that it is about. */
  readonly bookId: string;
  readonly idempotencyKey: string;
  readonly body: FrozenBody;
  /** What it moves; null, as its currency, for what moves nothing. */
  readonly amountMinor: bigint | null;
  readonly currency: CurrencyCode | null;
  readonly state: OperationState;
  readonly tries: number;
  /** When the first byte may have gone out; null: certainly none has. */
  readonly firstSentAt: Date | null;
  readonly nextTryAt: Date;
  readonly lastCode: string | null;
  /** The provider's id of what came out of it. */
  readonly objectId: string | null;
  /** Counts the leases: who finishes with an older one is ignored. */
  readonly fence: number;
  /** Whether an earlier try may have acted. */
  readonly inDoubt: boolean;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** The provider forgets keys after 24 h: from here on a look must tell what the first try did. */
export const keyTrustedForMs = 23 * 3_600_000;
/** Why an operation is refused that may have been sent, whose key is forgotten, and of which there is no effect. */
export const keyExpired = 'KEY_EXPIRED';
/** From this many tries on, a look may end an unknown operation early; only finding it is proof then. */
const lookFromTry = 3;
const firstPauseMs = 1_000;
const longestPauseMs = 15 * 60_000;

/** What is done after a try, or instead of one. */
export type Step =
  | { readonly to: 'SUCCEEDED' }
  | { readonly to: 'REFUSED' }
  | { readonly to: 'STOPPED' }
  | { readonly to: 'UNKNOWN'; readonly afterMs: number }
  | { readonly to: 'READY'; readonly afterMs: number; readonly opensBreaker: boolean };

/** What an answer means. `random` from 0 to below 1 spreads the pauses. */
export function stepAfter(
  answer: Answer,
  operation: Pick<Operation, 'tries' | 'state'>,
  wasUnknown: boolean,
  random: number,
): Step {
  switch (answer.class) {
    case 'SUCCEEDED':
      return { to: 'SUCCEEDED' };
    case 'REFUSED':
      return { to: 'REFUSED' };
    case 'MISMATCH':
      return { to: 'STOPPED' };
    case 'UNKNOWN':
      return { to: 'UNKNOWN', afterMs: pauseMs(operation.tries, random) };
    case 'NOT_EXECUTED': {
      const afterMs = answer.retryAfterMs ?? pauseMs(operation.tries, random);
      // An earlier try may have acted: that this one did not says nothing about it.
      return wasUnknown ? { to: 'UNKNOWN', afterMs } : { to: 'READY', afterMs, opensBreaker: false };
    }
    case 'MISCONFIGURED':
      return wasUnknown
        ? { to: 'UNKNOWN', afterMs: longestPauseMs }
        : { to: 'READY', afterMs: firstPauseMs, opensBreaker: true };
    default:
      return unreachable(answer);
  }
}

/** How an operation in doubt is tried next: again with its key, or by looking for its effect. */
export function nextLook(
  operation: Pick<Operation, 'firstSentAt' | 'tries'>,
  now: Date,
): 'SEND' | 'LOOK_THEN_SEND' | 'LOOK_ONLY' {
  const { firstSentAt, tries } = operation;
  if (firstSentAt === null) return 'SEND';
  if (now.getTime() - firstSentAt.getTime() >= keyTrustedForMs) return 'LOOK_ONLY';
  return tries >= lookFromTry ? 'LOOK_THEN_SEND' : 'SEND';
}

/** Full jitter: anywhere from nothing to the exponential pause, so that many that failed at once spread out. */
export function pauseMs(tries: number, random: number): number {
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 20));
  return Math.max(1, Math.round(ceiling * random));
}

/** What a request moves: amount and currency, or neither. */
export function moneyOf(request: PaymentRequest): Pick<Operation, 'amountMinor' | 'currency'> {
  if (request.kind === 'INVOICE') {
    const amountMinor = request.lines.reduce((sum, line) => sum + line.amountMinor, 0n);
    return { amountMinor, currency: request.currency };
  }
  if (!('amountMinor' in request)) return { amountMinor: null, currency: null };
  return { amountMinor: request.amountMinor, currency: request.currency };
}
