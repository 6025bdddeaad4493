export * from './lead.js';
export * from './delivery.js';
export type { LeadSubmission } from './check-submission.js';
export { DeliveryStore } from './delivery.store.js';
export { Overloaded } from './group-commit.js';
export { type LeadFilter, type LeadPage, LeadQueries } from './lead.queries.js';
export { SubmitLeads, type SubmittedLead } from './submit-leads.action.js';
export { LeadsModule } from './leads.module.js';
