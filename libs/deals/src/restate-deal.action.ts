import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refused } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { type DealCorrected, DealCorrections } from './correct-deal.action.js';
import { comparableMoney, readDealAmount, refusalOfRestatement, type StatedMoney } from './deal.js';
import { DealStore } from './deal.store.js';
import { readReason } from './reported-value.js';

/** The deal's uuid and what its amount should have been, with the reason. */
export interface RestateDealInput {
  readonly dealId: string;
  /** What the deal's amount should be, in the currency of the contract. */
  readonly amount: StatedMoney;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** Corrects the amount of a won deal. */
@Injectable()
export class RestateDeal {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly corrections: DealCorrections,
    private readonly deals: DealStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Gives a live deal another amount and charges the difference. Refuses NOT_FOUND, LEAD_RETURNED, DEAL_NOT_LIVE, an amount that
   * is not valid or the present one, and a lower amount after the clawback window (CLAWBACK_WINDOW_CLOSED).
   */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: RestateDealInput,
  ): Promise<Outcome<DealCorrected & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    // The same amount written in another way is the same input.
    const comparable = { ...input, amount: comparableMoney(input.amount) };
    return await this.unitOfWork.run((tx) =>
      once<DealCorrected>(tx, { organizationId, key, operation: 'restateDeal', input: comparable, now }, () =>
        this.restate(tx, actor, input, now),
      ),
    );
  }

  private async restate(
    tx: Transaction,
    actor: Actor,
    input: Omit<RestateDealInput, 'idempotencyKey'>,
    now: Date,
  ): Promise<Outcome<DealCorrected>> {
    const locked = await this.corrections.lock(tx, actor, input.dealId, now);
    if (!locked.ok) return locked;
    const { deal, terms } = locked.value;
    const amount = readDealAmount(input.amount, deal.currency, ['input', 'amount']);
    const reason = readReason(input.reason, ['input', 'reason']);
    if (!amount.ok || !reason.ok) {
      return refused(...[amount, reason].flatMap((read) => (read.ok ? [] : read.refusals)));
    }
    const refusal = refusalOfRestatement(deal, amount.value, terms.clawbackWindowDays, now);
    if (refusal) return refused(refusal);
    await this.deals.restate(tx, deal, amount.value);
    return done(
      await this.corrections.book(tx, locked.value, {
        kind: 'AMOUNT_RESTATED',
        amountMinor: amount.value,
        reason: reason.value,
      }),
    );
  }
}
