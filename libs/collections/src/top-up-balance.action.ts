import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Money } from '#money';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import {
  type FinanceRequestHandler,
  type FinanceRequestMeasure,
  type FinanceRequestPayload,
  operatorBook,
} from '#payments';
import { Inject, Injectable } from '@nestjs/common';
import { mayActFor } from './billing-acts.js';
import { type BuyerScope, openBuyer } from './buyer-scope.store.js';
import { buyerExists } from './buyer.store.js';
import { Collector } from './collector.action.js';
import { moneyOfPayload, moneyPayload } from './payload.js';
import { watcherActor } from './request-actor.js';

/** What is put into whose prepaid balance. */
export interface TopUpWanted {
  readonly buyerId: string;
  /** Above zero. */
  readonly amount: Money;
}

export interface TopUpBalanceInput extends TopUpWanted {
  readonly idempotencyKey: string;
}

/** Charges the saved method and puts the money into the buyer's prepaid balance: a buyer by itself, or two of finance. */
@Injectable()
export class TopUpBalance {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly collector: Collector,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Refuses PAYMENTS_OFF, NOT_FOUND, NOT_PERMITTED for everybody but the buyer, PAYMENT_METHOD_MISSING, AMOUNT_TOO_LOW,
   * AMOUNT_TOO_HIGH, INVALID_AMOUNT and COLLECTION_UNDER_WAY.
   */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: TopUpBalanceInput,
  ): Promise<Outcome<{ readonly collectionId: string; readonly replayed: boolean }>> {
    const { buyerId } = input;
    const allowed = mayActFor(actor, buyerId, ['input', 'buyerId']);
    if (!allowed.ok) return allowed;
    if (!this.collector.isOn) return refuse('PAYMENTS_OFF');
    const now = this.clock.now();
    const request = { organizationId: actor.organizationId, key, operation: 'topUpBalance', input, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const found = await this.find(tx, input, { actor, now });
        if (!found.ok) return found;
        if (actor.kind !== 'BUYER') {
          const message =
            "Only a buyer's own people charge its method by themselves. Ask with requestTopUp: another person approves it.";
          return refuse('NOT_PERMITTED', { message });
        }
        return await this.charge(found.value, input, { requestId: null });
      }),
    );
  }

  get handler(): FinanceRequestHandler {
    return {
      kind: 'TOP_UP',
      measure: async (tx, payload, now) => await this.measure(tx, wantedOf(payload), now),
      execute: async (tx, { id, payload }, approver, now) => {
        const wanted = wantedOf(payload);
        const found = await this.find(tx, wanted, { actor: approver, now });
        if (!found.ok) return found;
        const begun = await this.charge(found.value, wanted, { requestId: id });
        return begun.ok ? done(null) : begun;
      },
    };
  }

  private async measure(
    tx: Transaction,
    wanted: TopUpWanted,
    now: Date,
  ): Promise<Outcome<FinanceRequestMeasure>> {
    const found = await this.find(tx, wanted, { actor: watcherActor, now });
    if (!found.ok) return found;
    const checked = await this.collector.mayTopUp(found.value, wanted.amount, { byPerson: true });
    return checked.ok ? done({ bookId: await operatorBook(tx), ...wanted.amount }) : checked;
  }

  private async find(
    tx: Transaction,
    { buyerId }: TopUpWanted,
    { actor, now }: { readonly actor: Actor; readonly now: Date },
  ): Promise<Outcome<BuyerScope>> {
    if (!this.collector.isOn) return refuse('PAYMENTS_OFF');
    if (!(await buyerExists(tx, buyerId))) return refuse('NOT_FOUND', { field: ['input', 'buyerId'] });
    return done(await openBuyer(tx, { buyerId, actor, now }));
  }

  private async charge(
    scope: BuyerScope,
    { buyerId, amount }: TopUpWanted,
    { requestId }: { readonly requestId: string | null },
  ): Promise<Outcome<{ readonly collectionId: string }>> {
    const begun = await this.collector.topUp(scope, { ...amount, byPerson: true });
    if (!begun.ok) return begun;
    const { collectionId } = begun.value;
    await recordAudit(scope.tx, scope.actor, {
      ...{ action: 'balance.top-up', subject: `collection:${collectionId}`, at: scope.now },
      after: { buyerId, ...amount, ...(requestId === null ? {} : { requestId }) },
    });
    return done({ collectionId });
  }
}

/** The payload of a request to fill up a buyer's balance. */
export function topUpPayload({ buyerId, amount }: TopUpWanted): FinanceRequestPayload {
  return { buyerId, ...moneyPayload(amount) };
}

function wantedOf(payload: FinanceRequestPayload): TopUpWanted {
  const { buyerId } = payload;
  invariant(typeof buyerId === 'string', 'a top-up names no buyer');
  return { buyerId, amount: moneyOfPayload(payload) };
}
