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
export {
  DryRunRoute,
  type DryRunRouteInput,
  mostRedecided,
  type RedecidedLead,
  type RouteDryRun,
} from './dry-run-route.queries.js';
export { RouteAgain } from './route-again.action.js';
/** For offers: leads that are decided again, and what would become of a lead that is not sent yet. */
export { type Release, ReleasedLeads } from './released-leads.action.js';
export { type LeadToTry, type LeadTried, TryLead } from './try-lead.action.js';
export type { PingContent } from './ping-content.js';
export { Overloaded } from './group-commit.js';
export { type LeadFilter, type LeadPage, LeadQueries } from './lead.queries.js';
export { SubmitLeads, type SubmittedLead } from './submit-leads.action.js';
export { ForeseeLeads, type ForeseenLead } from './foresee-leads.action.js';
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
