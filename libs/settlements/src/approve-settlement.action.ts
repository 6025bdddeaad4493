import { type ApprovalGiven, type ApprovalRequest, ApprovalStore } from '#approvals';
import { newId } from '#database';
import { postJournals, settlementApproved, splitFromAgency } from '#ledger';
import { money } from '#money';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { Injectable } from '@nestjs/common';
import {
  type Decided,
  type SettlementActed,
  type SettlementActInput,
  SettlementActs,
} from './decide-settlement.action.js';
import { approvalSubject, refuseTransition, sharesToApprove } from './settlement.js';
import { SettlementStore } from './settlement.store.js';

/** Other people approve what is in review, as many as its sum needs: then it is billed, and both shares leave review. */
@Injectable()
export class ApproveSettlement {
  constructor(
    private readonly acts: SettlementActs,
    private readonly settlements: SettlementStore,
    private readonly approvals: ApprovalStore,
  ) {}

  /**
   * Where it takes two people, the first approval leaves the settlement in review. Refuses as every act on a
   * settlement, SELF_APPROVAL for who prepared or submitted it, NOT_PERMITTED for who is not a finance approver or not a
   * person, SETTLEMENT_CHANGED when its lines are not those that were submitted, ILLEGAL_TRANSITION when it takes back
   * what an earlier statement, not approved yet, has charged, ALREADY_APPROVED for who approved it before, and
   * APPROVAL_LIMIT for what goes beyond the approver's own limit.
   */
  async execute(
    actor: Actor,
    input: SettlementActInput,
  ): Promise<Outcome<SettlementActed & { readonly replayed: boolean }>> {
    return await this.acts.run(actor, 'approve', input, async (decided) => {
      const checked = await this.check(decided);
      if (!checked.ok) return checked;
      const given = await this.approvals.record(decided.tx, actor, approvalOf(decided));
      if (!given.ok) return given;
      const version = given.value.complete
        ? await this.finish(decided, given.value)
        : decided.settlement.version;
      return done({ version, successorId: null });
    });
  }

  private async finish(decided: Decided, { needed, firstBy }: ApprovalGiven): Promise<number> {
    const { tx, actor, now, settlement } = decided;
    const approvalJournalId = await this.book(decided);
    const approval = { approvalJournalId, approvalsNeeded: needed, firstApprovedBy: firstBy };
    const change = { from: settlement, to: 'APPROVED', actor, at: now, note: null, approval } as const;
    return await this.settlements.change(tx, change);
  }

  private async check({ tx, settlement }: Decided): Promise<Outcome<null>> {
    const { totals } = settlement;
    invariant(totals !== null, 'a settlement in review has no totals');
    // Lines never change and only an open settlement takes new ones, so their number tells whether they are the same.
    // To hash them again here would take as long as closing did; invariant I5 does it.
    const lineCount = await this.settlements.countLines(tx, settlement);
    if (lineCount !== totals.lineCount)
      return refuse('SETTLEMENT_CHANGED', { field: ['input', 'settlementId'] });
    const { agencyMinor, feeMinor } = sharesToApprove(totals);
    if (agencyMinor >= 0n && feeMinor >= 0n) return done(null);
    const earlier = await this.settlements.earlierUnapproved(tx, settlement);
    if (earlier === undefined) return done(null);
    // What it takes back was never billed: booked now, it would come out of other statements' money.
    const message = `It takes back what an earlier statement charges. Approve ${earlier} first.`;
    return refuseTransition(settlement.state, { message, but: 'APPROVED' });
  }

  /** Books the approval; null when there is nothing to book, as for a statement of corrections alone. */
  private async book({ tx, actor, now, settlement }: Decided): Promise<string | null> {
    const { agencyId, id, buyerId, currency, totals } = settlement;
    invariant(totals !== null, 'a settlement in review has no totals');
    const { agencyMinor, feeMinor, creditMinor } = sharesToApprove(totals);
    const billedMinor = agencyMinor + feeMinor;
    const appliesAll = creditMinor <= billedMinor;
    const postings = settlementApproved({
      buyerId,
      agencyMinor,
      feeMinor,
      creditAppliedMinor: appliesAll ? creditMinor : billedMinor > 0n ? billedMinor : 0n,
      ...(agencyMinor < 0n ? { split: await splitFromAgency(tx, agencyId, currency, -agencyMinor) } : {}),
    });
    if (postings.length === 0) return null;
    const journal = {
      bookId: agencyId,
      id: newId(),
      kind: 'settlement_approved',
      source: `settlement:${id}`,
      idempotencyKey: `settlement:${id}:approve`,
      currency,
      effectiveAt: now,
      reverses: null,
      postings,
    };
    const posted = await postJournals(tx, actor, now, [journal]);
    invariant(posted.ok, 'the approval of a settlement was booked before with other content');
    return posted.value[0]?.id ?? null;
  }
}

/** Of one submission: while it is in review, the version of a settlement stays as it is. */
function approvalOf({ now, settlement }: Decided): ApprovalRequest {
  const { agencyId, id, version, currency, totals, contentHash, preparedBy, submittedBy } = settlement;
  invariant(totals !== null && contentHash !== null, 'a settlement in review has no content');
  return {
    bookId: agencyId,
    subject: approvalSubject(id),
    round: version,
    requestedBy: [preparedBy, submittedBy],
    money: money(totals.agencyMinor + totals.feeMinor, currency),
    contentHash,
    at: now,
    field: ['input', 'settlementId'],
  };
}
