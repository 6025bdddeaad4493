export {
  insideReturnWindow,
  type Return,
  type ReturnDecision,
  type ReturnReason,
  returnReasons,
  type ReturnState,
  returnStates,
  returnTransitions,
} from './return.js';
export { RequestReturn, type RequestReturnInput, type ReturnRequested } from './request-return.action.js';
export { DecideReturn, type DecideReturnInput, type ReturnDecided } from './decide-return.action.js';
export { AutoApproveReturns } from './auto-approve-returns.action.js';
export { type ReturnFilter, ReturnQueries } from './return.queries.js';
export { ReturnsModule } from './returns.module.js';
