import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import type { Actor } from '#organizations';
import { leadColumns, type LeadRow, proofOf } from './lead-opener.store.js';

/** Where a lead is. */
export interface LeadKey {
  readonly agencyId: string;
  readonly leadId: string;
}

/** A lead that must be kept for now. */
export interface HeldLead extends LeadKey {
  readonly reason: string;
}

/** Takes persons out of leads, and holds leads against it. */
@Injectable()
export class ErasureStore {
  /** The lead, if the actor may erase its person: an agency its own, the operator any. */
  async find(tx: Transaction, actor: Actor, leadId: string): Promise<LeadKey | undefined> {
    const [row] = await tx.query<{ agency_id: string }>(
      `select agency_id from leads where id = $1 and agency_id = any (
         select id from organizations where kind = 'AGENCY' and ($2 or id = $3))`,
      [leadId, actor.kind === 'OPERATOR' || actor.kind === 'SYSTEM', actor.organizationId],
    );
    return row && { agencyId: row.agency_id, leadId };
  }

  /** Those that are not erased yet, their rows held until the transaction ends. */
  async hold(tx: Transaction, leads: readonly LeadKey[]): Promise<readonly LeadRow[]> {
    return await tx.query<LeadRow>(
      `select ${leadColumns} from leads l ${proofOf('l')}
       where (l.agency_id, l.id) in (select * from unnest($1::uuid[], $2::uuid[])) and l.erased_at is null
       order by l.agency_id, l.id for update of l`,
      [leads.map(({ agencyId }) => agencyId), leads.map(({ leadId }) => leadId)],
    );
  }

  /** Those of the leads that must be kept. */
  async holdsOn(tx: Transaction, leads: readonly LeadKey[]): Promise<readonly HeldLead[]> {
    const rows = await tx.query<{ agency_id: string; lead_id: string; reason: string }>(
      `select agency_id, lead_id, reason from legal_holds
       where (agency_id, lead_id) in (select * from unnest($1::uuid[], $2::uuid[])) and lifted_at is null`,
      [leads.map(({ agencyId }) => agencyId), leads.map(({ leadId }) => leadId)],
    );
    return rows.map((row) => ({ agencyId: row.agency_id, leadId: row.lead_id, reason: row.reason }));
  }

  /** Destroys the data keys, and everything that names the person: what was sealed can be opened by nobody any more. */
  async erase(tx: Transaction, leads: readonly LeadKey[], now: Date): Promise<void> {
    await tx.query(
      `update leads l set data_key = null, person = null, input_hash = '', state = 'ERASED', erased_at = $3
       where (l.agency_id, l.id) in (select * from unnest($1::uuid[], $2::uuid[]))`,
      [leads.map(({ agencyId }) => agencyId), leads.map(({ leadId }) => leadId), now],
    );
  }

  /** False when there is one already. The lead's row is held. */
  async placeHold(
    tx: Transaction,
    hold: HeldLead & { readonly id: string; readonly placedBy: string; readonly now: Date },
  ): Promise<boolean> {
    const rows = await tx.query(
      `insert into legal_holds (agency_id, id, lead_id, reason, placed_by, placed_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (agency_id, lead_id) where lifted_at is null do nothing returning id`,
      [hold.agencyId, hold.id, hold.leadId, hold.reason, hold.placedBy, hold.now],
    );
    return rows.length === 1;
  }

  /** False when there is none. */
  async liftHold(
    tx: Transaction,
    lead: LeadKey,
    by: { readonly actorId: string; readonly now: Date },
  ): Promise<boolean> {
    const rows = await tx.query(
      `update legal_holds set lifted_by = $3, lifted_at = $4
       where agency_id = $1 and lead_id = $2 and lifted_at is null returning id`,
      [lead.agencyId, lead.leadId, by.actorId, by.now],
    );
    return rows.length === 1;
  }
}
