import { Args, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { DefineVertical, PublishLeadSchema, VerticalQueries } from '#verticals';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { type ConnectionOf, PageArgs, readPage, toConnection, toUserErrors } from '../graphql/index.js';
import { leadSpecification } from './lead-specification.js';
import { isPrintable } from './printable-key.js';
import {
  DefineVerticalInput,
  DefineVerticalPayload,
  PublishLeadSchemaInput,
  PublishLeadSchemaPayload,
} from './verticals.inputs.js';
import { VerticalLoaders } from './verticals.loaders.js';
import {
  LeadSchemaType,
  leadSchemaTypeOf,
  VerticalConnection,
  VerticalType,
  verticalTypeOf,
} from './verticals.types.js';

const cursor = { list: 'verticals', key: ['text'] } as const;
/** What a version can be; others stand for none, and are no integer of the database. */
const maxVersion = 2_147_483_647;

@Resolver(() => VerticalType)
export class VerticalsResolver {
  constructor(
    private readonly queries: VerticalQueries,
    private readonly load: VerticalLoaders,
    private readonly define: DefineVertical,
    private readonly publish: PublishLeadSchema,
  ) {}

  @Requires('verticals:read')
  @Query(() => VerticalType, {
    nullable: true,
    description: 'Null for a key that no vertical was defined for.',
  })
  async vertical(
    @Loaders() loaders: RequestLoaders,
    @Args('key', { type: () => String }) key: string,
  ): Promise<VerticalType | null> {
    if (!isPrintable(key)) return null;
    const found = await this.load.vertical(loaders, key);
    return found && verticalTypeOf(found);
  }

  @Requires('verticals:read')
  @Query(() => VerticalConnection, { description: 'Every vertical, by its key.' })
  async verticals(@Args() args: PageArgs): Promise<ConnectionOf<VerticalType>> {
    const page = readPage(args, cursor);
    const { limit, backwards, after, before } = page;
    const rows = await this.queries.page({
      limit: limit + 1,
      backwards,
      after: after?.[0],
      before: before?.[0],
    });
    return toConnection(rows, page, {
      keyOf: ({ key }) => [key],
      toNode: verticalTypeOf,
      countUpTo: (max) => this.queries.count(max),
    });
  }

  @ResolveField(() => LeadSchemaType, {
    nullable: true,
    description: 'What leads must be: the newest version, or the one that is named.',
  })
  async leadSchema(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: VerticalType,
    @Args('version', { type: () => Int, nullable: true }) version?: number | null,
  ): Promise<LeadSchemaType | null> {
    const wanted = version ?? of.schemaVersion ?? 0;
    if (wanted < 1 || wanted > maxVersion) return null;
    const schema = await this.load.schema(loaders, of.key, wanted);
    return schema && leadSchemaTypeOf(schema);
  }

  @ResolveField(() => String, {
    description: 'Markdown for whoever submits leads: fields, an example request, and every possible answer.',
  })
  async leadSpecification(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: VerticalType,
  ): Promise<string> {
    const schema =
      of.schemaVersion === null ? null : await this.load.schema(loaders, of.key, of.schemaVersion);
    return leadSpecification(of, schema);
  }

  @Requires('verticals:manage')
  @Mutation(() => DefineVerticalPayload, {
    description: 'Defines a vertical, or changes the name and the default country of one.',
  })
  async defineVertical(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: DefineVerticalInput,
  ): Promise<DefineVerticalPayload> {
    const outcome = await this.define.execute(actor, input);
    if (!outcome.ok) return { vertical: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    const { key, replayed } = outcome.value;
    return { vertical: await this.changed(loaders, key), replayed, userErrors: [] };
  }

  @Requires('verticals:manage')
  @Mutation(() => PublishLeadSchemaPayload, {
    description:
      'Publishes the next version of what leads of a vertical must be; they are checked by it at once.',
  })
  async publishLeadSchema(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: PublishLeadSchemaInput,
  ): Promise<PublishLeadSchemaPayload> {
    const outcome = await this.publish.execute(actor, input);
    if (!outcome.ok) {
      const userErrors = toUserErrors(outcome.refusals);
      return { vertical: null, breakingChanges: [], replayed: false, userErrors };
    }
    const { key, breakingChanges, replayed } = outcome.value;
    return { vertical: await this.changed(loaders, key), breakingChanges, replayed, userErrors: [] };
  }

  private async changed(loaders: RequestLoaders, key: string): Promise<VerticalType | null> {
    const vertical = await this.load.changed(loaders, key);
    return vertical && verticalTypeOf(vertical);
  }
}
