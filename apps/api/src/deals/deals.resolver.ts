import type { OnModuleInit } from '@nestjs/common';
import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  CancelDeal,
  type DealCorrected,
  type DealFilter,
  DealQueries,
  ExplainedChargeQueries,
  RestateDeal,
} from '#deals';
import type { Actor } from '#organizations';
import { type Outcome, type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { type ConnectionOf, decodeId, readPage, toConnection, toUserErrors } from '../graphql/index.js';
import { LeadType } from '../leads/leads.types.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { chargeTypeOf, PriceExplanationType } from './charges.types.js';
import { DealReader } from './deal-reader.js';
import {
  CancelDealInput,
  CancelDealPayload,
  DealConnection,
  DealsArgs,
  DealType,
  dealTypeOf,
  RestateDealInput,
  RestateDealPayload,
} from './deals.types.js';

const cursor = { list: 'deals', key: ['uuid'] } as const;
const unknownDeal = refusal('NOT_FOUND', { field: ['input', 'dealId'] });

@Resolver(() => DealType)
export class DealsResolver implements OnModuleInit {
  constructor(
    private readonly restate: RestateDeal,
    private readonly cancel: CancelDeal,
    private readonly queries: DealQueries,
    private readonly charges: ExplainedChargeQueries,
    private readonly read: DealReader,
    private readonly nodes: NodeResolverRegistry,
  ) {}

  onModuleInit(): void {
    this.nodes.register('deal', {
      requires: 'leads:read',
      load: async (loaders, id) => await this.read.deal(loaders, id),
    });
  }

  @Requires('deals:correct')
  @Mutation(() => RestateDealPayload, {
    description: 'Gives a deal another amount and charges the difference.',
  })
  async restateDeal(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RestateDealInput,
  ): Promise<RestateDealPayload> {
    const dealId = decodeId('deal', input.dealId);
    if (dealId === undefined) return refused([unknownDeal]);
    return await this.answer(loaders, await this.restate.execute(actor, { ...input, dealId }));
  }

  @Requires('deals:correct')
  @Mutation(() => CancelDealPayload, { description: 'Takes a deal back and what was charged because of it.' })
  async cancelDeal(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: CancelDealInput,
  ): Promise<CancelDealPayload> {
    const dealId = decodeId('deal', input.dealId);
    if (dealId === undefined) return { ...refused([unknownDeal]), notes: [] };
    const canceled = await this.cancel.execute(actor, { ...input, dealId });
    return { ...(await this.answer(loaders, canceled)), notes: canceled.ok ? canceled.value.notes : [] };
  }

  @Requires('leads:read')
  @Query(() => DealType, { nullable: true })
  async deal(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<DealType | null> {
    const uuid = decodeId('deal', id);
    return uuid === undefined ? null : await this.read.deal(loaders, uuid);
  }

  @Requires('leads:read')
  @Query(() => DealConnection, { description: 'The last reported first.' })
  async deals(@CurrentActor() actor: Actor, @Args() args: DealsArgs): Promise<ConnectionOf<DealType>> {
    const page = readPage(args, cursor);
    const filter: DealFilter = args.status ? { state: args.status } : {};
    return toConnection(await this.queries.list(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: dealTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, filter, max),
    });
  }

  @ResolveField(() => LeadType)
  async lead(@Loaders() loaders: RequestLoaders, @Parent() { of }: DealType): Promise<LeadType> {
    return await this.read.lead(loaders, of.leadId);
  }

  @ResolveField(() => PriceExplanationType, {
    description: 'What the deal costs beside the lead, or why it costs nothing.',
  })
  async explanation(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: DealType,
  ): Promise<PriceExplanationType> {
    return await this.read.explanation(loaders, of);
  }

  private async answer(
    loaders: RequestLoaders,
    outcome: Outcome<DealCorrected & { readonly replayed: boolean }>,
  ): Promise<RestateDealPayload> {
    if (!outcome.ok) return refused(outcome.refusals);
    const { agencyId, dealId, chargeIds, replayed } = outcome.value;
    const [deal, charges] = await Promise.all([
      this.read.changedDeal(loaders, dealId),
      this.charges.byIds(agencyId, chargeIds),
    ]);
    return { deal, charges: charges.map(chargeTypeOf), replayed, userErrors: [] };
  }
}

function refused(refusals: readonly Refusal[]): RestateDealPayload {
  return { deal: null, charges: [], replayed: false, userErrors: toUserErrors(refusals, 'deal') };
}
