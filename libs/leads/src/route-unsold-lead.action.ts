import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import type { DecideLeadInput, LeadDecided } from './decide-quarantine.action.js';
import { RouteAgain } from './route-again.action.js';

/** An agency has a lead that nobody took looked at again, by what its route and the buyers want now. */
@Injectable()
export class RouteUnsoldLead {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly again: RouteAgain,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND, and ILLEGAL_TRANSITION for a lead that is not UNSOLD. */
  async execute(actor: Actor, input: DecideLeadInput): Promise<Outcome<LeadDecided>> {
    const now = this.clock.now();
    const field = ['input', 'leadId'];
    const { organizationId: agencyId } = actor;
    const { leadId } = input;
    const request = {
      organizationId: agencyId,
      key: input.idempotencyKey,
      operation: 'routeLead',
      input: { leadId },
      now,
    };
    const queued = await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const [row] = await tx.query<{ state: string }>(
          'select state from leads where agency_id = $1 and id = $2 and (test or not $3) for update',
          [agencyId, leadId, actor.mode === 'test'],
        );
        if (!row) return refuse<{ readonly leadId: string }>('NOT_FOUND', { field });
        if (row.state !== 'UNSOLD') {
          const message = 'Only a lead that is UNSOLD can be routed again.';
          return refuse<{ readonly leadId: string }>('ILLEGAL_TRANSITION', { field, message });
        }
        await tx.query(
          'insert into leads_to_route (agency_id, lead_id, queued_at) values ($1, $2, $3) on conflict do nothing',
          [agencyId, leadId, now],
        );
        await recordAudit(tx, actor, { action: 'lead.route', subject: `lead:${leadId}`, at: now });
        return done({ leadId });
      }),
    );
    // A worker does it if this process does not come to it.
    if (queued.ok && !queued.value.replayed) await this.again.routeOne({ agencyId, leadId }, now);
    return queued;
  }
}
