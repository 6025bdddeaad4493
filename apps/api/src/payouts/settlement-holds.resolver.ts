import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { type HoldShown, reasonsForBuyers } from '#payouts';
import type { HoldReason } from '#settlements';
import { CurrentActor, Loaders, RequestLoaders } from '../access/index.js';
import { HoldReasonType, SettlementType } from '../settlements/settlements.types.js';
import { adjustmentTypeOf, SettlementAdjustmentType } from './adjustments.types.js';
import { PayoutLoaders } from './payouts.loaders.js';
import { HoldType, holdTypeOf, PayoutType, payoutTypeOf } from './payouts.types.js';

/** How a settlement's money is on its way to the agency, as fields of the settlement. */
@Resolver(() => SettlementType)
export class SettlementHoldsResolver {
  constructor(private readonly load: PayoutLoaders) {}

  @ResolveField(() => [HoldReasonType], {
    description: 'Why what the agency earned has not been sent to it; empty where nothing holds it.',
  })
  async holdReasons(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() settlement: SettlementType,
  ): Promise<readonly HoldReason[]> {
    return (await this.shownTo(actor, loaders, settlement)).map(({ reason }) => reason);
  }

  @ResolveField(() => [HoldType], { description: 'The same with dates and words.' })
  async holds(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() settlement: SettlementType,
  ): Promise<readonly HoldType[]> {
    const holds = await this.shownTo(actor, loaders, settlement);
    return holds.map((hold) => holdTypeOf(hold, settlement.of.currency));
  }

  @ResolveField(() => [SettlementAdjustmentType], {
    description:
      'What was taken from it after its approval, or added, and why; the oldest first. With these it may be PAID without ' +
      'anything being sent to the agency.',
  })
  async adjustments(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementType,
  ): Promise<readonly SettlementAdjustmentType[]> {
    const found = await loaders.of(this.load.adjustments).load(of);
    const isForBuyer = actor.kind === 'BUYER';
    return found.map((each) => adjustmentTypeOf(each, of.currency, { isForBuyer }));
  }

  @ResolveField(() => [PayoutType], {
    description:
      'What was sent of it to the agency, the oldest first; none for a buyer, whose business it is not.',
  })
  async payouts(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementType,
  ): Promise<readonly PayoutType[]> {
    const found = await loaders.of(this.load.ofSettlement).load(of.id);
    return found.map(({ payout }) => payoutTypeOf(payout));
  }

  private async shownTo(
    actor: Actor,
    loaders: RequestLoaders,
    { of }: SettlementType,
  ): Promise<readonly HoldShown[]> {
    const held = await loaders.of(this.load.held).load(of);
    const holds = held?.holds ?? [];
    return actor.kind === 'BUYER' ? holds.filter(({ reason }) => reasonsForBuyers.includes(reason)) : holds;
  }
}
