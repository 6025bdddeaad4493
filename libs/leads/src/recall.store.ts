import { type Transaction } from '#database';
import { type EventFact } from '#events';
import { DecisionStore } from '#routing';
import { Injectable } from '@nestjs/common';
import { AcceptanceStore } from './acceptance.store.js';

/** Where a lead is, and whether it is a test. */
export interface RecalledLead {
  readonly agencyId: string;
  readonly id: string;
  readonly test: boolean;
}

interface DeliveryFound {
  readonly agency_id: string;
  readonly id: string;
  readonly lead_id: string;
  readonly buyer_id: string;
  readonly contract_id: string;
  readonly contract_version: number;
  readonly state: string;
  readonly was_sent: boolean;
}

const reason = 'LEAD_ERASED';

/** Keeps leads whose person is erased from going anywhere any more, and finds who had them. */
@Injectable()
export class RecallStore {
  constructor(
    private readonly acceptance: AcceptanceStore,
    private readonly decisions: DecisionStore,
  ) {}

  /**
   * Cancels what is on its way to buyers; whoever is sending it just now finds that it has no say any more, so nothing is charged.
   * Gives what is to be told: to the agency, and to every buyer that had the person, or may have seen it in a try. The leads' rows are held.
   */
  async recall(tx: Transaction, leads: readonly RecalledLead[], now: Date): Promise<readonly EventFact[]> {
    const keys = [leads.map(({ agencyId }) => agencyId), leads.map(({ id }) => id)];
    const found = await tx.query<DeliveryFound>(
      `with ours as materialized (
         select d.agency_id, d.id, d.lead_id, d.buyer_id, d.contract_id, d.contract_version, d.state
         from unnest($1::uuid[], $2::uuid[]) as k (agency_id, lead_id) join deliveries d using (agency_id, lead_id)
       ), stopped as (
         update handovers h set state = 'DONE', last_failure = $3, leased_until = null, fence = h.fence + 1,
           finished_at = now()
         from ours d where h.id = d.id and h.state = 'WAITING'
       )
       select d.*, d.state not in ('PENDING', 'CANCELED')
         or exists (select from handovers h where h.id = d.id and h.attempts > 0) as was_sent
       from ours d order by d.agency_id, d.id`,
      [...keys, reason],
    );
    const canceled = found
      .filter(({ state }) => state === 'PENDING')
      .map((row) => ({ ...answeredOf(row), state: 'CANCELED' as const, reason }));
    const ended = await this.acceptance.end(tx, canceled, { now });
    await this.decisions.giveBack(
      tx,
      ended.filter(({ test }) => !test),
    );
    await tx.query(
      `delete from leads_to_route r using unnest($1::uuid[], $2::uuid[]) as k (agency_id, lead_id)
       where r.agency_id = k.agency_id and r.lead_id = k.lead_id`,
      keys,
    );
    return factsOf(leads, found, now);
  }
}

function answeredOf({ agency_id, id, contract_id, contract_version }: DeliveryFound) {
  return { agencyId: agency_id, id, contractId: contract_id, contractVersion: contract_version };
}

function factsOf(leads: readonly RecalledLead[], found: readonly DeliveryFound[], now: Date): EventFact[] {
  const testOf = new Map(leads.map(({ id, test }) => [id, test]));
  const told = (payload: {
    leadId: string;
    agencyId: string;
    buyerId: string | null;
    deliveryId: string | null;
  }) =>
    ({
      type: 'lead.erased',
      occurredAt: now,
      test: testOf.get(payload.leadId) ?? false,
      payload,
    }) as const;
  return [
    ...leads.map(({ agencyId, id }) => told({ leadId: id, agencyId, buyerId: null, deliveryId: null })),
    ...found
      .filter(({ was_sent: wasSent }) => wasSent)
      .map((row) =>
        told({ leadId: row.lead_id, agencyId: row.agency_id, buyerId: row.buyer_id, deliveryId: row.id }),
      ),
  ];
}
