import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { invariant } from '#outcome';
import { Loaders, RequestLoaders } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { ContractType } from '../contracts/contracts.types.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { BuyerType } from '../organizations/organizations.types.js';
import { LeadLoaders } from './leads.loaders.js';
import { DeliveryType, LeadType } from './leads.types.js';

/** A delivery's neighbours: its lead, its buyer and the contract that prices it. */
@Resolver(() => DeliveryType)
export class DeliveriesResolver {
  constructor(
    private readonly leads: LeadLoaders,
    private readonly organizations: OrganizationLoaders,
    private readonly contracts: ContractLoaders,
  ) {}

  @ResolveField(() => LeadType, {
    nullable: true,
    description: 'Null for a buyer that has not taken it: until then it sees nothing of the person.',
  })
  async lead(@Loaders() loaders: RequestLoaders, @Parent() { of }: DeliveryType): Promise<LeadType | null> {
    return await this.leads.lead(loaders, of.leadId);
  }

  @ResolveField(() => BuyerType)
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: DeliveryType): Promise<BuyerType> {
    return await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => ContractType)
  async contract(@Loaders() loaders: RequestLoaders, @Parent() { of }: DeliveryType): Promise<ContractType> {
    const contract = await this.contracts.contract(loaders, of.contractId);
    invariant(contract, 'a delivery has no contract that its reader may see');
    return contract;
  }
}
