import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { type Actor, may } from '#organizations';
import { invariant } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders } from '../access/index.js';
import { PriceExplanationType } from '../deals/charges.types.js';
import { DealReader } from '../deals/deal-reader.js';
import { DealType } from '../deals/deals.types.js';
import { MoneyType } from '../graphql/index.js';
import { JournalLoaders } from '../ledger/journals.loaders.js';
import { JournalType } from '../ledger/ledger.types.js';
import { LeadLoaders } from '../leads/leads.loaders.js';
import { LeadType } from '../leads/leads.types.js';
import { SettlementLoaders } from './settlements.loaders.js';
import { moneyTypeOf, SettlementLineType } from './settlements.types.js';

/** From a line to everything that it rests on. */
@Resolver(() => SettlementLineType)
export class SettlementLinesResolver {
  constructor(
    private readonly load: SettlementLoaders,
    private readonly leads: LeadLoaders,
    private readonly deals: DealReader,
    private readonly journals: JournalLoaders,
  ) {}

  @ResolveField(() => LeadType, { nullable: true })
  async lead(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementLineType,
  ): Promise<LeadType | null> {
    return await this.leads.lead(loaders, of.leadId);
  }

  @ResolveField(() => DealType, { nullable: true })
  async deal(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementLineType,
  ): Promise<DealType | null> {
    return of.dealId === null ? null : await this.deals.deal(loaders, of.dealId);
  }

  @ResolveField(() => SettlementLineType, {
    nullable: true,
    description: 'The line that this one takes back.',
  })
  async reverses(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementLineType,
  ): Promise<SettlementLineType | null> {
    return of.reverses === null ? null : await this.load.line(loaders, of.reverses);
  }

  @ResolveField(() => PriceExplanationType)
  async explanation(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementLineType,
  ): Promise<PriceExplanationType> {
    const explanation = await loaders.of(this.load.explanation).load(of);
    invariant(explanation, 'a line has no explanation');
    return explanation;
  }

  @ResolveField(() => MoneyType, { description: 'What the statement comes to up to and with this line.' })
  async runningTotal(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementLineType,
  ): Promise<MoneyType> {
    const totalMinor = await loaders.of(this.load.runningTotal).load(of);
    invariant(totalMinor !== null, 'a line has no running total');
    return moneyTypeOf(totalMinor, of.currency);
  }

  @ResolveField(() => JournalType, {
    nullable: true,
    description: 'How it is booked; null without the permission ledger:read.',
  })
  async journal(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SettlementLineType,
  ): Promise<JournalType | null> {
    // A charge and its journal have the same id.
    return may(actor, 'ledger:read') ? await this.journals.journal(loaders, of.id) : null;
  }
}
