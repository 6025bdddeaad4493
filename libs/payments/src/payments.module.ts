import { ApprovalsModule } from '#approvals';
import { Module } from '@nestjs/common';
import { ApplyEvents } from './apply-events.action.js';
import { AttributeFunds } from './attribute-funds.action.js';
import { bookMovementRequests } from './book-movement.action.js';
import { ControlPayments } from './control-payments.action.js';
import { DecideFinanceRequest } from './decide-finance-request.action.js';
import { HandlerRegistry } from './handler-registry.js';
import { MirrorFunds } from './mirror-funds.action.js';
import { OpenFunds } from './open-funds.action.js';
import { OperationSender } from './operation-sender.action.js';
import { Operations } from './operations.action.js';
import { PaymentQueries } from './payment.queries.js';
import { ReceiveEvent } from './receive-event.action.js';
import { Reconcile } from './reconcile.action.js';
import { RefreshObjects } from './refresh-objects.action.js';
import { RequestFinanceAct } from './request-finance-act.action.js';
import { SendOperations } from './send-operations.action.js';
import { SweepUnfinished } from './sweep-unfinished.action.js';

const offered = [
  ApplyEvents,
  ControlPayments,
  DecideFinanceRequest,
  HandlerRegistry,
  MirrorFunds,
  Operations,
  PaymentQueries,
  ReceiveEvent,
  Reconcile,
  RefreshObjects,
  RequestFinanceAct,
  SendOperations,
  SweepUnfinished,
];

/** What this library decides by itself. */
const ownHandlers = { operations: [], objects: [], unfinished: [], financeRequests: [bookMovementRequests] };

/**
 * Operations at the payment provider. Needs global providers of 'PaymentProvider' (null: payments are off), 'Clock',
 * 'Config' and 'Log', and the database module. The process adds to the HandlerRegistry what the libraries above
 * contribute.
 */
@Module({
  imports: [ApprovalsModule],
  providers: [
    ...offered.filter((each) => each !== HandlerRegistry),
    {
      provide: HandlerRegistry,
      useFactory: () => {
        const registry = new HandlerRegistry();
        registry.add(ownHandlers);
        return registry;
      },
    },
    AttributeFunds,
    OpenFunds,
    OperationSender,
  ],
  exports: offered,
})
export class PaymentsModule {}
