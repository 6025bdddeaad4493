import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import { DeliveryStore } from '#leads';
import type { Actor } from '#organizations';
import { done, type Outcome, refused } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { type DealCorrected, DealCorrections, type LockedDeal } from './correct-deal.action.js';
import { type DealEnd, refusalOfCancellation } from './deal.js';
import { DealStore } from './deal.store.js';
import { OutcomeEventStore } from './outcome-event.store.js';
import { withdrawQualification } from './qualification.js';
import { readReason } from './reported-value.js';

/** The deal's uuid and how it came to nothing, with the reason. */
export interface CancelDealInput {
  readonly dealId: string;
  readonly kind: DealEnd;
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** What taking a deal back has made, and why a commission that rested on it stays where it does. */
export interface DealCanceled extends DealCorrected {
  readonly notes: readonly string[];
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
  ): Promise<Outcome<DealCanceled & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    return await this.unitOfWork.run((tx) =>
      once<DealCanceled>(tx, { organizationId, key, operation: 'cancelDeal', input, now }, () =>
        this.cancel(tx, actor, input, now),
      ),
    );
  }

  private async cancel(
    tx: Transaction,
    actor: Actor,
    input: Omit<CancelDealInput, 'idempotencyKey'>,
    now: Date,
  ): Promise<Outcome<DealCanceled>> {
    const locked = await this.corrections.lock(tx, actor, input.dealId, now);
    if (!locked.ok) return locked;
    const { deal, terms } = locked.value;
    const reason = readReason(input.reason, ['input', 'reason']);
    if (!reason.ok) return reason;
    const refusal = refusalOfCancellation(deal, terms.clawbackWindowDays, now);
    if (refusal) return refused(refusal);
    await this.deals.takeBack(tx, deal, input.kind);
    const notes = await this.settleStage(tx, locked.value, input.kind);
    const corrected = await this.corrections.book(tx, locked.value, {
      kind: input.kind,
      amountMinor: deal.amountMinor,
      reason: reason.value,
    });
    return done({ ...corrected, notes });
  }

  /**
   * Without a live deal the lead is no longer won; nor is it of high quality if only the deals said so, as long as that can still
   * be taken back. Returns why it can not.
   */
  private async settleStage(
    tx: Transaction,
    { delivery, terms, now }: LockedDeal,
    stage: DealEnd,
  ): Promise<readonly string[]> {
    if (await this.deals.hasLive(tx, delivery)) return [];
    const { qualifiedAt, notes } = (await this.events.isQualifiedByStage(tx, delivery))
      ? { qualifiedAt: delivery.qualifiedAt, notes: [] }
      : withdrawQualification(delivery, terms, now);
    await this.deliveries.setStage(tx, delivery, { stage, qualifiedAt });
    return notes;
  }
}
