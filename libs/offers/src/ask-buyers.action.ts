import { setTimeout as pause } from 'node:timers/promises';
import type { BidMade } from '#routing';
import { type WebhookSender } from '#webhooks';
import { readPingAnswer, type PingAnswer, unanswered } from './ping-answer.js';
import { pingBody, type PingFacts } from './ping-message.js';

/** A buyer to be asked, under one contract. */
export interface Asked {
  readonly contractId: string;
  readonly buyerId: string;
  readonly baseRateMinor: bigint;
  /** Null: it has set no address. */
  readonly address: { readonly url: string; readonly secrets: readonly Uint8Array[] } | null;
  readonly facts: PingFacts;
}

/** What a buyer made of it. */
export interface BidAnswered extends BidMade {
  readonly buyerId: string;
  readonly durationMs: number;
}

/** How long a buyer has to answer, unless the operator says otherwise. */
export const usualAnswerMs = 500;

/** Asks buyers what they bid: all at the same time, each for half a second at most. Never inside a transaction. */
export class AskBuyers {
  /** What all of them have together, with the work around it. */
  readonly roundMs: number;

  constructor(
    private readonly sender: WebhookSender,
    private readonly answerMs: number = usualAnswerMs,
  ) {
    this.roundMs = answerMs * 1.5;
  }

  /** One answer for each, in their order, after `withinMs` at the latest. `now` is business time, from which bids live. */
  async execute(asked: readonly Asked[], now: Date, withinMs: number = this.roundMs): Promise<BidAnswered[]> {
    return await Promise.all(asked.map(async (each) => await this.one(each, now, withinMs)));
  }

  async close(): Promise<void> {
    await this.sender.close();
  }

  private async one(
    { contractId, buyerId, baseRateMinor, address, facts }: Asked,
    now: Date,
    withinMs: number,
  ): Promise<BidAnswered> {
    const begun = performance.now();
    const answer = address
      ? await this.answered({ ...address, facts, baseRateMinor, now }, Math.min(this.answerMs, withinMs))
      : unanswered('NO_ADDRESS');
    const durationMs = Math.round(performance.now() - begun);
    const { outcome, amountMinor, currency, liveMs } = answer;
    const expiresAt = liveMs === null ? null : new Date(now.getTime() + durationMs + liveMs);
    return { contractId, buyerId, outcome, amountMinor, currency, expiresAt, durationMs };
  }

  /** The sender has a limit of its own, which does not hold while a server of names keeps silent: so both are raced. */
  private async answered(
    { url, secrets, facts, baseRateMinor, now }: Sent,
    withinMs: number,
  ): Promise<PingAnswer> {
    const over = new AbortController();
    const late = pause(Math.max(0, withinMs), null, { signal: over.signal }).catch(() => null);
    const sent = this.sender.send({
      url,
      id: facts.pingId,
      body: pingBody(facts, { at: now, answerWithinMs: this.answerMs }),
      secrets,
    });
    const made = await Promise.race([sent, late]);
    over.abort();
    return made ? readPingAnswer(made, baseRateMinor) : unanswered('LATE');
  }
}

interface Sent {
  readonly url: string;
  readonly secrets: readonly Uint8Array[];
  readonly facts: PingFacts;
  readonly baseRateMinor: bigint;
  readonly now: Date;
}
