import { Args, Mutation, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { type Outcome, refuse } from '#outcome';
import {
  type FinanceRequested,
  type FinanceRequestKind,
  type FinanceRequestPayload as Payload,
  PaymentQueries,
  RequestFinanceAct,
} from '#payments';
import { clawbackWriteOffOf, holdOverrideOf, PayoutQueries, readClawbackWriteOff } from '#payouts';
import { SettlementQueries } from '#settlements';
import { CurrentActor, Requires } from '../access/index.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import { type FinanceRequestPayload, financeRequestTypeOf } from '../payments/finance-requests.types.js';
import {
  RequestClawbackWriteOffInput,
  RequestClawbackWriteOffPayload,
  RequestHoldOverrideInput,
  RequestHoldOverridePayload,
} from './payouts.inputs.js';

type Asked = Outcome<FinanceRequested & { readonly replayed: boolean }>;

/** What one person of finance asks for about payouts, and another one decides. */
@Resolver()
export class PayoutRequestsResolver {
  constructor(
    private readonly request: RequestFinanceAct,
    private readonly requests: PaymentQueries,
    private readonly settlements: SettlementQueries,
    private readonly payouts: PayoutQueries,
  ) {}

  @Requires('payments:manage')
  @Mutation(() => RequestHoldOverridePayload, {
    description: 'Asks to end the hold period of a settlement now. Another person approves it.',
  })
  async requestHoldOverride(
    @CurrentActor() actor: Actor,
    @Args('input') { settlementId, ...input }: RequestHoldOverrideInput,
  ): Promise<RequestHoldOverridePayload> {
    const uuid = decodeId('stl', settlementId);
    const [settlement] = uuid === undefined ? [] : await this.settlements.byIds(actor, [uuid]);
    if (!settlement) return await this.answer(refuse('NOT_FOUND', { field: ['input', 'settlementId'] }));
    return await this.ask(actor, 'HOLD_OVERRIDE', holdOverrideOf(settlement), input);
  }

  @Requires('payments:manage')
  @Mutation(() => RequestClawbackWriteOffPayload, {
    description: 'Asks to give up a part of what an agency owes. Another person approves it.',
  })
  async requestClawbackWriteOff(
    @CurrentActor() actor: Actor,
    @Args('input') { agencyId: id, amount, ...input }: RequestClawbackWriteOffInput,
  ): Promise<RequestClawbackWriteOffPayload> {
    const agencyId = decodeId('org', id);
    if (agencyId === undefined || !(await this.payouts.seesAgency(actor, agencyId))) {
      return await this.answer(refuse('NOT_FOUND', { field: ['input', 'agencyId'] }));
    }
    const wanted = readClawbackWriteOff({ agencyId, amount });
    if (!wanted.ok) return await this.answer(wanted);
    return await this.ask(actor, 'CLAWBACK_WRITE_OFF', clawbackWriteOffOf(wanted.value), input);
  }

  private async ask(
    actor: Actor,
    kind: FinanceRequestKind,
    payload: Payload,
    input: { readonly reason: string; readonly idempotencyKey: string },
  ): Promise<FinanceRequestPayload> {
    return await this.answer(await this.request.execute(actor, { kind, payload, ...input }));
  }

  private async answer(asked: Asked): Promise<FinanceRequestPayload> {
    if (!asked.ok) return { financeRequest: null, replayed: false, userErrors: toUserErrors(asked.refusals) };
    const { id, replayed } = asked.value;
    const [found] = await this.requests.financeRequestsByIds([id]);
    return { financeRequest: found ? financeRequestTypeOf(found) : null, replayed, userErrors: [] };
  }
}
