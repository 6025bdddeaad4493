import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  CollectInvoice,
  type CollectionFilter,
  CollectionQueries,
  type InvoiceFilter,
  type InvoiceLine,
  InvoiceQueries,
  openOf,
  paidOf,
} from '#collections';
import type { Actor } from '#organizations';
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
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { BuyerType } from '../organizations/organizations.types.js';
import { moneyOf } from '../payments/payments.types.js';
import { SettlementLoaders } from '../settlements/settlements.loaders.js';
import { SettlementConnection, type SettlementType } from '../settlements/settlements.types.js';
import { CollectInvoiceInput, CollectInvoicePayload, InvoicesArgs } from './billing.inputs.js';
import { BillingLoaders } from './billing.loaders.js';
import {
  CollectionConnection,
  type CollectionType,
  collectionTypeOf,
  InvoiceConnection,
  InvoiceType,
  invoiceTypeOf,
} from './invoices.types.js';
import { pageOf } from './page-of.js';
import { filterBy } from './read-billing.js';

const cursor = { list: 'invoices', key: ['uuid'] } as const;
const settlementCursor = { list: 'invoice-settlements', key: ['uuid'] } as const;
const collectionCursor = { list: 'invoice-collections', key: ['uuid'] } as const;

/** What buyers are asked to pay. */
@Resolver(() => InvoiceType)
export class InvoicesResolver {
  constructor(
    private readonly queries: InvoiceQueries,
    private readonly load: BillingLoaders,
    private readonly collect: CollectInvoice,
  ) {}

  @Requires('billing:read')
  @Query(() => InvoiceType, { nullable: true })
  async invoice(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<InvoiceType | null> {
    const uuid = decodeId('inv', id);
    return uuid === undefined ? null : await this.load.invoice(loaders, uuid);
  }

  @Requires('billing:read')
  @Query(() => InvoiceConnection, { description: 'Newest first.' })
  async invoices(
    @CurrentActor() actor: Actor,
    @Args() args: InvoicesArgs,
  ): Promise<ConnectionOf<InvoiceType>> {
    const page = readPage(args, cursor);
    const filter: InvoiceFilter = { state: args.status ?? undefined, buyerId: filterBy(args.buyerId) };
    return toConnection(await this.queries.page(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: invoiceTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, filter, max),
    });
  }

  @Requires('billing:manage')
  @Mutation(() => CollectInvoicePayload, {
    description:
      'Tries to collect an invoice now, whatever is planned; a method that was refused before is tried again.',
  })
  async collectInvoice(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') { invoiceId: id, onPage, idempotencyKey }: CollectInvoiceInput,
  ): Promise<CollectInvoicePayload> {
    const invoiceId = decodeId('inv', id);
    if (invoiceId === undefined) return refused([refusal('NOT_FOUND', { field: ['input', 'invoiceId'] })]);
    const onlyOnPage = onPage === true ? { onPage } : {};
    const collected = await this.collect.execute(actor, { invoiceId, ...onlyOnPage, idempotencyKey });
    if (!collected.ok) return refused(collected.refusals);
    const { replayed } = collected.value;
    return { invoice: await this.load.invoice(loaders, invoiceId), replayed, userErrors: [] };
  }
}

function refused(refusals: readonly Refusal[]): CollectInvoicePayload {
  return { invoice: null, replayed: false, userErrors: toUserErrors(refusals) };
}

/** What is below an invoice. */
@Resolver(() => InvoiceType)
export class InvoicePartsResolver {
  constructor(
    private readonly collectionQueries: CollectionQueries,
    private readonly load: BillingLoaders,
    private readonly settlementLoaders: SettlementLoaders,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @ResolveField(() => BuyerType)
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: InvoiceType): Promise<BuyerType> {
    return await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => MoneyType, { description: 'What has come in for it.' })
  async paid(@Loaders() loaders: RequestLoaders, @Parent() { of }: InvoiceType): Promise<MoneyType> {
    return moneyOf(await this.sum(loaders, of.id, paidOf), of.currency);
  }

  @ResolveField(() => MoneyType, { description: 'What neither was paid nor written off.' })
  async open(@Loaders() loaders: RequestLoaders, @Parent() { of }: InvoiceType): Promise<MoneyType> {
    return moneyOf(await this.sum(loaders, of.id, openOf), of.currency);
  }

  @ResolveField(() => MoneyType, { description: 'What was given up of it.' })
  async writtenOff(@Loaders() loaders: RequestLoaders, @Parent() { of }: InvoiceType): Promise<MoneyType> {
    return moneyOf(await this.sum(loaders, of.id, ({ writtenOffMinor }) => writtenOffMinor), of.currency);
  }

  @ResolveField(() => MoneyType, {
    description: "The buyer's credit for corrections that paid a part of its settlements beforehand.",
  })
  async creditApplied(@Loaders() loaders: RequestLoaders, @Parent() { of }: InvoiceType): Promise<MoneyType> {
    return moneyOf(await this.sum(loaders, of.id, ({ creditMinor }) => creditMinor), of.currency);
  }

  @ResolveField(() => String, { nullable: true, description: 'The page on which it can be paid now.' })
  async payUrl(@Loaders() loaders: RequestLoaders, @Parent() { of }: InvoiceType): Promise<string | null> {
    return await loaders.of(this.load.payUrl).load(of.id);
  }

  @ResolveField(() => SettlementConnection, { description: 'What it asks for, the oldest first.' })
  async settlements(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: InvoiceType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<SettlementType>> {
    const page = readPage(args, settlementCursor);
    const lines = await loaders.of(this.load.lines).load(of.id);
    const fetched = pageOf(lines, page);
    const found = await Promise.all(fetched.map(({ id }) => this.settlementLoaders.settlement(loaders, id)));
    const settlements = found.flatMap((each) => each ?? []);
    return toConnection(settlements, page, {
      keyOf: ({ of: settlement }) => [settlement.id],
      toNode: (settlement) => settlement,
      countUpTo: () => lines.length,
    });
  }

  @ResolveField(() => CollectionConnection, { description: 'The tries to collect it, the last one first.' })
  async collections(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: InvoiceType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<CollectionType>> {
    const page = readPage(args, collectionCursor);
    const filter: CollectionFilter = { invoiceId: of.id };
    return toConnection(await loaders.of(this.load.collectionsOf).load({ of, page }), page, {
      keyOf: ({ id }) => [id],
      toNode: collectionTypeOf,
      countUpTo: async (max) => await this.collectionQueries.count(actor, filter, max),
    });
  }

  private async sum(
    loaders: RequestLoaders,
    invoiceId: string,
    amountOf: (line: InvoiceLine) => bigint,
  ): Promise<bigint> {
    const lines = await loaders.of(this.load.lines).load(invoiceId);
    return lines.reduce((sum, line) => sum + amountOf(line), 0n);
  }
}
