import { Database, type Transaction, UnitOfWork } from '#database';
import { balancesOfBooks, heldAgain, heldAgainAfterPayout, lockBooks } from '#ledger';
import { advanceSettlements, lockSettlements, type SettlementRef } from '#settlements';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { book, payoutActor } from './booking.store.js';
import { type TakenBack, takeBack } from './hold.js';
import { markUndone, releasedRounds, startHolds, toTakeBack, type UnpaidRound } from './hold.store.js';
import { grouped, inBatches } from './in-batches.js';
import type { PayoutLog } from './payout-log.js';
import { booksOf, isIn, isSameBook, lockedKinds } from './release-holds.action.js';
import { type Share, sharesOf } from './share.queries.js';

const batchSize = 100;

/** Released money goes back into waiting, when its payment is contested before it is sent, or has gone. */
@Injectable()
export class TakeBackHolds {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    @Inject('Log') private readonly log: PayoutLog,
  ) {}

  /** Takes the money of at most `limit` settlements back and gives their number. */
  async execute(now: Date, limit: number): Promise<number> {
    const refs = await toTakeBack(this.database, limit);
    const agencies = grouped(refs, ({ agencyId }) => agencyId);
    return await inBatches(agencies, {
      size: batchSize,
      work: async (batch) => await this.takeBack(batch.flat(), now),
      failed: ([first], error) =>
        this.log.error('money of an agency was not taken back into waiting', {
          agencyId: first?.agencyId ?? '',
          error,
        }),
    });
  }

  private async takeBack(refs: readonly SettlementRef[], now: Date): Promise<number> {
    const taken = await this.unitOfWork.run(async (tx) => {
      await lockSettlements(tx, refs);
      const books = booksOf(await sharesOf(tx, refs));
      await lockBooks(tx, books, lockedKinds);
      // Read again under the locks: what is taken for corrections from now on is taken from the new round.
      const shares = (await sharesOf(tx, refs)).filter(mustWaitAgain);
      return done((await takeBackAll(tx, shares, now)).length);
    });
    return taken.ok ? taken.value : 0;
  }
}

/** Whether the share is released and may not stay so; never while a transfer of it is on its way. */
export function mustWaitAgain({ state, hold, disputedSince, missingMinor }: Share): boolean {
  if (hold === null || hold.releasedAt === null) return false;
  if (state === 'COLLECTION_FAILED' || state === 'COLLECTING' || state === 'COLLECTED') return true;
  const isSendable = state === 'HOLDING' || state === 'TRANSFER_FAILED' || state === 'WRITTEN_OFF';
  return isSendable && hold.paidAt === null && (disputedSince !== null || missingMinor > 0n);
}

/** One share's money that went back into waiting. */
export interface Retaken extends TakenBack {
  readonly share: Share;
}

/**
 * Takes the money of these shares back; the caller has locked their settlements and accounts and read them since. A
 * settlement whose transfer had failed waits like the others then.
 */
export async function takeBackAll(
  tx: Transaction,
  shares: readonly Share[],
  now: Date,
): Promise<readonly Retaken[]> {
  if (shares.length === 0) return [];
  const keys = shares.map(({ agencyId, id, hold }) => ({ agencyId, id, round: hold?.round ?? 1 }));
  const rounds = new Map((await releasedRounds(tx, keys)).map((round) => [round.id, round]));
  const retaken = await splitAll(tx, shares, rounds);
  await markUndone(tx, keys, now);
  await startHolds(
    tx,
    retaken.map(({ share, fromPayableMinor, fromOwedMinor }) => {
      const { agencyId, id, currency, takenMinor, hold } = share;
      // Over for a contested one as soon as that is decided; for one that is unpaid when the buyer has paid.
      const isContested = causeOf(share) === 'DISPUTED';
      const heldUntil = isContested ? (hold?.heldUntil ?? now) : null;
      return {
        ...{ agencyId, id, currency, round: (hold?.round ?? 0) + 1, takenBeforeMinor: takenMinor },
        amountMinor: fromPayableMinor + fromOwedMinor,
        heldFrom: isContested ? (hold?.heldFrom ?? now) : null,
        heldUntil,
      };
    }),
  );
  const bookings = retaken.map(
    ({ share: { agencyId, id, currency, hold }, fromPayableMinor, fromOwedMinor }) => ({
      ...{ bookId: agencyId, currency, kind: 'held_again', source: `settlement:${id}` },
      key: `hold:${id}:${hold?.round ?? 1}:again`,
      at: now,
      postings: [...heldAgain(fromPayableMinor), ...heldAgainAfterPayout(fromOwedMinor)],
    }),
  );
  await book(tx, bookings, now);
  const moves = shares.map(({ agencyId, id }) => ({
    ...{ agencyId, id, from: ['TRANSFER_FAILED'] as const, to: 'HOLDING' as const },
    note: 'Its payment is contested, or has gone.',
  }));
  await advanceSettlements(tx, { actor: payoutActor, at: now, moves });
  return retaken;
}

async function splitAll(
  tx: Transaction,
  shares: readonly Share[],
  rounds: ReadonlyMap<string, UnpaidRound>,
): Promise<readonly Retaken[]> {
  const books = booksOf(shares);
  const balances = await balancesOfBooks(tx, books, ['payable']);
  return books.flatMap((each) => {
    let payableMinor = balances.find((balance) => isSameBook(balance, each))?.balanceMinor ?? 0n;
    return shares
      .filter((share) => isIn(share, each))
      .map((share) => {
        const { billedMinor, missingMinor, hold } = share;
        const { releasedMinor, sentMinor } = rounds.get(share.id) ?? { releasedMinor: 0n, sentMinor: 0n };
        // What was paid stays as it was; only a payment that has gone makes it owed back.
        const isPaid = hold?.paidAt !== null;
        const released = { releasedMinor, sentMinor, cause: causeOf(share), billedMinor, missingMinor };
        const taken = takeBack(isPaid ? { ...released, sentMinor: releasedMinor } : released, payableMinor);
        payableMinor -= taken.fromPayableMinor;
        return { share, ...taken };
      });
  });
}

function causeOf({ state, missingMinor }: Share): 'DISPUTED' | 'RETURNED' {
  const isGone = state === 'COLLECTION_FAILED' || state === 'COLLECTING' || state === 'COLLECTED';
  return isGone || missingMinor > 0n ? 'RETURNED' : 'DISPUTED';
}
