/** Leads that are offered to several buyers: rounds of bids, claims, and what agencies ask before they send a lead. */

/** Where buyers are asked for bids. */
export { maxPingOverlapHours, type PingAddress } from './ping-address.js';
export { PingAddressStore } from './ping-address.store.js';
export {
  ManagePingAddress,
  type PingAddressActed,
  type PingAddressInput,
  type RotatePingSecretInput,
  type SetPingAddressInput,
} from './manage-ping-address.action.js';
export { type SampleAnswered, type SamplePinged, SendSamplePing } from './send-sample-ping.action.js';
/** What is asked, and how answers are read. */
export { AskBuyers, type Asked, type BidAnswered, usualAnswerMs } from './ask-buyers.action.js';
export { pingBody, type PingFacts, postalPrefix } from './ping-message.js';
export { believed, bidSeconds, type PingAnswer, readPingAnswer } from './ping-answer.js';
/** Work that waits: rounds to be held, claims whose time is over. */
export { HoldRounds } from './hold-rounds.action.js';
export { LapseClaims } from './lapse-claims.action.js';
/** A buyer takes what is offered. */
export { ClaimLead, type ClaimLeadInput, type LeadClaimed } from './claim-lead.action.js';
export { type AskedContract, type LeadOffer, type Offering, OfferQueries } from './offer.queries.js';
/** An agency asks before it sends. */
export { type LeadPinged, PingLead } from './ping-lead.action.js';
export { type PingKept, PingStore } from './ping.store.js';
export { OffersModule } from './offers.module.js';
