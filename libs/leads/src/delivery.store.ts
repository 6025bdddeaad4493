import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import type { Delivery, DeliveryState, OutcomeStage } from './delivery.js';

/** A row of `deliveries` as the driver hands it over. */
export interface DeliveryRow {
  readonly agency_id: string;
  readonly id: string;
  readonly lead_id: string;
  readonly buyer_id: string;
  readonly contract_id: string;
  readonly contract_version: number;
  readonly test: boolean;
  readonly state: DeliveryState;
  readonly stage: OutcomeStage;
  readonly qualified_at: Date | null;
  readonly returned_at: Date | null;
  readonly rerouted_at: Date | null;
  readonly delivered_at: Date;
  readonly first_attempt_at: Date | null;
  readonly first_contact_at: Date | null;
  readonly contact_due_at: Date | null;
  readonly contact_overdue_at: Date | null;
}

/** The columns of a delivery, for a select over `deliveries` under the alias `d`. */
export const deliveryColumns = `d.agency_id, d.id, d.lead_id, d.buyer_id, d.contract_id, d.contract_version, d.test,
  d.state, d.stage, d.qualified_at, d.returned_at, d.rerouted_at, d.delivered_at, d.first_attempt_at, d.first_contact_at,
  d.contact_due_at, d.contact_overdue_at`;

/** Row to domain type. */
export function deliveryOf(row: DeliveryRow): Delivery {
  return {
    agencyId: row.agency_id,
    id: row.id,
    leadId: row.lead_id,
    buyerId: row.buyer_id,
    contractId: row.contract_id,
    contractVersion: row.contract_version,
    test: row.test,
    state: row.state,
    stage: row.stage,
    qualifiedAt: row.qualified_at,
    returnedAt: row.returned_at,
    reroutedAt: row.rerouted_at,
    deliveredAt: row.delivered_at,
    contact: {
      firstAttemptAt: row.first_attempt_at,
      firstContactAt: row.first_contact_at,
      dueAt: row.contact_due_at,
      overdueAt: row.contact_overdue_at,
    },
  };
}

/** Deliveries under lock: whoever changes a fact of a delivery holds its row until the money is booked. */
@Injectable()
export class DeliveryStore {
  /** The delivery of a lead to this buyer, locked FOR UPDATE; undefined when the lead is not the buyer's. */
  async lockForBuyer(tx: Transaction, buyerId: string, leadId: string): Promise<Delivery | undefined> {
    const [row] = await tx.query<DeliveryRow>(
      `select ${deliveryColumns} from deliveries d where d.buyer_id = $1 and d.lead_id = $2 for update`,
      [buyerId, leadId],
    );
    return row && deliveryOf(row);
  }

  /** The same by the delivery's own key. */
  async lockById(tx: Transaction, agencyId: string, deliveryId: string): Promise<Delivery | undefined> {
    const [row] = await tx.query<DeliveryRow>(
      `select ${deliveryColumns} from deliveries d where d.agency_id = $1 and d.id = $2 for update`,
      [agencyId, deliveryId],
    );
    return row && deliveryOf(row);
  }

  /** Records what the buyer last said, and since when the lead counts as qualified (null: it does not). */
  async setStage(
    tx: Transaction,
    delivery: Delivery,
    change: { readonly stage: OutcomeStage; readonly qualifiedAt: Date | null },
  ): Promise<Delivery> {
    await tx.query(`update deliveries set stage = $3, qualified_at = $4 where agency_id = $1 and id = $2`, [
      delivery.agencyId,
      delivery.id,
      change.stage,
      change.qualifiedAt,
    ]);
    return { ...delivery, ...change };
  }

  /** Records when the buyer first tried to reach the person, and first did; what is known already stays. */
  async recordContact(
    tx: Transaction,
    delivery: Delivery,
    { attemptAt, contactAt }: { readonly attemptAt: Date; readonly contactAt: Date | null },
  ): Promise<void> {
    await tx.query(
      `update deliveries set first_attempt_at = coalesce(first_attempt_at, $3),
         first_contact_at = coalesce(first_contact_at, $4) where agency_id = $1 and id = $2`,
      [delivery.agencyId, delivery.id, attemptAt, contactAt],
    );
  }

  /**
   * Takes the lead from its buyer, so that another one may get it: the delivery is RETURNED, and the lead, unless another buyer
   * has it, ACCEPTED as before it was sold.
   */
  async takeFromBuyer(tx: Transaction, delivery: Delivery, now: Date): Promise<void> {
    await tx.query(
      `update deliveries set state = 'RETURNED', returned_at = $3, rerouted_at = $3
       where agency_id = $1 and id = $2 and state = 'ACCEPTED'`,
      [delivery.agencyId, delivery.id, now],
    );
    await tx.query(
      `update leads set state = 'ACCEPTED' where agency_id = $1 and id = $2 and state = 'SOLD' and not exists (
         select 1 from deliveries d where d.agency_id = $1 and d.lead_id = $2 and d.state = 'ACCEPTED')`,
      [delivery.agencyId, delivery.leadId],
    );
  }

  /** Gives the lead back: the delivery and, unless another buyer still has it, the lead become RETURNED. */
  async markReturned(tx: Transaction, delivery: Delivery, returnedAt: Date): Promise<Delivery> {
    await tx.query(
      `update deliveries set state = 'RETURNED', returned_at = $3 where agency_id = $1 and id = $2`,
      [delivery.agencyId, delivery.id, returnedAt],
    );
    await tx.query(
      `update leads set state = 'RETURNED' where agency_id = $1 and id = $2 and state <> 'ERASED' and not exists (
         select 1 from deliveries d where d.agency_id = $1 and d.lead_id = $2 and d.state = 'ACCEPTED')`,
      [delivery.agencyId, delivery.leadId],
    );
    return { ...delivery, state: 'RETURNED', returnedAt };
  }
}
