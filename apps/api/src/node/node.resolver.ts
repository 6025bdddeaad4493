import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { CurrentActor, Loaders, Requires, RequestLoaders } from '../access/index.js';
import { badUserInput } from '../graphql/errors.js';
import { Node } from './node.type.js';
import { NodeResolverRegistry } from './node-registry.js';

/** Ids that one `nodes` may ask for. */
const maxNodes = 100;

@Resolver()
export class NodeResolver {
  constructor(private readonly registry: NodeResolverRegistry) {}

  @Requires('authenticated')
  @Query(() => Node, {
    nullable: true,
    description: 'Any object by its id; null when it is missing or not yours to see.',
  })
  async node(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<Node | null> {
    return this.registry.find(actor, loaders, id);
  }

  @Requires('authenticated')
  @Query(() => [Node], {
    nullable: 'items',
    description:
      'Up to 100 objects by their ids, in the order of the ids; null where one is missing or not yours to see.',
  })
  async nodes(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('ids', { type: () => [ID] }) ids: string[],
  ): Promise<(Node | Error | null)[]> {
    if (ids.length > maxNodes) throw badUserInput('ids', `Ask for at most ${maxNodes} objects at once.`);
    const found = await Promise.allSettled(ids.map((id) => this.registry.find(actor, loaders, id)));
    // An error in the list is an error of its item alone, and the other items stand.
    return found.map((item) => (item.status === 'fulfilled' ? item.value : (item.reason as Error)));
  }
}
