import { Database, type Transaction, UnitOfWork } from '#database';
import { balancesOfBooks, type BookCurrency, holdReleased, lockBooks } from '#ledger';
import { lockSettlements, type SettlementRef } from '#settlements';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { book, type Booking } from './booking.store.js';
import { type Release, releaseHolds } from './hold.js';
import { holdsThatAreOver, markReleased } from './hold.store.js';
import { grouped, inBatches } from './in-batches.js';
import { lookAtPayouts } from './payout-dues.store.js';
import type { PayoutLog } from './payout-log.js';
import { isFree, type Share, sharesOf, waitingIn } from './share.queries.js';

const batchSize = 100;

/** Every account of a book that is locked before its money moves, by everyone here. */
export const lockedKinds = ['held', 'payable', 'in_transit', 'clawback_due'] as const;

/** Holds that are over become payable. */
@Injectable()
export class ReleaseHolds {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    @Inject('Log') private readonly log: PayoutLog,
  ) {}

  /** Releases at most `limit` holds that are over and gives their number. */
  async execute(now: Date, limit: number): Promise<number> {
    const refs = await holdsThatAreOver(this.database, now, limit);
    // An agency's are released together, so that a bad one among them keeps no other agency back.
    const agencies = grouped(refs, ({ agencyId }) => agencyId);
    return await inBatches(agencies, {
      size: batchSize,
      work: async (batch) => await this.release(batch.flat(), now),
      failed: ([first], error) =>
        this.log.error('holds of an agency were not released', { agencyId: first?.agencyId ?? '', error }),
    });
  }

  private async release(refs: readonly SettlementRef[], now: Date): Promise<number> {
    const released = await this.unitOfWork.run(async (tx) => {
      await lockSettlements(tx, refs);
      return done(await releaseAll(tx, refs, now));
    });
    return released.ok ? released.value : 0;
  }
}

async function releaseAll(tx: Transaction, refs: readonly SettlementRef[], now: Date): Promise<number> {
  const books = booksOf((await sharesOf(tx, refs)).filter((share) => isOver(share, now)));
  await lockBooks(tx, books, lockedKinds);
  // What waits is read before what is held: a statement that is approved in between adds to both, and money that is
  // held for nobody yet harms nobody, while one that seems to miss money would be released short.
  const waiting = await waitingIn(tx, books);
  const balances = await balancesOfBooks(tx, books, ['held']);
  const wanted = new Set(refs.map(({ id }) => id));
  const releases = books.flatMap((each) => {
    const inBook = waiting.filter((share) => isIn(share, each));
    const due = inBook.filter((share) => wanted.has(share.id) && isOver(share, now)).sort(byEnd);
    const heldMinor = balances.find((balance) => isSameBook(balance, each))?.balanceMinor ?? 0n;
    return releaseHolds({ heldMinor, waiting: inBook }, due).map((release) => ({ ...release, ...each }));
  });
  if (releases.length === 0) return 0;
  await markReleased(tx, releases, now);
  const rounds = new Map(waiting.map(({ id, hold }) => [id, hold?.round ?? 1]));
  const bookings = releases.map((release) => bookingOf(release, rounds.get(release.id) ?? 1, now));
  await book(tx, bookings, now);
  await lookAtPayouts(tx, books, { since: now, at: now });
  return releases.length;
}

function bookingOf(
  { id, releasedMinor, bookId, currency }: Release & BookCurrency,
  round: number,
  now: Date,
): Booking {
  return {
    ...{ bookId, currency, kind: 'hold_released', source: `settlement:${id}` },
    key: `hold:${id}:${round}:release`,
    at: now,
    postings: holdReleased(releasedMinor),
  };
}

function isOver(share: Share, now: Date): boolean {
  const { hold } = share;
  if (!isFree(share) || hold === null || hold.releasedAt !== null || hold.heldUntil === null) return false;
  return hold.heldUntil.getTime() <= now.getTime();
}

function byEnd(a: Share, b: Share): number {
  const end = ({ hold }: Share): number => hold?.heldUntil?.getTime() ?? 0;
  return end(a) - end(b) || (a.id < b.id ? -1 : 1);
}

/** Each book and currency once, in one order. */
export function booksOf(shares: readonly Pick<Share, 'agencyId' | 'currency'>[]): readonly BookCurrency[] {
  const keyed = shares.map(
    ({ agencyId, currency }) => [`${agencyId} ${currency}`, { bookId: agencyId, currency }] as const,
  );
  return [...new Map(keyed)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

export function isIn(
  share: Pick<Share, 'agencyId' | 'currency'>,
  { bookId, currency }: BookCurrency,
): boolean {
  return share.agencyId === bookId && share.currency === currency;
}

export function isSameBook(a: BookCurrency, b: BookCurrency): boolean {
  return a.bookId === b.bookId && a.currency === b.currency;
}
