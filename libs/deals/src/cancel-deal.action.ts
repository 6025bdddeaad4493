import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import { type Delivery, DeliveryStore } from '#leads';
import type { Actor } from '#organizations';
import { done, type Outcome, refused } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { type DealCorrected, DealCorrections } from './correct-deal.action.js';
import { type DealEnd, refusalOfCancellation } from './deal.js';
import { DealStore } from './deal.store.js';
import { OutcomeEventStore } from './outcome-event.store.js';
import { readReason } from './reported-value.js';

/** The deal's uuid and how it came to nothing, with the reason. */
export interface CancelDealInput {
  readonly dealId: string;
  readonly kind: DealEnd;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** Takes a won deal back. */
@Injectable()
export class CancelDeal {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly corrections: DealCorrections,
    private readonly deliveries: DeliveryStore,
    private readonly deals: DealStore,
    private readonly events: OutcomeEventStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Takes a live deal back and mirrors the charges that rested on it. When it was the last one, the lead's stage becomes the kind
   * of cancellation. Refuses NOT_FOUND, LEAD_RETURNED, DEAL_NOT_LIVE, and after the clawback window
   * CLAWBACK_WINDOW_CLOSED.
   */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: CancelDealInput,
  ): Promise<Outcome<DealCorrected & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    return await this.unitOfWork.run((tx) =>
      once<DealCorrected>(tx, { organizationId, key, operation: 'cancelDeal', input, now }, () =>
        this.cancel(tx, actor, input, now),
      ),
    );
  }

  private async cancel(
    tx: Transaction,
    actor: Actor,
    input: Omit<CancelDealInput, 'idempotencyKey'>,
    now: Date,
  ): Promise<Outcome<DealCorrected>> {
    const locked = await this.corrections.lock(tx, actor, input.dealId, now);
    if (!locked.ok) return locked;
    const { deal, delivery, clawbackWindowDays } = locked.value;
    const reason = readReason(input.reason, ['input', 'reason']);
    if (!reason.ok) return reason;
    const refusal = refusalOfCancellation(deal, clawbackWindowDays, now);
    if (refusal) return refused(refusal);
    await this.deals.takeBack(tx, deal, input.kind);
    await this.settleStage(tx, delivery, input.kind);
    return done(
      await this.corrections.book(tx, locked.value, {
        kind: input.kind,
        amountMinor: deal.amountMinor,
        reason: reason.value,
      }),
    );
  }

  /** Without a live deal the lead is no longer won; nor is it of high quality if only the deals said so. */
  private async settleStage(tx: Transaction, delivery: Delivery, stage: DealEnd): Promise<void> {
    if (await this.deals.hasLive(tx, delivery)) return;
    const qualifiedAt = (await this.events.isQualifiedByStage(tx, delivery)) ? delivery.qualifiedAt : null;
    await this.deliveries.setStage(tx, delivery, { stage, qualifiedAt });
  }
}
