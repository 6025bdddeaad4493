import type { Clock } from '#calendar';
import { termsOfVersion } from '#contracts';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import { emit } from '#events';
import { DeliveryStore } from '#leads';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { decideByOf, insideReturnWindow, readReturnNote, type Return, type ReturnReason } from './return.js';
import { returnEvent } from './return-event.js';
import { ReturnStore } from './return.store.js';

/** The lead's uuid and what is wrong with it. */
export interface RequestReturnInput {
  readonly leadId: string;
  readonly reason: ReturnReason;
  /** Required for the reason OTHER. */
  readonly note?: string;
  readonly idempotencyKey: string;
}

/** Names the return that was requested. */
export interface ReturnRequested {
  readonly agencyId: string;
  readonly returnId: string;
}

const leadIdPath = ['input', 'leadId'];

/** Takes a buyer's request to give a lead back. */
@Injectable()
export class RequestReturn {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    private readonly returns: ReturnStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Asks the agency to take a lead back because of a defect; undecided after 48 hours it is approved. Nothing is credited yet.
   * Refuses NOT_FOUND, RETURN_EXISTS, RETURN_WINDOW_CLOSED, and REQUIRED without the note that OTHER needs.
   */
  async execute(
    actor: Actor,
    { idempotencyKey: key, ...input }: RequestReturnInput,
  ): Promise<Outcome<ReturnRequested & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    return await this.unitOfWork.run((tx) =>
      once<ReturnRequested>(tx, { organizationId, key, operation: 'requestReturn', input, now }, () =>
        this.request(tx, actor, input, now),
      ),
    );
  }

  private async request(
    tx: Transaction,
    actor: Actor,
    input: Omit<RequestReturnInput, 'idempotencyKey'>,
    now: Date,
  ): Promise<Outcome<ReturnRequested>> {
    if (actor.kind !== 'BUYER') return refuse('NOT_PERMITTED');
    const delivery = await this.deliveries.lockForBuyer(tx, actor.organizationId, input.leadId);
    // A test key sees test leads only: it must never move money.
    if (!delivery || (actor.mode === 'test' && !delivery.test))
      return refuse('NOT_FOUND', { field: leadIdPath });
    const earlier = await this.returns.findOfDelivery(tx, delivery);
    if (earlier) return refuse('RETURN_EXISTS', { field: leadIdPath, data: { existingId: earlier.id } });
    if (delivery.state !== 'ACCEPTED') return refuse('NOT_FOUND', { field: leadIdPath });
    const { agencyId, contractId, contractVersion, deliveredAt } = delivery;
    const terms = await termsOfVersion(tx, agencyId, contractId, contractVersion);
    invariant(terms, 'the terms of a delivery are missing');
    if (!insideReturnWindow(deliveredAt, terms.returnWindowDays, now)) {
      return refuse('RETURN_WINDOW_CLOSED', { field: leadIdPath });
    }
    const note = readReturnNote(input.note);
    if (!note.ok) return note;
    if (input.reason === 'OTHER' && note.value === null) {
      return refuse('REQUIRED', {
        field: ['input', 'note'],
        message: 'Say in the note what is wrong with the lead.',
      });
    }
    const id = newId();
    const requested: Return = {
      agencyId,
      id,
      deliveryId: delivery.id,
      leadId: delivery.leadId,
      buyerId: delivery.buyerId,
      state: 'REQUESTED',
      reason: input.reason,
      note: note.value,
      requestedBy: actor.id,
      requestedAt: now,
      decideBy: decideByOf(now),
      decidedBy: null,
      decidedAt: null,
      decisionNote: null,
    };
    await this.returns.insert(tx, requested);
    const told = { occurredAt: now, test: delivery.test };
    await emit(tx, returnEvent('return.requested', requested, told));
    return done({ agencyId, returnId: id });
  }
}
