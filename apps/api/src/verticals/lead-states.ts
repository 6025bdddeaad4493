import { type LeadState, leadStates } from '#leads';

/** What a lead's status says to the agency that sent it, and whether it may be told at once or comes later. */
export const stateMeanings: Readonly<Record<LeadState, string>> = {
  RECEIVED: 'It has arrived, and nothing is decided yet. No answer has it.',
  REJECTED: 'A person of the operator decided that nobody gets it, after it was QUARANTINED.',
  DUPLICATE:
    'The person was submitted before, within the window. It is kept and goes to nobody; `userErrors` has `DUPLICATE_LEAD`.',
  SUPPRESSED:
    'The person must not be contacted. It is kept and goes to nobody; `userErrors` has `LEAD_SUPPRESSED`.',
  QUARANTINED:
    'It breaks no rule and looks wrong, for the reason in `quarantineReason`: a person looks at it.',
  ACCEPTED: 'It is on its way to a buyer, or offered to several, and not sold yet.',
  UNSOLD: 'Nobody takes it at present. It is kept; `lead.routing` says why, and `routeLead` tries again.',
  SOLD: 'A buyer has it, and is charged.',
  RETURNED: 'Its buyer gave it back.',
  EXPIRED: 'It became too old to be sold.',
  ERASED: 'The person was erased.',
};

/** Those that the answer to a submission may have; the others come later. */
const answered: ReadonlySet<LeadState> = new Set([
  'DUPLICATE',
  'SUPPRESSED',
  'QUARANTINED',
  'ACCEPTED',
  'UNSOLD',
  'SOLD',
]);

/** Rows of the table of states: name, whether an answer may have it, and what it means. */
export function stateRows(): readonly (readonly [name: string, when: string, meaning: string])[] {
  return leadStates
    .filter((state) => state !== 'RECEIVED' && state !== 'EXPIRED')
    .map((state) => [state, answered.has(state) ? 'at once' : 'later', stateMeanings[state]]);
}
