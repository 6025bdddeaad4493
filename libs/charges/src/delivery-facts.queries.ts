import type { DealFact, DeliveryFacts } from '#contracts';
import type { Transaction } from '#database';

/** What billing needs to know of a delivery besides its terms. */
export interface BilledDelivery {
  readonly agencyId: string;
  readonly buyerId: string;
  readonly leadId: string;
  readonly contractId: string;
  readonly contractVersion: number;
  readonly facts: DeliveryFacts;
}

interface DeliveryRow {
  readonly id: string;
  readonly buyer_id: string;
  readonly lead_id: string;
  readonly contract_id: string;
  readonly contract_version: number;
  readonly test: boolean;
  readonly qualified_at: Date | null;
  readonly returned_at: Date | null;
  readonly delivered_at: Date;
  readonly bid_minor: string | null;
}

interface DealRow {
  readonly id: string;
  readonly amount_minor: string;
  readonly closed_at: Date;
  readonly state: string;
}

/** The facts of one delivery as they stand in this transaction. */
export async function readBilledDelivery(
  tx: Transaction,
  agencyId: string,
  deliveryId: string,
): Promise<BilledDelivery | undefined> {
  const [row] = await tx.query<DeliveryRow>(
    `select id, buyer_id, lead_id, contract_id, contract_version, test, qualified_at, returned_at, delivered_at,
       bid_minor
     from deliveries where agency_id = $1 and id = $2`,
    [agencyId, deliveryId],
  );
  if (!row) return undefined;
  const deals = await tx.query<DealRow>(
    `select id, amount_minor, closed_at, state from deals where agency_id = $1 and delivery_id = $2 order by id`,
    [agencyId, deliveryId],
  );
  return {
    agencyId,
    buyerId: row.buyer_id,
    leadId: row.lead_id,
    contractId: row.contract_id,
    contractVersion: row.contract_version,
    facts: {
      deliveryId: row.id,
      deliveredAt: row.delivered_at,
      bidMinor: row.bid_minor === null ? null : BigInt(row.bid_minor),
      test: row.test,
      qualifiedAt: row.qualified_at,
      returnedAt: row.returned_at,
      deals: deals.map(dealFactOf),
    },
  };
}

function dealFactOf(row: DealRow): DealFact {
  return {
    dealId: row.id,
    amountMinor: BigInt(row.amount_minor),
    closedAt: row.closed_at,
    live: row.state === 'WON',
  };
}
