import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Inject } from '@nestjs/common';
import type { Clock } from '#calendar';
import { ClaimLead, type LeadClaimed, OfferQueries } from '#offers';
import type { Actor } from '#organizations';
import { invariant, type Outcome, refuse } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { ContractType } from '../contracts/contracts.types.js';
import {
  type ConnectionOf,
  decodeId,
  encodeId,
  PageArgs,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import { LeadLoaders } from '../leads/leads.loaders.js';
import { LeadType } from '../leads/leads.types.js';
import { ClaimLeadInput, ClaimLeadPayload } from './offers.inputs.js';
import { OfferLoaders } from './offers.loaders.js';
import {
  LeadBidType,
  LeadOfferConnection,
  LeadOfferingType,
  LeadOfferType,
  leadOfferTypeOf,
} from './offers.types.js';

const cursor = { list: 'leadOffers', key: ['uuid'] } as const;

/** What is offered to buyers, and taken by them. */
@Resolver(() => LeadOfferType)
export class LeadOffersResolver {
  constructor(
    private readonly queries: OfferQueries,
    private readonly claim: ClaimLead,
    private readonly leads: LeadLoaders,
    private readonly contracts: ContractLoaders,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  @Requires('leads:read')
  @Query(() => LeadOfferConnection, {
    description:
      'Leads that may be claimed now, the oldest first: what is offered to you, or for an agency its own.',
  })
  async leadOffers(
    @CurrentActor() actor: Actor,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<LeadOfferType>> {
    const page = readPage(args, cursor);
    const now = this.clock.now();
    const rows = await this.queries.page(actor, now, page);
    return toConnection(rows, page, {
      keyOf: ({ id }) => [id],
      toNode: leadOfferTypeOf,
      countUpTo: (max) => this.queries.count(actor, now, max),
    });
  }

  @Requires('leads:claim')
  @Mutation(() => ClaimLeadPayload, {
    description:
      'Takes a lead that is offered to you. The first one has it; of a shared lead, as many as may.',
  })
  async claimLead(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ClaimLeadInput,
  ): Promise<ClaimLeadPayload> {
    const offerId = decodeId('off', input.offerId);
    const outcome: Outcome<LeadClaimed> =
      offerId === undefined
        ? refuse('NOT_FOUND', { field: ['input', 'offerId'] })
        : await this.claim.execute(actor, { ...input, offerId });
    if (!outcome.ok)
      return { lead: null, leadId: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    const { leadId, replayed } = outcome.value;
    const lead = await this.leads.lead(loaders, leadId);
    return { lead, leadId: encodeId('lead', leadId), replayed, userErrors: [] };
  }

  @ResolveField(() => ContractType)
  async contract(@Loaders() loaders: RequestLoaders, @Parent() { of }: LeadOfferType): Promise<ContractType> {
    return await contractOf(this.contracts, loaders, of.contractId);
  }
}

/** How a lead was offered. */
@Resolver(() => LeadType)
export class LeadOfferingsResolver {
  constructor(private readonly load: OfferLoaders) {}

  @ResolveField(() => [LeadOfferingType], {
    description:
      'Rounds of bids and times to claim, the first one first. `routing` tells what was decided by them.',
  })
  async offerings(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: LeadType,
  ): Promise<LeadOfferingType[]> {
    return await this.load.offerings(loaders, of.id);
  }
}

/** The contract of one to whom a lead was offered. */
@Resolver(() => LeadBidType)
export class LeadBidsResolver {
  constructor(private readonly contracts: ContractLoaders) {}

  @ResolveField(() => ContractType)
  async contract(@Loaders() loaders: RequestLoaders, @Parent() { of }: LeadBidType): Promise<ContractType> {
    return await contractOf(this.contracts, loaders, of.contractId);
  }
}

async function contractOf(
  contracts: ContractLoaders,
  loaders: RequestLoaders,
  contractId: string,
): Promise<ContractType> {
  const contract = await contracts.contract(loaders, contractId);
  invariant(contract, 'an offer has no contract that its reader may see');
  return contract;
}
