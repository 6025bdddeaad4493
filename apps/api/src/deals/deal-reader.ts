import { Injectable } from '@nestjs/common';
import type { Deal } from '#deals';
import { invariant } from '#outcome';
import type { RequestLoaders } from '../access/index.js';
import { LeadLoaders } from '../leads/leads.loaders.js';
import type { LeadType } from '../leads/leads.types.js';
import type { PriceExplanationType } from './charges.types.js';
import { DealLoaders } from './deals.loaders.js';
import { type DealType, dealTypeOf } from './deals.types.js';
import { type OutcomeEventType, outcomeEventTypeOf } from './outcomes.types.js';

/** Deals, events and their leads as the API shows them, by UUID. `changed…` reads again what an act has just changed. */
@Injectable()
export class DealReader {
  constructor(
    private readonly deals: DealLoaders,
    private readonly leads: LeadLoaders,
  ) {}

  async deal(loaders: RequestLoaders, id: string): Promise<DealType | null> {
    const deal = await loaders.of(this.deals.byId).load(id);
    return deal && dealTypeOf(deal);
  }

  async changedDeal(loaders: RequestLoaders, id: string): Promise<DealType> {
    loaders.of(this.deals.byId).clear(id);
    const deal = await this.deal(loaders, id);
    invariant(deal, 'a deal vanished after an act');
    await this.changedLead(loaders, deal.of.leadId);
    return deal;
  }

  /** The lead of a deal or an event that the actor sees. */
  async lead(loaders: RequestLoaders, id: string): Promise<LeadType> {
    return await this.leads.leadOf(loaders, id);
  }

  async changedLead(loaders: RequestLoaders, id: string): Promise<LeadType> {
    return await this.leads.changedLead(loaders, id);
  }

  async explanation(loaders: RequestLoaders, deal: Deal): Promise<PriceExplanationType> {
    const price = await loaders.of(this.deals.priceOf).load(deal);
    invariant(price, 'a deal was not priced');
    return price.explanation;
  }

  async event(loaders: RequestLoaders, id: string): Promise<OutcomeEventType | null> {
    const event = await loaders.of(this.deals.eventById).load(id);
    return event && outcomeEventTypeOf(event);
  }
}
