export type {
  AccountRequirement,
  AccountSnapshot,
  Answer,
  BankPayoutSnapshot,
  BuyerSnapshot,
  DisputeSnapshot,
  FetchableKind,
  FrozenBody,
  FundsMovement,
  FundsPage,
  InvoiceLine,
  InvoiceSnapshot,
  MethodSnapshot,
  OperationKind,
  PaymentFailure,
  PaymentMethodKind,
  PaymentProvider,
  PaymentRequest,
  PaymentSnapshot,
  ProviderBalance,
  ProviderEvent,
  ProviderObject,
  ProviderObjectKind,
  RefundSnapshot,
  ReversalSnapshot,
  Sendable,
  SetupSnapshot,
  SnapshotOf,
  TransferSnapshot,
} from './provider.js';
export { ProviderUnavailable } from './provider.js';
export { refuseFor } from './refuse-for.js';
export {
  type FinanceRequestHandler,
  type FinanceRequestKind,
  financeRequestKinds,
  type FinanceRequestMeasure,
  type FinanceRequestPayload,
  type ObjectHandler,
  type ObjectHandlerOf,
  type OperationHandler,
  type OperationRefusal,
  type PaymentHandlers,
  type Unfinished,
} from './handlers.js';
export {
  keyExpired,
  keyTrustedForMs,
  type Operation,
  type OperationState,
  operationStates,
} from './operation.js';
export { HandlerRegistry } from './handler-registry.js';
export { type OperationRequest, Operations } from './operations.action.js';
export { SendOperations } from './send-operations.action.js';
export { type EventReceived, ReceiveEvent } from './receive-event.action.js';
export { ApplyEvents } from './apply-events.action.js';
export { type EventState, pruneEvents } from './event.store.js';
export { type ObjectRef, type Refreshed, RefreshObjects } from './refresh-objects.action.js';
export { SweepUnfinished } from './sweep-unfinished.action.js';
export { type Mirrored, MirrorFunds } from './mirror-funds.action.js';
export { Reconcile } from './reconcile.action.js';
export {
  type ComparedAccount,
  type Difference,
  type DifferenceKind,
  differenceKinds,
  differenceOf,
  type Reconciliation,
} from './difference.js';
export {
  checkFinance,
  type FinanceRequest,
  type FinanceRequestState,
  financeRequestStates,
  readText,
} from './finance-request.js';
export {
  type FinanceRequested,
  RequestFinanceAct,
  type RequestFinanceActInput,
} from './request-finance-act.action.js';
export {
  type ApproveFinanceRequestInput,
  DecideFinanceRequest,
  type DenyFinanceRequestInput,
} from './decide-finance-request.action.js';
export { type MovementMeaning, movementMeanings } from './book-movement.action.js';
export {
  ControlPayments,
  type ResumePaymentsInput,
  type RetryOperationInput,
  type StopPaymentsInput,
} from './control-payments.action.js';
export { type FinanceRequestFilter, type OperationFilter, PaymentQueries } from './payment.queries.js';
export { operatorBook, recordFunds } from './funds.store.js';
export {
  type AccountFreeze,
  arePaymentsStopped,
  type PaymentControl,
  type PaymentsHalt,
  paymentsHalted,
} from './payment-control.store.js';
export { paymentInvariants } from './payment-invariants.js';
export { guardedProvider } from './guarded-provider.js';
export { TokenBucket } from './token-bucket.js';
export { type PaymentLog, type PaymentLogFields } from './payment-log.js';
export { PaymentsModule } from './payments.module.js';
