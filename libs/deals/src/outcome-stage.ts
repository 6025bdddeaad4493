import type { OutcomeStage } from '#leads';

/**
 * Which stage may follow which. Work moves forward and may jump; what ended a lead early can be reopened by better news; a sale
 * is always news, so WON may follow every stage, itself included (another deal). Nothing returns to NEW, and REFUNDED and
 * CANCELED come from taking the last live deal back, never from a report.
 */
export const stageTransitions: Readonly<Record<OutcomeStage, readonly OutcomeStage[]>> = {
  NEW: [
    'ATTEMPTED',
    'CONTACTED',
    'QUALIFIED',
    'APPOINTMENT_SET',
    'APPOINTMENT_HELD',
    'PROPOSAL',
    'WON',
    'LOST',
    'UNREACHABLE',
    'NOT_INTERESTED',
    'DISQUALIFIED',
  ],
  ATTEMPTED: [
    'CONTACTED',
    'QUALIFIED',
    'APPOINTMENT_SET',
    'APPOINTMENT_HELD',
    'PROPOSAL',
    'WON',
    'LOST',
    'UNREACHABLE',
    'NOT_INTERESTED',
    'DISQUALIFIED',
  ],
  CONTACTED: [
    'QUALIFIED',
    'APPOINTMENT_SET',
    'APPOINTMENT_HELD',
    'PROPOSAL',
    'WON',
    'LOST',
    'NOT_INTERESTED',
    'DISQUALIFIED',
  ],
  QUALIFIED: [
    'APPOINTMENT_SET',
    'APPOINTMENT_HELD',
    'PROPOSAL',
    'WON',
    'LOST',
    'NOT_INTERESTED',
    'DISQUALIFIED',
  ],
  APPOINTMENT_SET: ['APPOINTMENT_HELD', 'PROPOSAL', 'WON', 'LOST', 'NOT_INTERESTED', 'DISQUALIFIED'],
  APPOINTMENT_HELD: ['PROPOSAL', 'WON', 'LOST', 'NOT_INTERESTED', 'DISQUALIFIED'],
  PROPOSAL: ['WON', 'LOST', 'NOT_INTERESTED', 'DISQUALIFIED'],
  UNREACHABLE: [
    'ATTEMPTED',
    'CONTACTED',
    'QUALIFIED',
    'APPOINTMENT_SET',
    'APPOINTMENT_HELD',
    'PROPOSAL',
    'WON',
    'LOST',
    'NOT_INTERESTED',
    'DISQUALIFIED',
  ],
  NOT_INTERESTED: [
    'CONTACTED',
    'QUALIFIED',
    'APPOINTMENT_SET',
    'APPOINTMENT_HELD',
    'PROPOSAL',
    'WON',
    'LOST',
    'DISQUALIFIED',
  ],
  DISQUALIFIED: ['QUALIFIED', 'WON'],
  LOST: ['WON'],
  WON: ['WON'],
  REFUNDED: ['WON'],
  CANCELED: ['WON'],
};

/** Stages that say, or imply, that the lead is of high quality. */
export const qualifyingStages: readonly OutcomeStage[] = [
  'QUALIFIED',
  'APPOINTMENT_SET',
  'APPOINTMENT_HELD',
  'PROPOSAL',
  'WON',
];

/** What may follow this stage, in the order of the table. Never empty. */
export function allowedAfter(stage: OutcomeStage): readonly OutcomeStage[] {
  return stageTransitions[stage];
}

/** Whether a report may move a lead from one stage to the other. */
export function mayFollow(from: OutcomeStage, to: OutcomeStage): boolean {
  return stageTransitions[from].includes(to);
}

/** Whether a lead that reaches this stage counts as one of high quality. */
export function qualifies(stage: OutcomeStage): boolean {
  return qualifyingStages.includes(stage);
}

/** Stages that say that somebody tried to reach the person, or imply it. */
const attemptingStages: readonly OutcomeStage[] = ['ATTEMPTED', 'UNREACHABLE'];
/** Stages that nobody reaches without having spoken with the person. LOST and DISQUALIFIED may come of a look at the data. */
const contactingStages: readonly OutcomeStage[] = [
  'CONTACTED',
  'QUALIFIED',
  'APPOINTMENT_SET',
  'APPOINTMENT_HELD',
  'PROPOSAL',
  'WON',
  'NOT_INTERESTED',
];

/** What a reported stage says about reaching the person: that it was tried, that it was reached, or nothing. */
export function contactBy(stage: OutcomeStage): 'ATTEMPT' | 'CONTACT' | null {
  if (contactingStages.includes(stage)) return 'CONTACT';
  return attemptingStages.includes(stage) ? 'ATTEMPT' : null;
}

/**
 * Since when the lead counts as one of high quality, after a report: the first fact that says so counts, DISQUALIFIED takes it
 * back, and every other end (LOST, NOT_INTERESTED, UNREACHABLE) leaves it: a good lead that did not buy was still a good lead.
 */
export function qualifiedAtAfter(qualifiedAt: Date | null, to: OutcomeStage, occurredAt: Date): Date | null {
  if (to === 'DISQUALIFIED') return null;
  return qualifies(to) ? (qualifiedAt ?? occurredAt) : qualifiedAt;
}
