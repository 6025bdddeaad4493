/** Sending webhooks: addresses, signatures, tries. Knows what is sent by nobody, and to whom by no organization. */

/** Which addresses may be sent to, and why a URL is refused. */
export {
  type AddressPolicy,
  type AddressRefusal,
  refusalOfAddress,
  refusalOfPeer,
} from './address-policy.js';
export { readTarget, type Target, type TargetRefusal, targetRefusalMessages } from './target-url.js';
/** Where a URL leads, asked before it is saved and before every try. */
export { createResolve, type Resolve, type Resolved } from './dns.js';
export { type ResolvedTarget, Targets } from './targets.js';
/** One try. */
export {
  longestBodyBytes,
  webhookHeaders,
  type WebhookFailure,
  webhookFailures,
  type WebhookMessage,
  WebhookSender,
  type WebhookTry,
} from './send-webhook.action.js';
/** Standard Webhooks: secrets and signatures, of the sender and of who receives. */
export {
  readSecret,
  secretBytes,
  showSecret,
  type SignatureFault,
  type SignedMessage,
  signWebhook,
  verifyWebhook,
} from './signature.js';
/** When a message is tried again, and until when. */
export { giveUpAfterHours, maxTries, pauseAfterMs, readRetryAfter } from './retry.js';
/** When an endpoint is left alone. */
export {
  type Circuit,
  circuitAfterFailure,
  type CircuitState,
  circuitState,
  closedCircuit,
  type FailedTry,
} from './circuit.js';
export { CircuitStore, type EndpointTry } from './circuit.store.js';
/** How many messages go to one endpoint at the same time. */
export { EndpointSlots, slotsAtFirst } from './slots.js';
/** Working a queue of messages off: taking, trying, writing down; one bad endpoint never slows another. */
export { type RelayRoom, type RelayWork, runRelay, type RunningRelay } from './relay.js';
