import { rebill } from '#charges';
import { Database, type Transaction, UnitOfWork } from '#database';
import { emit } from '#events';
import { type Delivery, DeliveryStore, RouteAgain } from '#leads';
import { systemActor } from '#organizations';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';
import { waitsForContact } from './speed-to-lead.js';

interface QueuedDelivery {
  readonly agencyId: string;
  readonly deliveryId: string;
}

const actor = systemActor('reroute-overdue');

/**
 * Takes leads from buyers that did not reach the person in the time of a contract that says so, and has them routed again among
 * the others. Whoever holds the delivery's row first decides: a contact that is reported before keeps the lead where it is, one
 * that comes later finds it gone.
 */
@Injectable()
export class RerouteOverdue {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly deliveries: DeliveryStore,
    private readonly again: RouteAgain,
  ) {}

  /** Looks at most at so many whose time has run out, each in a transaction of its own; how many. Each once, whoever does it. */
  async execute(now: Date, limit: number): Promise<number> {
    const queued = await this.database.query<QueuedDelivery>(
      `select agency_id as "agencyId", delivery_id as "deliveryId" from deliveries_to_reroute
       order by queued_at limit $1`,
      [limit],
    );
    const errors: unknown[] = [];
    for (const each of queued) {
      // One that cannot be done must not keep the others from it.
      await this.unitOfWork
        .run(async (tx) => done(await this.reroute(tx, each, now)))
        .catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
    return queued.length;
  }

  private async reroute(tx: Transaction, queued: QueuedDelivery, now: Date): Promise<void> {
    const { agencyId, deliveryId } = queued;
    const own = await tx.query(
      'delete from deliveries_to_reroute where agency_id = $1 and delivery_id = $2 returning 1',
      [agencyId, deliveryId],
    );
    if (own.length === 0) return;
    const delivery = await this.deliveries.lockById(tx, agencyId, deliveryId);
    if (!delivery || !waitsForContact(delivery) || !(await mayGo(tx, delivery))) return;
    await this.deliveries.takeFromBuyer(tx, delivery, now);
    await rebill(tx, { actor, now, agencyId, deliveryId });
    const { leadId, buyerId, contractId, test } = delivery;
    await this.again.queue(
      tx,
      [{ agencyId, id: deliveryId, leadId, buyerId, contractId, test, state: 'RETURNED' }],
      now,
    );
    const payload = {
      leadId,
      deliveryId,
      agencyId,
      buyerId,
      contractId,
      dueAt: delivery.contact.dueAt ?? now,
    };
    await emit(tx, { type: 'delivery.rerouted', occurredAt: now, test, payload });
  }
}

/**
 * Not when there is nobody else: its agency named the contract, or has no route. Not when somebody decides on it otherwise: the
 * buyer asked to give it back, or its statement is approved and final. Lead and settlement are held, so that
 * the one is not erased meanwhile and the other not approved.
 */
async function mayGo(tx: Transaction, { agencyId, id, leadId }: Delivery): Promise<boolean> {
  const [open] = await tx.query(
    `select 1 from leads l
     where l.agency_id = $1 and l.id = $2 and l.state = 'SOLD' and l.asked_contract_id is null
       and exists (
         select from routes r where r.agency_id = l.agency_id and r.vertical = l.vertical collate "C" and r.is_default)
       and not exists (select from returns r where r.agency_id = $1 and r.delivery_id = $3)
     for no key update of l`,
    [agencyId, leadId, id],
  );
  if (!open) return false;
  const billed = await tx.query<{ state: string }>(
    `select s.state from settlements s
     where s.agency_id = $1 and s.state <> 'VOIDED' and s.root_id in (
       select c.settlement_id from charges c where c.agency_id = $1 and c.source_id = $2)
     order by s.id for share`,
    [agencyId, id],
  );
  return billed.every(({ state }) => ['OPEN', 'DRAFT', 'IN_REVIEW'].includes(state));
}
