import { Module } from '@nestjs/common';
import { ApprovalsModule } from '#approvals';
import { PaymentsProcessModule } from '../../../process/src/payments.module.js';
import { OrganizationsApiModule } from '../organizations/organizations.module.js';
import { FinanceRequestsResolver } from './finance-requests.resolver.js';
import { AccountFreezesResolver, PaymentControlResolver } from './payment-control.resolver.js';
import { PaymentLoaders } from './payments.loaders.js';
import { PaymentOperationsResolver } from './payment-operations.resolver.js';
import {
  ComparedAccountsResolver,
  DifferencesResolver,
  ReconciliationResolver,
} from './reconciliation.resolver.js';

/** Payments as the operator's finance sees them. */
@Module({
  imports: [ApprovalsModule, OrganizationsApiModule, PaymentsProcessModule],
  providers: [
    PaymentLoaders,
    PaymentControlResolver,
    AccountFreezesResolver,
    PaymentOperationsResolver,
    ReconciliationResolver,
    ComparedAccountsResolver,
    DifferencesResolver,
    FinanceRequestsResolver,
  ],
})
export class PaymentsApiModule {}
