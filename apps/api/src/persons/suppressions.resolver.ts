import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { ChangeSuppressions, noEntry, SuppressionQueries } from '#persons';
import { CurrentActor, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  decodeId,
  decodeOptionalId,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import {
  AddSuppressionsInput,
  AddSuppressionsPayload,
  RemoveSuppressionsInput,
  RemoveSuppressionsPayload,
  SuppressionsArgs,
} from './persons.inputs.js';
import { SuppressionConnection, SuppressionType, suppressionTypeOf } from './persons.types.js';

const nobody = '00000000-0000-0000-0000-000000000000';
const cursor = { list: 'suppressions', key: ['uuid'] } as const;

/** The list of who must not be contacted, of the caller's own organization. */
@Resolver(() => SuppressionType)
export class SuppressionsResolver {
  constructor(
    private readonly change: ChangeSuppressions,
    private readonly queries: SuppressionQueries,
  ) {}

  @Requires('suppressions:manage')
  @Query(() => SuppressionConnection, {
    description: 'Who must not be contacted, as far as an organization says; the oldest entry first.',
  })
  async suppressions(
    @CurrentActor() actor: Actor,
    @Args() args: SuppressionsArgs,
  ): Promise<ConnectionOf<SuppressionType>> {
    const page = readPage(args, cursor);
    const { limit, backwards, after, before } = page;
    const named = decodeOptionalId('org', args.organizationId);
    // An id that is none finds nothing, like one of nobody.
    const organizationId = named === null ? actor.organizationId : (named ?? nobody);
    const rows = await this.queries.page(actor, organizationId, {
      limit: limit + 1,
      backwards,
      after: after?.[0],
      before: before?.[0],
    });
    return toConnection(rows, page, {
      keyOf: ({ id }) => [id],
      toNode: suppressionTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, organizationId, max),
    });
  }

  @Requires('suppressions:manage')
  @Mutation(() => AddSuppressionsPayload, {
    description:
      'Adds people who must not be contacted. An agency’s entries stop its leads, a buyer’s keep leads from the buyer, the operator’s stop everybody’s.',
  })
  async addSuppressions(
    @CurrentActor() actor: Actor,
    @Args('input') input: AddSuppressionsInput,
  ): Promise<AddSuppressionsPayload> {
    const outcome = await this.change.add(actor, {
      ...input,
      entries: input.entries.map(({ who, note, expiresAt }) => ({
        who,
        note: note ?? null,
        expiresAt: expiresAt ?? null,
      })),
    });
    if (outcome.ok) return { ...outcome.value, userErrors: [] };
    return { added: 0, changed: 0, replayed: false, userErrors: toUserErrors(outcome.refusals) };
  }

  @Requires('suppressions:manage')
  @Mutation(() => RemoveSuppressionsPayload, { description: 'Takes people off the list again.' })
  async removeSuppressions(
    @CurrentActor() actor: Actor,
    @Args('input') input: RemoveSuppressionsInput,
  ): Promise<RemoveSuppressionsPayload> {
    const none = { removed: 0, replayed: false };
    const ids = input.who.map(({ suppressionId }) =>
      typeof suppressionId === 'string' ? decodeId('sup', suppressionId) : null,
    );
    const unknown = ids.flatMap((id, index) => (id === undefined ? [noEntry(index)] : []));
    if (unknown.length > 0) return { ...none, userErrors: toUserErrors(unknown.slice(0, 20)) };
    const outcome = await this.change.remove(actor, {
      ...input,
      who: input.who.map(({ phone, email, domain }, index) => ({ phone, email, domain, id: ids[index] })),
    });
    if (outcome.ok) return { ...outcome.value, userErrors: [] };
    return { ...none, userErrors: toUserErrors(outcome.refusals) };
  }
}
