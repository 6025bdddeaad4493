export {
  approvalSubject,
  decideAct,
  type HoldReason,
  holdReasons,
  type Settlement,
  type SettlementAct,
  settlementActs,
  type SettlementRef,
  type SettlementState,
  settlementStates,
  type SettlementTotals,
  settlementTransitions,
  sharesToApprove,
  unapprovedStates,
} from './settlement.js';
export {
  advanceSettlements,
  lockSettlements,
  type SettlementMove,
  type SettlementMoved,
} from './advance-settlements.store.js';
export { decidePeriod, type Series } from './period.js';
export {
  maxPreparedAtOnce,
  PrepareSettlements,
  type PrepareSettlementsInput,
  type SettlementsPrepared,
} from './prepare-settlements.action.js';
export {
  type SettlementActed,
  type SettlementActInput,
  type SettlementNotedInput,
} from './decide-settlement.action.js';
export { SubmitSettlement } from './submit-settlement.action.js';
export { ApproveSettlement } from './approve-settlement.action.js';
export { RejectSettlement } from './reject-settlement.action.js';
export { VoidSettlement } from './void-settlement.action.js';
export { type SettlementEvent, type SettlementFilter, SettlementQueries } from './settlement.queries.js';
export { type Lined, type RunningTotal, SettlementLineQueries } from './settlement-line.queries.js';
export { explainGroup, type LineGroup } from './settlement-line.js';
export { type BookedJournal, BookedJournalQueries, type BookedPosting } from './booked-journal.queries.js';
export { bookInvariants, settlementInvariants } from './book-invariants.js';
export { SettlementsModule } from './settlements.module.js';
