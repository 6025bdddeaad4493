import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { invariant, refusal } from '#outcome';
import { DefineRoute, RouteQueries } from '#routing';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { ContractType } from '../contracts/contracts.types.js';
import {
  type ConnectionOf,
  decodeId,
  encodeId,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import {
  DefineRouteInput,
  DefineRoutePayload,
  RemoveRouteInput,
  RemoveRoutePayload,
  RoutesArgs,
} from './routes.inputs.js';
import { rawRouteOf } from './raw-route-of.js';
import { RouteLoaders } from './routes.loaders.js';
import { RouteConnection, RouteEntryType, RouteType, routeTypeOf } from './routes.types.js';

const cursor = { list: 'routes', key: ['uuid'] } as const;

@Resolver(() => RouteType)
export class RoutesResolver {
  constructor(
    private readonly queries: RouteQueries,
    private readonly load: RouteLoaders,
    private readonly defineOne: DefineRoute,
  ) {}

  @Requires('routes:read')
  @Query(() => RouteType, { nullable: true })
  async route(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<RouteType | null> {
    const uuid = decodeId('rte', id);
    return uuid === undefined ? null : await this.load.route(loaders, uuid);
  }

  @Requires('routes:read')
  @Query(() => RouteConnection, { description: "An agency's routes, newest first. A buyer sees none." })
  async routes(@CurrentActor() actor: Actor, @Args() args: RoutesArgs): Promise<ConnectionOf<RouteType>> {
    const page = readPage(args, cursor);
    const filter = { vertical: args.vertical ?? null };
    const rows = await this.queries.page(actor, filter, page);
    return toConnection(rows, page, {
      keyOf: ({ id }) => [id],
      toNode: routeTypeOf,
      countUpTo: (max) => this.queries.count(actor, filter, max),
    });
  }

  @Requires('routes:manage')
  @Mutation(() => DefineRoutePayload, {
    description: 'Makes a route, or changes the one of that name. Leads are routed by it at once.',
  })
  async defineRoute(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: DefineRouteInput,
  ): Promise<DefineRoutePayload> {
    const outcome = await this.defineOne.execute(actor, { ...input, route: rawRouteOf(input.route) });
    if (!outcome.ok) return { route: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    this.load.forget(loaders);
    const { routeId, replayed } = outcome.value;
    return { route: await this.load.route(loaders, routeId), replayed, userErrors: [] };
  }

  @Requires('routes:manage')
  @Mutation(() => RemoveRoutePayload, {
    description: 'Takes a route away. Decisions that went by it stay as they are.',
  })
  async removeRoute(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RemoveRouteInput,
  ): Promise<RemoveRoutePayload> {
    const routeId = decodeId('rte', input.routeId);
    if (routeId === undefined) {
      const userErrors = toUserErrors([refusal('NOT_FOUND', { field: ['input', 'routeId'] })]);
      return { removedRouteId: null, replayed: false, userErrors };
    }
    const outcome = await this.defineOne.remove(actor, { ...input, routeId });
    if (!outcome.ok) {
      return { removedRouteId: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    }
    this.load.forget(loaders);
    const { replayed } = outcome.value;
    return { removedRouteId: encodeId('rte', outcome.value.routeId), replayed, userErrors: [] };
  }
}

/** An entry's contract. */
@Resolver(() => RouteEntryType)
export class RouteEntriesResolver {
  constructor(private readonly contracts: ContractLoaders) {}

  @ResolveField(() => ContractType)
  async contract(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: RouteEntryType,
  ): Promise<ContractType> {
    const contract = await this.contracts.contract(loaders, of.contractId);
    invariant(contract, 'an entry has no contract that its reader may see');
    return contract;
  }
}
