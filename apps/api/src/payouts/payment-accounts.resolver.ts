import { Inject } from '@nestjs/common';
import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Clock } from '#calendar';
import type { Actor } from '#organizations';
import type { Refusal } from '#outcome';
import { OnboardAgency, PayoutQueries } from '#payouts';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType } from '../organizations/organizations.types.js';
import {
  BeginOnboardingInput,
  BeginOnboardingPayload,
  RefreshPaymentAccountInput,
  RefreshPaymentAccountPayload,
} from './payouts.inputs.js';
import { accountTypeOf, PaymentAccountType } from './payouts.types.js';

/** Agencies' accounts at the payment provider. */
@Resolver(() => PaymentAccountType)
export class PaymentAccountsResolver {
  constructor(
    private readonly onboard: OnboardAgency,
    private readonly queries: PayoutQueries,
    private readonly organizations: OrganizationLoaders,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  @Requires('payouts:read')
  @Query(() => PaymentAccountType, {
    nullable: true,
    description: 'Null for an agency that is missing or not yours to see.',
  })
  async paymentAccount(
    @CurrentActor() actor: Actor,
    @Args('agencyId', { type: () => ID }) id: string,
  ): Promise<PaymentAccountType | null> {
    const agencyId = decodeId('org', id);
    if (agencyId === undefined || !(await this.queries.seesAgency(actor, agencyId))) return null;
    return await this.account(agencyId);
  }

  @Requires('payouts:manage')
  @Mutation(() => BeginOnboardingPayload, {
    description:
      'Opens an account at the payment provider for your agency, unless it has one, and gives a fresh page on which to tell what is missing.',
  })
  async beginOnboarding(
    @CurrentActor() actor: Actor,
    @Args('input') input: BeginOnboardingInput,
  ): Promise<BeginOnboardingPayload> {
    const begun = await this.onboard.begin(actor, input);
    if (!begun.ok)
      return { account: null, url: null, replayed: false, userErrors: toUserErrors(begun.refusals) };
    const { agencyId, url, replayed } = begun.value;
    return { account: await this.account(agencyId), url, replayed, userErrors: [] };
  }

  @Requires('payouts:manage')
  @Mutation(() => RefreshPaymentAccountPayload, {
    description: "Looks at your agency's account at the payment provider now.",
  })
  async refreshPaymentAccount(
    @CurrentActor() actor: Actor,
    @Args('input') input: RefreshPaymentAccountInput,
  ): Promise<RefreshPaymentAccountPayload> {
    const refreshed = await this.onboard.refresh(actor, input);
    if (!refreshed.ok) return notRefreshed(refreshed.refusals);
    const { agencyId, replayed } = refreshed.value;
    return { account: await this.account(agencyId), replayed, userErrors: [] };
  }

  @ResolveField(() => AgencyType)
  async agency(
    @Loaders() loaders: RequestLoaders,
    @Parent() { agencyId }: PaymentAccountType,
  ): Promise<AgencyType> {
    return await this.organizations.agency(loaders, agencyId);
  }

  private async account(agencyId: string): Promise<PaymentAccountType> {
    return accountTypeOf(agencyId, await this.queries.account(agencyId), this.clock.now());
  }
}

function notRefreshed(refusals: readonly Refusal[]): RefreshPaymentAccountPayload {
  return { account: null, replayed: false, userErrors: toUserErrors(refusals) };
}
