import { rebill } from '#charges';
import { type ContractTerms, termsOfVersion } from '#contracts';
import { newId, type Transaction } from '#database';
import { emit } from '#events';
import { type Delivery, DeliveryStore } from '#leads';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { Injectable } from '@nestjs/common';
import type { Deal } from './deal.js';
import { dealEvent } from './deal-event.js';
import { DealStore } from './deal.store.js';
import { OutcomeEventStore } from './outcome-event.store.js';

/** What a correction of a deal has made; the ids of the charges that were written because of it. */
export interface DealCorrected {
  readonly agencyId: string;
  readonly dealId: string;
  readonly chargeIds: readonly string[];
}

/** A live deal of the acting buyer, with its delivery locked, so that nothing else changes either. */
export interface LockedDeal {
  readonly actor: Actor;
  readonly now: Date;
  readonly deal: Deal;
  readonly delivery: Delivery;
  /** Those that price the delivery. */
  readonly terms: ContractTerms;
}

/** A fact that corrects a deal. */
export interface Correction {
  readonly kind: 'AMOUNT_RESTATED' | 'REFUNDED' | 'CANCELED';
  /** The deal's amount after it, in minor units. */
  readonly amountMinor: bigint;
  readonly reason: string;
}

const dealIdPath = ['input', 'dealId'];

/** The steps that restating and canceling a deal have in common; each runs in its caller's transaction. */
@Injectable()
export class DealCorrections {
  constructor(
    private readonly deliveries: DeliveryStore,
    private readonly deals: DealStore,
    private readonly events: OutcomeEventStore,
  ) {}

  /** Refuses NOT_FOUND for a deal that is not the buyer's, LEAD_RETURNED and DEAL_NOT_LIVE. */
  async lock(tx: Transaction, actor: Actor, dealId: string, now: Date): Promise<Outcome<LockedDeal>> {
    if (actor.kind !== 'BUYER') return refuse('NOT_PERMITTED');
    const located = await this.deals.locate(tx, actor.organizationId, dealId);
    if (!located) return refuse('NOT_FOUND', { field: dealIdPath });
    const delivery = await this.deliveries.lockById(tx, located.agencyId, located.deliveryId);
    invariant(delivery, 'the delivery of a deal is missing');
    // A test key sees test leads only: it must never move money.
    if (actor.mode === 'test' && !delivery.test) return refuse('NOT_FOUND', { field: dealIdPath });
    if (delivery.state === 'RETURNED') return refuse('LEAD_RETURNED', { field: dealIdPath });
    const deal = await this.deals.read(tx, located.agencyId, dealId);
    if (deal.state !== 'WON') return refuse('DEAL_NOT_LIVE', { field: dealIdPath });
    const terms = await termsOfVersion(tx, deal.agencyId, delivery.contractId, delivery.contractVersion);
    invariant(terms, 'the terms of a delivery are missing');
    return done({ actor, now, deal, delivery, terms });
  }

  /** Keeps the fact and books what it changes of the price. The deal is changed already. */
  async book(tx: Transaction, locked: LockedDeal, correction: Correction): Promise<DealCorrected> {
    const { actor, now, deal, delivery } = locked;
    await this.events.insert(tx, {
      agencyId: deal.agencyId,
      id: newId(),
      deliveryId: delivery.id,
      leadId: delivery.leadId,
      kind: correction.kind,
      provenance: 'API',
      dealId: deal.id,
      amountMinor: correction.amountMinor,
      currency: deal.currency,
      reason: correction.reason,
      note: null,
      occurredAt: now,
      recordedAt: now,
      actorId: actor.id,
    });
    const after = await this.deals.read(tx, deal.agencyId, deal.id);
    await emit(tx, dealEvent(correction.kind, after, { occurredAt: now, test: delivery.test }));
    const request = { actor, now, agencyId: deal.agencyId, deliveryId: delivery.id };
    const { charges } = await rebill(tx, request);
    return { agencyId: deal.agencyId, dealId: deal.id, chargeIds: charges.map((charge) => charge.id) };
  }
}
