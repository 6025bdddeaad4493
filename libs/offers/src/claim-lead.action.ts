import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { Database, once, type Transaction, UnitOfWork } from '#database';
import { type Release, ReleasedLeads, RouteAgain } from '#leads';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse, refused } from '#outcome';
import { explainDecision } from '#routing';
import { Inject, Injectable } from '@nestjs/common';
import { holdLead } from './offer-queue.store.js';

export interface ClaimLeadInput {
  readonly offerId: string;
  readonly idempotencyKey: string;
}

export interface LeadClaimed {
  readonly leadId: string;
  readonly replayed: boolean;
}

interface OfferRow {
  readonly agencyId: string;
  readonly leadId: string;
  readonly number: number;
  readonly contractId: string;
  readonly routeId: string;
}

const field = ['input', 'offerId'];
/** Each round that fails means that somebody else got one of at most twenty shares, or that rules changed. */
const maxRounds = 40;

/** A buyer takes a lead that is offered to it: the first one has it, of a shared one as many as may. */
@Injectable()
export class ClaimLead {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly released: ReleasedLeads,
    private readonly routeAgain: RouteAgain,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Sold and charged at once, or handed over to the buyer's destination first, as every other lead; by its rules, caps and credit of
   * this moment. Refuses NOT_FOUND, OFFER_GONE for who was too late, and CLAIM_REFUSED with the reason.
   */
  async execute(actor: Actor, input: ClaimLeadInput): Promise<Outcome<LeadClaimed>> {
    const [offer] = await this.database.query<OfferRow>(
      `select c.agency_id as "agencyId", c.lead_id as "leadId", c.number, c.contract_id as "contractId",
         o.route_id as "routeId"
       from lead_offer_contracts c
       join lead_offers o on o.agency_id = c.agency_id and o.lead_id = c.lead_id and o.number = c.number
       join leads l on l.agency_id = c.agency_id and l.id = c.lead_id
       where c.id = $1 and c.buyer_id = $2 and o.method = 'FIRST_CLAIM' and (l.test or not $3)`,
      [input.offerId, actor.organizationId, actor.mode === 'test'],
    );
    for (let round = 0; ; round += 1) {
      invariant(round < maxRounds, 'a lead changes faster than it can be claimed');
      const now = this.clock.now();
      const prepared = offer && (await this.prepare(actor, offer, now));
      const { organizationId } = actor;
      const { idempotencyKey: key, ...rest } = input;
      const outcome = await this.unitOfWork.run((tx) =>
        once(tx, { organizationId, key, operation: 'claimLead', input: rest, now }, () =>
          prepared
            ? this.claim(tx, actor, { ...prepared, now })
            : Promise.resolve(refuse('NOT_FOUND', { field })),
        ),
      );
      // Without a reason: something moved meanwhile, and nothing was done.
      if (outcome.ok || outcome.refusals.length > 0) return outcome;
    }
  }

  private async prepare(actor: Actor, offer: OfferRow, now: Date): Promise<Prepared> {
    const { agencyId, leadId, contractId, routeId } = offer;
    const past = await this.routeAgain.pastOf({ agencyId, leadId });
    const claim = { contractId, routeId };
    const release = await this.released.prepare(actor, { agencyId, id: leadId }, now, past, claim);
    return { offer, release, soldBefore: past.soldTo.length };
  }

  private async claim(
    tx: Transaction,
    actor: Actor,
    { offer, release, soldBefore, now }: Claiming,
  ): Promise<Outcome<{ leadId: string }>> {
    const { agencyId, leadId, number } = offer;
    await holdLead(tx, offer);
    const [held] = await tx.query<{ state: string; most: number; closes_at: Date }>(
      `select state, most, closes_at from lead_offers where agency_id = $1 and lead_id = $2 and number = $3 for update`,
      [agencyId, leadId, number],
    );
    if (!release || held?.state !== 'OPEN' || held.closes_at <= now) return refuse('OFFER_GONE', { field });
    const decided = await this.released.decide(tx, release);
    if (!decided.ok) return refused();
    const decision = decided.value;
    if (decision?.kind !== 'KEPT' || decision.groups.length === 0) {
      const routed = decision?.kind === 'KEPT' ? decision.routed : undefined;
      const told =
        routed &&
        explainDecision(
          {
            decision: routed.decision,
            routes: routed.compiled.routes.slice(0, routed.decision.trail.length),
          },
          { kind: 'BUYER', buyerId: actor.organizationId },
        );
      return refuse('CLAIM_REFUSED', { field, ...(told && { message: told.summary }) });
    }
    await this.count(tx, offer, { isLast: soldBefore + 1 >= held.most, buyerId: actor.organizationId, now });
    await recordAudit(tx, actor, { action: 'lead.claim', subject: `lead:${leadId}`, at: now });
    return done({ leadId });
  }

  /** The buyer has it; when nobody else may, nobody sees it any more. */
  private async count(
    tx: Transaction,
    { agencyId, leadId, number }: OfferRow,
    { isLast, buyerId, now }: { readonly isLast: boolean; readonly buyerId: string; readonly now: Date },
  ): Promise<void> {
    await tx.query(
      `update lead_offers set taken = taken + 1, state = case when $4 then 'DONE' else state end,
         closed_at = case when $4 then $5::timestamptz end
       where agency_id = $1 and lead_id = $2 and number = $3`,
      [agencyId, leadId, number, isLast, now],
    );
    await tx.query(
      `update lead_offer_contracts set is_open = false
       where agency_id = $1 and lead_id = $2 and number = $3 and is_open and ($4 or buyer_id = $5)`,
      [agencyId, leadId, number, isLast, buyerId],
    );
  }
}

interface Prepared {
  readonly offer: OfferRow;
  readonly release: Release | null;
  /** How many buyers have it, or are being given it. */
  readonly soldBefore: number;
}

interface Claiming extends Prepared {
  readonly now: Date;
}
