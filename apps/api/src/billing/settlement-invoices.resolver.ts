import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { type Actor, may } from '#organizations';
import { CurrentActor, Loaders, RequestLoaders } from '../access/index.js';
import { MoneyType } from '../graphql/index.js';
import { moneyTypeOf, SettlementType } from '../settlements/settlements.types.js';
import { BillingLoaders } from './billing.loaders.js';
import { InvoiceType, invoiceTypeOf } from './invoices.types.js';

/** How a settlement's money comes in, as fields of the settlement. */
@Resolver(() => SettlementType)
export class SettlementInvoicesResolver {
  constructor(private readonly load: BillingLoaders) {}

  @ResolveField(() => InvoiceType, {
    nullable: true,
    description:
      'With which it is asked for; null before that, when nothing is owed, and without the permission billing:read.',
  })
  async invoice(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementType,
  ): Promise<InvoiceType | null> {
    if (!may(actor, 'billing:read')) return null;
    const found = await loaders.of(this.load.invoiceOf).load(of);
    return found && invoiceTypeOf(found);
  }

  @ResolveField(() => MoneyType, {
    description: 'What the buyer has paid of it, its credit for corrections included.',
  })
  async amountCollected(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementType,
  ): Promise<MoneyType> {
    return moneyTypeOf(await loaders.of(this.load.collected).load(of), of.currency);
  }
}
