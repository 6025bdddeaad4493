/** The table of types, and what is told of each: docs/events.md is made of it. */
export {
  type EventFact,
  type EventType,
  eventTypeNames,
  eventTypes,
  isEventType,
  type PayloadField,
  type PayloadOf,
} from './event-type.js';
export { eventTypesPage } from './events-page.js';
/** Telling of facts: one by one, or as a part of a statement that writes many. */
export { emit } from './emit.store.js';
export { eventTables, type FactsSql } from './event-sql.js';
export { settleEventClock } from './event-clock.store.js';
/** Reading the feed. */
export { EventQueries, readableTypes } from './event.queries.js';
export {
  type FeedEvent,
  messageBody,
  type ShowId,
  shownPayload,
  type StoredPayload,
  type ToldEvent,
} from './payload.js';
export { sampleEvent } from './sample-event.js';
/** Endpoints of webhooks, and what people do to them. */
export {
  type DisabledReason,
  disabledReasons,
  type EndpointAct,
  type EndpointState,
  endpointStates,
  maxEndpoints,
  maxSecretOverlapHours,
  type WebhookEndpoint,
} from './webhook-endpoint.js';
export {
  CreateWebhookEndpoint,
  type CreateWebhookEndpointInput,
  type WebhookEndpointCreated,
} from './create-webhook-endpoint.action.js';
export type { WebhookActInput } from './webhook-acts.action.js';
export {
  ManageWebhookEndpoint,
  RotateWebhookSecret,
  type RotateWebhookSecretInput,
  SendTestEvent,
} from './manage-webhook-endpoint.action.js';
export {
  missingEvent,
  type ReplayedPart,
  ReplayWebhooks,
  type ReplayWebhooksInput,
  ResendWebhook,
  type ResendWebhookInput,
  type WebhooksReplayed,
} from './replay-webhooks.action.js';
/** The log of messages. */
export {
  maxShownAttempts,
  type MessageFailure,
  type MessageState,
  messageStates,
  type WebhookAttempt,
  type WebhookMessageLog,
} from './webhook-message.js';
export { WebhookQueries } from './webhook.queries.js';
export { WebhookEndpointStore } from './webhook-endpoint.store.js';
/** Sending: the queue, and the relay that works it off. */
export { WebhookQueueStore } from './webhook-queue.store.js';
export { type RelayTools, startRelay } from './relay-webhooks.action.js';
export { TidyWebhooks } from './tidy-webhooks.action.js';
export { EventsModule, webhookTargets } from './events.module.js';
