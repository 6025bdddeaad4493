import type { ApproversNeeded } from '#approvals';
import type { LocalDate, Schedule } from '#calendar';
import type { CurrencyCode } from '#money';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';

export const settlementStates = [
  'OPEN',
  'DRAFT',
  'IN_REVIEW',
  'APPROVED',
  'COLLECTING',
  'COLLECTED',
  'HOLDING',
  'TRANSFERRING',
  'PAID',
  'COLLECTION_FAILED',
  'TRANSFER_FAILED',
  'VOIDED',
  'WRITTEN_OFF',
] as const;
export type SettlementState = (typeof settlementStates)[number];

/**
 * Every change of state that there is; nothing else writes a state. OPEN gathers, DRAFT is closed, from IN_REVIEW on
 * the content is frozen; IN_REVIEW → OPEN is a rejection. What is VOIDED is followed by a new revision in OPEN.
 *
 * Success is not the end of a payment: a bank debit is returned days after it was taken, so money can be missing again
 * in every state from COLLECTED on, after the payout too. What was paid out by then is clawed back, and the buyer owes
 * again. A transfer that failed is tried again, or waits for what keeps it back.
 */
export const settlementTransitions: Readonly<Record<SettlementState, readonly SettlementState[]>> = {
  OPEN: ['DRAFT', 'VOIDED'],
  DRAFT: ['IN_REVIEW', 'VOIDED'],
  IN_REVIEW: ['APPROVED', 'OPEN', 'VOIDED'],
  APPROVED: ['COLLECTING'],
  COLLECTING: ['COLLECTED', 'COLLECTION_FAILED', 'WRITTEN_OFF'],
  COLLECTED: ['HOLDING', 'COLLECTION_FAILED'],
  HOLDING: ['TRANSFERRING', 'COLLECTION_FAILED'],
  TRANSFERRING: ['PAID', 'TRANSFER_FAILED'],
  PAID: ['COLLECTION_FAILED'],
  COLLECTION_FAILED: ['COLLECTING', 'COLLECTED', 'WRITTEN_OFF'],
  TRANSFER_FAILED: ['TRANSFERRING', 'HOLDING'],
  VOIDED: [],
  WRITTEN_OFF: [],
};

/** States in which the statement's charges are not booked as billed yet. */
export const unapprovedStates = ['OPEN', 'DRAFT', 'IN_REVIEW', 'VOIDED'] as const;

/** Why money that is earned is not payable yet, or not sent. NEXT_PAYOUT: nothing stands in its way. */
export const holdReasons = [
  'HOLD_PERIOD',
  'BELOW_THRESHOLD',
  'DISPUTE',
  'FRAUD_REVIEW',
  'NO_PAYOUT_METHOD',
  'ACCOUNT_RESTRICTED',
  'BUYER_UNPAID',
  'TAX_FORM_MISSING',
  'PAYMENTS_OFF',
  'PAYMENTS_STOPPED',
  'BOOKS_FROZEN',
  'TRANSFER_UNDER_WAY',
  'TRANSFER_RETRY',
  'FUNDS_SHORT',
  'NEXT_PAYOUT',
] as const;
export type HoldReason = (typeof holdReasons)[number];

/** A settlement by its keys; the agency goes along, since it leads every key. */
export interface SettlementRef {
  readonly agencyId: string;
  readonly id: string;
}

/** What the approvals of a settlement are kept under. */
export function approvalSubject(id: string): string {
  return `settlement:${id}`;
}

/** What closing has found in the lines. Signed minor units of the settlement's currency. */
export interface SettlementTotals {
  readonly lineCount: number;
  readonly agencyMinor: bigint;
  readonly feeMinor: bigint;
  /** The part of both totals that corrects statements approved earlier: it is booked already. */
  readonly correctedAgencyMinor: bigint;
  readonly correctedFeeMinor: bigint;
}

/** What one buyer owes one agency for one period and currency. */
export interface Settlement extends SettlementRef {
  /** The first revision, which charges name. */
  readonly rootId: string;
  readonly revision: number;
  readonly number: string;
  readonly buyerId: string;
  readonly currency: CurrencyCode;
  readonly schedule: Schedule;
  readonly timeZone: string;
  readonly periodStart: LocalDate;
  /** The first day after the period. */
  readonly periodEnd: LocalDate;
  readonly state: SettlementState;
  /** Counts the changes of the settlement; guards edits. */
  readonly version: number;
  /** Null while it gathers. */
  readonly totals: SettlementTotals | null;
  /** What its lines were when it was closed; null while it gathers. */
  readonly contentHash: string | null;
  readonly openedAt: Date;
  readonly preparedBy: string | null;
  readonly preparedAt: Date | null;
  readonly submittedBy: string | null;
  readonly submittedAt: Date | null;
  /** The last who approved. */
  readonly approvedBy: string | null;
  readonly approvedAt: Date | null;
  /** Who approved before, where it took two. */
  readonly firstApprovedBy: string | null;
  /** How many people it took; null before the approval. */
  readonly approvalsNeeded: ApproversNeeded | null;
  readonly approvalJournalId: string | null;
}

type Standing = Pick<Settlement, 'state' | 'version' | 'preparedBy' | 'submittedBy'>;

/** The acts of people on one settlement, with the state that each leads to. */
export const settlementActs = {
  submit: 'IN_REVIEW',
  approve: 'APPROVED',
  reject: 'OPEN',
  void: 'VOIDED',
} as const;
export type SettlementAct = keyof typeof settlementActs;

const field = ['input', 'settlementId'];

/**
 * Whether the actor may do this to a settlement in this state, in the order in which a person can act on the answer:
 * ILLEGAL_TRANSITION (with the allowed states), STALE_VERSION (with the current one), SELF_APPROVAL, NOT_PERMITTED.
 */
export function decideAct(
  actor: Actor,
  act: SettlementAct,
  settlement: Standing,
  expectedVersion: number | null,
): Outcome<SettlementState> {
  const { state, version, preparedBy, submittedBy } = settlement;
  const to = settlementActs[act];
  if (!settlementTransitions[state].includes(to)) return refuseTransition(state);
  if (expectedVersion !== null && expectedVersion !== version) {
    return refuse('STALE_VERSION', {
      field: ['input', 'expectedVersion'],
      data: { currentVersion: version },
    });
  }
  if (act === 'approve' && (actor.id === preparedBy || actor.id === submittedBy)) {
    return refuse('SELF_APPROVAL', { field });
  }
  const notPermitted = whyNotPermitted(actor, act);
  return notPermitted === null ? done(to) : refuse('NOT_PERMITTED', { message: notPermitted });
}

/** ILLEGAL_TRANSITION with what the state does allow; `message` says more than the standard one where there is more to say. */
export function refuseTransition<T = never>(
  state: SettlementState,
  options: { readonly message?: string; readonly but?: SettlementState } = {},
): Outcome<T> {
  const allowed = settlementTransitions[state].filter((next) => next !== options.but);
  const message = options.message ?? `A settlement that is ${state} does not allow this.`;
  return refuse('ILLEGAL_TRANSITION', { field, message, data: { allowed } });
}

/** Preparing and the acts below move money: never with a test key. */
export function whyNotPermitted(actor: Actor, act: SettlementAct | 'prepare'): string | null {
  if (actor.mode === 'test') return 'A test key never touches money.';
  if (actor.kind === 'AGENCY' || actor.kind === 'BUYER')
    return 'Only the finance team of the operator may do this.';
  if (act !== 'approve' && act !== 'reject') return null;
  // A key without a person behind it could be the preparer's own: four eyes need two people.
  if (actor.kind === 'SYSTEM' || actor.userId === null) return 'Only a person may approve or reject.';
  return actor.roles.includes('FINANCE_APPROVER') ? null : 'Only a finance approver may approve or reject.';
}

/** How the lines that are booked by the approval itself add up: without those that are booked already. Minor units. */
export function sharesToApprove(totals: SettlementTotals): {
  readonly agencyMinor: bigint;
  readonly feeMinor: bigint;
  /** What the buyer was credited for corrections of earlier statements, not below zero. */
  readonly creditMinor: bigint;
} {
  const creditMinor = -(totals.correctedAgencyMinor + totals.correctedFeeMinor);
  return {
    agencyMinor: totals.agencyMinor - totals.correctedAgencyMinor,
    feeMinor: totals.feeMinor - totals.correctedFeeMinor,
    creditMinor: creditMinor > 0n ? creditMinor : 0n,
  };
}
