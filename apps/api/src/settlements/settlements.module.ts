import { Module, type OnModuleInit } from '@nestjs/common';
import { ApprovalsModule } from '#approvals';
import { SettlementsModule } from '#settlements';
import { DealsApiModule } from '../deals/deals.module.js';
import { LeadsApiModule } from '../leads/leads.module.js';
import { LedgerApiModule } from '../ledger/ledger.module.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { OrganizationsApiModule } from '../organizations/organizations.module.js';
import { PrepareSettlementsResolver, SettlementActsResolver } from './settlement-acts.resolver.js';
import { SettlementApprovalsResolver } from './settlement-approvals.resolver.js';
import { SettlementLinesResolver } from './settlement-lines.resolver.js';
import { SettlementLoaders } from './settlements.loaders.js';
import { SettlementsResolver } from './settlements.resolver.js';

/** Settlements and their lines as the API shows them. */
@Module({
  imports: [
    ApprovalsModule,
    SettlementsModule,
    OrganizationsApiModule,
    LeadsApiModule,
    DealsApiModule,
    LedgerApiModule,
  ],
  providers: [
    SettlementLoaders,
    SettlementsResolver,
    SettlementLinesResolver,
    SettlementApprovalsResolver,
    PrepareSettlementsResolver,
    SettlementActsResolver,
  ],
  exports: [SettlementLoaders],
})
export class SettlementsApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: SettlementLoaders,
  ) {}

  onModuleInit(): void {
    const { nodes, load } = this;
    nodes.register('stl', {
      requires: 'settlements:read',
      load: (loaders, uuid) => load.settlement(loaders, uuid),
    });
    nodes.register('chg', {
      requires: 'settlements:read',
      load: (loaders, uuid) => load.line(loaders, uuid),
    });
  }
}
