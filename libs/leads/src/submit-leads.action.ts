import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#calendar';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, type Refusal } from '#outcome';
import { KeyRing } from '#persons';
import { type LeadRules, VerticalQueries } from '#verticals';
import { checkSubmission, type LeadSubmission, readSubmission } from './check-submission.js';
import { type Decision, refusalsOn } from './decide-intake.js';
import { GroupCommit, Overloaded } from './group-commit.js';
import { isVerticalName, KnownRules } from './known-rules.js';
import { type Lead, type OpenedLead, shownTo } from './lead.js';
import { LeadQueries } from './lead.queries.js';
import { intakeLeadOf, type Pending, pendingOf } from './pending.js';
import { type Decisions, TakeLeads } from './take-leads.action.js';

export interface SubmittedLead {
  readonly lead: Lead;
  /** The same submission had been taken before; nothing happened now. */
  readonly replayed: boolean;
  /** Why it is kept and given to nobody; empty for every other. */
  readonly refusals: readonly Refusal[];
}

type Result = Outcome<SubmittedLead>;

// While the database works on one part, the other is filled. More parts only make the batches smaller.
const parts = 2;
const worthOwn = 20;
const maxBatch = 250;
const maxWaiting = 5_000;
const maxRounds = 6;

/**
 * Takes leads: checks them, finds the contract, and decides, delivers, charges and books all that arrives together in one
 * transaction. A submission is named by agency, `externalId` and `test`: sent again with the same content it gives the
 * first answer, with other content it is refused EXTERNAL_ID_REUSED.
 */
@Injectable()
export class SubmitLeads {
  private readonly queue: GroupCommit<Pending, Result>;
  private readonly knownRules = new KnownRules();
  private readonly partsOfAgencies = new Map<string, number>();

  constructor(
    private readonly takeLeads: TakeLeads,
    private readonly leads: LeadQueries,
    private readonly verticals: VerticalQueries,
    private readonly keyRing: KeyRing,
    @Inject('Clock') private readonly clock: Clock,
  ) {
    this.queue = new GroupCommit(async (batch) => await this.commit(batch), {
      ...{ maxBatch, maxWaiting, parts, worthOwn },
      partOf: ({ actor }) => this.partOf(actor.organizationId),
    });
  }

  /**
   * One result per submission, in their order, each on its own. `pathOf` names a submission in refusals. Throws
   * {@link Overloaded} before taking any of them when the queue has no room for all.
   */
  async execute(
    actor: Actor,
    submissions: readonly LeadSubmission[],
    pathOf: (index: number) => readonly string[],
  ): Promise<Result[]> {
    const lookUps = await this.keyRing.lookUps();
    await this.learnRules(submissions.map(({ vertical }) => vertical.trim()));
    if (this.queue.room(this.partOf(actor.organizationId)) < submissions.length)
      throw new Overloaded('too many leads wait');
    return await Promise.all(
      submissions.map(async (submission, index) => {
        const path = pathOf(index);
        const test = submission.test || actor.mode === 'test';
        const read = readSubmission({ ...submission, test }, path);
        const rules = this.knownRules.of(read.given.vertical);
        const checked = checkSubmission(read, rules, { path, now: this.clock.now() });
        // What no rules could make right needs no second look.
        if (!checked.ok && read.refusals.length === checked.refusals.length) return checked;
        return await this.queue.submit(pendingOf(actor, lookUps, { path, read, rules, checked }));
      }),
    );
  }

  /** Reads the rules of verticals that are not known yet; after the first leads of each there are none. */
  private async learnRules(verticals: readonly string[]): Promise<void> {
    const unknown = verticals.filter((vertical) => !this.knownRules.get(vertical));
    if (unknown.length > 0) this.knownRules.keep(await this.rulesOf(unknown, this.clock.now()));
  }

  /** The present rules of those that can be the name of a vertical. */
  private async rulesOf(verticals: readonly string[], now: Date): Promise<ReadonlyMap<string, LeadRules>> {
    const names = new Set(verticals.filter(isVerticalName));
    return names.size === 0 ? new Map() : await this.verticals.rules([...names], now);
  }

  private async commit(batch: readonly Pending[]): Promise<Result[]> {
    for (let round = 0; ; round += 1) {
      invariant(round < maxRounds, 'contracts or settlements change faster than leads can be delivered');
      const now = this.clock.now();
      await this.checkAnew(round > 0 ? batch : batch.filter(({ checked }) => !checked.ok), now);
      const decisions = await this.takeLeads.attempt(batch, now, round > 0);
      if (decisions) return await this.answers(batch, decisions, now);
    }
  }

  /**
   * Holds submissions to the rules as they are now: those that were refused, since a refusal by old rules would not show,
   * and all of a batch for which something moved.
   */
  private async checkAnew(doubtful: readonly Pending[], now: Date): Promise<void> {
    if (doubtful.length === 0) return;
    const verticals = doubtful.map(({ read }) => read.given.vertical);
    const current = await this.rulesOf(verticals, now);
    this.knownRules.keep(current);
    for (const pending of doubtful) {
      const { path, read, actor, inputHash, lookUps } = pending;
      const rules = current.get(read.given.vertical);
      if (!rules || rules.version === pending.rules.version) continue;
      pending.rules = rules;
      const checked = checkSubmission(read, rules, { path, now });
      pending.checked = checked.ok ? done(intakeLeadOf(actor, lookUps, checked.value, inputHash)) : checked;
    }
  }

  /** What each is told, once the batch is committed. */
  private async answers(batch: readonly Pending[], decisions: Decisions, now: Date): Promise<Result[]> {
    const kept = new Map<string, Extract<Decision, { readonly kind: 'KEPT' }>>();
    for (const decision of decisions.values())
      if (decision.kind === 'KEPT') kept.set(decision.lead.leadId, decision);
    const earlier = await this.earlier(batch, decisions);
    return batch.map((pending): Result => {
      const decision = decisions.get(pending);
      invariant(decision, 'a lead was neither taken nor refused');
      if (decision.kind === 'REFUSED') return decision.outcome;
      const leadId = decision.kind === 'KEPT' ? decision.lead.leadId : decision.leadId;
      const taken = kept.get(leadId);
      const lead = taken ? leadOf(taken, now) : earlier.get(leadId);
      invariant(lead, 'a lead that was taken before is gone');
      return done({
        lead: shownTo(pending.actor, lead),
        replayed: decision.kind !== 'KEPT',
        refusals: refusalsOn(pending.path, lead),
      });
    });
  }

  /**
   * An agency's leads go through one queue, so that two with the same key meet in it and not in the database. By turns, as the
   * agencies come: by a hash of their ids the parts would be of different size.
   */
  private partOf(agencyId: string): number {
    const known = this.partsOfAgencies.get(agencyId);
    if (known !== undefined) return known;
    const part = this.partsOfAgencies.size % parts;
    this.partsOfAgencies.set(agencyId, part);
    return part;
  }

  private async earlier(
    batch: readonly Pending[],
    decisions: Decisions,
  ): Promise<ReadonlyMap<string, OpenedLead>> {
    const places = batch.flatMap((pending) => {
      const decision = decisions.get(pending);
      if (decision?.kind !== 'EARLIER') return [];
      return [{ agencyId: pending.actor.organizationId, id: decision.leadId }];
    });
    if (places.length === 0) return new Map();
    return new Map((await this.leads.opened(places)).map((lead) => [lead.id, lead]));
  }
}

function leadOf(
  { lead: { agencyId, leadId, submission }, verdict }: Extract<Decision, { readonly kind: 'KEPT' }>,
  now: Date,
): OpenedLead {
  const { contractId: askedContractId, publicKeys, forcedState: _forced, ...rest } = submission;
  const { state, reason: stateReason, duplicateOf } = verdict;
  return {
    agencyId,
    id: leadId,
    state,
    stateReason,
    duplicateOf,
    publicKeys,
    askedContractId,
    receivedAt: now,
    erasedAt: null,
    ...rest,
  };
}
