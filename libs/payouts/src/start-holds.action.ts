import { addDaysExact } from '#calendar';
import { Database, type Transaction, UnitOfWork } from '#database';
import { advanceSettlements, lockSettlements, type SettlementRef } from '#settlements';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { payoutActor } from './booking.store.js';
import { type Collected, collectedAt, collectedToHold, type HoldStart, startHolds } from './hold.store.js';
import { inBatches } from './in-batches.js';
import type { PayoutLog } from './payout-log.js';
import { type Share, sharesOf } from './share.queries.js';
import { showDay } from './show-date.js';

const batchSize = 100;

/** What the buyers have paid begins to wait: in case a lead is returned, or a deal refunded. */
@Injectable()
export class StartHolds {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    @Inject('Log') private readonly log: PayoutLog,
  ) {}

  /** Begins the holds of at most `limit` collected settlements and gives their number. */
  async execute(now: Date, limit: number): Promise<number> {
    const refs = await collectedToHold(this.database, limit);
    return await inBatches(refs, {
      size: batchSize,
      work: async (batch) => await this.start(batch, now),
      failed: ({ id }, error) =>
        this.log.error('the hold of a settlement did not begin', { settlementId: id, error }),
    });
  }

  private async start(refs: readonly SettlementRef[], now: Date): Promise<number> {
    const started = await this.unitOfWork.run(async (tx) => {
      await lockSettlements(tx, refs);
      // Those that have moved since, or whose released money is still to be taken back, are left to the next time.
      const shares = (await sharesOf(tx, refs)).filter(mayStart);
      return done(await startAll(tx, shares, now));
    });
    return started.ok ? started.value : 0;
  }
}

function mayStart({ state, hold }: Share): boolean {
  if (hold !== null && hold.releasedAt !== null) return false;
  return state === 'COLLECTED' || (state === 'WRITTEN_OFF' && (hold?.heldUntil ?? null) === null);
}

async function startAll(tx: Transaction, shares: readonly Share[], now: Date): Promise<number> {
  if (shares.length === 0) return 0;
  const collected = new Map((await collectedAt(tx, shares)).map((each) => [each.id, each]));
  const starts = shares.map((share) => startOf(share, collected.get(share.id), now));
  await startHolds(tx, starts);
  const moves = starts.map(({ agencyId, id, heldUntil }) => ({
    ...{ agencyId, id, from: ['COLLECTED'] as const, to: 'HOLDING' as const },
    note: heldUntil === null ? null : `Held until ${showDay(heldUntil, now)}.`,
  }));
  // One that was written off in part stays so, and holds what was paid of it.
  await advanceSettlements(tx, { actor: payoutActor, at: now, moves });
  return starts.length;
}

function startOf(share: Share, collected: Collected | undefined, now: Date): HoldStart {
  const { agencyId, id, currency, shareMinor, expectedMinor, hold } = share;
  const heldFrom = collected?.collectedAt ?? now;
  // Nothing to wait for: a statement that only takes back is closed at once.
  const days = expectedMinor > 0n ? (collected?.holdDays ?? 0) : 0;
  return {
    ...{ agencyId, id, currency },
    round: hold?.round ?? 1,
    amountMinor: hold?.amountMinor ?? shareMinor,
    takenBeforeMinor: hold?.takenBeforeMinor ?? 0n,
    heldFrom,
    heldUntil: addDaysExact(heldFrom, days),
  };
}
