import { newId, type Transaction } from '#database';
import type { Reader } from '#ledger';
import { asCurrency } from '#money';
import { invariant } from '#outcome';
import type { DisputeSnapshot } from '#payments';
import type { SettlementRef } from '#settlements';
import type { Dispute, DisputeNature, DisputePart, DisputePartState, DisputeState } from './dispute.js';

export interface DisputeRecord {
  readonly id: string;
  readonly provider_dispute_id: string;
  readonly provider_charge_id: string;
  readonly collection_id: string | null;
  readonly buyer_id: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly state: DisputeState;
  readonly nature: DisputeNature;
  readonly reason: string;
  readonly movement_ids: readonly string[];
  readonly balance_minor: string;
  readonly balance_returned_minor: string;
  readonly balance_state: DisputePartState | null;
  readonly evidence_due_at: Date | null;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
}

/** The columns of a dispute, for a select over `disputes` under the alias `d`. */
export const disputeColumns = `d.id, d.provider_dispute_id, d.provider_charge_id, d.collection_id, d.buyer_id,
  d.amount_minor, d.currency, d.state, d.nature, d.reason, d.movement_ids, d.balance_minor, d.balance_returned_minor,
  d.balance_state, d.evidence_due_at, d.opened_at, d.closed_at`;

export function disputeOf(row: DisputeRecord): Dispute {
  return {
    id: row.id,
    providerDisputeId: row.provider_dispute_id,
    providerChargeId: row.provider_charge_id,
    collectionId: row.collection_id,
    buyerId: row.buyer_id,
    amountMinor: BigInt(row.amount_minor),
    currency: asCurrency(row.currency),
    state: row.state,
    nature: row.nature,
    reason: row.reason,
    movementIds: row.movement_ids,
    balanceMinor: BigInt(row.balance_minor),
    balanceReturnedMinor: BigInt(row.balance_returned_minor),
    balanceState: row.balance_state,
    evidenceDueAt: row.evidence_due_at,
    openedAt: row.opened_at,
    closedAt: row.closed_at,
  };
}

/** The dispute of that provider's id, made when it is new; `of` null: its charge is not known to be ours (yet). */
export async function noteDispute(
  tx: Transaction,
  snapshot: DisputeSnapshot,
  of: { readonly collectionId: string; readonly buyerId: string } | null,
): Promise<Dispute> {
  const nature: DisputeNature = snapshot.method === 'BANK_DEBIT' ? 'RETURN' : 'DISPUTE';
  await tx.query(
    `insert into disputes as d (id, provider_dispute_id, provider_charge_id, collection_id, buyer_id, amount_minor,
       currency, state, nature, reason, evidence_due_at, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, 'INQUIRY', $8, $9, $10, $11)
     on conflict on constraint disputes_provider_key do update
     set collection_id = coalesce(d.collection_id, excluded.collection_id),
       buyer_id = coalesce(d.buyer_id, excluded.buyer_id), evidence_due_at = excluded.evidence_due_at,
       amount_minor = excluded.amount_minor`,
    [
      newId(),
      snapshot.id,
      snapshot.chargeId,
      of?.collectionId ?? null,
      of?.buyerId ?? null,
      snapshot.amountMinor.toString(),
      snapshot.currency,
      nature,
      snapshot.reason,
      snapshot.evidenceDueAt,
      snapshot.openedAt,
    ],
  );
  const [row] = await tx.query<DisputeRecord>(
    `select ${disputeColumns} from disputes d where d.provider_dispute_id = $1 for update`,
    [snapshot.id],
  );
  invariant(row, 'a dispute was neither made nor found');
  return disputeOf(row);
}

export type DisputeChange = Partial<
  Pick<
    Dispute,
    'state' | 'movementIds' | 'balanceMinor' | 'balanceReturnedMinor' | 'balanceState' | 'closedAt'
  >
> & { readonly nextLookAt?: Date | null };

export async function changeDispute(
  tx: Transaction,
  dispute: Dispute,
  change: DisputeChange,
): Promise<Dispute> {
  const { nextLookAt, ...columns } = change;
  const changed = { ...dispute, ...columns };
  await tx.query(
    `update disputes set state = $2, movement_ids = $3, balance_minor = $4, balance_returned_minor = $5,
       balance_state = $6, closed_at = $7, next_look_at = case when $8 then $9 else next_look_at end
     where id = $1`,
    [
      dispute.id,
      changed.state,
      changed.movementIds,
      changed.balanceMinor.toString(),
      changed.balanceReturnedMinor.toString(),
      changed.balanceState,
      changed.closedAt,
      nextLookAt !== undefined,
      nextLookAt ?? null,
    ],
  );
  return changed;
}

/** Disputes of a charge whose money was not booked when they were told are looked at again. */
export async function lookAtDisputesOf(tx: Transaction, chargeId: string, now: Date): Promise<void> {
  await tx.query(
    `update disputes set next_look_at = $2
     where provider_charge_id = $1 and (collection_id is null or cardinality(movement_ids) = 0)`,
    [chargeId, now],
  );
}

interface PartRecord {
  readonly agency_id: string;
  readonly dispute_id: string;
  readonly settlement_id: string;
  readonly amount_minor: string;
  readonly returned_minor: string;
  readonly agency_minor: string;
  readonly state: DisputePartState;
}

function partOf(row: PartRecord): DisputePart & { readonly disputeId: string } {
  return {
    agencyId: row.agency_id,
    id: row.settlement_id,
    disputeId: row.dispute_id,
    amountMinor: BigInt(row.amount_minor),
    returnedMinor: BigInt(row.returned_minor),
    agencyMinor: BigInt(row.agency_minor),
    state: row.state,
  };
}

/** Of disputes, by agency and settlement. */
export async function disputeParts(
  reader: Reader,
  disputeIds: readonly string[],
): Promise<readonly (DisputePart & { readonly disputeId: string })[]> {
  const rows = await reader.query<PartRecord>(
    `select agency_id, dispute_id, settlement_id, amount_minor, returned_minor, agency_minor, state
     from dispute_parts where dispute_id = any ($1::uuid[]) order by agency_id, settlement_id`,
    [disputeIds],
  );
  return rows.map(partOf);
}

/** What other disputes have withdrawn of a collection and not given back: by settlement, and of the balance. */
export async function contestedOf(
  tx: Transaction,
  collectionId: string,
): Promise<{ readonly bySettlement: ReadonlyMap<string, bigint>; readonly balanceMinor: bigint }> {
  const rows = await tx.query<{ id: string | null; amount: string }>(
    `select p.settlement_id as id, sum(p.amount_minor - p.returned_minor) as amount
     from disputes d join dispute_parts p on p.dispute_id = d.id
     where d.collection_id = $1 and p.state <> 'WON' group by 1
     union all
     select null, coalesce(sum(balance_minor - balance_returned_minor), 0) from disputes
     where collection_id = $1 and balance_state <> 'WON'`,
    [collectionId],
  );
  const bySettlement = new Map<string, bigint>();
  let balanceMinor = 0n;
  for (const { id, amount } of rows) {
    if (id === null) balanceMinor = BigInt(amount);
    else bySettlement.set(id, BigInt(amount));
  }
  return { bySettlement, balanceMinor };
}

/** What all disputes have withdrawn of each settlement and not given back. */
export async function contestedOfSettlements(
  tx: Transaction,
  refs: readonly SettlementRef[],
): Promise<ReadonlyMap<string, { readonly amountMinor: bigint; readonly lostAgencyMinor: bigint }>> {
  const rows = await tx.query<{ id: string; amount: string; lost: string }>(
    `select settlement_id as id, sum(amount_minor - returned_minor) as amount,
       coalesce(sum(agency_minor) filter (where state = 'LOST'), 0) as lost
     from dispute_parts where (agency_id, settlement_id) in (select * from unnest($1::uuid[], $2::uuid[]))
       and state <> 'WON' group by 1`,
    [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
  );
  return new Map(
    rows.map(({ id, amount, lost }) => [id, { amountMinor: BigInt(amount), lostAgencyMinor: BigInt(lost) }]),
  );
}

/** Writes parts as they are now. */
export async function saveParts(
  tx: Transaction,
  disputeId: string,
  parts: readonly DisputePart[],
): Promise<void> {
  if (parts.length === 0) return;
  await tx.query(
    `insert into dispute_parts (agency_id, dispute_id, settlement_id, amount_minor, returned_minor, agency_minor, state)
     select p.agency_id, $1, p.id, p.amount_minor, p.returned_minor, p.agency_minor, p.state
     from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])
       as p (agency_id, id, amount_minor, returned_minor, agency_minor, state)
     on conflict on constraint dispute_parts_pkey do update
     set amount_minor = excluded.amount_minor, returned_minor = excluded.returned_minor,
       agency_minor = excluded.agency_minor, state = excluded.state`,
    [
      disputeId,
      parts.map(({ agencyId }) => agencyId),
      parts.map(({ id }) => id),
      parts.map(({ amountMinor }) => amountMinor.toString()),
      parts.map(({ returnedMinor }) => returnedMinor.toString()),
      parts.map(({ agencyMinor }) => agencyMinor.toString()),
      parts.map(({ state }) => state),
    ],
  );
}
