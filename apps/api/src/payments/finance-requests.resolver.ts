import type { OnModuleInit } from '@nestjs/common';
import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { type Outcome, type Refusal, refusal } from '#outcome';
import {
  DecideFinanceRequest,
  type FinanceRequested,
  type FinanceRequestFilter,
  PaymentQueries,
  RequestFinanceAct,
} from '#payments';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  decodeId,
  decodeOptionalId,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { publicActorId } from '../settlements/settlements.types.js';
import {
  ApproveFinanceRequestInput,
  ApproveFinanceRequestPayload,
  DenyFinanceRequestInput,
  DenyFinanceRequestPayload,
  FinanceRequestApprovalType,
  FinanceRequestConnection,
  type FinanceRequestPayload,
  FinanceRequestsArgs,
  FinanceRequestType,
  financeRequestTypeOf,
  RequestMovementBookingInput,
  RequestMovementBookingPayload,
} from './finance-requests.types.js';
import { approvalsKeyOf, PaymentLoaders } from './payments.loaders.js';
import { movementIdOf } from './payments.types.js';

const cursor = { list: 'finance-requests', key: ['uuid'] } as const;

/** What two people of finance decide together. */
@Resolver(() => FinanceRequestType)
export class FinanceRequestsResolver implements OnModuleInit {
  constructor(
    private readonly request: RequestFinanceAct,
    private readonly decide: DecideFinanceRequest,
    private readonly queries: PaymentQueries,
    private readonly load: PaymentLoaders,
    private readonly nodes: NodeResolverRegistry,
  ) {}

  onModuleInit(): void {
    this.nodes.register('frq', {
      requires: 'payments:read',
      load: async (loaders, id) => await this.find(loaders, id),
    });
  }

  @Requires('payments:read')
  @Query(() => FinanceRequestConnection, { description: 'The last requested first.' })
  async financeRequests(@Args() args: FinanceRequestsArgs): Promise<ConnectionOf<FinanceRequestType>> {
    const page = readPage(args, cursor);
    const filter: FinanceRequestFilter = { state: args.status ?? undefined };
    return toConnection(await this.queries.financeRequests(filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: financeRequestTypeOf,
      countUpTo: async (max) => await this.queries.countFinanceRequests(filter, max),
    });
  }

  @Requires('payments:manage')
  @Mutation(() => ApproveFinanceRequestPayload, {
    description:
      'Approves what another person requested, and does it once as many have approved as it takes.',
  })
  async approveFinanceRequest(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ApproveFinanceRequestInput,
  ): Promise<ApproveFinanceRequestPayload> {
    const requestId = decodeId('frq', input.requestId);
    if (requestId === undefined) return refused([refusal('NOT_FOUND', { field: ['input', 'requestId'] })]);
    return await this.answer(loaders, await this.decide.approve(actor, { ...input, requestId }));
  }

  @Requires('payments:manage')
  @Mutation(() => DenyFinanceRequestPayload, {
    description: 'Denies what another person requested, or withdraws what you requested.',
  })
  async denyFinanceRequest(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: DenyFinanceRequestInput,
  ): Promise<DenyFinanceRequestPayload> {
    const requestId = decodeId('frq', input.requestId);
    if (requestId === undefined) return refused([refusal('NOT_FOUND', { field: ['input', 'requestId'] })]);
    return await this.answer(loaders, await this.decide.deny(actor, { ...input, requestId }));
  }

  @Requires('payments:manage')
  @Mutation(() => RequestMovementBookingPayload, {
    description:
      'Says what a movement of the balance was that nobody could book, such as a transfer made by hand. Another person approves it.',
  })
  async requestMovementBooking(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RequestMovementBookingInput,
  ): Promise<RequestMovementBookingPayload> {
    const { meaning, reason, idempotencyKey } = input;
    const movementId = movementIdOf(input.movementId);
    const agencyId = decodeOptionalId('org', input.agencyId);
    if (agencyId === undefined) return refused([refusal('NOT_FOUND', { field: ['input', 'agencyId'] })]);
    const payload = { movementId, meaning, agencyId };
    const asked = { kind: 'BOOK_MOVEMENT', payload, reason, idempotencyKey } as const;
    return await this.answer(loaders, await this.request.execute(actor, asked));
  }

  @ResolveField(() => [FinanceRequestApprovalType], { description: 'Who approved it, oldest first.' })
  async approvals(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: FinanceRequestType,
  ): Promise<readonly FinanceRequestApprovalType[]> {
    const given = await loaders.of(this.load.approvals).load(approvalsKeyOf(of));
    return given.map(({ by, at }) => ({ by: publicActorId(by), at }));
  }

  private async answer(
    loaders: RequestLoaders,
    outcome: Outcome<FinanceRequested & { readonly replayed: boolean }>,
  ): Promise<FinanceRequestPayload> {
    if (!outcome.ok) return refused(outcome.refusals);
    loaders.forget();
    const { id, replayed } = outcome.value;
    return { financeRequest: await this.find(loaders, id), replayed, userErrors: [] };
  }

  private async find(loaders: RequestLoaders, id: string): Promise<FinanceRequestType | null> {
    const found = await loaders.of(this.load.financeRequest).load(id);
    return found && financeRequestTypeOf(found);
  }
}

function refused(refusals: readonly Refusal[]): FinanceRequestPayload {
  return { financeRequest: null, replayed: false, userErrors: toUserErrors(refusals) };
}
