import { Module, type OnModuleInit } from '@nestjs/common';
import { ContractsModule } from '#contracts';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { OrganizationsApiModule } from '../organizations/organizations.module.js';
import { ContractControlsResolver } from './contract-controls.resolver.js';
import { ContractProposalsResolver } from './contract-proposals.resolver.js';
import { ContractLoaders } from './contracts.loaders.js';
import { ContractsResolver, ContractVersionResolver } from './contracts.resolver.js';

/** Contracts as the API shows them. */
@Module({
  imports: [ContractsModule, OrganizationsApiModule],
  providers: [
    ContractControlsResolver,
    ContractLoaders,
    ContractProposalsResolver,
    ContractsResolver,
    ContractVersionResolver,
  ],
  exports: [ContractLoaders],
})
export class ContractsApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: ContractLoaders,
  ) {}

  onModuleInit(): void {
    this.nodes.register('ctr', {
      requires: 'contracts:read',
      load: (loaders, uuid) => this.load.contract(loaders, uuid),
    });
  }
}
