import { recordAudit } from '#audit';
import { newId, type Transaction } from '#database';
import { refundDecided } from '#ledger';
import type { Money } from '#money';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import {
  type FinanceRequestHandler,
  type FinanceRequestMeasure,
  type FinanceRequestPayload,
  Operations,
} from '#payments';
import { Injectable } from '@nestjs/common';
import { balanceOfBuyer, book, type BuyerScope, openBuyer } from './buyer-scope.store.js';
import { buyerExists } from './buyer.store.js';
import { Collector } from './collector.action.js';
import { refreshCredit } from './credit-check.store.js';
import { journalsOf } from './journals.js';
import { nextLook } from './looks.js';
import { moneyOfPayload, moneyPayload } from './payload.js';
import type { Refund } from './refund.js';
import { changeRefund, insertRefund, refundable } from './refund.store.js';
import { watcherActor } from './request-actor.js';
import { freeCredits } from './settlement-shares.store.js';

/** Credit of a buyer that is to be given back. */
export interface RefundWanted {
  readonly buyerId: string;
  /** Out of whose book the credit is; null: out of what the buyer has prepaid. */
  readonly agencyId: string | null;
  readonly amount: Money;
}

interface ToRefund {
  readonly scope: BuyerScope;
  readonly bookId: string;
  readonly collectionId: string;
  readonly chargeId: string;
}

/** Two people give a buyer's free credit back, the way one of its payments came. */
@Injectable()
export class GiveRefund {
  constructor(
    private readonly operations: Operations,
    private readonly collector: Collector,
  ) {}

  get handler(): FinanceRequestHandler {
    return {
      kind: 'REFUND',
      measure: async (tx, payload, now) => await this.measure(tx, wantedOf(payload), now),
      execute: async (tx, { id, payload }, approver, now) => {
        const wanted = wantedOf(payload);
        const found = await this.find(tx, wanted, { actor: approver, now });
        if (!found.ok) return found;
        await this.give(found.value, wanted, id);
        return done(null);
      },
    };
  }

  private async measure(
    tx: Transaction,
    wanted: RefundWanted,
    now: Date,
  ): Promise<Outcome<FinanceRequestMeasure>> {
    const found = await this.find(tx, wanted, { actor: watcherActor, now });
    return found.ok ? done({ bookId: found.value.bookId, ...wanted.amount }) : found;
  }

  /** Refuses PAYMENTS_OFF, NOT_FOUND, and AMOUNT_TOO_HIGH when there is not as much free credit, or no one payment of it. */
  private async find(
    tx: Transaction,
    { buyerId, agencyId, amount }: RefundWanted,
    { actor, now }: { readonly actor: Actor; readonly now: Date },
  ): Promise<Outcome<ToRefund>> {
    if (!this.collector.isOn) return refuse('PAYMENTS_OFF');
    if (!(await buyerExists(tx, buyerId))) return refuse('NOT_FOUND', { field: ['input', 'buyerId'] });
    const scope = await openBuyer(tx, { buyerId, actor, now });
    const { currency, amountMinor } = amount;
    const free =
      agencyId === null
        ? (await balanceOfBuyer(scope, currency)).creditMinor
        : ((await freeCredits(tx, { buyerId, currency })).get(agencyId) ?? 0n);
    const field = ['input', 'amount'];
    if (amountMinor > free) return refuse('AMOUNT_TOO_HIGH', { field });
    const payment = await refundable(tx, { buyerId, currency, amountMinor });
    if (!payment) {
      const message =
        'No single payment of this buyer is large enough to give this back. Give back less at a time.';
      return refuse('AMOUNT_TOO_HIGH', { field, message });
    }
    return done({ scope, bookId: agencyId ?? scope.operatorId, ...payment });
  }

  private async give(
    { scope, bookId, collectionId, chargeId }: ToRefund,
    { buyerId, amount }: RefundWanted,
    financeRequestId: string,
  ): Promise<void> {
    const { tx, now, actor } = scope;
    const { amountMinor, currency } = amount;
    const id = newId();
    const refund: Refund = {
      ...{ id, buyerId, bookId, collectionId, financeRequestId, amountMinor, currency },
      state: 'REQUESTED',
      ...{ operationId: null, providerRefundId: null, fundsId: null, failedFundsId: null, failureCode: null },
      ...{ requestedAt: now, finishedAt: null },
    };
    await insertRefund(tx, refund, nextLook(now, now));
    const subject = `refund:${id}`;
    const journal = {
      bookId,
      kind: 'refund_decided',
      source: subject,
      key: `${subject}:decided`,
      currency,
      at: now,
    };
    await book(scope, journalsOf([{ ...journal, postings: refundDecided(buyerId, amountMinor) }]));
    const operation = await this.operations.request(tx, {
      request: { kind: 'REFUND', refundId: id, chargeId, amountMinor, currency },
      ...{ subject, bookId, idempotencyKey: `rf:${id}`, now },
    });
    await changeRefund(tx, refund, { operationId: operation.id });
    await refreshCredit(scope);
    await recordAudit(tx, actor, { action: 'refund.decide', subject, after: refund, at: now });
  }
}

/** The payload of a request to give credit back. */
export function refundPayload({ buyerId, agencyId, amount }: RefundWanted): FinanceRequestPayload {
  return { buyerId, agencyId, ...moneyPayload(amount) };
}

function wantedOf(payload: FinanceRequestPayload): RefundWanted {
  const { buyerId, agencyId = null } = payload;
  invariant(typeof buyerId === 'string', 'a refund names no buyer');
  return { buyerId, agencyId, amount: moneyOfPayload(payload) };
}
