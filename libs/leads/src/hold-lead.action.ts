import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { newId, once, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import type { LeadDecided } from './decide-quarantine.action.js';
import { ErasureStore } from './erasure.store.js';

export interface PlaceLegalHoldInput {
  /** The lead's uuid. */
  readonly leadId: string;
  /** Why, in words that may be told to the person. 1 to 200 characters. */
  readonly reason: string;
  readonly idempotencyKey: string;
}

const maxReason = 200;
const field = ['input', 'leadId'];

/** Keeps a lead from being erased, as long as a dispute or a court needs it. */
@Injectable()
export class HoldLead {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly erasure: ErasureStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND, INVALID_VALUE for the reason, LEAD_ERASED, and LEGAL_HOLD when there is one already. */
  async place(actor: Actor, input: PlaceLegalHoldInput): Promise<Outcome<LeadDecided>> {
    const now = this.clock.now();
    const { leadId, idempotencyKey: key } = input;
    const reason = input.reason.trim();
    if (reason === '' || reason.length > maxReason || /[\p{Cc}\p{Cs}]/u.test(reason)) {
      const message = `1 to ${maxReason} characters, without control characters.`;
      return refuse('INVALID_VALUE', { field: ['input', 'reason'], message });
    }
    const { organizationId } = actor;
    const request = { organizationId, key, operation: 'placeLegalHold', input: { leadId, reason }, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const lead = await this.erasure.find(tx, actor, leadId);
        if (!lead) return refuse('NOT_FOUND', { field });
        const [row] = await this.erasure.hold(tx, [lead]);
        if (!row) return refuse('LEAD_ERASED', { field });
        const hold = { ...lead, id: newId(), reason, placedBy: actor.id, now };
        if (!(await this.erasure.placeHold(tx, hold)))
          return refuse('LEGAL_HOLD', { field, message: 'There is a legal hold on this lead already.' });
        await recordAudit(tx, actor, { action: 'legal-hold.place', subject: `lead:${leadId}`, at: now });
        return done({ leadId });
      }),
    );
  }

  /** Refuses NOT_FOUND, and NOT_ON_HOLD when there is no hold. */
  async lift(
    actor: Actor,
    { leadId, idempotencyKey: key }: Omit<PlaceLegalHoldInput, 'reason'>,
  ): Promise<Outcome<LeadDecided>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    const request = { organizationId, key, operation: 'liftLegalHold', input: { leadId }, now };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const lead = await this.erasure.find(tx, actor, leadId);
        if (!lead) return refuse('NOT_FOUND', { field });
        if (!(await this.erasure.liftHold(tx, lead, { actorId: actor.id, now })))
          return refuse('NOT_ON_HOLD', { field, message: 'There is no legal hold on this lead.' });
        await recordAudit(tx, actor, { action: 'legal-hold.lift', subject: `lead:${leadId}`, at: now });
        return done({ leadId });
      }),
    );
  }
}
