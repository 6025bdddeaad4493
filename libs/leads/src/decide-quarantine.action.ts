import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import type { Lead } from './lead.js';
import { LeadQueries } from './lead.queries.js';
import { QuarantinedLeadStore } from './quarantined-lead.store.js';
import { ReleasedLeads } from './released-leads.action.js';

export interface DecideLeadInput {
  /** The lead's uuid. */
  readonly leadId: string;
  readonly idempotencyKey: string;
}

/** Which lead was decided on; read it again for the answer. */
export interface LeadDecided {
  readonly leadId: string;
  readonly replayed: boolean;
}

const field = ['input', 'leadId'];
const maxRounds = 6;

/** A person of the operator has looked at a lead in quarantine. */
@Injectable()
export class DecideQuarantine {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly leads: LeadQueries,
    private readonly quarantined: QuarantinedLeadStore,
    private readonly released: ReleasedLeads,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Lets it go on its way, as if it came in now: it is delivered and charged, or turns out a DUPLICATE or SUPPRESSED.
   * Refuses NOT_FOUND, LEAD_NOT_QUARANTINED, and what intake refuses when no contract takes it; then it stays.
   */
  async release(actor: Actor, input: DecideLeadInput): Promise<Outcome<LeadDecided>> {
    const now = this.clock.now();
    for (let round = 0; ; round += 1) {
      invariant(round < maxRounds, 'contracts or settlements change faster than a lead can be released');
      const [lead] = await this.leads.byIds(actor, [input.leadId]);
      const release = lead?.state === 'QUARANTINED' ? await this.released.prepare(actor, lead, now) : null;
      const outcome = await this.unitOfWork.run((tx) =>
        once(tx, requestOf('releaseLead', actor, input, now), async () => {
          const held = await this.hold(tx, lead);
          if (!held.ok) return held;
          if (!release) return refuse('LEAD_NOT_QUARANTINED', { field });
          const taken = await this.released.take(tx, release, field);
          if (!taken.ok) return taken;
          await this.audit(tx, actor, { ...held.value, action: 'lead.release', now });
          return done({ leadId: held.value.id });
        }),
      );
      // Without a reason: something moved meanwhile, and nothing was done.
      if (outcome.ok || outcome.refusals.length > 0) return outcome;
    }
  }

  /** Nobody gets it, for good: REJECTED. Refuses NOT_FOUND and LEAD_NOT_QUARANTINED. */
  async reject(actor: Actor, input: DecideLeadInput): Promise<Outcome<LeadDecided>> {
    const now = this.clock.now();
    const [lead] = await this.leads.byIds(actor, [input.leadId]);
    return await this.unitOfWork.run((tx) =>
      once(tx, requestOf('rejectLead', actor, input, now), async () => {
        const held = await this.hold(tx, lead);
        if (!held.ok) return held;
        const { agencyId, id } = held.value;
        await this.quarantined.reject(tx, agencyId, id);
        await this.audit(tx, actor, { id, action: 'lead.reject', now });
        return done({ leadId: id });
      }),
    );
  }

  private async hold(tx: Transaction, lead: Lead | undefined): Promise<Outcome<Lead>> {
    if (!lead) return refuse('NOT_FOUND', { field });
    const state = await this.quarantined.hold(tx, lead.agencyId, lead.id);
    return state === 'QUARANTINED' ? done(lead) : refuse('LEAD_NOT_QUARANTINED', { field });
  }

  private async audit(
    tx: Transaction,
    actor: Actor,
    { id, action, now }: { readonly id: string; readonly action: string; readonly now: Date },
  ): Promise<void> {
    await recordAudit(tx, actor, { action, subject: `lead:${id}`, at: now });
  }
}

function requestOf(operation: string, actor: Actor, { leadId, idempotencyKey }: DecideLeadInput, now: Date) {
  return { organizationId: actor.organizationId, key: idempotencyKey, operation, input: { leadId }, now };
}
