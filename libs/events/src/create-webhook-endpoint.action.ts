import { randomBytes } from 'node:crypto';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, refused } from '#outcome';
import { secretBytes, showSecret, Targets, targetRefusalMessages } from '#webhooks';
import { Inject, Injectable } from '@nestjs/common';
import type { EventType } from './event-type.js';
import { maxEndpoints, readDescription, readTypes, type WebhookEndpoint } from './webhook-endpoint.js';
import { WebhookEndpointStore } from './webhook-endpoint.store.js';

export interface CreateWebhookEndpointInput {
  readonly url: string;
  readonly description: string;
  /** Null: every type. */
  readonly types: readonly string[] | null;
  readonly idempotencyKey: string;
}

/** `secret` is known at this moment only; null when the act is a replay. */
export interface WebhookEndpointCreated {
  readonly endpointId: string;
  readonly secret: string | null;
  readonly replayed: boolean;
}

interface Wanted {
  readonly url: string;
  readonly description: string;
  readonly types: readonly EventType[] | null;
}

@Injectable()
export class CreateWebhookEndpoint {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly endpoints: WebhookEndpointStore,
    private readonly targets: Targets,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * An endpoint of the actor's own organization, which gets every event from now on. Looks the host up, so it takes as long as
   * a server of names. Refuses INVALID_VALUE for a URL that nothing is sent to, REQUIRED, NOT_PERMITTED, TOO_MANY.
   */
  async execute(actor: Actor, input: CreateWebhookEndpointInput): Promise<Outcome<WebhookEndpointCreated>> {
    const now = this.clock.now();
    const { idempotencyKey: key, ...rest } = input;
    const wanted = await this.check(actor, input);
    if (!wanted.ok) return wanted;
    const secret = randomBytes(secretBytes);
    const { organizationId } = actor;
    const request = { organizationId, key, operation: 'createWebhookEndpoint', input: rest, now };
    const outcome = await this.unitOfWork.run((tx) =>
      once(tx, request, () => this.create(tx, actor, { wanted: wanted.value, secret, now })),
    );
    if (!outcome.ok) return outcome;
    return done({ ...outcome.value, secret: outcome.value.replayed ? null : showSecret(secret) });
  }

  private async check(actor: Actor, input: CreateWebhookEndpointInput): Promise<Outcome<Wanted>> {
    const description = readDescription(input.description);
    const types = readTypes(actor, input.types);
    const target = await this.targets.find(input.url);
    if (typeof target !== 'string' && description.ok && types.ok)
      return done({ url: target.url.href, description: description.value, types: types.value });
    const url =
      typeof target === 'string'
        ? refuse('INVALID_VALUE', { field: ['input', 'url'], message: targetRefusalMessages[target] })
        : done(null);
    return refused(...[url, description, types].flatMap((read) => (read.ok ? [] : read.refusals)));
  }

  private async create(
    tx: Transaction,
    actor: Actor,
    { wanted, secret, now }: { readonly wanted: Wanted; readonly secret: Uint8Array; readonly now: Date },
  ): Promise<Outcome<{ endpointId: string }>> {
    const { organizationId } = actor;
    if ((await this.endpoints.lockAndCount(tx, organizationId)) >= maxEndpoints) {
      const message = `An organization has at most ${maxEndpoints} endpoints. Delete one that is not used.`;
      return refuse('TOO_MANY', { field: ['input'], message });
    }
    const endpoint: WebhookEndpoint = {
      id: newId(),
      organizationId,
      ...wanted,
      state: 'ENABLED',
      disabledBecause: null,
      createdAt: now,
      changedAt: now,
      failures: 0,
      openUntil: null,
    };
    await this.endpoints.insert(tx, endpoint, { actorId: actor.id, secret });
    await recordAudit(tx, actor, {
      action: 'webhook-endpoint.create',
      subject: `webhook-endpoint:${endpoint.id}`,
      after: endpoint,
      at: now,
    });
    return done({ endpointId: endpoint.id });
  }
}
