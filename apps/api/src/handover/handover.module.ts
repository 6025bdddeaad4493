import { Module, type OnModuleInit } from '@nestjs/common';
import { HandoverModule } from '#handover';
import { ContractsApiModule } from '../contracts/contracts.module.js';
import { LeadsApiModule } from '../leads/leads.module.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { OrganizationsApiModule } from '../organizations/organizations.module.js';
import { DestinationActsResolver } from './destination-acts.resolver.js';
import { DestinationsResolver } from './destinations.resolver.js';
import { DeliveryAttemptsResolver, HandedOverResolver, SampleLeadsResolver } from './handed-over.resolver.js';
import { HandoverActsResolver } from './handover-acts.resolver.js';
import { HandoverLoaders } from './handover.loaders.js';

/** Destinations, the log of deliveries and the speed of buyers as the API shows them. */
@Module({
  imports: [HandoverModule, ContractsApiModule, LeadsApiModule, OrganizationsApiModule],
  providers: [
    HandoverLoaders,
    DestinationsResolver,
    DestinationActsResolver,
    HandoverActsResolver,
    HandedOverResolver,
    DeliveryAttemptsResolver,
    SampleLeadsResolver,
  ],
})
export class HandoverApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: HandoverLoaders,
  ) {}

  onModuleInit(): void {
    const { nodes, load } = this;
    const requires = 'destinations:manage';
    nodes.register('dst', { requires, load: (loaders, uuid) => load.destination(loaders, uuid) });
    nodes.register('smp', { requires, load: (loaders, uuid) => load.sample(loaders, uuid) });
  }
}
