import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import type { WebhookEndpoint } from './webhook-endpoint.js';
import { WebhookEndpointStore } from './webhook-endpoint.store.js';

/** What every act on an endpoint names. */
export interface WebhookActInput {
  readonly endpointId: string;
  readonly idempotencyKey: string;
}

/** A locked endpoint, to be acted on. */
export interface HeldEndpoint {
  readonly tx: Transaction;
  readonly now: Date;
  readonly endpoint: WebhookEndpoint;
}

/** What the acts on one endpoint have in common: once, lock, audit. */
@Injectable()
export class WebhookActs {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly endpoints: WebhookEndpointStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Refuses NOT_FOUND for an endpoint that is not the actor's to see, then as `act` does. `locate` finds the endpoint where the
   * input names something else.
   */
  async run<Result extends object>(
    actor: Actor,
    operation: { readonly name: string; readonly action: string },
    {
      idempotencyKey: key,
      ...input
    }: { readonly idempotencyKey: string } & Readonly<Record<string, unknown>>,
    locate: {
      readonly field: readonly string[];
      readonly endpoint: (tx: Transaction) => Promise<string | undefined>;
    },
    act: (held: HeldEndpoint) => Promise<Outcome<Result>>,
  ): Promise<Outcome<Result & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    return await this.unitOfWork.run((tx) =>
      once<Result>(tx, { organizationId, key, operation: operation.name, input, now }, async () => {
        const endpointId = await locate.endpoint(tx);
        const endpoint =
          endpointId === undefined ? undefined : await this.endpoints.lock(tx, actor, endpointId);
        if (!endpoint) return refuse('NOT_FOUND', { field: locate.field });
        const outcome = await act({ tx, now, endpoint });
        if (!outcome.ok) return outcome;
        await recordAudit(tx, actor, {
          organizationId: endpoint.organizationId,
          action: operation.action,
          subject: `webhook-endpoint:${endpoint.id}`,
          before: endpoint,
          after: outcome.value,
          at: now,
        });
        return outcome;
      }),
    );
  }
}

/** For acts that name the endpoint itself. */
export function named({ endpointId }: WebhookActInput) {
  return { field: ['input', 'endpointId'], endpoint: async () => await Promise.resolve(endpointId) };
}
