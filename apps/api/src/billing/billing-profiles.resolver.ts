import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  BeginPaymentSetup,
  BillingQueries,
  type CollectionFilter,
  CollectionQueries,
  SetBillingProfile,
  type SetBillingProfileInput as Wanted,
} from '#collections';
import type { Actor } from '#organizations';
import { done, type Outcome } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  badUserInput,
  type ConnectionOf,
  PageArgs,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { BuyerType } from '../organizations/organizations.types.js';
import {
  BeginPaymentSetupInput,
  BeginPaymentSetupPayload,
  SetBillingProfileInput,
  SetBillingProfilePayload,
} from './billing.inputs.js';
import {
  BillingProfileType,
  BuyerBalanceType,
  balanceTypeOf,
  profileTypeOf,
} from './billing-profiles.types.js';
import { CollectionConnection, type CollectionType, collectionTypeOf } from './invoices.types.js';
import { readBuyer, readMoney } from './read-billing.js';

const field = ['input', 'buyerId'];
const topUpCursor = { list: 'top-ups', key: ['uuid'] } as const;

/** How buyers pay. */
@Resolver(() => BillingProfileType)
export class BillingProfilesResolver {
  constructor(
    private readonly set: SetBillingProfile,
    private readonly beginSetup: BeginPaymentSetup,
    private readonly queries: BillingQueries,
    private readonly collections: CollectionQueries,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('billing:read')
  @Query(() => BillingProfileType, {
    nullable: true,
    description: 'Null for a buyer that is missing or not yours to see.',
  })
  async billingProfile(
    @CurrentActor() actor: Actor,
    @Args('buyerId', { type: () => ID, nullable: true, description: 'Left out by a buyer: its own.' })
    id: string | null,
  ): Promise<BillingProfileType | null> {
    const buyer = readBuyer(actor, id, ['buyerId']);
    if (buyer.ok) return await this.profile(actor, buyer.value);
    const [refused] = buyer.refusals;
    if (refused?.code === 'REQUIRED') throw badUserInput('buyerId', refused.message);
    return null;
  }

  @Requires('billing:manage')
  @Mutation(() => SetBillingProfilePayload, {
    description:
      "Sets how a buyer pays; terms, net days and the credit limit are for the operator's finance.",
  })
  async setBillingProfile(
    @CurrentActor() actor: Actor,
    @Args('input') input: SetBillingProfileInput,
  ): Promise<SetBillingProfilePayload> {
    const wanted = readSettings(actor, input);
    const outcome = wanted.ok ? await this.set.execute(actor, wanted.value) : wanted;
    if (!outcome.ok) {
      return { billingProfile: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    }
    const { buyerId, replayed } = outcome.value;
    return { billingProfile: await this.profile(actor, buyerId), replayed, userErrors: [] };
  }

  @Requires('billing:manage')
  @Mutation(() => BeginPaymentSetupPayload, {
    description:
      'Lets the buyer save a payment method with the payment provider, which alone sees its number. The same key gives the same page for a day.',
  })
  async beginPaymentSetup(
    @CurrentActor() actor: Actor,
    @Args('input') { buyerId: id, idempotencyKey }: BeginPaymentSetupInput,
  ): Promise<BeginPaymentSetupPayload> {
    const buyer = readBuyer(actor, id, field);
    const begun = buyer.ok
      ? await this.beginSetup.execute(actor, { buyerId: buyer.value, idempotencyKey })
      : buyer;
    if (!begun.ok) {
      const nothing = { billingProfile: null, browserSecret: null, url: null, replayed: false };
      return { ...nothing, userErrors: toUserErrors(begun.refusals) };
    }
    const { buyerId, browserSecret, url, replayed } = begun.value;
    const billingProfile = await this.profile(actor, buyerId);
    return { billingProfile, browserSecret, url, replayed, userErrors: [] };
  }

  @ResolveField(() => BuyerType)
  async buyer(@Loaders() loaders: RequestLoaders, @Parent() { of }: BillingProfileType): Promise<BuyerType> {
    return await this.organizations.buyer(loaders, of.buyerId);
  }

  @ResolveField(() => [BuyerBalanceType], { description: 'Where the buyer stands, by currency.' })
  async balances(@Parent() { of }: BillingProfileType): Promise<readonly BuyerBalanceType[]> {
    return (await this.queries.standing(of)).map(balanceTypeOf);
  }

  @ResolveField(() => CollectionConnection, { description: 'What filled up its balance, the last first.' })
  async topUps(
    @CurrentActor() actor: Actor,
    @Parent() { of }: BillingProfileType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<CollectionType>> {
    const page = readPage(args, topUpCursor);
    const filter: CollectionFilter = { buyerId: of.buyerId, topUps: true };
    return toConnection(await this.collections.page(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: collectionTypeOf,
      countUpTo: async (max) => await this.collections.count(actor, filter, max),
    });
  }

  private async profile(actor: Actor, buyerId: string): Promise<BillingProfileType | null> {
    const found = await this.queries.profile(actor, buyerId);
    return found === undefined ? null : profileTypeOf(found);
  }
}

/** What is left out stays as it is, and so do terms and days that are null: they cannot be taken away. */
function readSettings(actor: Actor, input: SetBillingProfileInput): Outcome<Wanted> {
  const buyer = readBuyer(actor, input.buyerId, field);
  if (!buyer.ok) return buyer;
  const creditLimit = readCreditLimit(input.creditLimit);
  if (!creditLimit.ok) return creditLimit;
  const recharge = readRecharge(input.recharge);
  if (!recharge.ok) return recharge;
  const { terms, netTermsDays, billingEmail, expectedVersion = null, idempotencyKey } = input;
  return done({
    buyerId: buyer.value,
    ...(terms === null || terms === undefined ? {} : { terms }),
    ...(netTermsDays === null || netTermsDays === undefined ? {} : { netTermsDays }),
    ...(creditLimit.value === undefined ? {} : { creditLimit: creditLimit.value }),
    ...(recharge.value === undefined ? {} : { recharge: recharge.value }),
    ...(billingEmail === undefined ? {} : { billingEmail }),
    expectedVersion,
    idempotencyKey,
  });
}

function readCreditLimit(input: SetBillingProfileInput['creditLimit']): Outcome<Wanted['creditLimit']> {
  if (input === null || input === undefined) return done(input);
  return readMoney(input, ['input', 'creditLimit'], { mayBeZero: true });
}

function readRecharge(input: SetBillingProfileInput['recharge']): Outcome<Wanted['recharge']> {
  if (input === null || input === undefined) return done(input);
  const below = readMoney(input.below, ['input', 'recharge', 'below']);
  if (!below.ok) return below;
  const amount = readMoney(input.amount, ['input', 'recharge', 'amount']);
  return amount.ok ? done({ below: below.value, amount: amount.value }) : amount;
}
