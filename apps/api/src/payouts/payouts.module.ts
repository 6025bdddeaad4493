import { Module } from '@nestjs/common';
import { SettlementsModule } from '#settlements';
import { PaymentsProcessModule } from '../../../process/src/payments.module.js';
import { OrganizationsApiModule } from '../organizations/organizations.module.js';
import { SettlementsApiModule } from '../settlements/settlements.module.js';
import {
  ContestedPaymentsResolver,
  DisputeQueueResolver,
  FailingItemsResolver,
  FailingQueueResolver,
  FinanceQueuesResolver,
  OperationQueueResolver,
  SettlementQueuesResolver,
} from './finance-queues.resolver.js';
import { PaymentAccountsResolver } from './payment-accounts.resolver.js';
import { PayoutPreviewsResolver } from './payout-previews.resolver.js';
import { PayoutRequestsResolver } from './payout-requests.resolver.js';
import { PayoutLoaders } from './payouts.loaders.js';
import { PayoutsResolver } from './payouts.resolver.js';
import { SettlementHoldsResolver } from './settlement-holds.resolver.js';

/** Holds, payouts and accounts of agencies as the API shows them, and the queues of finance. */
@Module({
  imports: [OrganizationsApiModule, PaymentsProcessModule, SettlementsModule, SettlementsApiModule],
  providers: [
    PayoutLoaders,
    PayoutsResolver,
    PaymentAccountsResolver,
    PayoutPreviewsResolver,
    PayoutRequestsResolver,
    SettlementHoldsResolver,
    FinanceQueuesResolver,
    SettlementQueuesResolver,
    FailingQueueResolver,
    FailingItemsResolver,
    OperationQueueResolver,
    DisputeQueueResolver,
    ContestedPaymentsResolver,
  ],
})
export class PayoutsApiModule {}
