import { type Transaction, UnitOfWork } from '#database';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { claimEvents, type ClaimedEvent, finishEvents, putEventsOff } from './event.store.js';
import { inParallel } from './in-parallel.js';
import { pauseMs } from './operation.js';
import type { PaymentLog } from './payment-log.js';
import { type PaymentProvider, ProviderUnavailable } from './provider.js';
import { type Refreshed, RefreshObjects } from './refresh-objects.action.js';

const mostTries = 25;
const width = 4;

/** Applies what webhooks hinted at: fetches each object once, however many events tell of it, and catches up with it. */
@Injectable()
export class ApplyEvents {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly refresh: RefreshObjects,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PaymentLog,
  ) {}

  /** At most `limit` events; gives the number of those that are over. One that fails is tried again later. */
  async execute(now: Date, limit: number): Promise<number> {
    if (this.provider === null) return 0;
    const claimed = await this.unitOfWork.run(async (tx) => done(await claimEvents(tx, now, limit)));
    const byObject = new Map<string, ClaimedEvent[]>();
    for (const event of claimed.ok ? claimed.value : []) {
      const key = `${event.objectKind} ${event.objectId} ${event.accountId ?? ''}`;
      byObject.set(key, [...(byObject.get(key) ?? []), event]);
    }
    let finished = 0;
    await inParallel([...byObject.values()], width, async (events) => {
      // Not in one: the sum would be read before the wait, and lose what others add meanwhile.
      const over = await this.applyOne(events, now);
      finished += over;
    });
    return finished;
  }

  private async applyOne(events: readonly ClaimedEvent[], now: Date): Promise<number> {
    const [first] = events;
    if (!first) return 0;
    const ids = events.map(({ id }) => id);
    try {
      const ref = { kind: first.objectKind, id: first.objectId, accountId: first.accountId };
      const refreshed = await this.refresh.execute(ref, now);
      await this.write((tx) => finishEvents(tx, ids, endOf(refreshed, now)));
      return ids.length;
    } catch (error) {
      return await this.fail(events, error, now);
    }
  }

  private async fail(events: readonly ClaimedEvent[], error: unknown, now: Date): Promise<number> {
    const code = error instanceof ProviderUnavailable ? error.code : 'NOT_APPLIED';
    const over = events.filter(({ tries }) => tries >= mostTries);
    const rest = events.filter(({ tries }) => tries < mostTries);
    const [first] = events;
    const fields = { eventId: first?.id ?? '', kind: first?.objectKind ?? '', code, error };
    if (over.length > 0) this.log.error('an event of the payment provider is given up', fields);
    else if (code === 'NOT_APPLIED')
      this.log.warn('an event of the payment provider was not applied', fields);
    const pause = pauseMs(Math.max(...events.map(({ tries }) => tries)), Math.random());
    await this.write(async (tx) => {
      const ids = over.map(({ id }) => id);
      await finishEvents(tx, ids, { state: 'FAILED', code, at: now });
      const again = rest.map(({ id }) => id);
      await putEventsOff(tx, again, new Date(now.getTime() + pause), code);
    });
    return over.length;
  }

  private async write(work: (tx: Transaction) => Promise<void>): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      await work(tx);
      return done(null);
    });
  }
}

function endOf(refreshed: Refreshed, at: Date) {
  if (refreshed === 'APPLIED') return { state: 'APPLIED', code: null, at } as const;
  return { state: 'IGNORED', code: refreshed, at } as const;
}
