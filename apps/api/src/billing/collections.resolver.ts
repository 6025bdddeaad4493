import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { CancelCollection, TopUpBalance } from '#collections';
import type { Actor } from '#organizations';
import { type Outcome, type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { decodeId, MoneyType, toUserErrors } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { BuyerType } from '../organizations/organizations.types.js';
import { moneyOf } from '../payments/payments.types.js';
import {
  CancelCollectionInput,
  CancelCollectionPayload,
  TopUpBalanceInput,
  TopUpBalancePayload,
} from './billing.inputs.js';
import { BillingLoaders } from './billing.loaders.js';
import { CollectionType, InvoiceType } from './invoices.types.js';
import { readBuyer, readMoney } from './read-billing.js';

/** Tries at taking buyers' money. */
@Resolver(() => CollectionType)
export class CollectionsResolver {
  constructor(
    private readonly topUp: TopUpBalance,
    private readonly cancel: CancelCollection,
    private readonly load: BillingLoaders,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('billing:manage')
  @Mutation(() => TopUpBalancePayload, {
    description:
      "Charges the saved method and puts the money into the buyer's prepaid balance. For the buyer itself; the operator asks with requestTopUp.",
  })
  async topUpBalance(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: TopUpBalanceInput,
  ): Promise<TopUpBalancePayload> {
    const buyer = readBuyer(actor, input.buyerId, ['input', 'buyerId']);
    if (!buyer.ok) return refused(buyer.refusals);
    const amount = readMoney(input.amount, ['input', 'amount']);
    if (!amount.ok) return refused(amount.refusals);
    const { idempotencyKey } = input;
    const wanted = { buyerId: buyer.value, amount: amount.value, idempotencyKey };
    return await this.answer(loaders, await this.topUp.execute(actor, wanted));
  }

  @Requires('payments:manage')
  @Mutation(() => CancelCollectionPayload, {
    description:
      'Stops a collection that is under way. Its end is told by the provider: it may succeed meanwhile.',
  })
  async cancelCollection(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') { collectionId: id, idempotencyKey }: CancelCollectionInput,
  ): Promise<CancelCollectionPayload> {
    const collectionId = decodeId('col', id);
    if (collectionId === undefined) {
      return refused([refusal('NOT_FOUND', { field: ['input', 'collectionId'] })]);
    }
    return await this.answer(loaders, await this.cancel.execute(actor, { collectionId, idempotencyKey }));
  }

  @ResolveField(() => BuyerType)
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: CollectionType): Promise<BuyerType> {
    return await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => InvoiceType, { nullable: true, description: 'Null: it fills up the balance.' })
  async invoice(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: CollectionType,
  ): Promise<InvoiceType | null> {
    return of.invoiceId === null ? null : await this.load.invoice(loaders, of.invoiceId);
  }

  @ResolveField(() => MoneyType, {
    nullable: true,
    description: 'What the payment provider took for it, for the operator alone; null until that is known.',
  })
  fee(@CurrentActor() actor: Actor, @Parent() { of }: CollectionType): MoneyType | null {
    if (actor.kind !== 'OPERATOR' || of.feeMinor === null) return null;
    return moneyOf(of.feeMinor, of.currency);
  }

  private async answer(
    loaders: RequestLoaders,
    outcome: Outcome<{ readonly collectionId: string; readonly replayed: boolean }>,
  ): Promise<TopUpBalancePayload> {
    if (!outcome.ok) return refused(outcome.refusals);
    const { collectionId, replayed } = outcome.value;
    return { collection: await this.load.collection(loaders, collectionId), replayed, userErrors: [] };
  }
}

function refused(refusals: readonly Refusal[]): TopUpBalancePayload {
  return { collection: null, replayed: false, userErrors: toUserErrors(refusals) };
}
