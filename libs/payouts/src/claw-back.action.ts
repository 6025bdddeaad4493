import { Database, newId, type Transaction, UnitOfWork } from '#database';
import { balancesOfBooks, type BookCurrency, lockBooks } from '#ledger';
import { asCurrency } from '#money';
import { Operations, type PaymentProvider } from '#payments';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { grouped, inBatches } from './in-batches.js';
import type { PayoutLog } from './payout-log.js';
import { allocateReversals, largestSendable } from './payout.js';
import { reversalsUnderWay } from './payout.store.js';
import { isSameBook, lockedKinds } from './release-holds.action.js';
import {
  type ClawbackOrder,
  clawbacksToOrder,
  insertOrders,
  insertReversals,
  lockPayouts,
  type NewReversal,
  type ReversiblePayout,
  reversiblePayouts,
} from './reversal.store.js';

const batchSize = 50;

/**
 * Takes back at once what corrections left an agency owing, where its contract says so: out of what it was sent last.
 * What that does not cover, and what the provider refuses, is netted from what the agency earns next.
 */
@Injectable()
export class ClawBack {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly database: Database,
    private readonly operations: Operations,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PayoutLog,
  ) {}

  /** Looks at no more than `limit` corrections, each once, and gives their number. */
  async execute(now: Date, limit: number): Promise<number> {
    if (this.provider === null) return 0;
    const orders = await clawbacksToOrder(this.database, now, limit);
    const books = grouped(orders, ({ bookId, currency }) => `${bookId} ${currency}`);
    return await inBatches(books, {
      size: batchSize,
      work: async (batch) => await this.order(batch, now),
      failed: ([first], error) =>
        this.log.error('money was not taken back from an agency', { agencyId: first?.bookId ?? '', error }),
    });
  }

  private async order(batch: readonly (readonly ClawbackOrder[])[], now: Date): Promise<number> {
    const ordered = await this.unitOfWork.run(async (tx) => {
      const books = batch.flatMap(([first]) =>
        first ? [{ bookId: first.bookId, currency: first.currency }] : [],
      );
      // Payouts before accounts, as where a reversal is booked.
      await lockPayouts(tx, await reversiblePayouts(tx, books));
      await lockBooks(tx, books, lockedKinds);
      const owed = await owedIn(tx, books);
      const payouts = await reversiblePayouts(tx, books);
      const decided = batch.flatMap((orders) => decide(orders, owed));
      const fresh = await insertOrders(tx, decided, now);
      const wanted = decided.filter(({ chargeId }) => fresh.has(chargeId));
      const reversals = await this.requestAll(tx, { books, wanted, payouts }, now);
      if (reversals.length > 0) await insertReversals(tx, reversals, now);
      return done(wanted.length);
    });
    return ordered.ok ? ordered.value : 0;
  }

  private async requestAll(
    tx: Transaction,
    {
      books,
      wanted,
      payouts,
    }: {
      readonly books: readonly BookCurrency[];
      readonly wanted: readonly Decided[];
      readonly payouts: readonly ReversiblePayout[];
    },
    now: Date,
  ): Promise<readonly NewReversal[]> {
    const reversals: NewReversal[] = [];
    for (const each of books) {
      const amountMinor = wanted
        .filter((order) => isSameBook(order, each))
        .reduce((sum, { reversedMinor }) => sum + reversedMinor, 0n);
      const own = payouts.filter((payout) => isSameBook(payout, each));
      const currency = asCurrency(each.currency);
      for (const { payout, amountMinor: share } of allocateReversals(amountMinor, own)) {
        const part = largestSendable(share, currency);
        if (part === 0n) continue;
        const id = newId();
        const { id: operationId } = await this.operations.request(tx, {
          request: {
            kind: 'TRANSFER_REVERSAL',
            reversalId: id,
            transferId: payout.transferId,
            amountMinor: part,
            currency,
          },
          subject: `reversal:${id}`,
          bookId: each.bookId,
          idempotencyKey: `trr:${id}`,
          now,
        });
        reversals.push({
          ...{ agencyId: each.bookId, id, payoutId: payout.id, amountMinor: part, currency, operationId },
        });
      }
    }
    return reversals;
  }
}

type Decided = ClawbackOrder & { readonly reversedMinor: bigint };

/** What each book owes that no reversal under way will bring. */
async function owedIn(
  tx: Transaction,
  books: readonly BookCurrency[],
): Promise<readonly (BookCurrency & { readonly amountMinor: bigint })[]> {
  const balances = await balancesOfBooks(tx, books, ['clawback_due']);
  const underWay = await reversalsUnderWay(tx, books);
  return books.map((each) => {
    const owes = balances.find((balance) => isSameBook(balance, each))?.balanceMinor ?? 0n;
    const coming = underWay.find((reversal) => isSameBook(reversal, each))?.amountMinor ?? 0n;
    return { ...each, amountMinor: owes > coming ? owes - coming : 0n };
  });
}

/** Of each correction what is still owed: a part of it may have been netted meanwhile. */
function decide(
  orders: readonly ClawbackOrder[],
  owed: readonly (BookCurrency & { readonly amountMinor: bigint })[],
): readonly Decided[] {
  let left = owed.find((each) => orders.some((order) => isSameBook(order, each)))?.amountMinor ?? 0n;
  return orders.map((order) => {
    const reversedMinor = order.owedMinor < left ? order.owedMinor : left;
    left -= reversedMinor;
    return { ...order, reversedMinor };
  });
}
