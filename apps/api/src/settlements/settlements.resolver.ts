import { Args, ID, Int, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { type Actor, may } from '#organizations';
import { type SettlementFilter, SettlementLineQueries, SettlementQueries } from '#settlements';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  badUserInput,
  type ConnectionOf,
  decodeId,
  MoneyType,
  PageArgs,
  readPage,
  toConnection,
} from '../graphql/index.js';
import { JournalLoaders } from '../ledger/journals.loaders.js';
import { JournalType } from '../ledger/ledger.types.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType, BuyerType } from '../organizations/organizations.types.js';
import { SettlementsArgs } from './settlements.inputs.js';
import { SettlementLoaders } from './settlements.loaders.js';
import {
  eventTypeOf,
  groupTypeOf,
  lineTypeOf,
  moneyTypeOf,
  SettlementConnection,
  SettlementEventType,
  SettlementGroupType,
  SettlementLineConnection,
  type SettlementLineType,
  SettlementType,
  settlementTypeOf,
} from './settlements.types.js';

const cursor = { list: 'settlements', key: ['uuid'] } as const;
const lineCursor = { list: 'settlement-lines', key: ['uuid'] } as const;
const maxGroups = 200;
/** A well-formed id of nobody: a filter by what is no id finds nothing, like one by a missing organization. */
const nobody = '00000000-0000-0000-0000-000000000000';

function filterBy(id: string | null | undefined): string | undefined {
  return id === null || id === undefined ? undefined : (decodeId('org', id) ?? nobody);
}

@Resolver(() => SettlementType)
export class SettlementsResolver {
  constructor(
    private readonly queries: SettlementQueries,
    private readonly lineQueries: SettlementLineQueries,
    private readonly load: SettlementLoaders,
    private readonly journals: JournalLoaders,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('settlements:read')
  @Query(() => SettlementType, { nullable: true })
  async settlement(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<SettlementType | null> {
    const uuid = decodeId('stl', id);
    return uuid === undefined ? null : await this.load.settlement(loaders, uuid);
  }

  @Requires('settlements:read')
  @Query(() => SettlementConnection, { description: 'Newest first.' })
  async settlements(
    @CurrentActor() actor: Actor,
    @Args() args: SettlementsArgs,
  ): Promise<ConnectionOf<SettlementType>> {
    const page = readPage(args, cursor);
    const filter: SettlementFilter = {
      state: args.status ?? undefined,
      agencyId: filterBy(args.agencyId),
      buyerId: filterBy(args.buyerId),
      periodStart: args.periodStart ?? undefined,
    };
    return toConnection(await this.queries.page(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: settlementTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, filter, max),
    });
  }

  @ResolveField(() => AgencyType)
  async agency(@Loaders() loaders: RequestLoaders, @Parent() { of }: SettlementType): Promise<AgencyType> {
    return await this.organizations.agency(loaders, of.agencyId);
  }

  @ResolveField(() => BuyerType)
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: SettlementType): Promise<BuyerType> {
    return await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => MoneyType, {
    description: 'What the buyer owes; while it gathers, so far; once it is voided, as it was.',
  })
  async total(@Loaders() loaders: RequestLoaders, @Parent() settlement: SettlementType): Promise<MoneyType> {
    const { agencyMinor, feeMinor } = await this.load.totals(loaders, settlement.of);
    return moneyTypeOf(agencyMinor + feeMinor, settlement.of.currency);
  }

  @ResolveField(() => MoneyType, { description: 'The part that the agency earns.' })
  async agencyTotal(
    @Loaders() loaders: RequestLoaders,
    @Parent() settlement: SettlementType,
  ): Promise<MoneyType> {
    const { agencyMinor } = await this.load.totals(loaders, settlement.of);
    return moneyTypeOf(agencyMinor, settlement.of.currency);
  }

  @ResolveField(() => MoneyType, { description: "The operator's fee." })
  async feeTotal(
    @Loaders() loaders: RequestLoaders,
    @Parent() settlement: SettlementType,
  ): Promise<MoneyType> {
    const { feeMinor } = await this.load.totals(loaders, settlement.of);
    return moneyTypeOf(feeMinor, settlement.of.currency);
  }

  @ResolveField(() => Int)
  async lineCount(@Loaders() loaders: RequestLoaders, @Parent() settlement: SettlementType): Promise<number> {
    return (await this.load.totals(loaders, settlement.of)).lineCount;
  }

  @ResolveField(() => SettlementLineConnection, {
    description:
      'In the order in which they were charged. None of a voided statement: the revision after it holds them.',
  })
  async lines(
    @Parent() { of }: SettlementType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<SettlementLineType>> {
    const page = readPage(args, lineCursor);
    const voided = of.state === 'VOIDED';
    return toConnection(voided ? [] : await this.lineQueries.page(of, page), page, {
      keyOf: ({ id }) => [id],
      toNode: lineTypeOf,
      countUpTo: async (max) => (voided ? 0 : await this.lineQueries.count(of, max)),
    });
  }

  @ResolveField(() => [SettlementGroupType], { description: 'Its lines, summed up by component and amount.' })
  async groups(
    @Parent() { of }: SettlementType,
    @Args('max', {
      type: () => Int,
      defaultValue: 50,
      description: `How many amounts are told apart, 1 to ${maxGroups}; the rest of a component is one group.`,
    })
    max: number,
  ): Promise<SettlementGroupType[]> {
    if (max < 1 || max > maxGroups) throw badUserInput('max', `max must be from 1 to ${maxGroups}.`);
    return of.state === 'VOIDED' ? [] : (await this.lineQueries.groups(of, max)).map(groupTypeOf);
  }

  @ResolveField(() => [SettlementEventType], { description: 'Its changes of status, oldest first.' })
  async history(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementType,
  ): Promise<SettlementEventType[]> {
    return (await loaders.of(this.load.history).load(of)).map(eventTypeOf);
  }

  @ResolveField(() => JournalType, {
    nullable: true,
    description: 'How the approval is booked; null before it, and without the permission ledger:read.',
  })
  async approvalJournal(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementType,
  ): Promise<JournalType | null> {
    if (of.approvalJournalId === null || !may(actor, 'ledger:read')) return null;
    return await this.journals.journal(loaders, of.approvalJournalId);
  }
}
