import { Args, Mutation, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { type Outcome, type Refusal, refusal } from '#outcome';
import {
  ApproveSettlement,
  PrepareSettlements,
  RejectSettlement,
  type SettlementActed,
  SettlementQueries,
  SubmitSettlement,
  VoidSettlement,
} from '#settlements';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { decodeId, decodeOptionalId, toUserErrors } from '../graphql/index.js';
import {
  ApproveSettlementInput,
  ApproveSettlementPayload,
  PrepareSettlementsInput,
  PrepareSettlementsPayload,
  RejectSettlementInput,
  RejectSettlementPayload,
  SubmitSettlementInput,
  SubmitSettlementPayload,
  VoidSettlementInput,
  VoidSettlementPayload,
} from './settlements.inputs.js';
import { SettlementLoaders } from './settlements.loaders.js';
import { settlementTypeOf } from './settlements.types.js';

type Acted = Outcome<SettlementActed & { readonly replayed: boolean }>;

/** What people do to one settlement; each payload is a part of the widest, that of voiding. */
@Resolver()
export class SettlementActsResolver {
  constructor(
    private readonly submit: SubmitSettlement,
    private readonly approve: ApproveSettlement,
    private readonly reject: RejectSettlement,
    private readonly withdraw: VoidSettlement,
    private readonly queries: SettlementQueries,
    private readonly load: SettlementLoaders,
  ) {}

  @Requires('settlements:review')
  @Mutation(() => SubmitSettlementPayload, {
    description: 'Puts a draft into review and freezes its content.',
  })
  async submitSettlement(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SubmitSettlementInput,
  ): Promise<SubmitSettlementPayload> {
    return await this.act(actor, loaders, input, async (named) => await this.submit.execute(actor, named));
  }

  @Requires('settlements:review')
  @Mutation(() => ApproveSettlementPayload, {
    description:
      'Approves what is in review, and bills it once as many people approved as `approvalsNeeded`. Each is another ' +
      'person than who prepared or submitted it; the first of two leaves it in review.',
  })
  async approveSettlement(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ApproveSettlementInput,
  ): Promise<ApproveSettlementPayload> {
    return await this.act(actor, loaders, input, async (named) => await this.approve.execute(actor, named));
  }

  @Requires('settlements:review')
  @Mutation(() => RejectSettlementPayload, { description: 'Opens what is in review again: it gathers anew.' })
  async rejectSettlement(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RejectSettlementInput,
  ): Promise<RejectSettlementPayload> {
    return await this.act(actor, loaders, input, async (named) => await this.reject.execute(actor, named));
  }

  @Requires('settlements:review')
  @Mutation(() => VoidSettlementPayload, {
    description: 'Withdraws what is not approved yet; a new revision gathers the same charges.',
  })
  async voidSettlement(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: VoidSettlementInput,
  ): Promise<VoidSettlementPayload> {
    return await this.act(actor, loaders, input, async (named) => await this.withdraw.execute(actor, named));
  }

  private async act<Input extends { readonly settlementId: string }>(
    actor: Actor,
    loaders: RequestLoaders,
    input: Input,
    execute: (input: Input) => Promise<Acted>,
  ): Promise<VoidSettlementPayload> {
    const settlementId = decodeId('stl', input.settlementId);
    if (settlementId === undefined)
      return refused([refusal('NOT_FOUND', { field: ['input', 'settlementId'] })]);
    const outcome = await execute({ ...input, settlementId });
    if (!outcome.ok) return refused(outcome.refusals);
    const { id, successorId, replayed } = outcome.value;
    this.load.forget(loaders);
    const found = await this.queries.byIds(actor, successorId === null ? [id] : [id, successorId]);
    const shown = (wanted: string | null) => {
      const settlement = found.find((each) => each.id === wanted);
      return settlement ? settlementTypeOf(settlement) : null;
    };
    return { settlement: shown(id), successor: shown(successorId), replayed, userErrors: [] };
  }
}

function refused(refusals: readonly Refusal[]): VoidSettlementPayload {
  return { settlement: null, successor: null, replayed: false, userErrors: toUserErrors(refusals) };
}

@Resolver()
export class PrepareSettlementsResolver {
  constructor(
    private readonly prepare: PrepareSettlements,
    private readonly queries: SettlementQueries,
    private readonly load: SettlementLoaders,
  ) {}

  @Requires('settlements:prepare')
  @Mutation(() => PrepareSettlementsPayload, {
    description:
      'Closes every settlement that gathers for a period. Calling it again gives the same settlements.',
  })
  async prepareSettlements(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: PrepareSettlementsInput,
  ): Promise<PrepareSettlementsPayload> {
    const agencyId = decodeOptionalId('org', input.agencyId);
    const buyerId = decodeOptionalId('org', input.buyerId);
    const unknown = [
      ...(agencyId === undefined ? [refusal('NOT_FOUND', { field: ['input', 'agencyId'] })] : []),
      ...(buyerId === undefined ? [refusal('NOT_FOUND', { field: ['input', 'buyerId'] })] : []),
    ];
    if (agencyId === undefined || buyerId === undefined) return notPrepared(unknown);
    const outcome = await this.prepare.execute(actor, { ...input, agencyId, buyerId });
    if (!outcome.ok) return notPrepared(outcome.refusals);
    const { settlements, remaining, replayed } = outcome.value;
    this.load.forget(loaders);
    const ids = settlements.map(({ id }) => id);
    const found = new Map(
      (await this.queries.byIds(actor, ids)).map((each) => [each.id, settlementTypeOf(each)]),
    );
    return { settlements: ids.flatMap((id) => found.get(id) ?? []), remaining, replayed, userErrors: [] };
  }
}

function notPrepared(refusals: readonly Refusal[]): PrepareSettlementsPayload {
  return { settlements: [], remaining: 0, replayed: false, userErrors: toUserErrors(refusals) };
}
