import type { WebhookFailure } from '#webhooks';
import type { EventType } from './event-type.js';

/** WAITING: it is tried, or will be. DEAD: it was given up, and can be sent again. CANCELED: its endpoint was deleted. */
export const messageStates = ['WAITING', 'DELIVERED', 'DEAD', 'CANCELED'] as const;
export type MessageState = (typeof messageStates)[number];

/** Why a try failed, or why a message was given up without one: it waited too long, or too many tries ended with the worker. */
export type MessageFailure = WebhookFailure | 'EXPIRED' | 'TOO_MANY_TRIES';

/** One event on its way to one endpoint. All times are real time, not the sandbox's. */
export interface WebhookMessageLog {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  /** A made-up event, sent to try the endpoint out. */
  readonly sample: boolean;
  readonly type: EventType;
  readonly state: MessageState;
  /** Since it was queued last. */
  readonly tries: number;
  /** Null once it is over. */
  readonly nextTryAt: Date | null;
  readonly lastFailure: MessageFailure | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** One try of a message. */
export interface WebhookAttempt {
  readonly messageId: string;
  /** From 1; a number that is missing is a try whose end nobody saw. */
  readonly number: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Null: there was no answer. */
  readonly status: number | null;
  /** Null: it arrived. */
  readonly failure: MessageFailure | null;
  /** SHA-256 of what was sent, in hexadecimal. */
  readonly bodyHash: string;
  readonly answerBytes: number;
  /** The first 2 kB of the answer to a sample; of others nothing is kept, since it may tell of a person. */
  readonly answerStart: string | null;
}

/** Attempts that are shown of a message: the latest. */
export const maxShownAttempts = 20;
