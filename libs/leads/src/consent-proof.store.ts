import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import { type Consent, KeyRing, openConsent } from '#persons';
import type { LeadKey } from './erasure.store.js';

/** What the person agreed to, as it is kept when the rest is erased. */
export interface ConsentProof extends Consent {
  readonly recordedAt: Date;
  readonly keptUntil: Date;
}

/** How long a proof is kept from when the lead came in. */
export const consentYears = 5;

/** Reads `consent_proofs`, and forgets those whose time is over. The intake statement writes it. */
@Injectable()
export class ConsentProofStore {
  constructor(private readonly keyRing: KeyRing) {}

  async read(tx: Transaction, { agencyId, leadId }: LeadKey): Promise<ConsentProof | undefined> {
    const [row] = await tx.query<{ sealed: Buffer; recorded_at: Date; kept_until: Date }>(
      `select sealed, recorded_at, recorded_at + interval '${consentYears} years' as kept_until from consent_proofs
       where agency_id = $1 and lead_id = $2`,
      [agencyId, leadId],
    );
    if (!row) return undefined;
    const keys = await this.keyRing.opening([{ id: agencyId, purpose: 'consent', sealed: row.sealed }]);
    const consent = openConsent(keys.get(agencyId)?.consent ?? [], { agencyId, leadId }, row.sealed);
    return { ...consent, recordedAt: row.recorded_at, keptUntil: row.kept_until };
  }

  /** Deletes at most `limit` proofs that need not be kept any more, and that no legal hold is on; returns how many. */
  async prune(tx: Transaction, now: Date, limit: number): Promise<number> {
    const rows = await tx.query(
      `delete from consent_proofs where (agency_id, lead_id) in (
         select agency_id, lead_id from consent_proofs p
         where recorded_at <= $1::timestamptz - interval '${consentYears} years' and not exists (
           select from legal_holds h
           where h.agency_id = p.agency_id and h.lead_id = p.lead_id and h.lifted_at is null)
         limit $2) returning 1`,
      [now, limit],
    );
    return rows.length;
  }
}
