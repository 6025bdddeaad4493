import { type CurrencyCode, currencyOf, formatMoney, money } from '#money';
import type { Actor, ApprovalLimits } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';

/** The time over which amounts are added up, so that many small approvals count as the large one that they are. */
export const approvalWindowMs = 24 * 3_600_000;

/** Approvals at this instant and before it count no more. */
export function windowStart(at: Date): Date {
  return new Date(at.getTime() - approvalWindowMs);
}

/** What the operator has set, in words of the configuration. */
export interface ApprovalPolicy {
  /** Major units of whatever currency (`10000.00`): above it two people must approve. */
  readonly twoApproversAbove: string;
}

/** How many different people must approve. */
export type ApproversNeeded = 1 | 2;

/** One approval of what is being approved. */
export interface Approval {
  /** The actor, `user:{uuid}`. */
  readonly by: string;
  readonly at: Date;
  /** How many people it took by what was known then. */
  readonly needed: ApproversNeeded;
}

/**
 * The policy's threshold in minor units of a currency; digits that the currency does not have are cut off, which is
 * exact for "above". Throws for a text that is no plain decimal: the configuration has checked it.
 */
export function thresholdMinor({ twoApproversAbove }: ApprovalPolicy, currency: CurrencyCode): bigint {
  const parts = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(twoApproversAbove);
  invariant(parts, 'the sum above which two people approve is not a decimal');
  const { isoExponent } = currencyOf(currency);
  const fraction = (parts[2] ?? '').padEnd(isoExponent, '0').slice(0, isoExponent);
  return BigInt(`${parts[1] ?? ''}${fraction}`);
}

/** How many people it takes by what is known now. All amounts are absolute minor units of one currency. */
export function approversNeeded(known: {
  readonly amountMinor: bigint;
  /** What else was approved for the same book within the window by one person alone. */
  readonly aloneMinor: bigint;
  readonly thresholdMinor: bigint;
  /** Of this round: once it took two, it takes two. */
  readonly earlier: readonly Pick<Approval, 'needed'>[];
}): ApproversNeeded {
  if (known.earlier.some(({ needed }) => needed === 2)) return 2;
  return known.amountMinor + known.aloneMinor > known.thresholdMinor ? 2 : 1;
}

export interface ApprovalQuestion {
  readonly actor: Pick<Actor, 'id' | 'kind' | 'userId'>;
  /** Who prepared, submitted or requested it. */
  readonly requestedBy: readonly string[];
  readonly currency: CurrencyCode;
  readonly amountMinor: bigint;
  readonly aloneMinor: bigint;
  readonly thresholdMinor: bigint;
  /** Given before to the same submission. */
  readonly earlier: readonly Pick<Approval, 'by' | 'needed'>[];
  /** Null: no such person, or not any more. */
  readonly limits: ApprovalLimits | null;
  /** What else this person approved in the currency within the window, over all books. */
  readonly personMinor: bigint;
  /** Where in the input it is said what to approve. */
  readonly field: readonly string[];
}

export interface ApprovalDecision {
  readonly needed: ApproversNeeded;
  /** With this approval it has all that it needs. */
  readonly complete: boolean;
}

/**
 * Whether a person may approve and whether that is enough. Refuses NOT_PERMITTED for who is no person, SELF_APPROVAL
 * for who prepared, submitted or requested it, ALREADY_APPROVED for who approved it before, and APPROVAL_LIMIT for
 * what goes beyond the person's own limit. Who has a limit in some currency may approve nothing in the others.
 */
export function decideApproval(question: ApprovalQuestion): Outcome<ApprovalDecision> {
  const { actor, limits, earlier, field } = question;
  if (actor.kind === 'SYSTEM' || actor.userId === null || limits === null)
    return refuse('NOT_PERMITTED', { message: 'Only a person may approve.' });
  if (question.requestedBy.includes(actor.id)) return refuse('SELF_APPROVAL', { field });
  if (earlier.some(({ by }) => by === actor.id)) return refuse('ALREADY_APPROVED', { field });
  const beyond = whyBeyondLimit(limits, question);
  if (beyond !== null) return refuse('APPROVAL_LIMIT', { field, message: beyond });
  const needed = approversNeeded(question);
  return done({ needed, complete: earlier.length + 1 >= needed });
}

function whyBeyondLimit(
  limits: ApprovalLimits,
  { currency, amountMinor, personMinor }: ApprovalQuestion,
): string | null {
  if (limits.size === 0) return null;
  const limitMinor = limits.get(currency);
  if (limitMinor === undefined)
    return `You have no approval limit in ${currency}. Another approver must approve this.`;
  if (amountMinor + personMinor <= limitMinor) return null;
  const limit = formatMoney(money(limitMinor, currency));
  return `This goes beyond the ${limit} that you may approve within 24 hours. Another approver must approve it.`;
}
