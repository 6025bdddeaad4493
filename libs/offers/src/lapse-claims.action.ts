import { UnitOfWork } from '#database';
import { RouteAgain } from '#leads';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';
import { type OfferRef, OfferQueueStore } from './offer-queue.store.js';

/** Ends offers that nobody has claimed in time: their leads go to the fallback, or are unsold. */
@Injectable()
export class LapseClaims {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queue: OfferQueueStore,
    private readonly routeAgain: RouteAgain,
  ) {}

  /** At most so many; gives how many. Any number may do so beside each other. */
  async execute(now: Date, limit: number): Promise<number> {
    const lapsed = await this.queue.lapsed(now, limit);
    const errors: unknown[] = [];
    // One that cannot go on must not keep the others from it.
    for (const offer of lapsed) await this.lapse(offer, now).catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
    return lapsed.length;
  }

  private async lapse(offer: OfferRef, now: Date): Promise<void> {
    const outcome = await this.unitOfWork.run(async (tx) => done(await this.queue.lapse(tx, offer, now)));
    if (outcome.ok && outcome.value) await this.routeAgain.routeOne(offer, now);
  }
}
