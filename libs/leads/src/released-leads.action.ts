import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refusal, refused, refuse } from '#outcome';
import { KeyRing } from '#persons';
import { type Claim, pastOffers } from '#routing';
import { noRules, VerticalQueries } from '#verticals';
import type { Decision } from './decide-intake.js';
import type { Lead, OpenedLead } from './lead.js';
import { LeadQueries } from './lead.queries.js';
import { type IntakeLead, type LeadPast, naturalKeyOf, type Pending, personKeys } from './pending.js';
import { buyersOf, type GivenTo } from './given-to.js';
import { decisionsOf, type Prepared, TakeLeads } from './take-leads.action.js';

/** A lead out of quarantine, ready to be decided anew. */
export interface Release {
  readonly pending: Pending;
  readonly prepared: Prepared;
}

/** The way of a lead from quarantine back into intake: the same two trips, in the transaction of who released it. */
@Injectable()
export class ReleasedLeads {
  constructor(
    private readonly database: Database,
    private readonly leads: LeadQueries,
    private readonly verticals: VerticalQueries,
    private readonly keyRing: KeyRing,
    private readonly takeLeads: TakeLeads,
  ) {}

  /** Null when the person was erased meanwhile. */
  async prepare(
    actor: Actor,
    { agencyId, id }: Pick<Lead, 'agencyId' | 'id'>,
    now: Date,
    past: LeadPast | null = null,
    claim: Claim | null = null,
  ): Promise<Release | null> {
    const [lead] = await this.leads.opened([{ agencyId, id }]);
    if (!lead?.contact) return null;
    const earlier = past && (await pastOffers(this.database, [{ agencyId, leadId: id }], now)).get(id);
    const offers = earlier ? { ...earlier, claim } : null;
    const pending = await this.pendingOf({ ...actor, organizationId: agencyId }, lead, { now, past, offers });
    return { pending, prepared: await this.takeLeads.prepare([pending], now, true) };
  }

  /** Decides in `tx`. Refuses at `field` what intake refuses; without a reason when something moved meanwhile. */
  async take(
    tx: Transaction,
    { pending, prepared }: Release,
    field: readonly string[],
  ): Promise<Outcome<null>> {
    const taken = await this.decide(tx, { pending, prepared });
    if (!taken.ok) return taken;
    const decision = taken.value;
    if (decision?.kind === 'KEPT') return done(null);
    if (decision?.kind !== 'REFUSED' || decision.outcome.ok) return refuse('LEAD_NOT_QUARANTINED', { field });
    return refused(
      ...decision.outcome.refusals.map(({ code, message }) => refusal(code, { field, message })),
    );
  }

  /** The decision itself. Refuses, without a reason, when something moved meanwhile. */
  async decide(tx: Transaction, { pending, prepared }: Release): Promise<Outcome<Decision | undefined>> {
    const { checked } = pending;
    if (checked.ok && checked.value.past && !(await this.isStill(tx, checked.value, checked.value.past)))
      return refused();
    const decisions = await decisionsOf(await this.takeLeads.take(tx, [pending], prepared));
    return decisions ? done(decisions.get(pending)) : refused();
  }

  /**
   * Whether its buyers stand to it as when it was read: one may have claimed it since, or lost it. The lead is held, so that what
   * is read here stays so.
   */
  private async isStill(
    tx: Transaction,
    { agencyId, leadId }: IntakeLead,
    { soldTo, failedBuyers }: LeadPast,
  ): Promise<boolean> {
    const now = buyersOf(
      await tx.query<GivenTo>(
        `select buyer_id, state, rerouted_at is not null as rerouted from deliveries
         where agency_id = $1 and lead_id = $2`,
        [agencyId, leadId],
      ),
    );
    return isSame(now.soldTo, new Set(soldTo)) && isSame(now.failedBuyers, failedBuyers);
  }

  private async pendingOf(
    actor: Actor,
    lead: OpenedLead,
    { now, past, offers }: Pick<IntakeLead, 'past' | 'offers'> & { readonly now: Date },
  ): Promise<Pending> {
    const lookUps = await this.keyRing.lookUps();
    const rules = (await this.verticals.rules([lead.vertical], now)).get(lead.vertical) ?? noRules;
    const { contact, publicKeys, askedContractId } = lead;
    const hashes = lookUps.ofPerson(contact ?? { phone: null, email: null });
    const given = {
      externalId: lead.externalId,
      vertical: lead.vertical,
      contractId: askedContractId,
      test: lead.test,
      contact: contact ?? nobody,
      attributes: lead.attributes,
      source: lead.source,
      consent: lead.consent,
      score: lead.score,
    };
    const submission = { ...given, schemaVersion: lead.schemaVersion, publicKeys, forcedState: null };
    return {
      path: ['input'],
      read: { given, refusals: [] },
      naturalKey: naturalKeyOf(lead.agencyId, lead),
      inputHash: '',
      actor,
      lookUps,
      rules,
      sourceCount: 0,
      checked: done({
        agencyId: lead.agencyId,
        leadId: lead.id,
        submittedBy: actor.id,
        submission,
        inputHash: '',
        hashes,
        keys: personKeys(hashes, lead.vertical),
        isReleased: true,
        past,
        offers,
      }),
    };
  }
}

function isSame(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return some.size === others.size && [...some].every((each) => others.has(each));
}

const nobody = {
  email: null,
  phone: null,
  givenName: null,
  familyName: null,
  postalCode: null,
  country: null,
};
