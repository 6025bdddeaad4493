import { Database, UnitOfWork } from '#database';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { AttributeFunds } from './attribute-funds.action.js';
import { recordAllFunds } from './funds.store.js';
import { OpenFunds } from './open-funds.action.js';
import { readControl } from './payment-control.store.js';
import type { PaymentLog } from './payment-log.js';
import { type FundsMovement, type PaymentProvider, ProviderUnavailable } from './provider.js';

/** How far back a look goes beyond what was seen. RECENT for a look each minute, WHOLE for a comparison. */
const overlapMs = { RECENT: 2 * 60_000, WHOLE: 3 * 24 * 3_600_000 } as const;
const attributedAtOnce = 100;

/** What a look at the provider's account statement brought. */
export interface Mirrored {
  /** Movements that were new to us. */
  readonly found: number;
  /** Movements without a journal whose operation has not come to its end; they are booked with it. */
  readonly inFlight: ReadonlySet<string>;
}

/** Copies the provider's account statement, line by line, and sees to it that each line is booked. */
@Injectable()
export class MirrorFunds {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    private readonly openFunds: OpenFunds,
    private readonly attribute: AttributeFunds,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PaymentLog,
  ) {}

  /** What is done again and again: the number of new movements, none while the provider does not answer. */
  async catchUp(now: Date): Promise<number> {
    try {
      return (await this.execute(now)).found;
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      this.log.warn('the payment provider does not tell its movements', { code: error.code });
      return 0;
    }
  }

  /** Throws ProviderUnavailable; what was copied until then stays. Never inside a transaction. */
  async execute(now: Date, reach: 'RECENT' | 'WHOLE' = 'RECENT'): Promise<Mirrored> {
    if (this.provider === null) return { found: 0, inFlight: new Set() };
    await this.openFunds.execute(now);
    const found = await this.copy(this.provider, now, reach);
    return { found, inFlight: await this.attribute.execute(now, attributedAtOnce) };
  }

  private async copy(provider: PaymentProvider, now: Date, reach: 'RECENT' | 'WHOLE'): Promise<number> {
    const control = await readControl(this.database);
    const openedMs = control.fundsOpenedAt?.getTime() ?? 0;
    const seenMs = control.fundsSeenUntil?.getTime() ?? 0;
    const since = new Date(Math.max(openedMs, seenMs - overlapMs[reach]));
    let found = 0;
    let newestMs = seenMs;
    for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
      const page = await provider.funds(since, after);
      // What is older is in the opening balance.
      const movements = page.movements.filter(
        ({ id, createdAt }) => createdAt.getTime() >= openedMs && !control.fundsOpenedIds.includes(id),
      );
      found += await this.keep(movements, now);
      newestMs = Math.max(newestMs, ...movements.map(({ createdAt }) => createdAt.getTime()));
      after = page.after;
    }
    // Only now: pages come newest first, and whoever stops in between has left a gap.
    await this.unitOfWork.run(async (tx) => {
      await tx.query(
        'update payment_control set funds_seen_until = $1 where funds_seen_until is null or funds_seen_until < $1',
        [new Date(newestMs)],
      );
      return done(null);
    });
    return found;
  }

  private async keep(movements: readonly FundsMovement[], now: Date): Promise<number> {
    const kept = await this.unitOfWork.run(async (tx) => done(await recordAllFunds(tx, movements, now)));
    return kept.ok ? kept.value.length : 0;
  }
}
