import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#calendar';
import { UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refused } from '#outcome';
import { KeyRing } from '#persons';
import { noRules, VerticalQueries } from '#verticals';
import {
  checkSubmission,
  isStorable,
  type LeadSubmission,
  readSubmission,
  textLimits,
} from './check-submission.js';
import type { LeadState } from './lead.js';
import { type Pending, pendingOf } from './pending.js';
import { type Decisions, decisionsOf, TakeLeads } from './take-leads.action.js';

/** What would become of a submission that came now. */
export interface ForeseenLead {
  readonly state: LeadState;
  /** The same submission was taken before. */
  readonly replayed: boolean;
}

const maxRounds = 6;

/**
 * Finds out what would become of submissions, by doing with them what intake does in a transaction that is rolled back: so it is
 * what would happen. What they are to each other shows as far as they are in one call; the pace of a source is not looked at.
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
    const known = names.filter((name) => name.length <= textLimits.vertical && isStorable(name));
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
    const decisions: Decisions = sound.length === 0 ? new Map() : await this.decisionsOn(sound);
    return batch.map((pending) => {
      if (!pending.checked.ok) return pending.checked;
      const decision = decisions.get(pending);
      invariant(decision, 'a lead would be neither taken nor refused');
      if (decision.kind === 'REFUSED') return decision.outcome;
      if (decision.kind !== 'KEPT') return done({ state: 'ACCEPTED', replayed: true });
      return done({ state: decision.verdict.state, replayed: false });
    });
  }

  private async decisionsOn(batch: readonly Pending[]): Promise<Decisions> {
    for (let round = 0; ; round += 1) {
      invariant(round < maxRounds, 'contracts or settlements change faster than leads can be looked at');
      const prepared = await this.takeLeads.prepare(batch, this.clock.now(), round > 0);
      let decisions: Decisions | undefined;
      await this.unitOfWork.run(async (tx) => {
        decisions = await decisionsOf(await this.takeLeads.take(tx, batch, prepared));
        // Nothing of it stays.
        return refused();
      });
      if (decisions) return decisions;
    }
  }
}
