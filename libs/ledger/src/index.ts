export {
  type AccountKind,
  accountKey,
  accountKinds,
  type AccountRef,
  accountsOfContract,
  balanceOf,
  bookAccount,
  buyerAccount,
  type Side,
} from './account.js';
export { mirrorOf, type NewJournal, type NewPosting } from './posting.js';
export {
  type AgencyFunds,
  type AgencySplit,
  agencyShareCorrected,
  type ApprovedShares,
  chargeAccrued,
  chargeReversed,
  feeShareCorrected,
  type Payee,
  settlementApproved,
  takeFromAgency,
} from './recipes.js';
export {
  balanceFilled,
  balanceSpent,
  clawbackNetted,
  clawbackWrittenOff,
  collected,
  collectionReturned,
  creditApplied,
  disputeFee,
  disputeLost,
  disputeOpened,
  disputeWon,
  fillingReturned,
  heldAgain,
  heldAgainAfterPayout,
  holdReleased,
  paidOutOfBand,
  providerFee,
  receivableWrittenOff,
  refundCameBack,
  refundDecided,
  refundDone,
  refundFailed,
  sentToBank,
  transferFailed,
  transferRequested,
  transferReversed,
  transferSucceeded,
} from './payment-recipes.js';
export { ensureAccounts } from './accounts.store.js';
export { type Booker, inputHashOf, type PostedJournal, postJournals } from './post-journals.store.js';
export {
  type AccountBalance,
  balancesOfBook,
  type KindBalance,
  lockAndBalance,
  type Reader,
  splitFromAgency,
  type TrialBalance,
  trialBalances,
} from './balances.queries.js';
export { balancesOfBooks, type BookBalance, type BookCurrency, lockBooks } from './book-balances.queries.js';
export { advanceCheckpoint, booksWithAccounts } from './checkpoint.store.js';
export { AdvanceCheckpoints } from './advance-checkpoints.action.js';
export { LedgerModule } from './ledger.module.js';
export { type LedgerInvariant, ledgerInvariants } from './invariants.js';
export { type InvariantResult, runInvariants } from './invariants.queries.js';
export { inputHashSql, type JournalSql, type PostingSql, postingText } from './ledger-sql.js';
export { ledgerRecipesMarkdown } from './recipes-page.js';
