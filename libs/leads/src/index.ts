export * from './lead.js';
export * from './delivery.js';
export { type LeadSubmission, textLimits } from './check-submission.js';
export { type ForcedAnswer, forcedAnswers, type ForcedRefusal, testDomain } from './forced-answer.js';
export { postalCodeShapes } from './postal-code.js';
export { type PossibleRefusal, possibleRefusals } from './submission-answers.js';
export { deliveryColumns, deliveryOf, type DeliveryRow, DeliveryStore } from './delivery.store.js';
export {
  AcceptanceStore,
  type AnsweredDelivery,
  type EndedDelivery,
  type UndeliveredDelivery,
  type WrittenBy,
} from './acceptance.store.js';
export { destinationOfContract, handoverTable } from './destination-sql.js';
export { RouteUnsoldLead } from './route-unsold-lead.action.js';
export { RouteAgain } from './route-again.action.js';
export { Overloaded } from './group-commit.js';
export { type LeadFilter, type LeadPage, LeadQueries } from './lead.queries.js';
export { SubmitLeads, type SubmittedLead } from './submit-leads.action.js';
/** What people decide on leads: quarantine, erasure, legal holds, proofs of consent. */
export { DecideQuarantine, type DecideLeadInput, type LeadDecided } from './decide-quarantine.action.js';
export {
  ErasePerson,
  type ErasePersonInput,
  type PersonErased,
  type PersonToErase,
} from './erase-person.action.js';
export { HoldLead, type PlaceLegalHoldInput } from './hold-lead.action.js';
export { type ConsentProof, consentYears } from './consent-proof.store.js';
export { ReadConsentProof } from './read-consent-proof.action.js';
export { ForgetPersons } from './forget-persons.action.js';
export { LeadsModule } from './leads.module.js';
