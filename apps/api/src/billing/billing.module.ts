import { Module, type OnModuleInit } from '@nestjs/common';
import { OrganizationsModule } from '#organizations';
import { SettlementsModule } from '#settlements';
import { PaymentsProcessModule } from '../../../process/src/payments.module.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { OrganizationsApiModule } from '../organizations/organizations.module.js';
import { SettlementsApiModule } from '../settlements/settlements.module.js';
import { BillingLoaders } from './billing.loaders.js';
import { BillingProfilesResolver } from './billing-profiles.resolver.js';
import { BillingRequestsResolver } from './billing-requests.resolver.js';
import { CollectionsResolver } from './collections.resolver.js';
import { DisputesResolver, RefundsResolver } from './disputes.resolver.js';
import { InvoicePartsResolver, InvoicesResolver } from './invoices.resolver.js';
import { SettlementInvoicesResolver } from './settlement-invoices.resolver.js';

/** What buyers are asked to pay and how they pay it, as the API shows it. */
@Module({
  imports: [
    OrganizationsApiModule,
    OrganizationsModule,
    PaymentsProcessModule,
    SettlementsApiModule,
    SettlementsModule,
  ],
  providers: [
    BillingLoaders,
    BillingProfilesResolver,
    BillingRequestsResolver,
    CollectionsResolver,
    DisputesResolver,
    InvoicePartsResolver,
    InvoicesResolver,
    RefundsResolver,
    SettlementInvoicesResolver,
  ],
})
export class BillingApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: BillingLoaders,
  ) {}

  onModuleInit(): void {
    const { nodes, load } = this;
    const requires = 'billing:read';
    nodes.register('inv', { requires, load: (loaders, uuid) => load.invoice(loaders, uuid) });
    nodes.register('col', { requires, load: (loaders, uuid) => load.collection(loaders, uuid) });
    nodes.register('dsp', { requires, load: (loaders, uuid) => load.dispute(loaders, uuid) });
    nodes.register('rfd', { requires, load: (loaders, uuid) => load.refund(loaders, uuid) });
  }
}
