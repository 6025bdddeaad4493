import type { Transaction } from '#database';
import { Injectable } from '@nestjs/common';
import type { Delivery } from '#leads';
import type { OutcomeEvent } from './outcome-event.js';
import { qualifyingStages } from './outcome-stage.js';

/** Writes `outcome_events`, which the database lets nobody change afterwards. */
@Injectable()
export class OutcomeEventStore {
  async insert(tx: Transaction, event: OutcomeEvent): Promise<void> {
    await tx.query(
      `insert into outcome_events (agency_id, id, delivery_id, kind, provenance, deal_id, amount_minor, currency, reason,
         note, occurred_at, recorded_at, actor)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        event.agencyId,
        event.id,
        event.deliveryId,
        event.kind,
        event.provenance,
        event.dealId,
        event.amountMinor?.toString() ?? null,
        event.currency,
        event.reason,
        event.note,
        event.occurredAt,
        event.recordedAt,
        event.actorId,
      ],
    );
  }

  /** The report that brought a deal into being. */
  async findWon(
    tx: Transaction,
    agencyId: string,
    deliveryId: string,
    dealId: string,
  ): Promise<string | null> {
    const [row] = await tx.query<{ id: string }>(
      `select id from outcome_events
       where agency_id = $1 and delivery_id = $2 and deal_id = $3 and kind = 'WON'`,
      [agencyId, deliveryId, dealId],
    );
    return row?.id ?? null;
  }

  /** Whether a stage, and not only a deal, says that the lead is of high quality, and nothing took that back since. */
  async isQualifiedByStage(tx: Transaction, delivery: Delivery): Promise<boolean> {
    const [row] = await tx.query<{ kind: string }>(
      `select kind from outcome_events
       where agency_id = $1 and delivery_id = $2 and (kind = 'DISQUALIFIED' or (kind = any($3) and deal_id is null))
       order by id desc limit 1`,
      [delivery.agencyId, delivery.id, qualifyingStages],
    );
    return row !== undefined && row.kind !== 'DISQUALIFIED';
  }
}
