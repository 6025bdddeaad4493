import { done, type Outcome, refuse } from '#outcome';

/** Every reason for which a lead can be given back. */
export const returnReasons = [
  'INVALID_PHONE',
  'INVALID_EMAIL',
  'WRONG_PERSON',
  'BOGUS_DATA',
  'DUPLICATE',
  'OUT_OF_AREA',
  'OUT_OF_CRITERIA',
  'DENIES_REQUEST',
  'CONSENT_MISSING',
  'DNC_COMPLAINT',
  'PRIOR_RELATIONSHIP',
  'TEST_LEAD',
  'FRAUD',
  'OTHER',
] as const;
/** A return is for a defect, never for "did not close". */
export type ReturnReason = (typeof returnReasons)[number];

/** Every state of a return. */
export const returnStates = [
  'REQUESTED',
  'UNDER_REVIEW',
  'APPROVED',
  'AUTO_APPROVED',
  'DENIED',
  'ESCALATED',
  'WITHDRAWN',
  'EXPIRED',
] as const;
/** Where a return stands; REQUESTED and UNDER_REVIEW are undecided. */
export type ReturnState = (typeof returnStates)[number];

/** A lead given back for credit: at most one per delivery. */
export interface Return {
  readonly agencyId: string;
  readonly id: string;
  readonly deliveryId: string;
  readonly leadId: string;
  readonly buyerId: string;
  readonly state: ReturnState;
  readonly reason: ReturnReason;
  readonly note: string | null;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  /** Undecided by then, it is approved. */
  readonly decideBy: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly decisionNote: string | null;
}

/** Which state may follow which. What is decided stays decided. */
export const returnTransitions: Readonly<Record<ReturnState, readonly ReturnState[]>> = {
  REQUESTED: ['UNDER_REVIEW', 'APPROVED', 'AUTO_APPROVED', 'DENIED', 'ESCALATED', 'WITHDRAWN', 'EXPIRED'],
  UNDER_REVIEW: ['APPROVED', 'AUTO_APPROVED', 'DENIED', 'ESCALATED', 'WITHDRAWN', 'EXPIRED'],
  ESCALATED: ['APPROVED', 'DENIED', 'WITHDRAWN'],
  APPROVED: [],
  AUTO_APPROVED: [],
  DENIED: [],
  WITHDRAWN: [],
  EXPIRED: [],
};

/** The states from which a return may become `state`, for conditional updates. */
export function returnStatesBefore(state: ReturnState): readonly ReturnState[] {
  return returnStates.filter((from) => returnTransitions[from].includes(state));
}

const hourMs = 3_600_000;
const decisionHours = 48;

/** A lead can be given back until `returnWindowDays` days of 24 hours after its delivery, that instant included. */
export function insideReturnWindow(deliveredAt: Date, returnWindowDays: number, now: Date): boolean {
  return now.getTime() <= deliveredAt.getTime() + returnWindowDays * 24 * hourMs;
}

/** The agency has 48 hours to object. */
export function decideByOf(requestedAt: Date): Date {
  return new Date(requestedAt.getTime() + decisionHours * hourMs);
}

/** What a person can answer to a return. */
export type ReturnDecision = 'APPROVE' | 'DENY';

/**
 * The state that a person's decision leads to. Refuses RETURN_DECIDED; after the time to decide is over a denial comes too late,
 * whether or not the automatic approval has run by then, so that the answer does not depend on a worker's timing.
 */
export function decide(
  found: Pick<Return, 'state' | 'decideBy'>,
  decision: ReturnDecision,
  now: Date,
): Outcome<'APPROVED' | 'DENIED'> {
  const field = ['input', 'returnId'];
  const next = decision === 'APPROVE' ? 'APPROVED' : 'DENIED';
  if (!returnTransitions[found.state].includes(next)) return refuse('RETURN_DECIDED', { field });
  const mayLapse = returnTransitions[found.state].includes('AUTO_APPROVED');
  if (decision === 'DENY' && mayLapse && now.getTime() >= found.decideBy.getTime()) {
    return refuse('RETURN_DECIDED', {
      field,
      message: `The ${decisionHours} hours to decide are over, so the return is approved.`,
    });
  }
  return done(next);
}

const maxNoteLength = 2_000;
/** A lone surrogate is no character: PostgreSQL refuses it. The `u` flag matches it as a code point of category Cs. */
const unusable = /[\p{Cc}\p{Cs}]/u;

/** A note as it is kept: trimmed, at most 2,000 characters, no control characters but line breaks and tabs; null for none. */
export function readReturnNote(text: string | undefined): Outcome<string | null> {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return done(null);
  const tooLong = trimmed.length > 2 * maxNoteLength || [...trimmed].length > maxNoteLength;
  if (tooLong || unusable.test(trimmed.replace(/[\n\r\t]/g, ' '))) {
    return refuse('INVALID_VALUE', {
      field: ['input', 'note'],
      message: `The note must have at most ${maxNoteLength} characters and no control characters.`,
    });
  }
  return done(trimmed);
}
