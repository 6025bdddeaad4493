import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { PaymentQueries, Reconcile } from '#payments';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { toUserErrors } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType } from '../organizations/organizations.types.js';
import { agencyOf } from './payment-control.resolver.js';
import { ReconcilePaymentsInput, ReconcilePaymentsPayload } from './payments.inputs.js';
import {
  ComparedAccountType,
  DifferenceType,
  ReconciliationType,
  reconciliationTypeOf,
} from './payments.types.js';

/** The ledger against the payment provider. */
@Resolver()
export class ReconciliationResolver {
  constructor(
    private readonly reconcile: Reconcile,
    private readonly queries: PaymentQueries,
  ) {}

  @Requires('payments:read')
  @Query(() => ReconciliationType, {
    nullable: true,
    description: 'The latest comparison; null when there was none yet.',
  })
  async reconciliation(): Promise<ReconciliationType | null> {
    const latest = await this.queries.latestReconciliation();
    return latest === undefined ? null : reconciliationTypeOf(latest);
  }

  @Requires('payments:manage')
  @Mutation(() => ReconcilePaymentsPayload, {
    description:
      'Compares every account now. It repairs nothing and may be called at any time: what differs is frozen, and free again once it matches.',
  })
  async reconcilePayments(
    @CurrentActor() actor: Actor,
    @Args('input') input: ReconcilePaymentsInput,
  ): Promise<ReconcilePaymentsPayload> {
    const compared = await this.reconcile.onDemand(actor, input);
    if (!compared.ok)
      return { reconciliation: null, replayed: false, userErrors: toUserErrors(compared.refusals) };
    const { reconciliation, replayed } = compared.value;
    return { reconciliation: reconciliationTypeOf(reconciliation), replayed, userErrors: [] };
  }
}

@Resolver(() => ComparedAccountType)
export class ComparedAccountsResolver {
  constructor(private readonly organizations: OrganizationLoaders) {}

  @ResolveField(() => AgencyType, {
    nullable: true,
    description: 'Null for the balance, and for all agencies together to which nothing is on its way.',
  })
  async agency(
    @Loaders() loaders: RequestLoaders,
    @Parent() { bookId }: ComparedAccountType,
  ): Promise<AgencyType | null> {
    return await agencyOf(this.organizations, loaders, bookId);
  }
}

@Resolver(() => DifferenceType)
export class DifferencesResolver {
  constructor(private readonly organizations: OrganizationLoaders) {}

  @ResolveField(() => AgencyType, { nullable: true, description: 'Null when it is not one agency’s alone.' })
  async agency(
    @Loaders() loaders: RequestLoaders,
    @Parent() { bookId }: DifferenceType,
  ): Promise<AgencyType | null> {
    return await agencyOf(this.organizations, loaders, bookId);
  }
}
