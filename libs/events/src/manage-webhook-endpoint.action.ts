import { randomBytes } from 'node:crypto';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, refused } from '#outcome';
import { secretBytes, showSecret } from '#webhooks';
import { Injectable } from '@nestjs/common';
import { isEventType } from './event-type.js';
import { named, type WebhookActInput, WebhookActs } from './webhook-acts.action.js';
import {
  decideEndpointAct,
  type EndpointAct,
  maxSecretOverlapHours,
  refusalOfSending,
} from './webhook-endpoint.js';
import { WebhookEndpointStore } from './webhook-endpoint.store.js';

type Managed = Outcome<{ readonly endpointId: string; readonly replayed: boolean }>;

/** Enables, disables and deletes an endpoint. */
@Injectable()
export class ManageWebhookEndpoint {
  constructor(
    private readonly acts: WebhookActs,
    private readonly endpoints: WebhookEndpointStore,
  ) {}

  /**
   * While it is disabled no events are queued for it, and what waits is kept for as long as it would have been tried. What waits
   * when it is deleted is canceled. Refuses NOT_FOUND and ILLEGAL_TRANSITION.
   */
  async execute(actor: Actor, act: EndpointAct, input: WebhookActInput): Promise<Managed> {
    const operation = { name: `${act}WebhookEndpoint`, action: `webhook-endpoint.${act}` };
    return await this.acts.run(
      actor,
      operation,
      { ...input },
      named(input),
      async ({ tx, now, endpoint }) => {
        const to = decideEndpointAct(endpoint.state, act);
        if (!to.ok) return to;
        const because = act === 'disable' ? 'PERSON' : null;
        await this.endpoints.change(tx, endpoint, { to: to.value, because, at: now });
        return done({ endpointId: endpoint.id });
      },
    );
  }
}

export interface RotateWebhookSecretInput extends WebhookActInput {
  /** For how many hours messages are signed with the secret before as well, 0 to 168. */
  readonly overlapHours: number;
}

@Injectable()
export class RotateWebhookSecret {
  constructor(
    private readonly acts: WebhookActs,
    private readonly endpoints: WebhookEndpointStore,
  ) {}

  /**
   * A new secret; it is known at this moment only, and null in a replay. Refuses NOT_FOUND, NOT_PERMITTED for another
   * organization's, ILLEGAL_TRANSITION for a deleted endpoint, INVALID_VALUE for the hours.
   */
  async execute(
    actor: Actor,
    input: RotateWebhookSecretInput,
  ): Promise<
    Outcome<{ readonly endpointId: string; readonly secret: string | null; readonly replayed: boolean }>
  > {
    const { overlapHours } = input;
    if (!Number.isInteger(overlapHours) || overlapHours < 0 || overlapHours > maxSecretOverlapHours) {
      const message = `The overlap must be 0 to ${maxSecretOverlapHours} hours.`;
      return refuse('INVALID_VALUE', { field: ['input', 'overlapHours'], message });
    }
    const secret = randomBytes(secretBytes);
    const operation = { name: 'rotateWebhookSecret', action: 'webhook-endpoint.rotate-secret' };
    const outcome = await this.acts.run(
      actor,
      operation,
      { ...input },
      named(input),
      async ({ tx, endpoint }) => {
        // The operator sees every endpoint; with its secret it could speak in another's name.
        if (endpoint.organizationId !== actor.organizationId) {
          const message = 'Only the organization that has the endpoint can make it a new secret.';
          return refuse('NOT_PERMITTED', { message });
        }
        if (endpoint.state === 'DELETED') {
          const field = ['input', 'endpointId'];
          return refuse('ILLEGAL_TRANSITION', {
            field,
            message: 'This endpoint was deleted.',
            data: { allowed: [] },
          });
        }
        await this.endpoints.rotate(tx, endpoint.id, secret, overlapHours);
        return done({ endpointId: endpoint.id });
      },
    );
    if (!outcome.ok) return outcome;
    return done({ ...outcome.value, secret: outcome.value.replayed ? null : showSecret(secret) });
  }
}

/** Tries an endpoint out. */
@Injectable()
export class SendTestEvent {
  constructor(
    private readonly acts: WebhookActs,
    private readonly endpoints: WebhookEndpointStore,
  ) {}

  /**
   * Queues a made-up event of that type, whatever types the endpoint wants; its log keeps the beginning of the answer. Refuses
   * NOT_FOUND, INVALID_VALUE for what is no type, ILLEGAL_TRANSITION for an endpoint that is not enabled.
   */
  async execute(
    actor: Actor,
    input: WebhookActInput & { readonly eventType: string },
  ): Promise<Outcome<{ readonly messageId: string; readonly replayed: boolean }>> {
    const { eventType: type } = input;
    if (!isEventType(type)) {
      const message = 'There is no such type of event. docs/events.md has them all.';
      return refuse('INVALID_VALUE', { field: ['input', 'eventType'], message });
    }
    const operation = { name: 'sendTestEvent', action: 'webhook-endpoint.test' };
    return await this.acts.run(actor, operation, { ...input }, named(input), async ({ tx, endpoint }) => {
      const refusal = refusalOfSending(endpoint.state);
      if (refusal) return refused(refusal);
      return done({ messageId: await this.endpoints.queueSample(tx, endpoint.id, type) });
    });
  }
}
