import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import type { LeadState } from './lead.js';

/** Leads in quarantine, while somebody decides on them. */
@Injectable()
export class QuarantinedLeadStore {
  /** The state of a lead, its row held until the transaction ends; undefined when there is none. */
  async hold(tx: Transaction, agencyId: string, leadId: string): Promise<LeadState | undefined> {
    const [row] = await tx.query<{ state: LeadState }>(
      'select state from leads where agency_id = $1 and id = $2 for update',
      [agencyId, leadId],
    );
    return row?.state;
  }

  /** Nobody gets it. Only of a lead that is held, in quarantine. */
  async reject(tx: Transaction, agencyId: string, leadId: string): Promise<void> {
    await tx.query(
      `update leads set state = 'REJECTED' where agency_id = $1 and id = $2 and state = 'QUARANTINED'`,
      [agencyId, leadId],
    );
  }
}
