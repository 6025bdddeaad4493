import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { type Actor, may, OrganizationQueries, SetApprovalLimit } from '#organizations';
import { formatAmount } from '#money';
import { type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  decodeId,
  MoneyType,
  PageArgs,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import { OrganizationLoaders } from './organizations.loaders.js';
import { SetApprovalLimitInput, SetApprovalLimitPayload } from './people.inputs.js';
import {
  type AnyOrganization,
  OrganizationType,
  toUser,
  UserConnection,
  UserType,
} from './organizations.types.js';

const cursor = { list: 'people', key: ['uuid'] } as const;

@Resolver(() => UserType)
export class PeopleResolver {
  constructor(
    private readonly queries: OrganizationQueries,
    private readonly setLimit: SetApprovalLimit,
    private readonly load: OrganizationLoaders,
  ) {}

  @Requires('people:manage')
  @Query(() => UserConnection, {
    description: 'The people of your organization, those who have left included, oldest first.',
  })
  async people(@CurrentActor() actor: Actor, @Args() args: PageArgs): Promise<ConnectionOf<UserType>> {
    const page = readPage(args, cursor);
    const { limit, backwards, after, before } = page;
    const range = { limit: limit + 1, backwards, after: after?.[0], before: before?.[0] };
    return toConnection(await this.queries.peoplePage(actor, range), page, {
      keyOf: ({ id }) => [id],
      toNode: toUser,
      countUpTo: (max) => this.queries.countPeople(actor, max),
    });
  }

  @Requires('people:manage')
  @Mutation(() => SetApprovalLimitPayload, {
    description:
      'Sets what a finance approver may approve within 24 hours. Not what you may approve yourself.',
  })
  async setApprovalLimit(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SetApprovalLimitInput,
  ): Promise<SetApprovalLimitPayload> {
    const userId = decodeId('user', input.userId);
    if (userId === undefined) return refused([refusal('NOT_FOUND', { field: ['input', 'userId'] })]);
    const { limit = null, idempotencyKey } = input;
    const outcome = await this.setLimit.execute(actor, { userId, limit, idempotencyKey });
    if (!outcome.ok) return refused(outcome.refusals);
    const { replayed } = outcome.value;
    return { user: await this.load.user(loaders, userId), replayed, userErrors: [] };
  }

  @ResolveField(() => [MoneyType], {
    nullable: true,
    description:
      'What this person may approve within 24 hours, by currency; with any limit, nothing in other currencies. Empty: ' +
      'no limit. Null without the permission people:manage, but of yourself.',
  })
  async approvalLimits(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { uuid }: UserType,
  ): Promise<MoneyType[] | null> {
    if (actor.userId !== uuid && !may(actor, 'people:manage')) return null;
    const limits = await loaders.of(this.load.approvalLimits).load(uuid);
    return limits.map(({ amountMinor, currency }) => ({
      amount: formatAmount(amountMinor, currency),
      currency,
    }));
  }

  @ResolveField(() => OrganizationType)
  async organization(
    @Parent() user: UserType,
    @Loaders() loaders: RequestLoaders,
  ): Promise<AnyOrganization | null> {
    return this.load.organization(loaders, user.organizationUuid);
  }
}

function refused(refusals: readonly Refusal[]): SetApprovalLimitPayload {
  return { user: null, replayed: false, userErrors: toUserErrors(refusals) };
}
