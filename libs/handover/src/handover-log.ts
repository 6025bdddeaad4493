import type { Verdict } from './answer.js';
import type { HandoverFailure } from './next-step.js';

/** FIRST: its end is the delivery's. AGAIN: the buyer has the lead and asked for it once more. SAMPLE: made up. */
export type HandoverKind = 'FIRST' | 'AGAIN' | 'SAMPLE';

/** One lead on its way to one destination, or how it went. All times are real time, not the sandbox's. */
export interface HandoverLog {
  /** The delivery's; of a sample its own. */
  readonly id: string;
  readonly destinationId: string;
  readonly kind: HandoverKind;
  /** Null once it is over. */
  readonly nextTryAt: Date | null;
  readonly lastFailure: HandoverFailure | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** One try of handing a lead over. Nothing of the person is in it. */
export interface DeliveryAttempt {
  readonly handoverId: string;
  /** From 1; a number that is missing is a try whose end nobody saw. */
  readonly number: number;
  readonly destinationId: string;
  /** Of its settings: the form in which the lead went. */
  readonly destinationVersion: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Null: there was no answer, or it went by e-mail and the server has none. */
  readonly status: number | null;
  readonly failure: HandoverFailure | null;
  /** Null: the answer said nothing about the lead. */
  readonly verdict: Verdict | null;
  readonly reason: string | null;
  readonly bodyBytes: number;
  readonly answerBytes: number;
  /** The first 2 kB of the answer to a sample; of others nothing is kept. */
  readonly answerStart: string | null;
}

/** What was sent as a sample: where to, and the body as it was. */
export interface SampleRequest {
  /** A URL or an address. */
  readonly to: string;
  /** Of a mail. */
  readonly subject: string | null;
  readonly body: string;
}

/** A sample that was sent, with what was sent. */
export interface SampleLog extends HandoverLog {
  readonly request: SampleRequest;
}
