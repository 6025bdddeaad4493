import { asLocalDate } from '#calendar';
import type { ChargeComponent, ChargePart, ChargePayee } from '#contracts';
import type { Transaction } from '#database';
import { asCurrency } from '#money';
import type { Charge } from './charge.js';

/** A row of `charges` as the driver hands it over: int8 as text. */
export interface ChargeRow {
  readonly agency_id: string;
  readonly id: string;
  readonly settlement_id: string;
  readonly delivery_id: string;
  readonly lead_id: string;
  readonly deal_id: string | null;
  readonly contract_id: string;
  readonly contract_version: number;
  readonly part: ChargePart;
  readonly payee: ChargePayee;
  readonly component: ChargeComponent;
  readonly revision: number;
  readonly amount_minor: string;
  readonly currency: string;
  readonly input_minor: string;
  readonly rate_ppm: number | null;
  readonly reverses: string | null;
  readonly after_approval: boolean;
  readonly late_period_start: string | null;
  readonly effective_at: Date;
  readonly recorded_at: Date;
}

/** The columns of a charge, for a select over `charges` under the alias `c`. */
export const chargeColumns = `c.agency_id, c.id, c.settlement_id, c.delivery_id, c.lead_id, c.deal_id, c.contract_id,
  c.contract_version, c.part, c.payee, c.component, c.revision, c.amount_minor, c.currency, c.input_minor, c.rate_ppm,
  c.reverses, c.after_approval, c.late_period_start::text as late_period_start, c.effective_at, c.recorded_at`;

/** Row to domain type. */
export function chargeOf(row: ChargeRow): Charge {
  return {
    agencyId: row.agency_id,
    id: row.id,
    settlementId: row.settlement_id,
    deliveryId: row.delivery_id,
    leadId: row.lead_id,
    dealId: row.deal_id,
    contractId: row.contract_id,
    contractVersion: row.contract_version,
    part: row.part,
    payee: row.payee,
    component: row.component,
    revision: row.revision,
    amountMinor: BigInt(row.amount_minor),
    currency: asCurrency(row.currency),
    inputMinor: BigInt(row.input_minor),
    ratePpm: row.rate_ppm,
    reverses: row.reverses,
    afterApproval: row.after_approval,
    latePeriodStart: row.late_period_start === null ? null : asLocalDate(row.late_period_start),
    effectiveAt: row.effective_at,
    recordedAt: row.recorded_at,
  };
}

/** Every charge ever made for these sources (a delivery and its deals), in the order of their revisions. */
export async function chargesOfSources(
  tx: Transaction,
  agencyId: string,
  sourceIds: readonly string[],
): Promise<Charge[]> {
  const rows = await tx.query<ChargeRow>(
    `select ${chargeColumns} from charges c where c.agency_id = $1 and c.source_id = any($2)
     order by c.source_id, c.part, c.payee, c.revision`,
    [agencyId, sourceIds],
  );
  return rows.map(chargeOf);
}

/** Writes charges whose journals (of the same ids) are written already. */
export async function insertCharges(tx: Transaction, charges: readonly Charge[]): Promise<void> {
  if (charges.length === 0) return;
  const rows = charges.map((charge) => ({
    agency_id: charge.agencyId,
    id: charge.id,
    settlement_id: charge.settlementId,
    delivery_id: charge.deliveryId,
    lead_id: charge.leadId,
    deal_id: charge.dealId,
    contract_id: charge.contractId,
    contract_version: charge.contractVersion,
    source_id: charge.dealId ?? charge.deliveryId,
    part: charge.part,
    payee: charge.payee,
    component: charge.component,
    revision: charge.revision,
    amount_minor: charge.amountMinor.toString(),
    currency: charge.currency,
    input_minor: charge.inputMinor.toString(),
    rate_ppm: charge.ratePpm,
    reverses: charge.reverses,
    after_approval: charge.afterApproval,
    late_period_start: charge.latePeriodStart,
    effective_at: charge.effectiveAt,
    recorded_at: charge.recordedAt,
  }));
  const columns = Object.keys(rows[0] ?? {}).join(', ');
  await tx.query(
    `insert into charges (${columns}) select ${columns} from jsonb_populate_recordset(null::charges, $1)`,
    [JSON.stringify(rows)],
  );
}
