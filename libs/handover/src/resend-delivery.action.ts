import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import { deliveryColumns, deliveryOf, type DeliveryRow, destinationOfContract } from '#leads';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { HandoverQueueStore } from './handover-queue.store.js';

export interface ResendDeliveryInput {
  readonly deliveryId: string;
  readonly idempotencyKey: string;
}

const deliveryPath = ['input', 'deliveryId'];

/** Sends a lead once more to a buyer that has it. */
@Injectable()
export class ResendDelivery {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queue: HandoverQueueStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Queues it for where the leads of its contract go now, under the same id as before; whatever is answered, the lead stays sold
   * and is not charged again. Refuses NOT_PERMITTED, NOT_FOUND, LEAD_ERASED, ILLEGAL_TRANSITION for a lead that the buyer has not taken or that
   * is on its way, and when there is no destination.
   */
  async execute(
    actor: Actor,
    { deliveryId, idempotencyKey: key }: ResendDeliveryInput,
  ): Promise<Outcome<{ readonly deliveryId: string; readonly replayed: boolean }>> {
    if (actor.kind !== 'BUYER') return refuse('NOT_PERMITTED', { message: 'Only the buyer can ask for it.' });
    const now = this.clock.now();
    const { organizationId } = actor;
    const request = { organizationId, key, operation: 'resendDelivery', input: { deliveryId }, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, () => this.resend(tx, actor, deliveryId, now)),
    );
  }

  private async resend(
    tx: Transaction,
    actor: Actor,
    deliveryId: string,
    now: Date,
  ): Promise<Outcome<{ deliveryId: string }>> {
    const [row] = await tx.query<
      DeliveryRow & { readonly destination_id: string | null; readonly lead_state: string }
    >(
      `select ${deliveryColumns}, l.state as lead_state, ${destinationOfContract({
        agencyId: 'd.agency_id',
        contractId: 'd.contract_id',
        buyerId: 'd.buyer_id',
      })} as destination_id
       from deliveries d join leads l on l.agency_id = d.agency_id and l.id = d.lead_id
       where d.agency_id in (select agency_id from contracts where buyer_id = $1) and d.id = $2 and d.buyer_id = $1
         and (d.test or not $3) for no key update of d`,
      [actor.organizationId, deliveryId, actor.mode === 'test'],
    );
    if (!row) return refuse('NOT_FOUND', { field: deliveryPath });
    const delivery = deliveryOf(row);
    if (row.lead_state === 'ERASED') return refuse('LEAD_ERASED', { field: deliveryPath });
    const illegal = (message: string) =>
      refuse('ILLEGAL_TRANSITION', { field: deliveryPath, message, data: { allowed: [] } });
    if (delivery.state !== 'ACCEPTED')
      return illegal(`A delivery that is ${delivery.state} is not sent again.`);
    if (row.destination_id === null) {
      const message =
        'The leads of this contract go to no destination: fetch them through the API, or set one.';
      return illegal(message);
    }
    if (!(await this.queue.again(tx, delivery, row.destination_id)))
      return illegal('It is on its way already.');
    const subject = `delivery:${delivery.id}`;
    await recordAudit(tx, actor, { action: 'delivery.resend', subject, after: { deliveryId }, at: now });
    return done({ deliveryId });
  }
}
