import type { OnModuleInit } from '@nestjs/common';
import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import { ControlPayments, type OperationFilter, PaymentQueries } from '#payments';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { type ConnectionOf, decodeId, readPage, toConnection, toUserErrors } from '../graphql/index.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { PaymentOperationsArgs, RetryOperationInput, RetryOperationPayload } from './payments.inputs.js';
import { PaymentLoaders } from './payments.loaders.js';
import { storedSubject } from './public-subject.js';
import { operationTypeOf, PaymentOperationConnection, type PaymentOperationType } from './payments.types.js';

const cursor = { list: 'payment-operations', key: ['uuid'] } as const;

/** What the payment provider was asked for, and what a person does about it. */
@Resolver()
export class PaymentOperationsResolver implements OnModuleInit {
  constructor(
    private readonly control: ControlPayments,
    private readonly queries: PaymentQueries,
    private readonly load: PaymentLoaders,
    private readonly nodes: NodeResolverRegistry,
  ) {}

  onModuleInit(): void {
    this.nodes.register('opn', {
      requires: 'payments:read',
      load: async (loaders, id) => await this.operation(loaders, id),
    });
  }

  @Requires('payments:read')
  @Query(() => PaymentOperationConnection, { description: 'Newest first.' })
  async paymentOperations(@Args() args: PaymentOperationsArgs): Promise<ConnectionOf<PaymentOperationType>> {
    const page = readPage(args, cursor);
    const filter: OperationFilter = { state: args.status ?? undefined, subject: subjectOf(args.subject) };
    return toConnection(await this.queries.operations(filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: operationTypeOf,
      countUpTo: async (max) => await this.queries.countOperations(filter, max),
    });
  }

  @Requires('payments:manage')
  @Mutation(() => RetryOperationPayload, {
    description: 'Has an operation that is STOPPED tried again: looked for first when it may have been sent.',
  })
  async retryOperation(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RetryOperationInput,
  ): Promise<RetryOperationPayload> {
    const operationId = decodeId('opn', input.operationId);
    if (operationId === undefined)
      return notRetried([refusal('NOT_FOUND', { field: ['input', 'operationId'] })]);
    const outcome = await this.control.retryOperation(actor, { ...input, operationId });
    if (!outcome.ok) return notRetried(outcome.refusals);
    loaders.forget();
    const operation = await this.operation(loaders, operationId);
    return { operation, replayed: outcome.value.replayed, userErrors: [] };
  }

  private async operation(loaders: RequestLoaders, id: string): Promise<PaymentOperationType | null> {
    const found = await loaders.of(this.load.operation).load(id);
    return found && operationTypeOf(found);
  }
}

/** A subject of nothing for what is none: a filter by it finds nothing. */
function subjectOf(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined) return undefined;
  return storedSubject(text) ?? 'none';
}

function notRetried(refusals: readonly Refusal[]): RetryOperationPayload {
  return { operation: null, replayed: false, userErrors: toUserErrors(refusals) };
}
