import { isInstantInRange } from '#calendar';
import type { Actor } from '#organizations';
import { done, type Outcome, refusal, refuse, refused } from '#outcome';
import { Injectable } from '@nestjs/common';
import { named, type WebhookActInput, WebhookActs } from './webhook-acts.action.js';
import { refusalOfSending } from './webhook-endpoint.js';
import { type Requeued, WebhookReplayStore } from './webhook-replay.store.js';

/** What is sent again: all that was given up, or a part of the feed. Ids are UUIDs. */
export type ReplayedPart =
  | { readonly kind: 'FAILED_SINCE'; readonly since: Date }
  | { readonly kind: 'EVENTS'; readonly afterId: string | null; readonly throughId: string | null };

export interface ReplayWebhooksInput extends WebhookActInput {
  readonly what: ReplayedPart;
}

/** `lastEventId`: of a part of the feed, where to go on when there is more. */
export interface WebhooksReplayed extends Requeued {
  readonly endpointId: string;
  readonly lastEventId: string | null;
}

/** Sends what was missed. */
@Injectable()
export class ReplayWebhooks {
  constructor(
    private readonly acts: WebhookActs,
    private readonly replays: WebhookReplayStore,
  ) {}

  /**
   * Queues at most 5,000 messages; while `hasMore` call it again, with another key. Refuses NOT_FOUND for an endpoint or event
   * that the actor or the endpoint's organization does not see, ILLEGAL_TRANSITION for an endpoint that is not
   * enabled, INVALID_VALUE for a time that is none.
   */
  async execute(
    actor: Actor,
    input: ReplayWebhooksInput,
  ): Promise<Outcome<WebhooksReplayed & { readonly replayed: boolean }>> {
    const { what } = input;
    if (what.kind === 'FAILED_SINCE' && !isInstantInRange(what.since)) {
      const message = 'Give a time between 1900 and 9000.';
      return refuse('INVALID_VALUE', { field: ['input', 'what', 'failedSince'], message });
    }
    const operation = { name: 'replayWebhooks', action: 'webhook-endpoint.replay' };
    return await this.acts.run(actor, operation, { ...input }, named(input), async ({ tx, endpoint }) => {
      const closed = refusalOfSending(endpoint.state);
      if (closed) return refused(closed);
      if (what.kind === 'FAILED_SINCE') {
        const requeued = await this.replays.failedSince(tx, endpoint.id, what.since);
        return done({ ...requeued, endpointId: endpoint.id, lastEventId: null });
      }
      const missing = [];
      for (const name of ['afterId', 'throughId'] as const) {
        const id = what[name];
        if (id !== null && !(await this.replays.sees(tx, endpoint, id))) missing.push(missingEvent(name));
      }
      if (missing.length > 0) return refused(...missing);
      return done({ ...(await this.replays.range(tx, endpoint, what)), endpointId: endpoint.id });
    });
  }
}

/** NOT_FOUND for an end of the part that is no event of the endpoint's organization. */
export function missingEvent(name: 'afterId' | 'throughId') {
  const input = { afterId: 'afterEventId', throughId: 'throughEventId' }[name];
  return refusal('NOT_FOUND', { field: ['input', 'what', 'events', input] });
}

export interface ResendWebhookInput {
  readonly messageId: string;
  readonly idempotencyKey: string;
}

/** Sends one message again, whether it arrived or not. */
@Injectable()
export class ResendWebhook {
  constructor(
    private readonly acts: WebhookActs,
    private readonly replays: WebhookReplayStore,
  ) {}

  /** Refuses NOT_FOUND, and ILLEGAL_TRANSITION when its endpoint is not enabled. */
  async execute(
    actor: Actor,
    input: ResendWebhookInput,
  ): Promise<Outcome<{ readonly messageId: string; readonly replayed: boolean }>> {
    const { messageId } = input;
    const field = ['input', 'deliveryId'];
    const operation = { name: 'resendWebhook', action: 'webhook-endpoint.resend' };
    const locate = {
      field,
      endpoint: async (tx: Parameters<WebhookReplayStore['endpointOf']>[0]) =>
        await this.replays.endpointOf(tx, messageId),
    };
    return await this.acts.run(actor, operation, { ...input }, locate, async ({ tx, endpoint }) => {
      const closed = refusalOfSending(endpoint.state, field);
      if (closed) return refused(closed);
      await this.replays.again(tx, messageId);
      return done({ messageId });
    });
  }
}
