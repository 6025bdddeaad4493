import { Args, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { DealQueries, OutcomeEventQueries } from '#deals';
import type { Actor } from '#organizations';
import { CurrentActor, Loaders, RequestLoaders } from '../access/index.js';
import { type ConnectionOf, PageArgs, readPage, toConnection } from '../graphql/index.js';
import { LeadType } from '../leads/leads.types.js';
import { DealLoaders } from './deals.loaders.js';
import { DealConnection, type DealType, dealTypeOf } from './deals.types.js';
import { OutcomeEventConnection, type OutcomeEventType, outcomeEventTypeOf } from './outcomes.types.js';

const dealCursor = { list: 'lead-deals', key: ['uuid'] } as const;
const eventCursor = { list: 'lead-outcomes', key: ['uuid'] } as const;

/** What became of a lead, as fields of the lead. */
@Resolver(() => LeadType)
export class LeadOutcomesResolver {
  constructor(
    private readonly loadersOf: DealLoaders,
    private readonly dealQueries: DealQueries,
    private readonly eventQueries: OutcomeEventQueries,
  ) {}

  @ResolveField(() => OutcomeEventConnection, {
    description: 'Its history, in the order in which it was reported.',
  })
  async outcomes(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of: lead }: LeadType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<OutcomeEventType>> {
    const page = readPage(args, eventCursor);
    const found = await loaders.of(this.loadersOf.eventPageOfLead).load({ leadId: lead.id, page });
    return toConnection(found, page, {
      keyOf: ({ id }) => [id],
      toNode: outcomeEventTypeOf,
      countUpTo: async (max) => await this.eventQueries.countOfLead(actor, lead.id, max),
    });
  }

  @ResolveField(() => DealConnection, {
    description: 'The sales that it brought, in the order in which they were reported.',
  })
  async deals(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of: lead }: LeadType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<DealType>> {
    const page = readPage(args, dealCursor);
    const found = await loaders.of(this.loadersOf.pageOfLead).load({ leadId: lead.id, page });
    return toConnection(found, page, {
      keyOf: ({ id }) => [id],
      toNode: dealTypeOf,
      countUpTo: async (max) => await this.dealQueries.countOfLead(actor, lead.id, max),
    });
  }
}
