import type { OnModuleInit } from '@nestjs/common';
import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { type PayoutFilter, PayoutQueries } from '#payouts';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { type ConnectionOf, decodeId, PageArgs, readPage, toConnection } from '../graphql/index.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType } from '../organizations/organizations.types.js';
import { SettlementLoaders } from '../settlements/settlements.loaders.js';
import { SettlementConnection, type SettlementType } from '../settlements/settlements.types.js';
import { PayoutsArgs } from './payouts.inputs.js';
import { PayoutLoaders } from './payouts.loaders.js';
import {
  BankPayoutType,
  bankPayoutTypeOf,
  PayoutConnection,
  PayoutType,
  payoutTypeOf,
} from './payouts.types.js';

const cursor = { list: 'payouts', key: ['uuid'] } as const;
const settlementCursor = { list: 'payout-settlements', key: ['uuid'] } as const;
/** A well-formed id of nobody: a filter by what is no id finds nothing, like one by a missing organization. */
const nobody = '00000000-0000-0000-0000-000000000000';

@Resolver(() => PayoutType)
export class PayoutsResolver implements OnModuleInit {
  constructor(
    private readonly queries: PayoutQueries,
    private readonly load: PayoutLoaders,
    private readonly settlementLoaders: SettlementLoaders,
    private readonly organizations: OrganizationLoaders,
    private readonly nodes: NodeResolverRegistry,
  ) {}

  onModuleInit(): void {
    this.nodes.register('pyo', {
      requires: 'payouts:read',
      load: async (loaders, id) => await this.find(loaders, id),
    });
  }

  @Requires('payouts:read')
  @Query(() => PayoutType, { nullable: true })
  async payout(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<PayoutType | null> {
    const uuid = decodeId('pyo', id);
    return uuid === undefined ? null : await this.find(loaders, uuid);
  }

  @Requires('payouts:read')
  @Query(() => PayoutConnection, { description: 'Newest first.' })
  async payouts(@CurrentActor() actor: Actor, @Args() args: PayoutsArgs): Promise<ConnectionOf<PayoutType>> {
    const page = readPage(args, cursor);
    const { agencyId } = args;
    const filter: PayoutFilter = {
      state: args.status ?? undefined,
      agencyId:
        agencyId === null || agencyId === undefined ? undefined : (decodeId('org', agencyId) ?? nobody),
    };
    return toConnection(await this.queries.page(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: payoutTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, filter, max),
    });
  }

  @ResolveField(() => AgencyType)
  async agency(@Loaders() loaders: RequestLoaders, @Parent() { of }: PayoutType): Promise<AgencyType> {
    return await this.organizations.agency(loaders, of.agencyId);
  }

  @ResolveField(() => BankPayoutType, {
    nullable: true,
    description: "How it went on to the agency's bank; null until that is seen.",
  })
  async bankPayout(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: PayoutType,
  ): Promise<BankPayoutType | null> {
    if (of.bankPayoutId === null) return null;
    const found = await loaders.of(this.load.bankPayout).load(of.bankPayoutId);
    return found && bankPayoutTypeOf(found);
  }

  @ResolveField(() => SettlementConnection, { description: 'What it carries, in whole or in part.' })
  async settlements(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: PayoutType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<SettlementType>> {
    const page = readPage(args, settlementCursor);
    const ids = await loaders.of(this.load.settlementIds).load({ of, page });
    const found = await Promise.all(ids.map((id) => this.settlementLoaders.settlement(loaders, id)));
    const settlements = found.flatMap((each) => each ?? []);
    return toConnection(settlements, page, {
      keyOf: ({ of: settlement }) => [settlement.id],
      toNode: (settlement) => settlement,
      countUpTo: async (max) => await this.queries.countSettlements(of, max),
    });
  }

  private async find(loaders: RequestLoaders, id: string): Promise<PayoutType | null> {
    const found = await loaders.of(this.load.byId).load(id);
    return found && payoutTypeOf(found);
  }
}
