import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';
import { HandoverQueueStore } from './handover-queue.store.js';

/** Keeps the queue and the log of deliveries bounded. */
@Injectable()
export class TidyHandovers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queue: HandoverQueueStore,
  ) {}

  /** Forgets at most so many that were over thirty days ago, with their log; how many. */
  async execute(limit: number): Promise<number> {
    const outcome = await this.unitOfWork.run(async (tx) => done(await this.queue.prune(tx, limit)));
    return outcome.ok ? outcome.value : 0;
  }
}
