import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';
import { WebhookQueueStore } from './webhook-queue.store.js';

/** Keeps the queue and the log of messages bounded. */
@Injectable()
export class TidyWebhooks {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queue: WebhookQueueStore,
  ) {}

  /** Gives up at most so many messages that waited for three days, and forgets as many that were over thirty days ago; how many of both. */
  async execute(limit: number): Promise<number> {
    const outcome = await this.unitOfWork.run(async (tx) => {
      const expired = await this.queue.expire(tx, limit);
      return done(expired + (await this.queue.prune(tx, limit)));
    });
    return outcome.ok ? outcome.value : 0;
  }
}
