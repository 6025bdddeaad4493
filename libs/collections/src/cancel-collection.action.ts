import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { isFinance } from './billing-acts.js';
import { openBuyer } from './buyer-scope.store.js';
import { isLive } from './collection.js';
import { findCollection } from './collection.store.js';
import { Collector } from './collector.action.js';

export interface CancelCollectionInput {
  readonly collectionId: string;
  readonly idempotencyKey: string;
}

const field = ['input', 'collectionId'];

/** Stops a collection that is under way: its end is told by the provider, for a payment may succeed meanwhile. */
@Injectable()
export class CancelCollection {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly collector: Collector,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses PAYMENTS_OFF, NOT_PERMITTED, NOT_FOUND, and ILLEGAL_TRANSITION for what has ended. */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: CancelCollectionInput,
  ): Promise<Outcome<{ readonly collectionId: string; readonly replayed: boolean }>> {
    if (!isFinance(actor)) {
      return refuse('NOT_PERMITTED', { message: 'Only the finance team of the operator may do this.' });
    }
    if (!this.collector.isOn) return refuse('PAYMENTS_OFF');
    const now = this.clock.now();
    const { collectionId } = input;
    const request = { organizationId: actor.organizationId, key, operation: 'cancelCollection', input, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const found = await findCollection(tx, { id: collectionId });
        if (!found) return refuse('NOT_FOUND', { field });
        const scope = await openBuyer(tx, { buyerId: found.buyerId, actor, now });
        const collection = await findCollection(tx, { id: collectionId });
        invariant(collection, 'a collection has vanished');
        if (!isLive(collection)) {
          const message = `A collection that is ${collection.state} cannot be stopped.`;
          return refuse('ILLEGAL_TRANSITION', { field, message, data: { allowed: [] } });
        }
        // Asked for already: the provider answers to that.
        if (collection.cancelRequestedAt !== null) return done({ collectionId });
        const after = await this.collector.cancel(scope, collection, null);
        const subject = `collection:${collectionId}`;
        await recordAudit(tx, actor, {
          action: 'collection.cancel',
          subject,
          before: collection,
          after,
          at: now,
        });
        return done({ collectionId });
      }),
    );
  }
}
