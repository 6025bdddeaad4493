/** Handing leads over to their buyers: where to, in what form, how often, and what the answers mean. */

/** Destinations, and what people do to them. */
export {
  type Destination,
  type DestinationAct,
  type DestinationDisabledReason,
  destinationDisabledReasons,
  type DestinationKind,
  destinationKinds,
  type DestinationSettings,
  type DestinationState,
  destinationStates,
  type EmailSettings,
  maxDestinations,
  maxSecretOverlapHours,
  type WebhookSettings,
} from './destination.js';
export type { RawTarget } from './check-destination.queries.js';
export type { RawEmail, RawHeader, RawWebhook } from './raw-destination.js';
export type { DestinationActInput } from './destination-acts.action.js';
export {
  CreateDestination,
  type CreateDestinationInput,
  type DestinationCreated,
} from './create-destination.action.js';
export {
  ManageDestination,
  RotateDestinationSecret,
  type RotateDestinationSecretInput,
  UpdateDestination,
  type UpdateDestinationInput,
} from './manage-destination.action.js';
export {
  PlaceDestination,
  type SetContractDestinationInput,
  type SetDefaultDestinationInput,
} from './place-destination.action.js';
export { SendSampleLead, type SendSampleLeadInput } from './send-sample-lead.action.js';
export { ResendDelivery, type ResendDeliveryInput } from './resend-delivery.action.js';
/** The form of what is sent, and how answers are read. */
export { fieldNames, type SentLead } from './sent-lead.js';
export { type MappedField, type MappedType, mappedTypes, maxMappedFields } from './mapping.js';
export { type AnswerRules, defaultAnswerRules, type Verdict, verdicts } from './answer.js';
export { sampleLead, webhookBody } from './lead-message.js';
/** The log. */
export type { DeliveryAttempt, HandoverLog, SampleLog, SampleRequest } from './handover-log.js';
export {
  giveUpAfterMs,
  type HandoverFailure,
  mailFailures,
  maxTries,
  tryTimeoutMs,
  untriedFailures,
} from './next-step.js';
export { type AttemptPage, HandoverQueries } from './handover.queries.js';
/** Sending: the queue, and the relay that works it off. */
export { DestinationStore } from './destination.store.js';
export { HandoverQueueStore, type TakenHandover } from './handover-queue.store.js';
export { type HandoverTools, type OnUndelivered, startHandoverRelay } from './relay-deliveries.action.js';
export { TryHandover } from './try-handover.action.js';
export { MailSender, type MailSettings } from './send-mail.action.js';
export { TidyHandovers } from './tidy-handovers.action.js';
/** What must hold between deliveries, their queue and the books. */
export { handoverInvariants } from './handover-invariants.js';
/** How soon buyers reach the people. */
export { RerouteOverdue } from './reroute-overdue.action.js';
export { type SpeedToLead, speedToLead } from './speed-to-lead.js';
export { TellOverdueContacts } from './overdue-contacts.action.js';
export { createTryHandover, HandoverModule, mailSettings } from './handover.module.js';
