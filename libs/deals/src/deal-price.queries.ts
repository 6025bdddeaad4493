import { contractVersionKey, type DealFact, type DeliveryFacts, termsOfVersions } from '#contracts';
import { Database } from '#database';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import type { Deal, DealState } from './deal.js';
import { type DealPrice, priceOfDeal } from './deal-price.js';

interface FactsRecord {
  readonly agency_id: string;
  readonly id: string;
  readonly contract_id: string;
  readonly contract_version: number;
  readonly test: boolean;
  readonly delivered_at: Date;
  readonly bid_minor: string | null;
  readonly qualified_at: Date | null;
  readonly returned_at: Date | null;
}

interface SiblingRecord {
  readonly id: string;
  readonly delivery_id: string;
  readonly amount_minor: string;
  readonly closed_at: Date;
  readonly state: DealState;
}

/** Says what deals cost and why, by pricing their deliveries again: nothing of it is stored. */
@Injectable()
export class DealPriceQueries {
  constructor(private readonly database: Database) {}

  /** By the deals' ids. Not limited to an actor: give deals that the actor was shown. */
  async ofDeals(deals: readonly Deal[]): Promise<ReadonlyMap<string, DealPrice>> {
    if (deals.length === 0) return new Map();
    const keys = [deals.map(({ agencyId }) => agencyId), deals.map(({ deliveryId }) => deliveryId)];
    const [deliveries, siblings] = await Promise.all([
      this.database.query<FactsRecord>(
        `select v.agency_id, v.id, v.contract_id, v.contract_version, v.test, v.delivered_at, v.bid_minor, v.qualified_at,
           v.returned_at
         from (select distinct * from unnest($1::uuid[], $2::uuid[]) as k (agency_id, id)) asked
         join deliveries v using (agency_id, id)`,
        keys,
      ),
      this.database.query<SiblingRecord>(
        `select d.id, d.delivery_id, d.amount_minor, d.closed_at, d.state
         from (select distinct * from unnest($1::uuid[], $2::uuid[]) as k (agency_id, delivery_id)) asked
         join deals d using (agency_id, delivery_id)`,
        keys,
      ),
    ]);
    const refs = deliveries.map((row) => ({
      agencyId: row.agency_id,
      contractId: row.contract_id,
      version: row.contract_version,
    }));
    const terms = await termsOfVersions(this.database, refs);
    const byId = new Map(deliveries.map((row) => [row.id, row]));
    return new Map(
      deals.map((deal) => {
        const row = byId.get(deal.deliveryId);
        invariant(row, 'the delivery of a deal is missing');
        const found = terms.get(
          contractVersionKey({ contractId: row.contract_id, version: row.contract_version }),
        );
        invariant(found, 'the terms of a delivery are missing');
        const beside = siblings.filter((sibling) => sibling.delivery_id === row.id);
        return [deal.id, priceOfDeal(deal, found, factsOf(row, beside.map(dealFactOf)))];
      }),
    );
  }
}

function factsOf(row: FactsRecord, deals: readonly DealFact[]): DeliveryFacts {
  return {
    deliveryId: row.id,
    deliveredAt: row.delivered_at,
    bidMinor: row.bid_minor === null ? null : BigInt(row.bid_minor),
    test: row.test,
    qualifiedAt: row.qualified_at,
    returnedAt: row.returned_at,
    deals,
  };
}

function dealFactOf(row: SiblingRecord): DealFact {
  return {
    dealId: row.id,
    amountMinor: BigInt(row.amount_minor),
    closedAt: row.closed_at,
    live: row.state === 'WON',
  };
}
