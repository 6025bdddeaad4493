import { Module, type OnModuleInit } from '@nestjs/common';
import { LeadsModule } from '#leads';
import { RoutingModule } from '#routing';
import { ContractsApiModule } from '../contracts/contracts.module.js';
import { LeadsApiModule } from '../leads/leads.module.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { BuyingRulesResolver } from './buying-rules.resolver.js';
import { DryRunContractsResolver, DryRunResolver } from './dry-run.resolver.js';
import { LeadRoutingResolver, RoutingEntriesResolver } from './lead-routing.resolver.js';
import { MissedLeadsResolver } from './missed-leads.resolver.js';
import { RouteLoaders } from './routes.loaders.js';
import { RouteEntriesResolver, RoutesResolver } from './routes.resolver.js';

/** Routes, what buyers want, and decisions as the API shows them. */
@Module({
  imports: [RoutingModule, LeadsModule, ContractsApiModule, LeadsApiModule],
  providers: [
    BuyingRulesResolver,
    DryRunContractsResolver,
    DryRunResolver,
    LeadRoutingResolver,
    MissedLeadsResolver,
    RouteEntriesResolver,
    RouteLoaders,
    RoutesResolver,
    RoutingEntriesResolver,
  ],
})
export class RoutesApiModule implements OnModuleInit {
  constructor(
    private readonly registry: NodeResolverRegistry,
    private readonly load: RouteLoaders,
  ) {}

  onModuleInit(): void {
    this.registry.register('rte', {
      requires: 'routes:read',
      load: (loaders, uuid) => this.load.route(loaders, uuid),
    });
  }
}
