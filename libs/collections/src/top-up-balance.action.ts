import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, UnitOfWork } from '#database';
import type { Money } from '#money';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { mayActFor } from './billing-acts.js';
import { openBuyer } from './buyer-scope.store.js';
import { buyerExists } from './buyer.store.js';
import { Collector } from './collector.action.js';

export interface TopUpBalanceInput {
  readonly buyerId: string;
  /** Above zero. */
  readonly amount: Money;
  readonly idempotencyKey: string;
}

/** Charges the saved method and puts the money into the buyer's prepaid balance. */
@Injectable()
export class TopUpBalance {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly collector: Collector,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses PAYMENTS_OFF, NOT_FOUND, NOT_PERMITTED, PAYMENT_METHOD_MISSING, AMOUNT_TOO_HIGH and COLLECTION_UNDER_WAY. */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: TopUpBalanceInput,
  ): Promise<Outcome<{ readonly collectionId: string; readonly replayed: boolean }>> {
    const { buyerId, amount } = input;
    const allowed = mayActFor(actor, buyerId, ['input', 'buyerId']);
    if (!allowed.ok) return allowed;
    if (!this.collector.isOn) return refuse('PAYMENTS_OFF');
    const now = this.clock.now();
    const request = { organizationId: actor.organizationId, key, operation: 'topUpBalance', input, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        if (!(await buyerExists(tx, buyerId))) return refuse('NOT_FOUND', { field: ['input', 'buyerId'] });
        const scope = await openBuyer(tx, { buyerId, actor, now });
        const begun = await this.collector.topUp(scope, { ...amount, byPerson: true });
        if (!begun.ok) return begun;
        const { collectionId } = begun.value;
        await recordAudit(tx, actor, {
          ...{ action: 'balance.top-up', subject: `collection:${collectionId}` },
          ...{ after: { buyerId, ...amount }, at: now },
        });
        return done({ collectionId });
      }),
    );
  }
}
