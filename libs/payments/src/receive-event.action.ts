import { type Clock, SystemClock } from '#calendar';
import { UnitOfWork } from '#database';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { insertEvent } from './event.store.js';
import type { PaymentProvider } from './provider.js';

/** REFUSED: it is not the provider's, or too old. KNOWN: it came before. */
export type EventReceived = 'STORED' | 'KNOWN' | 'REFUSED';

/** Keeps what a webhook says, to be applied later: the answer must not wait for that. */
@Injectable()
export class ReceiveEvent {
  /** A signature is of the time of day, whatever clock the business runs on. */
  private readonly timeOfDay = new SystemClock();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** The raw bytes as they came, with the header that signs them. */
  async execute(rawBody: Buffer, signature: string): Promise<EventReceived> {
    const event = this.provider?.readEvent(rawBody, signature, this.timeOfDay.now()) ?? null;
    if (event === null) return 'REFUSED';
    const now = this.clock.now();
    const stored = await this.unitOfWork.run(async (tx) => done(await insertEvent(tx, event, now)));
    return stored.ok && stored.value ? 'STORED' : 'KNOWN';
  }
}
