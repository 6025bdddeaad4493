import { Args, Query, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { MissedLeadQueries, mostMissedLooked } from '#routing';
import { CurrentActor, Requires } from '../access/index.js';
import { type ConnectionOf, decodeId, readPage, toConnection } from '../graphql/index.js';
import {
  MissedLeadConnection,
  MissedLeadsArgs,
  missedLeadTypeOf,
  type MissedLeadType,
} from './missed-leads.types.js';

const cursor = { list: 'missedLeads', key: ['uuid'] } as const;

/** Why leads did not come to a buyer. */
@Resolver()
export class MissedLeadsResolver {
  constructor(private readonly missed: MissedLeadQueries) {}

  @Requires('leads:read')
  @Query(() => MissedLeadConnection, {
    description: `Leads that were considered for a contract and went past its buyer, newest first, each with the reason against the contract. A page looks through ${mostMissedLooked} leads of the vertical at most.`,
  })
  async missedLeads(
    @CurrentActor() actor: Actor,
    @Args() args: MissedLeadsArgs,
  ): Promise<ConnectionOf<MissedLeadType>> {
    const page = readPage(args, cursor);
    const uuid = decodeId('ctr', args.contractId);
    const rows = uuid === undefined ? [] : await this.missed.page(actor, uuid, page);
    return toConnection(rows, page, {
      keyOf: ({ leadId }) => [leadId],
      toNode: missedLeadTypeOf,
      countUpTo: async (max) =>
        uuid === undefined
          ? 0
          : (await this.missed.page(actor, uuid, { limit: max - 1, backwards: false })).length,
    });
  }
}
