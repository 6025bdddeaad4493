import { Args, ArgsType, Field, Mutation, Query, Resolver } from '@nestjs/graphql';
import { IsIn, IsOptional } from 'class-validator';
import {
  type Actor,
  CreateOrganization,
  CreateUser,
  type OrganizationKind,
  OrganizationQueries,
  permissionsOfActor,
} from '#organizations';
import { invariant, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  decodeId,
  encodeId,
  PageArgs,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import {
  CreateOrganizationInput,
  CreateOrganizationPayload,
  CreateUserInput,
  CreateUserPayload,
} from './organizations.inputs.js';
import { OrganizationLoaders } from './organizations.loaders.js';
import {
  type AnyOrganization,
  OrganizationConnection,
  OrganizationKindEnum,
  toOrganization,
  Viewer,
} from './organizations.types.js';

const cursor = { list: 'organizations', key: ['uuid'] } as const;

@ArgsType()
class OrganizationsArgs extends PageArgs {
  @IsOptional()
  @IsIn(Object.values(OrganizationKindEnum))
  @Field(() => OrganizationKindEnum, { nullable: true })
  kind?: OrganizationKind | null;
}

@Resolver()
export class OrganizationsResolver {
  constructor(
    private readonly queries: OrganizationQueries,
    private readonly createOrganizationAction: CreateOrganization,
    private readonly createUserAction: CreateUser,
    private readonly load: OrganizationLoaders,
  ) {}

  @Requires('authenticated')
  @Query(() => Viewer, { description: 'Who sends this request.' })
  async viewer(@CurrentActor() actor: Actor, @Loaders() loaders: RequestLoaders): Promise<Viewer> {
    const [organization, user] = await Promise.all([
      this.load.organization(loaders, actor.organizationId),
      actor.userId === null ? null : this.load.user(loaders, actor.userId),
    ]);
    invariant(organization, 'an actor without an organization');
    return {
      organization,
      user,
      apiKeyId: actor.keyId && encodeId('key', actor.keyId),
      mode: actor.mode,
      roles: actor.roles,
      permissions: permissionsOfActor(actor),
    };
  }

  @Requires('organizations:read')
  @Query(() => OrganizationConnection, {
    description: 'Every organization, for the operator; for others a list of their own.',
  })
  async organizations(
    @CurrentActor() actor: Actor,
    @Args() args: OrganizationsArgs,
  ): Promise<ConnectionOf<AnyOrganization>> {
    const page = readPage(args, cursor);
    const kind = args.kind ?? null;
    const { limit, backwards, after, before } = page;
    const fetched = await this.queries.organizationPage(
      actor,
      { limit: limit + 1, backwards, after: after?.[0], before: before?.[0] },
      kind,
    );
    return toConnection(fetched, page, {
      keyOf: ({ id }) => [id],
      toNode: toOrganization,
      countUpTo: (max) => this.queries.countOrganizations(actor, kind, max),
    });
  }

  @Requires('organizations:manage')
  @Mutation(() => CreateOrganizationPayload)
  async createOrganization(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: CreateOrganizationInput,
  ): Promise<CreateOrganizationPayload> {
    const outcome = await this.createOrganizationAction.execute(actor, input);
    if (!outcome.ok)
      return { organization: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    const { organizationId, replayed } = outcome.value;
    return { organization: await this.load.organization(loaders, organizationId), replayed, userErrors: [] };
  }

  @Requires('organizations:manage')
  @Mutation(() => CreateUserPayload)
  async createUser(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: CreateUserInput,
  ): Promise<CreateUserPayload> {
    const organizationId = decodeId('org', input.organizationId);
    if (organizationId === undefined) {
      const missing = refusal('NOT_FOUND', { field: ['input', 'organizationId'] });
      return { user: null, replayed: false, userErrors: toUserErrors([missing]) };
    }
    const outcome = await this.createUserAction.execute(actor, { ...input, organizationId });
    if (!outcome.ok) return { user: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    const { userId, replayed } = outcome.value;
    return { user: await this.load.user(loaders, userId), replayed, userErrors: [] };
  }
}
