import { Module, type OnModuleInit } from '@nestjs/common';
import { LeadsModule } from '#leads';
import { PersonsModule } from '#persons';
import { LeadsApiModule } from '../leads/leads.module.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { ErasureResolver } from './erasure.resolver.js';
import { LeadActsResolver } from './lead-acts.resolver.js';
import { PersonLoaders } from './persons.loaders.js';
import { SuppressionsResolver } from './suppressions.resolver.js';

/** Suppression lists, quarantine, erasure, legal holds and proofs of consent as the API shows them. */
@Module({
  imports: [LeadsApiModule, LeadsModule, PersonsModule],
  providers: [ErasureResolver, LeadActsResolver, PersonLoaders, SuppressionsResolver],
})
export class PersonsApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: PersonLoaders,
  ) {}

  onModuleInit(): void {
    const { nodes, load } = this;
    nodes.register('sup', {
      requires: 'suppressions:manage',
      load: (loaders, uuid) => load.suppression(loaders, uuid),
    });
  }
}
