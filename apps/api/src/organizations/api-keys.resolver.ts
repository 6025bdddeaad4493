import { Args, ArgsType, Field, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { IsOptional, IsString } from 'class-validator';
import { type Actor, CreateApiKey, OrganizationQueries, RevokeApiKey, RotateApiKey } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  decodeId,
  decodeOptionalId,
  PageArgs,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import {
  CreateApiKeyInput,
  CreateApiKeyPayload,
  RevokeApiKeyInput,
  RevokeApiKeyPayload,
  RotateApiKeyInput,
  RotateApiKeyPayload,
} from './organizations.inputs.js';
import { OrganizationLoaders } from './organizations.loaders.js';
import {
  type AnyOrganization,
  ApiKeyConnection,
  ApiKeyType,
  OrganizationType,
  toApiKey,
  UserType,
} from './organizations.types.js';

const cursor = { list: 'apiKeys', key: ['uuid'] } as const;
/** An id that is none finds nothing: the zero UUID belongs to nobody. */
const noOrganization = '00000000-0000-0000-0000-000000000000';

@ArgsType()
class ApiKeysArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @Field(() => ID, { nullable: true, description: 'Your own organization when it is left out.' })
  organizationId?: string | null;
}

@Resolver(() => ApiKeyType)
export class ApiKeysResolver {
  constructor(
    private readonly queries: OrganizationQueries,
    private readonly create: CreateApiKey,
    private readonly rotate: RotateApiKey,
    private readonly revoke: RevokeApiKey,
    private readonly load: OrganizationLoaders,
  ) {}

  @Requires('keys:manage')
  @Query(() => ApiKeyConnection, {
    description: 'The keys of an organization, ended ones included, oldest first.',
  })
  async apiKeys(@CurrentActor() actor: Actor, @Args() args: ApiKeysArgs): Promise<ConnectionOf<ApiKeyType>> {
    const page = readPage(args, cursor);
    const named = decodeOptionalId('org', args.organizationId);
    const organizationId = named === null ? actor.organizationId : (named ?? noOrganization);
    const { limit, backwards, after, before } = page;
    const range = { limit: limit + 1, backwards, after: after?.[0], before: before?.[0] };
    const fetched = await this.queries.apiKeyPage(actor, organizationId, range);
    return toConnection(fetched, page, {
      keyOf: ({ id }) => [id],
      toNode: toApiKey,
      countUpTo: (max) => this.queries.countApiKeys(actor, organizationId, max),
    });
  }

  @Requires('keys:manage')
  @Mutation(() => CreateApiKeyPayload, { description: 'Makes a key. Its token is shown this once.' })
  async createApiKey(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: CreateApiKeyInput,
  ): Promise<CreateApiKeyPayload> {
    const named = decodeOptionalId('org', input.organizationId);
    const userId = decodeOptionalId('user', input.userId);
    if (named === undefined) return noKey([missing('organizationId')]);
    if (userId === undefined) return noKey([missing('userId')]);
    const organizationId = named ?? actor.organizationId;
    const { name, mode, roles, scopes = null, expiresAt = null, idempotencyKey } = input;
    const wanted = { organizationId, userId, name, mode, roles, scopes, expiresAt, idempotencyKey };
    const outcome = await this.create.execute(actor, wanted);
    if (!outcome.ok) return noKey(outcome.refusals);
    const { keyId, token, replayed } = outcome.value;
    return { apiKey: await this.load.apiKey(loaders, keyId), token, replayed, userErrors: [] };
  }

  @Requires('keys:manage')
  @Mutation(() => RotateApiKeyPayload, {
    description: 'Replaces a key; the old one stays right for the overlap.',
  })
  async rotateApiKey(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RotateApiKeyInput,
  ): Promise<RotateApiKeyPayload> {
    const keyId = decodeId('key', input.keyId);
    if (keyId === undefined) return { ...noKey([missing('keyId')]), oldApiKey: null };
    const outcome = await this.rotate.execute(actor, { ...input, keyId });
    if (!outcome.ok) return { ...noKey(outcome.refusals), oldApiKey: null };
    const { token, replayed } = outcome.value;
    const [apiKey, oldApiKey] = await Promise.all([
      this.load.apiKey(loaders, outcome.value.keyId),
      this.load.apiKey(loaders, outcome.value.oldKeyId),
    ]);
    return { apiKey, oldApiKey, token, replayed, userErrors: [] };
  }

  @Requires('keys:manage')
  @Mutation(() => RevokeApiKeyPayload, { description: 'Ends a key at once.' })
  async revokeApiKey(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RevokeApiKeyInput,
  ): Promise<RevokeApiKeyPayload> {
    const keyId = decodeId('key', input.keyId);
    if (keyId === undefined) return noKey([missing('keyId')]);
    const outcome = await this.revoke.execute(actor, { ...input, keyId });
    if (!outcome.ok) return noKey(outcome.refusals);
    const { replayed } = outcome.value;
    return { apiKey: await this.load.apiKey(loaders, outcome.value.keyId), replayed, userErrors: [] };
  }

  @ResolveField(() => OrganizationType)
  async organization(
    @Parent() key: ApiKeyType,
    @Loaders() loaders: RequestLoaders,
  ): Promise<AnyOrganization | null> {
    return this.load.organization(loaders, key.organizationUuid);
  }

  @ResolveField(() => UserType, {
    nullable: true,
    description: 'The person as whom it acts; null for a machine’s.',
  })
  async user(@Parent() key: ApiKeyType, @Loaders() loaders: RequestLoaders): Promise<UserType | null> {
    return key.userUuid === null ? null : this.load.user(loaders, key.userUuid);
  }
}

function missing(name: string): Refusal {
  return refusal('NOT_FOUND', { field: ['input', name] });
}

function noKey(refusals: readonly Refusal[]) {
  return { apiKey: null, token: null, replayed: false, userErrors: toUserErrors(refusals) };
}
