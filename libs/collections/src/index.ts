export {
  type BillingProfile,
  billingTerms,
  type BillingTerms,
  methodToCharge,
  type Recharge,
  type SavedMethod,
} from './billing-profile.js';
export {
  type Collection,
  type CollectionMethod,
  collectionMethods,
  type CollectionPart,
  type CollectionState,
  collectionStates,
  isLive,
  type Part,
} from './collection.js';
export {
  freePartsOf,
  type Invoice,
  type InvoiceLine,
  type InvoiceState,
  invoiceStates,
  openOf,
  paidOf,
} from './invoice.js';
export {
  type Dispute,
  type DisputeNature,
  disputeNatures,
  type DisputePart,
  type DisputePartState,
  type DisputeState,
  disputeStates,
} from './dispute.js';
export { type Refund, type RefundState, refundStates } from './refund.js';
export {
  type FailureClass,
  failureCodeOf,
  failureCodes,
  type FailureWords,
  failureWords,
} from './failure.js';
export { type CreditUse, exposureOf } from './credit.js';
export { agencyShareOf } from './parts.js';
export { SetBillingProfile, type SetBillingProfileInput } from './set-billing-profile.action.js';
export {
  BeginPaymentSetup,
  type BeginPaymentSetupInput,
  type PaymentSetupBegun,
} from './begin-payment-setup.action.js';
export {
  TopUpBalance,
  type TopUpBalanceInput,
  topUpPayload,
  type TopUpWanted,
} from './top-up-balance.action.js';
export { CollectInvoice, type CollectInvoiceInput } from './collect-invoice.action.js';
export { CancelCollection, type CancelCollectionInput } from './cancel-collection.action.js';
export { writeOffPayload } from './write-off.action.js';
export { type OutOfBandPayment, outOfBandPayload } from './out-of-band.action.js';
export { refundPayload, type RefundWanted } from './give-refund.action.js';
export { BillingQueries, type BuyerStanding, type Unbillable } from './billing.queries.js';
export { type InvoiceFilter, InvoiceQueries } from './invoice.queries.js';
export { type CollectionFilter, CollectionQueries } from './collection.queries.js';
export { type DisputeFilter, DisputeQueries } from './dispute.queries.js';
export { type RefundFilter, RefundQueries } from './refund.queries.js';
export { collectionInvariants } from './collections-invariants.js';
export { collectionsHandlers, CollectionsModule } from './collections.module.js';
