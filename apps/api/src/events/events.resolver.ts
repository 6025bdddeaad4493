import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { EventQueries, type EventType, eventTypes, isEventType } from '#events';
import type { Actor } from '#organizations';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { badUserInput, type ConnectionOf, readPage, toConnection } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { showId } from '../../../process/src/show-id.js';
import { EventConnection, feedEventTypeOf, FeedEventType } from './events.types.js';
import { EventsArgs } from './webhooks.inputs.js';

const cursor = { list: 'events', key: ['uuid'] } as const;
const maxTypes = 50;

@Resolver(() => FeedEventType)
export class EventsResolver {
  constructor(
    private readonly queries: EventQueries,
    private readonly nodes: NodeResolverRegistry,
  ) {}

  @Requires('events:read')
  @Query(() => EventConnection, {
    description:
      'Every business fact that concerns you, once, oldest first. Whoever goes on from the last cursor misses none and ' +
      'sees none twice: nothing is ever added before an event that was shown.',
  })
  async events(@CurrentActor() actor: Actor, @Args() args: EventsArgs): Promise<ConnectionOf<FeedEventType>> {
    const page = readPage(args, cursor);
    const types = readTypes(args.types ?? null);
    return toConnection(await this.queries.page(actor, types, page), page, {
      keyOf: ({ id }) => [id],
      toNode: feedEventTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, types, max),
    });
  }

  @ResolveField(() => Node, { nullable: true, description: 'What it is about, as it is now.' })
  async subject(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: FeedEventType,
  ): Promise<Node | null> {
    const { subject, payload } = eventTypes[of.type];
    const field: { readonly of?: string } = Reflect.get(payload, subject) as object;
    return await this.nodes.find(actor, loaders, showId(field.of ?? '', of.subjectId));
  }
}

function readTypes(types: readonly string[] | null): readonly EventType[] | null {
  if (types === null) return null;
  if (types.length > maxTypes) throw badUserInput('types', `Name at most ${maxTypes} types.`);
  if (!types.every(isEventType))
    throw badUserInput('types', 'types has one that does not exist; see docs/events.md.');
  return types;
}
