import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { InvoiceQueries, outOfBandPayload, refundPayload, topUpPayload, writeOffPayload } from '#collections';
import { type Actor, OrganizationQueries } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import {
  type FinanceRequested,
  type FinanceRequestKind,
  type FinanceRequestPayload as Payload,
  PaymentQueries,
  RequestFinanceAct,
} from '#payments';
import { SettlementQueries } from '#settlements';
import { CurrentActor, Requires } from '../access/index.js';
import { decodeId, decodeOptionalId, toUserErrors } from '../graphql/index.js';
import { type FinanceRequestPayload, financeRequestTypeOf } from '../payments/finance-requests.types.js';
import {
  RecordOutOfBandPaymentInput,
  RecordOutOfBandPaymentPayload,
  type RequestInput,
  RequestRefundInput,
  RequestRefundPayload,
  RequestTopUpInput,
  RequestTopUpPayload,
  RequestWriteOffInput,
  RequestWriteOffPayload,
} from './billing.inputs.js';
import { readMoney, readReference } from './read-billing.js';

type Asked = Outcome<FinanceRequested & { readonly replayed: boolean }>;

/** What one person of finance asks for about buyers' money, and another one decides. */
@Resolver()
export class BillingRequestsResolver {
  constructor(
    private readonly request: RequestFinanceAct,
    private readonly requests: PaymentQueries,
    private readonly settlements: SettlementQueries,
    private readonly invoices: InvoiceQueries,
    private readonly organizations: OrganizationQueries,
  ) {}

  @Requires('payments:manage')
  @Mutation(() => RequestWriteOffPayload, {
    description:
      'Asks to give up what is open of a settlement that the buyer will not pay. Another person approves it.',
  })
  async requestWriteOff(
    @CurrentActor() actor: Actor,
    @Args('input') input: RequestWriteOffInput,
  ): Promise<RequestWriteOffPayload> {
    const uuid = decodeId('stl', input.settlementId);
    const [settlement] = uuid === undefined ? [] : await this.settlements.byIds(actor, [uuid]);
    const field = ['input', 'settlementId'];
    if (!settlement) return await this.answer(refuse('NOT_FOUND', { field }));
    // What still gathers comes to nothing that could be measured.
    if (settlement.totals === null) {
      const message = 'Only what a buyer was asked to pay can be written off.';
      return await this.answer(refuse('ILLEGAL_TRANSITION', { field, message, data: { allowed: [] } }));
    }
    return await this.ask(actor, 'WRITE_OFF', done(writeOffPayload(settlement)), input);
  }

  @Requires('payments:manage')
  @Mutation(() => RecordOutOfBandPaymentPayload, {
    description: "Says that a buyer has paid to the operator's bank. Another person approves it.",
  })
  async recordOutOfBandPayment(
    @CurrentActor() actor: Actor,
    @Args('input') input: RecordOutOfBandPaymentInput,
  ): Promise<RecordOutOfBandPaymentPayload> {
    const uuid = decodeId('inv', input.invoiceId);
    const [invoice] = uuid === undefined ? [] : await this.invoices.byIds(actor, [uuid]);
    if (!invoice) return await this.answer(refuse('NOT_FOUND', { field: ['input', 'invoiceId'] }));
    const reference = readReference(input.reference, ['input', 'reference']);
    if (!reference.ok) return await this.answer(reference);
    const amount = readMoney(input.amount, ['input', 'amount']);
    if (!amount.ok) return await this.answer(amount);
    const payment = { invoiceId: invoice.id, amount: amount.value, reference: reference.value };
    return await this.ask(actor, 'OUT_OF_BAND_PAYMENT', done(outOfBandPayload(payment)), input);
  }

  @Requires('payments:manage')
  @Mutation(() => RequestRefundPayload, {
    description:
      "Asks to give a buyer's free credit back, the way one of its payments came. Another person approves it.",
  })
  async requestRefund(
    @CurrentActor() actor: Actor,
    @Args('input') input: RequestRefundInput,
  ): Promise<RequestRefundPayload> {
    return await this.ask(actor, 'REFUND', await this.readRefund(actor, input), input);
  }

  @Requires('payments:manage')
  @Mutation(() => RequestTopUpPayload, {
    description:
      "Asks to charge a buyer's saved method and put the money into its prepaid balance. Another person approves it.",
  })
  async requestTopUp(
    @CurrentActor() actor: Actor,
    @Args('input') input: RequestTopUpInput,
  ): Promise<RequestTopUpPayload> {
    return await this.ask(actor, 'TOP_UP', await this.readTopUp(actor, input), input);
  }

  private async readTopUp(actor: Actor, input: RequestTopUpInput): Promise<Outcome<Payload>> {
    const buyerId = decodeId('org', input.buyerId);
    const [found] = buyerId === undefined ? [] : await this.organizations.organizations(actor, [buyerId]);
    if (found?.kind !== 'BUYER') return refuse('NOT_FOUND', { field: ['input', 'buyerId'] });
    const amount = readMoney(input.amount, ['input', 'amount']);
    return amount.ok ? done(topUpPayload({ buyerId: found.id, amount: amount.value })) : amount;
  }

  private async readRefund(actor: Actor, input: RequestRefundInput): Promise<Outcome<Payload>> {
    const buyerId = decodeId('org', input.buyerId);
    const agencyId = decodeOptionalId('org', input.agencyId);
    const ids = [buyerId, agencyId].filter((id) => typeof id === 'string');
    const kinds = new Map(
      (await this.organizations.organizations(actor, ids)).map(({ id, kind }) => [id, kind]),
    );
    if (buyerId === undefined || kinds.get(buyerId) !== 'BUYER') {
      return refuse('NOT_FOUND', { field: ['input', 'buyerId'] });
    }
    if (agencyId === undefined || (agencyId !== null && kinds.get(agencyId) !== 'AGENCY')) {
      return refuse('NOT_FOUND', { field: ['input', 'agencyId'] });
    }
    const amount = readMoney(input.amount, ['input', 'amount']);
    return amount.ok ? done(refundPayload({ buyerId, agencyId, amount: amount.value })) : amount;
  }

  private async ask(
    actor: Actor,
    kind: FinanceRequestKind,
    payload: Outcome<Payload>,
    { reason, idempotencyKey }: RequestInput,
  ): Promise<FinanceRequestPayload> {
    if (!payload.ok) return await this.answer(payload);
    const wanted = { kind, payload: payload.value, reason, idempotencyKey };
    return await this.answer(await this.request.execute(actor, wanted));
  }

  private async answer(asked: Asked): Promise<FinanceRequestPayload> {
    if (!asked.ok) return { financeRequest: null, replayed: false, userErrors: toUserErrors(asked.refusals) };
    const { id, replayed } = asked.value;
    const [found] = await this.requests.financeRequestsByIds([id]);
    return { financeRequest: found ? financeRequestTypeOf(found) : null, replayed, userErrors: [] };
  }
}
