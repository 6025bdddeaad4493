export { type Adjustment, type AdjustmentReason, adjustmentReasons, showAdjustment } from './adjustment.js';
/** What was taken from settlements after their approval; a statement however many they are. Minor units. */
export { AdjustmentQueries } from './adjustment.queries.js';
/** One round of waiting of a settlement's agency share; amounts in minor units. */
export type { Hold } from './hold.js';
export { type HoldShown, reasonsForBuyers } from './hold-reasons.js';
export {
  type AccountState,
  accountStates,
  type PaymentAccount,
  type RequirementShown,
  showAccountState,
  showRequirements,
} from './payment-account.js';
export { type Payout, type PayoutState, payoutStates } from './payout.js';
export { type WaitReason, waitReasons } from './plan.js';
export { showPayout } from './payout-words.js';
export { showFailure } from './failure-words.js';
/** Payouts and accounts as an actor sees them. */
export { type BankPayout, type PayoutFilter, PayoutQueries } from './payout.queries.js';
/** Why settlements are held, in a few statements however many they are. */
export { type HeldSettlement, HoldQueries } from './hold.queries.js';
/** What would be sent now and why not, and whether there is money to send it from. */
export { type FundingGap, type PayoutPreview, PayoutPreviews } from './payout-preview.queries.js';
/** What finance looks at every day: counts, totals and lists. */
export {
  type FailingKind,
  failingKinds,
  type FinanceQueue,
  FinanceQueueQueries,
  type QueueItem,
} from './finance-queue.queries.js';
/** Begins the onboarding of an agency, and looks at its account. Refusals are values; see its methods. */
export { type BeginOnboardingInput, OnboardAgency, type OnboardingBegun } from './onboard-agency.action.js';
/** Payloads of the finance requests that this library does. */
export { holdOverrideOf } from './override-hold.action.js';
export {
  type ClawbackWriteOff,
  clawbackWriteOffOf,
  readClawbackWriteOff,
} from './write-off-clawback.action.js';
/** What must hold of holds, payouts and reversals, for the list of all invariants. */
export { payoutInvariants } from './payout-invariants.js';
/** What payouts contribute to payments, under the token {@link payoutHandlers}. */
export { payoutHandlers, PayoutsModule } from './payouts.module.js';
