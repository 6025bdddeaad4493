import { Module, type OnModuleInit } from '@nestjs/common';
import { LeadsModule } from '#leads';
import { ContractsApiModule } from '../contracts/contracts.module.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { OrganizationsApiModule } from '../organizations/organizations.module.js';
import { DeliveriesResolver } from './deliveries.resolver.js';
import { LeadSubmissions } from './lead-submissions.js';
import { LeadLoaders } from './leads.loaders.js';
import { LeadsResolver } from './leads.resolver.js';

/** Leads and deliveries as the API shows them. */
@Module({
  imports: [LeadsModule, ContractsApiModule, OrganizationsApiModule],
  providers: [DeliveriesResolver, LeadLoaders, LeadSubmissions, LeadsResolver],
  exports: [LeadLoaders, LeadSubmissions],
})
export class LeadsApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: LeadLoaders,
  ) {}

  onModuleInit(): void {
    const { nodes, load } = this;
    nodes.register('lead', { requires: 'leads:read', load: (loaders, uuid) => load.lead(loaders, uuid) });
    nodes.register('dlv', { requires: 'leads:read', load: (loaders, uuid) => load.delivery(loaders, uuid) });
  }
}
