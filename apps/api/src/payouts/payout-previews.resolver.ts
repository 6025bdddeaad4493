import { Args, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { HoldQueries, PayoutPreviews, PayoutQueries } from '#payouts';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { type ConnectionOf, decodeId, PageArgs, readPage, toConnection } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType } from '../organizations/organizations.types.js';
import { moneyOf } from '../payments/payments.types.js';
import { SettlementLoaders } from '../settlements/settlements.loaders.js';
import {
  FundingGapType,
  fundingGapTypeOf,
  holdTypeOf,
  PayoutPreviewType,
  previewTypeOf,
  WaitingSettlementConnection,
  type WaitingSettlementType,
} from './payouts.types.js';

const cursor = { list: 'waiting-settlements', key: ['uuid'] } as const;

/** What would be sent, and why not the rest. */
@Resolver(() => PayoutPreviewType)
export class PayoutPreviewsResolver {
  constructor(
    private readonly previews: PayoutPreviews,
    private readonly queries: PayoutQueries,
    private readonly holds: HoldQueries,
    private readonly settlements: SettlementLoaders,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('payouts:read')
  @Query(() => [PayoutPreviewType], {
    nullable: true,
    description:
      'For each currency in which the agency earns. Null for one that is missing or not yours to see.',
  })
  async payoutPreview(
    @CurrentActor() actor: Actor,
    @Args('agencyId', { type: () => ID }) id: string,
  ): Promise<readonly PayoutPreviewType[] | null> {
    const agencyId = decodeId('org', id);
    if (agencyId === undefined || !(await this.queries.seesAgency(actor, agencyId))) return null;
    return (await this.previews.ofAgency(agencyId)).map(previewTypeOf);
  }

  @Requires('payments:read')
  @Query(() => [FundingGapType], {
    description:
      "What agencies are to be sent against the operator's balance at the payment provider, by currency.",
  })
  async fundingGap(): Promise<readonly FundingGapType[]> {
    return (await this.previews.fundingGap()).map(fundingGapTypeOf);
  }

  @ResolveField(() => AgencyType)
  async agency(@Loaders() loaders: RequestLoaders, @Parent() { of }: PayoutPreviewType): Promise<AgencyType> {
    return await this.organizations.agency(loaders, of.agencyId);
  }

  @ResolveField(() => WaitingSettlementConnection, {
    description: 'Settlements of which something is still to come, the oldest first.',
  })
  async waiting(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: PayoutPreviewType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<WaitingSettlementType>> {
    const page = readPage(args, cursor);
    const book = { bookId: of.agencyId, currency: of.currency };
    const refs = await this.holds.waitingIds(book, page);
    const held = new Map((await this.holds.holdsOf(refs)).map((each) => [each.id, each]));
    const found = await Promise.all(refs.map(({ id }) => this.settlements.settlement(loaders, id)));
    const waiting = found.flatMap((settlement) => {
      const each = settlement && held.get(settlement.of.id);
      return settlement && each ? [{ settlement, each }] : [];
    });
    return toConnection(waiting, page, {
      keyOf: ({ each }) => [each.id],
      toNode: ({ settlement, each }) => ({
        settlement,
        amount: moneyOf(each.amountMinor, of.currency),
        holds: each.holds.map((hold) => holdTypeOf(hold, of.currency)),
      }),
      countUpTo: async (max) => await this.holds.countWaiting(book, max),
    });
  }
}
