import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { PaymentQueries } from '#payments';
import { type FinanceQueue, FinanceQueueQueries, type QueueItem } from '#payouts';
import { Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  MoneyType,
  type Page,
  PageArgs,
  readPage,
  toConnection,
} from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType, BuyerType } from '../organizations/organizations.types.js';
import {
  moneyOf,
  operationTypeOf,
  PaymentOperationConnection,
  type PaymentOperationType,
} from '../payments/payments.types.js';
import { SettlementLoaders } from '../settlements/settlements.loaders.js';
import { SettlementConnection, type SettlementType } from '../settlements/settlements.types.js';
import {
  ContestedPaymentConnection,
  ContestedPaymentType,
  contestedPaymentTypeOf,
  DisputeQueueType,
  FailingItemConnection,
  FailingItemType,
  failingItemTypeOf,
  FailingQueueType,
  FinanceQueuesType,
  OperationQueueType,
  SettlementQueueType,
} from './finance-queues.types.js';

const cursor = { list: 'finance-queue', key: ['uuid'] } as const;

@Resolver()
export class FinanceQueuesResolver {
  @Requires('payments:read')
  @Query(() => FinanceQueuesType, { description: "What the operator's finance looks at every day." })
  financeQueues(): FinanceQueuesType {
    return {
      toPrepare: { queue: 'PREPARE' },
      toApprove: { queue: 'APPROVE' },
      failing: { queue: 'FAILING' },
      held: { queue: 'HELD' },
      unknown: { queue: 'UNKNOWN' },
      disputes: { queue: 'DISPUTES' },
    };
  }
}

/** What all queues have in common. */
class QueueReader {
  constructor(protected readonly queues: FinanceQueueQueries) {}

  protected async sums(queue: FinanceQueue): Promise<readonly MoneyType[]> {
    const totals = await this.queues.totals(queue);
    return totals.map(({ amountMinor, currency }) => moneyOf(amountMinor, currency));
  }

  /** A page of what `nodesOf` makes of the items, in their order; what has gone meanwhile is left out. */
  protected async list<Node>(
    queue: FinanceQueue,
    args: PageArgs,
    nodesOf: (items: readonly QueueItem[]) => Promise<readonly (Node | null)[]> | readonly (Node | null)[],
  ): Promise<ConnectionOf<Node>> {
    const page: Page = readPage(args, cursor);
    const items = await this.queues.page(queue, page);
    const nodes = await nodesOf(items);
    const shown = items.flatMap(({ id }, index) => {
      const node = nodes[index] ?? null;
      return node === null ? [] : [{ id, node }];
    });
    return toConnection(shown, page, {
      keyOf: ({ id }) => [id],
      toNode: ({ node }) => node,
      countUpTo: async (max) => await this.queues.count(queue, max),
    });
  }
}

@Resolver(() => SettlementQueueType)
export class SettlementQueuesResolver extends QueueReader {
  constructor(
    queues: FinanceQueueQueries,
    private readonly settlementLoaders: SettlementLoaders,
  ) {
    super(queues);
  }

  @ResolveField(() => [MoneyType], { description: 'What it all comes to, by currency.' })
  async totals(@Parent() { queue }: SettlementQueueType): Promise<readonly MoneyType[]> {
    return await this.sums(queue);
  }

  @ResolveField(() => SettlementConnection, { description: 'The oldest first.' })
  async settlements(
    @Loaders() loaders: RequestLoaders,
    @Parent() { queue }: SettlementQueueType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<SettlementType>> {
    return await this.list<SettlementType>(queue, args, async (items) =>
      Promise.all(items.map(({ id }) => this.settlementLoaders.settlement(loaders, id))),
    );
  }
}

@Resolver(() => FailingQueueType)
export class FailingQueueResolver extends QueueReader {
  constructor(queues: FinanceQueueQueries) {
    super(queues);
  }

  @ResolveField(() => [MoneyType], { description: 'What it all comes to, by currency.' })
  async totals(): Promise<readonly MoneyType[]> {
    return await this.sums('FAILING');
  }

  @ResolveField(() => FailingItemConnection, { description: 'The oldest first.' })
  async items(@Args() args: PageArgs): Promise<ConnectionOf<FailingItemType>> {
    return await this.list('FAILING', args, (items) => items.map(failingItemTypeOf));
  }
}

@Resolver(() => FailingItemType)
export class FailingItemsResolver {
  constructor(private readonly organizations: OrganizationLoaders) {}

  @ResolveField(() => AgencyType, { nullable: true })
  async agency(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: FailingItemType,
  ): Promise<AgencyType | null> {
    return of.agencyId === null ? null : await this.organizations.agency(loaders, of.agencyId);
  }

  @ResolveField(() => BuyerType, { nullable: true })
  async buyer(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: FailingItemType,
  ): Promise<BuyerType | null> {
    return of.buyerId === null ? null : await this.organizations.buyer(loaders, of.buyerId);
  }
}

@Resolver(() => OperationQueueType)
export class OperationQueueResolver extends QueueReader {
  constructor(
    queues: FinanceQueueQueries,
    private readonly payments: PaymentQueries,
  ) {
    super(queues);
  }

  @ResolveField(() => [MoneyType], { description: 'What it all comes to, by currency.' })
  async totals(): Promise<readonly MoneyType[]> {
    return await this.sums('UNKNOWN');
  }

  @ResolveField(() => PaymentOperationConnection, { description: 'The oldest first.' })
  async operations(@Args() args: PageArgs): Promise<ConnectionOf<PaymentOperationType>> {
    return await this.list<PaymentOperationType>('UNKNOWN', args, async (items) => {
      const found = await this.payments.operationsByIds(items.map(({ id }) => id));
      const byId = new Map(found.map((each) => [each.id, operationTypeOf(each)]));
      return items.map(({ id }) => byId.get(id) ?? null);
    });
  }
}

@Resolver(() => DisputeQueueType)
export class DisputeQueueResolver extends QueueReader {
  constructor(queues: FinanceQueueQueries) {
    super(queues);
  }

  @ResolveField(() => [MoneyType], { description: 'What it all comes to, by currency.' })
  async totals(): Promise<readonly MoneyType[]> {
    return await this.sums('DISPUTES');
  }

  @ResolveField(() => ContestedPaymentConnection, { description: 'The oldest first.' })
  async payments(@Args() args: PageArgs): Promise<ConnectionOf<ContestedPaymentType>> {
    return await this.list('DISPUTES', args, (items) => items.map(contestedPaymentTypeOf));
  }
}

@Resolver(() => ContestedPaymentType)
export class ContestedPaymentsResolver {
  constructor(private readonly organizations: OrganizationLoaders) {}

  @ResolveField(() => BuyerType, { nullable: true })
  async buyer(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: ContestedPaymentType,
  ): Promise<BuyerType | null> {
    return of.buyerId === null ? null : await this.organizations.buyer(loaders, of.buyerId);
  }
}
