import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { SystemClock } from '#calendar';
import { HandoverQueries } from '#handover';
import type { Actor } from '#organizations';
import { circuitState } from '#webhooks';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { ContractType } from '../contracts/contracts.types.js';
import { WebhookCircuit } from '../events/webhooks.types.js';
import { type ConnectionOf, decodeOptionalId, readPage, toConnection } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { BuyerType } from '../organizations/organizations.types.js';
import { DestinationsArgs } from './destinations.inputs.js';
import { DestinationConnection, DestinationType, destinationTypeOf } from './destinations.types.js';
import { HandoverLoaders } from './handover.loaders.js';

const cursor = { list: 'destinations', key: ['uuid'] } as const;
/** An id that is none finds nothing: the zero UUID belongs to nobody. */
const nobody = '00000000-0000-0000-0000-000000000000';
// Circuits open and close by real time, also where the sandbox is ahead.
const clock = new SystemClock();

@Resolver(() => DestinationType)
export class DestinationsResolver {
  constructor(
    private readonly queries: HandoverQueries,
    private readonly load: HandoverLoaders,
    private readonly organizations: OrganizationLoaders,
    private readonly contractLoaders: ContractLoaders,
  ) {}

  @Requires('destinations:manage')
  @Query(() => DestinationConnection, {
    description: 'The destinations of a buyer that are not deleted, oldest first.',
  })
  async destinations(
    @CurrentActor() actor: Actor,
    @Args() args: DestinationsArgs,
  ): Promise<ConnectionOf<DestinationType>> {
    const page = readPage(args, cursor);
    const named = decodeOptionalId('org', args.buyerId);
    const buyerId = named === null ? actor.organizationId : (named ?? nobody);
    return toConnection(await this.queries.destinationPage(actor, buyerId, page), page, {
      keyOf: ({ id }) => [id],
      toNode: destinationTypeOf,
      countUpTo: async (max) => await this.queries.countDestinations(actor, buyerId, max),
    });
  }

  @ResolveField(() => BuyerType)
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: DestinationType): Promise<BuyerType> {
    return await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => [ContractType], { description: 'Those that name it, at most a hundred.' })
  async contracts(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: DestinationType,
  ): Promise<ContractType[]> {
    const ids = await this.load.contractsOf(loaders, of.id);
    const found = await Promise.all(ids.map(async (id) => await this.contractLoaders.contract(loaders, id)));
    return found.filter((contract) => contract !== null);
  }

  @ResolveField(() => WebhookCircuit, { description: 'While it is open, routing passes the contracts over.' })
  circuit(@Parent() { of }: DestinationType): WebhookCircuit {
    const { failures, openUntil: until } = of;
    return { state: circuitState({ failures, opened: 0, openUntil: until }, clock.now()), failures, until };
  }
}
