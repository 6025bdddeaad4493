import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { type DisputeFilter, DisputeQueries, type RefundFilter, RefundQueries } from '#collections';
import type { Actor } from '#organizations';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { type ConnectionOf, readPage, toConnection } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType, BuyerType } from '../organizations/organizations.types.js';
import { SettlementLoaders } from '../settlements/settlements.loaders.js';
import { DisputesArgs, RefundsArgs } from './billing.inputs.js';
import { BillingLoaders } from './billing.loaders.js';
import {
  DisputeConnection,
  DisputePartType,
  disputePartTypeOf,
  DisputeType,
  disputeTypeOf,
  RefundConnection,
  RefundType,
  refundTypeOf,
} from './disputes.types.js';
import { CollectionType } from './invoices.types.js';
import { filterBy } from './read-billing.js';

const disputeCursor = { list: 'disputes', key: ['uuid'] } as const;
const refundCursor = { list: 'refunds', key: ['uuid'] } as const;

/** Payments that banks take back. */
@Resolver(() => DisputeType)
export class DisputesResolver {
  constructor(
    private readonly queries: DisputeQueries,
    private readonly load: BillingLoaders,
    private readonly settlements: SettlementLoaders,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('billing:read')
  @Query(() => DisputeConnection, { description: 'Newest first.' })
  async disputes(
    @CurrentActor() actor: Actor,
    @Args() args: DisputesArgs,
  ): Promise<ConnectionOf<DisputeType>> {
    const page = readPage(args, disputeCursor);
    const filter: DisputeFilter = { state: args.status ?? undefined, buyerId: filterBy(args.buyerId) };
    return toConnection(await this.queries.page(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: disputeTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, filter, max),
    });
  }

  @ResolveField(() => BuyerType, { nullable: true })
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: DisputeType): Promise<BuyerType | null> {
    return of.buyerId === null ? null : await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => CollectionType, { nullable: true, description: 'What is contested.' })
  async collection(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: DisputeType,
  ): Promise<CollectionType | null> {
    return of.collectionId === null ? null : await this.load.collection(loaders, of.collectionId);
  }

  @ResolveField(() => [DisputePartType], {
    description: "What of it concerns which settlement; the rest is of the buyer's balance.",
  })
  async parts(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: DisputeType,
  ): Promise<readonly DisputePartType[]> {
    const parts = await loaders.of(this.load.disputeParts).load(of.id);
    const found = await Promise.all(parts.map(({ id }) => this.settlements.settlement(loaders, id)));
    return parts.flatMap((part, index) => {
      const settlement = found[index] ?? null;
      return settlement === null ? [] : [disputePartTypeOf(part, settlement)];
    });
  }
}

/** Credit that buyers are given back. */
@Resolver(() => RefundType)
export class RefundsResolver {
  constructor(
    private readonly queries: RefundQueries,
    private readonly load: BillingLoaders,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('billing:read')
  @Query(() => RefundConnection, { description: 'Newest first.' })
  async refunds(@CurrentActor() actor: Actor, @Args() args: RefundsArgs): Promise<ConnectionOf<RefundType>> {
    const page = readPage(args, refundCursor);
    const filter: RefundFilter = { state: args.status ?? undefined, buyerId: filterBy(args.buyerId) };
    return toConnection(await this.queries.page(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: refundTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, filter, max),
    });
  }

  @ResolveField(() => BuyerType)
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: RefundType): Promise<BuyerType> {
    return await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => AgencyType, {
    nullable: true,
    description: 'Whose corrections the credit is for; null: it was prepaid.',
  })
  async agency(@Loaders() loaders: RequestLoaders, @Parent() { of }: RefundType): Promise<AgencyType | null> {
    const found = await this.organizations.organization(loaders, of.bookId);
    return found instanceof AgencyType ? found : null;
  }

  @ResolveField(() => CollectionType, { nullable: true, description: 'The payment whose way it goes back.' })
  async collection(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: RefundType,
  ): Promise<CollectionType | null> {
    return await this.load.collection(loaders, of.collectionId);
  }
}
