import type { Transaction } from '#database';
import { Injectable } from '@nestjs/common';
import type { Delivery } from '#leads';
import { asCurrency } from '#money';
import { invariant } from '#outcome';
import type { Deal, DealEnd, DealState } from './deal.js';

/** A row of `deals` as the driver hands it over: int8 as text. */
export interface DealRecord {
  readonly agency_id: string;
  readonly id: string;
  readonly delivery_id: string;
  readonly lead_id: string;
  readonly buyer_id: string;
  readonly contract_id: string;
  readonly reference: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly state: DealState;
  readonly row_version: number;
  readonly closed_at: Date;
  readonly reported_at: Date;
}

/** The columns of a deal, for a select over `deals` under the alias `d`. */
export const dealColumns = `d.agency_id, d.id, d.delivery_id, d.lead_id, d.buyer_id, d.contract_id, d.reference,
  d.amount_minor, d.currency, d.state, d.row_version, d.closed_at, d.reported_at`;

/** Row to domain type. */
export function dealOf(row: DealRecord): Deal {
  return {
    agencyId: row.agency_id,
    id: row.id,
    deliveryId: row.delivery_id,
    leadId: row.lead_id,
    buyerId: row.buyer_id,
    contractId: row.contract_id,
    reference: row.reference,
    amountMinor: BigInt(row.amount_minor),
    currency: asCurrency(row.currency),
    state: row.state,
    version: row.row_version,
    closedAt: row.closed_at,
    reportedAt: row.reported_at,
  };
}

/** Writes `deals`. Callers hold the delivery's row, so deals of one delivery never change at the same time. */
@Injectable()
export class DealStore {
  /** The deal that has this name in the contract, or the delivery's one deal without a name. */
  async findNamed(tx: Transaction, delivery: Delivery, reference: string | null): Promise<Deal | undefined> {
    const [row] =
      reference === null
        ? await tx.query<DealRecord>(
            `select ${dealColumns} from deals d
             where d.agency_id = $1 and d.delivery_id = $2 and d.reference is null`,
            [delivery.agencyId, delivery.id],
          )
        : await tx.query<DealRecord>(
            `select ${dealColumns} from deals d
             where d.agency_id = $1 and d.contract_id = $2 and d.reference = $3`,
            [delivery.agencyId, delivery.contractId, reference],
          );
    return row && dealOf(row);
  }

  /** Where the buyer's deal lies; read it again under the delivery's lock before deciding anything. */
  async locate(tx: Transaction, buyerId: string, dealId: string): Promise<Deal | undefined> {
    const [row] = await tx.query<DealRecord>(
      `select ${dealColumns} from deals d
       where d.agency_id in (select agency_id from contracts where buyer_id = $1) and d.id = $2 and d.buyer_id = $1`,
      [buyerId, dealId],
    );
    return row && dealOf(row);
  }

  /** The deal as it stands in this transaction. */
  async read(tx: Transaction, agencyId: string, dealId: string): Promise<Deal> {
    const [row] = await tx.query<DealRecord>(
      `select ${dealColumns} from deals d where d.agency_id = $1 and d.id = $2`,
      [agencyId, dealId],
    );
    invariant(row, 'a deal vanished');
    return dealOf(row);
  }

  /** False when the name was taken meanwhile by a deal of another lead: the insert waits for that one to be decided. */
  async insert(tx: Transaction, deal: Deal): Promise<boolean> {
    const rows = await tx.query(
      `insert into deals (agency_id, id, delivery_id, lead_id, buyer_id, contract_id, reference, amount_minor,
         currency, state, row_version, closed_at, reported_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       on conflict do nothing returning id`,
      [
        deal.agencyId,
        deal.id,
        deal.deliveryId,
        deal.leadId,
        deal.buyerId,
        deal.contractId,
        deal.reference,
        deal.amountMinor.toString(),
        deal.currency,
        deal.state,
        deal.version,
        deal.closedAt,
        deal.reportedAt,
      ],
    );
    return rows.length === 1;
  }

  async restate(tx: Transaction, deal: Deal, amountMinor: bigint): Promise<void> {
    await this.change(tx, deal, amountMinor, 'WON');
  }

  async takeBack(tx: Transaction, deal: Deal, end: DealEnd): Promise<void> {
    await this.change(tx, deal, deal.amountMinor, end);
  }

  /** Whether the delivery still has a deal that counts. */
  async hasLive(tx: Transaction, delivery: Delivery): Promise<boolean> {
    const rows = await tx.query(
      `select 1 from deals where agency_id = $1 and delivery_id = $2 and state = 'WON' limit 1`,
      [delivery.agencyId, delivery.id],
    );
    return rows.length > 0;
  }

  private async change(tx: Transaction, deal: Deal, amountMinor: bigint, state: DealState): Promise<void> {
    const rows = await tx.query(
      `update deals set amount_minor = $4, state = $5, row_version = row_version + 1
       where agency_id = $1 and id = $2 and row_version = $3 and state = 'WON' returning id`,
      [deal.agencyId, deal.id, deal.version, amountMinor.toString(), state],
    );
    invariant(rows.length === 1, 'a deal changed while its delivery was locked');
  }
}
