import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#calendar';
import { UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome } from '#outcome';
import { KeyRing } from '#persons';
import { noRules, VerticalQueries } from '#verticals';
import { checkSubmission, type LeadSubmission, readSubmission } from './check-submission.js';
import { isVerticalName } from './known-rules.js';
import type { LeadState } from './lead.js';
import { type Pending, pendingOf } from './pending.js';
import { TakeLeads } from './take-leads.action.js';
import { undoneTake } from './undone-take.action.js';

/** What would become of a submission that came now. */
export interface ForeseenLead {
  readonly state: LeadState;
  /** The same submission was taken before. */
  readonly replayed: boolean;
}

/**
 * Finds out what would become of submissions, by {@link undoneTake}. What they are to each other shows as
 * far as they are in one call; the pace of a source is not looked at.
 */
@Injectable()
export class ForeseeLeads {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly takeLeads: TakeLeads,
    private readonly verticals: VerticalQueries,
    private readonly keyRing: KeyRing,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** One result per submission, in their order. Refusals are what intake refuses, by their places below the lead. */
  async execute(actor: Actor, submissions: readonly LeadSubmission[]): Promise<Outcome<ForeseenLead>[]> {
    const lookUps = await this.keyRing.lookUps();
    const now = this.clock.now();
    const names = submissions.map(({ vertical }) => vertical.trim());
    const known = names.filter(isVerticalName);
    const rulesOf = await this.verticals.rules([...new Set(known)], now);
    const batch = submissions.map((submission): Pending => {
      const test = submission.test || actor.mode === 'test';
      const read = readSubmission({ ...submission, test }, []);
      const rules = rulesOf.get(read.given.vertical) ?? noRules;
      const checked = checkSubmission(read, rules, { path: [], now });
      // Not counted: it does not come yet.
      return { ...pendingOf(actor, lookUps, { path: [], read, rules, checked }), sourceCount: 0 };
    });
    const sound = batch.filter(({ checked }) => checked.ok);
    const { unitOfWork, takeLeads, clock } = this;
    const taken = sound.length === 0 ? null : await undoneTake(sound, { unitOfWork, takeLeads, clock });
    return batch.map((pending) => {
      if (!pending.checked.ok) return pending.checked;
      const decision = taken?.decisions.get(pending);
      invariant(decision, 'a lead would be neither taken nor refused');
      if (decision.kind === 'REFUSED') return decision.outcome;
      if (decision.kind !== 'KEPT') return done({ state: 'ACCEPTED', replayed: true });
      return done({ state: decision.verdict.state, replayed: false });
    });
  }
}
