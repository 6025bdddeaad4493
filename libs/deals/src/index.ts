export { allowedAfter, mayFollow, qualifies, qualifyingStages, stageTransitions } from './outcome-stage.js';
export {
  type OutcomeEvent,
  type OutcomeKind,
  type OutcomeProvenance,
  outcomeProvenances,
} from './outcome-event.js';
export { type Deal, type DealEnd, type DealState, type StatedMoney } from './deal.js';
export {
  type OutcomeReported,
  ReportOutcome,
  type ReportedOutcome,
  type ReportOutcomeInput,
} from './report-outcome.action.js';
export { type DealCorrected } from './correct-deal.action.js';
export { RestateDeal, type RestateDealInput } from './restate-deal.action.js';
export { CancelDeal, type CancelDealInput, type DealCanceled } from './cancel-deal.action.js';
export { type DealFilter, DealQueries } from './deal.queries.js';
export { OutcomeEventQueries } from './outcome-event.queries.js';
export { type DealPrice } from './deal-price.js';
export { DealPriceQueries } from './deal-price.queries.js';
export { type ExplainedCharge, ExplainedChargeQueries } from './explained-charge.queries.js';
export { DealsModule } from './deals.module.js';
