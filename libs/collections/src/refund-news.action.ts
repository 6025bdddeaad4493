import { newId, type Transaction } from '#database';
import {
  bookAccount,
  buyerAccount,
  type NewPosting,
  providerFee,
  refundCameBack,
  refundDone,
  refundFailed,
} from '#ledger';
import { invariant } from '#outcome';
import {
  type FundsMovement,
  type ObjectHandler,
  type OperationHandler,
  recordFunds,
  type RefundSnapshot,
} from '#payments';
import { Injectable } from '@nestjs/common';
import { balanceOfBuyer, book, type BuyerScope, openBuyer, providerNews } from './buyer-scope.store.js';
import type { Collection } from './collection.js';
import { findCollection } from './collection.store.js';
import { refreshCredit } from './credit-check.store.js';
import { journalsOf, outOfBalance, intoBalance } from './journals.js';
import { nextLook } from './looks.js';
import { afterRefund, type Refund, type RefundNews as News } from './refund.js';
import { changeRefund, findRefund, insertRefund } from './refund.store.js';

type Leaving = Exclude<News['left'], null>;

/** What the provider tells of refunds: ours, and those that somebody made there. */
@Injectable()
export class RefundNews {
  get operations(): readonly OperationHandler[] {
    return [
      {
        kinds: ['REFUND'],
        succeeded: async (tx, { subject }, object, now) => {
          if (object.object === 'refund') await this.apply(tx, object, now, refundId(subject));
        },
        refused: async (tx, { subject }, { code }, now) => {
          const found = await findRefund(tx, { id: refundId(subject) });
          invariant(found, 'a refund has vanished');
          const scope = await openBuyer(tx, { buyerId: found.buyerId, actor: providerNews, now });
          const refund = await findRefund(tx, { id: found.id });
          if (refund?.state === 'REQUESTED') await giveUp(scope, refund, code);
        },
      },
    ];
  }

  get objects(): readonly ObjectHandler[] {
    return [
      { kind: 'refund', apply: async (tx, snapshot, now) => await this.apply(tx, snapshot, now, null) },
    ];
  }

  private async apply(
    tx: Transaction,
    snapshot: RefundSnapshot,
    now: Date,
    id: string | null,
  ): Promise<void> {
    const { id: providerRefundId, operationId } = snapshot;
    // What is called a refund here is a debit that came back, of which its payment tells.
    if (snapshot.funds?.type === 'payment_failure_refund') return;
    const found = await findRefund(tx, id === null ? { providerRefundId, operationId } : { id });
    const collection = found ? undefined : await findCollection(tx, { chargeId: snapshot.chargeId });
    const buyerId = found?.buyerId ?? collection?.buyerId;
    // A stranger's is noted when its money has moved.
    if (buyerId === undefined || (!found && snapshot.funds === null)) return;
    const scope = await openBuyer(tx, { buyerId, actor: providerNews, now });
    const refund = found
      ? await findRefund(tx, { id: found.id })
      : await noteStranger(scope, { collection, snapshot });
    invariant(refund, 'a refund has vanished');
    await applyRefund(scope, refund, snapshot);
  }
}

function refundId(subject: string): string {
  const [kind, id] = subject.split(':');
  invariant(kind === 'refund' && id, 'an operation is about no refund');
  return id;
}

/** Somebody gave a buyer money back at the provider: it comes out of the buyer's balance, or is owed. */
async function noteStranger(
  { tx, now, operatorId }: BuyerScope,
  {
    collection,
    snapshot,
  }: { readonly collection: Collection | undefined; readonly snapshot: RefundSnapshot },
): Promise<Refund> {
  // Another worker may have been quicker.
  const known = await findRefund(tx, { providerRefundId: snapshot.id, operationId: null });
  if (known) return known;
  invariant(collection, 'a refund is of no collection');
  const refund: Refund = {
    id: newId(),
    buyerId: collection.buyerId,
    bookId: operatorId,
    collectionId: collection.id,
    financeRequestId: null,
    amountMinor: snapshot.amountMinor,
    currency: snapshot.currency,
    state: 'REQUESTED',
    operationId: null,
    providerRefundId: snapshot.id,
    fundsId: null,
    failedFundsId: null,
    failureCode: null,
    requestedAt: now,
    finishedAt: null,
  };
  await insertRefund(tx, refund, now);
  return refund;
}

async function applyRefund(scope: BuyerScope, refund: Refund, snapshot: RefundSnapshot): Promise<void> {
  const { tx, now } = scope;
  const news = afterRefund(refund, snapshot);
  const { funds, failedFunds } = snapshot;
  if (news.left !== null && funds !== null)
    await bookLeaving(scope, refund, { funds, from: news.left, snapshot });
  if (news.cameBack && failedFunds !== null)
    await bookComingBack(scope, refund, { funds: failedFunds, snapshot });
  if (news.failedBefore) await bookFailure(scope, refund);
  const isOver = news.state === 'SUCCEEDED' || news.state === 'FAILED';
  // A refund can still come back after its success, but the provider's account statement tells that.
  await changeRefund(tx, refund, {
    state: news.state,
    providerRefundId: refund.providerRefundId ?? snapshot.id,
    fundsId: refund.fundsId ?? (news.left !== null ? (funds?.id ?? null) : null),
    failedFundsId: refund.failedFundsId ?? (news.cameBack ? (failedFunds?.id ?? null) : null),
    failureCode: snapshot.failureCode ?? refund.failureCode,
    finishedAt: isOver ? (refund.finishedAt ?? now) : null,
    nextLookAt: isOver ? null : nextLook(refund.requestedAt, now),
  });
  await refreshCredit(scope);
}

async function bookLeaving(
  scope: BuyerScope,
  refund: Refund,
  {
    funds,
    from,
    snapshot,
  }: { readonly funds: FundsMovement; readonly from: Leaving; readonly snapshot: RefundSnapshot },
): Promise<void> {
  const { tx, now, operatorId } = scope;
  const { bookId, amountMinor, currency } = refund;
  await recordFunds(tx, funds, now);
  invariant(-funds.amountMinor === amountMinor, 'a refund took another amount than was refunded');
  const common = { kind: 'refund_done', source: `stripe:${funds.id}`, currency, at: funds.createdAt };
  const key = `refund:${snapshot.id}`;
  await book(
    scope,
    journalsOf([
      { ...common, bookId, key, postings: await leavingPostings(scope, refund, from) },
      { ...common, bookId: operatorId, key: `${key}:fee`, postings: providerFee(funds.feeMinor) },
    ]),
  );
}

async function leavingPostings(
  scope: BuyerScope,
  { buyerId, amountMinor, currency, financeRequestId }: Refund,
  from: Leaving,
): Promise<readonly NewPosting[]> {
  if (financeRequestId === null)
    return outOfBalance(buyerId, amountMinor, await balanceOfBuyer(scope, currency));
  if (from === 'FROM_REFUND_DUE') return refundDone(buyerId, amountMinor);
  return [{ debit: buyerAccount('buyer_credit', buyerId), credit: bookAccount('stripe'), amountMinor }];
}

async function bookComingBack(
  scope: BuyerScope,
  refund: Refund,
  { funds, snapshot }: { readonly funds: FundsMovement; readonly snapshot: RefundSnapshot },
): Promise<void> {
  const { tx, now, operatorId } = scope;
  const { buyerId, bookId, currency } = refund;
  await recordFunds(tx, funds, now);
  const common = { kind: 'refund_came_back', source: `stripe:${funds.id}`, currency, at: funds.createdAt };
  const key = `refund:${snapshot.id}:failed`;
  const postings =
    refund.financeRequestId === null
      ? intoBalance(buyerId, funds.amountMinor, await balanceOfBuyer(scope, currency))
      : refundCameBack(buyerId, funds.amountMinor);
  await book(
    scope,
    journalsOf([
      { ...common, bookId, key, postings },
      { ...common, bookId: operatorId, key: `${key}:fee`, postings: providerFee(funds.feeMinor) },
    ]),
  );
}

/** It failed before it left: the buyer has its credit again. */
async function bookFailure(scope: BuyerScope, refund: Refund): Promise<void> {
  const { id, buyerId, bookId, amountMinor, currency, financeRequestId } = refund;
  if (financeRequestId === null) return;
  const key = `refund:${id}:failed`;
  const common = { kind: 'refund_failed', source: `refund:${id}`, key, currency, at: scope.now };
  await book(scope, journalsOf([{ ...common, bookId, postings: refundFailed(buyerId, amountMinor) }]));
}

async function giveUp(scope: BuyerScope, refund: Refund, code: string): Promise<void> {
  await bookFailure(scope, refund);
  const change = { state: 'FAILED', failureCode: code, finishedAt: scope.now, nextLookAt: null } as const;
  await changeRefund(scope.tx, refund, change);
  await refreshCredit(scope);
}
