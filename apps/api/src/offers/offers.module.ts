import { Module, type OnModuleInit } from '@nestjs/common';
import { OffersModule } from '#offers';
import { ContractsApiModule } from '../contracts/contracts.module.js';
import { LeadsApiModule } from '../leads/leads.module.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { LeadBidsResolver, LeadOfferingsResolver, LeadOffersResolver } from './lead-offers.resolver.js';
import { LeadPingsResolver } from './lead-pings.resolver.js';
import { OfferLoaders } from './offers.loaders.js';
import { PingAddressesResolver } from './ping-addresses.resolver.js';
import { PingSubmissions } from './ping-submissions.js';

/** Offers, claims and pings as the API shows them. */
@Module({
  imports: [OffersModule, ContractsApiModule, LeadsApiModule],
  providers: [
    LeadBidsResolver,
    LeadOfferingsResolver,
    LeadOffersResolver,
    LeadPingsResolver,
    OfferLoaders,
    PingAddressesResolver,
    PingSubmissions,
  ],
  exports: [PingSubmissions],
})
export class OffersApiModule implements OnModuleInit {
  constructor(
    private readonly registry: NodeResolverRegistry,
    private readonly load: OfferLoaders,
  ) {}

  onModuleInit(): void {
    this.registry.register('ping', {
      requires: 'leads:submit',
      load: (loaders, uuid) => this.load.ping(loaders, uuid),
    });
    this.registry.register('off', {
      requires: 'leads:read',
      load: (loaders, uuid) => this.load.offer(loaders, uuid),
    });
  }
}
