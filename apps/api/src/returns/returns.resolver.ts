import type { OnModuleInit } from '@nestjs/common';
import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { ExplainedChargeQueries } from '#deals';
import type { Actor } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import { DecideReturn, RequestReturn, type ReturnFilter, ReturnQueries } from '#returns';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { chargeTypeOf } from '../deals/charges.types.js';
import { type ConnectionOf, decodeId, readPage, toConnection, toUserErrors } from '../graphql/index.js';
import { LeadType } from '../leads/leads.types.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { ReturnReader } from './return-reader.js';
import {
  DecideReturnInput,
  DecideReturnPayload,
  RequestReturnInput,
  RequestReturnPayload,
  ReturnConnection,
  ReturnsArgs,
  ReturnType,
  returnTypeOf,
} from './returns.types.js';

const cursor = { list: 'returns', key: ['uuid'] } as const;

@Resolver(() => ReturnType)
export class ReturnsResolver implements OnModuleInit {
  constructor(
    private readonly request: RequestReturn,
    private readonly decide: DecideReturn,
    private readonly queries: ReturnQueries,
    private readonly charges: ExplainedChargeQueries,
    private readonly read: ReturnReader,
    private readonly nodes: NodeResolverRegistry,
  ) {}

  onModuleInit(): void {
    this.nodes.register('ret', {
      requires: 'leads:read',
      load: async (loaders, id) => await this.read.byId(loaders, id),
    });
  }

  @Requires('returns:request')
  @Mutation(() => RequestReturnPayload, {
    description: 'Gives a defective lead back, within the return window of the contract.',
  })
  async requestReturn(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') { note, ...input }: RequestReturnInput,
  ): Promise<RequestReturnPayload> {
    const leadId = decodeId('lead', input.leadId);
    if (leadId === undefined) return refused([refusal('NOT_FOUND', { field: ['input', 'leadId'] })]);
    const requested = await this.request.execute(actor, { ...input, leadId, ...noteOf(note) });
    if (!requested.ok) return refused(requested.refusals);
    const { returnId, replayed } = requested.value;
    return { return: await this.read.changed(loaders, returnId), replayed, userErrors: [] };
  }

  @Requires('returns:decide')
  @Mutation(() => DecideReturnPayload, {
    description: 'Approves or denies a return. Approval credits everything that was charged for the lead.',
  })
  async decideReturn(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') { note, ...input }: DecideReturnInput,
  ): Promise<DecideReturnPayload> {
    const returnId = decodeId('ret', input.returnId);
    if (returnId === undefined) return refused([refusal('NOT_FOUND', { field: ['input', 'returnId'] })]);
    const decided = await this.decide.execute(actor, { ...input, returnId, ...noteOf(note) });
    if (!decided.ok) return refused(decided.refusals);
    const { agencyId, chargeIds, replayed } = decided.value;
    const charges = await this.charges.byIds(agencyId, chargeIds);
    return {
      return: await this.read.changed(loaders, returnId),
      charges: charges.map(chargeTypeOf),
      replayed,
      userErrors: [],
    };
  }

  @Requires('leads:read')
  @Query(() => ReturnType, { nullable: true })
  async return(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<ReturnType | null> {
    const uuid = decodeId('ret', id);
    return uuid === undefined ? null : await this.read.byId(loaders, uuid);
  }

  @Requires('leads:read')
  @Query(() => ReturnConnection, { description: 'The last requested first.' })
  async returns(@CurrentActor() actor: Actor, @Args() args: ReturnsArgs): Promise<ConnectionOf<ReturnType>> {
    const page = readPage(args, cursor);
    const filter: ReturnFilter = args.status ? { state: args.status } : {};
    return toConnection(await this.queries.list(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: returnTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, filter, max),
    });
  }

  @ResolveField(() => LeadType)
  async lead(@Loaders() loaders: RequestLoaders, @Parent() { of }: ReturnType): Promise<LeadType> {
    return await this.read.lead(loaders, of.leadId);
  }
}

function noteOf(note: string | null | undefined): { readonly note?: string } {
  return typeof note === 'string' ? { note } : {};
}

function refused(refusals: readonly Refusal[]): RequestReturnPayload & DecideReturnPayload {
  return { return: null, charges: [], replayed: false, userErrors: toUserErrors(refusals, 'ret') };
}
