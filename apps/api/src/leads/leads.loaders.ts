import { Injectable } from '@nestjs/common';
import { type Delivery, type Lead, LeadQueries } from '#leads';
import { invariant } from '#outcome';
import { listLoaderOf, loaderOf, type RequestLoaders } from '../access/index.js';
import { type DeliveryType, deliveryTypeOf, type LeadType, leadTypeOf } from './leads.types.js';

/** Leads and deliveries as the API shows them, one query per request and kind; null for missing and foreign ones. */
@Injectable()
export class LeadLoaders {
  constructor(private readonly queries: LeadQueries) {}

  private readonly leads = loaderOf<string, Lead>(
    async (actor, ids) => await this.queries.byIds(actor, ids),
    ({ id }) => id,
  );
  private readonly deliveries = loaderOf<string, Delivery>(
    async (actor, ids) => await this.queries.deliveriesByIds(actor, ids),
    ({ id }) => id,
  );
  private readonly ofLeads = listLoaderOf<string, Delivery>(
    async (actor, keys) => await this.queries.deliveriesOf(actor, keys.map(leadOfKey)),
    ({ agencyId, leadId }) => leadKey({ agencyId, id: leadId }),
  );

  async lead(loaders: RequestLoaders, uuid: string): Promise<LeadType | null> {
    const lead = await loaders.of(this.leads).load(uuid);
    return lead && leadTypeOf(lead);
  }

  /** The lead of an object that the actor sees; whoever sees that sees the lead. */
  async leadOf(loaders: RequestLoaders, uuid: string): Promise<LeadType> {
    const lead = await this.lead(loaders, uuid);
    invariant(lead, 'the lead of a visible object is not visible');
    return lead;
  }

  /** Reads again what an act has just changed. */
  async changedLead(loaders: RequestLoaders, uuid: string): Promise<LeadType> {
    loaders.of(this.leads).clear(uuid);
    loaders.of(this.deliveries).clearAll();
    const lead = await this.leadOf(loaders, uuid);
    loaders.of(this.ofLeads).clear(leadKey(lead.of));
    return lead;
  }

  async delivery(loaders: RequestLoaders, uuid: string): Promise<DeliveryType | null> {
    const delivery = await loaders.of(this.deliveries).load(uuid);
    return delivery && deliveryTypeOf(delivery);
  }

  /** The deliveries of a lead that the actor may see, the first one first. */
  async deliveriesOfLead(loaders: RequestLoaders, lead: Lead): Promise<DeliveryType[]> {
    const deliveries = await loaders.of(this.ofLeads).load(leadKey(lead));
    return deliveries.map(deliveryTypeOf);
  }
}

// The agency goes along with the lead's id, so that the query asks one shard and not all.
function leadKey({ agencyId, id }: Pick<Lead, 'agencyId' | 'id'>): string {
  return `${agencyId}:${id}`;
}

function leadOfKey(key: string): Pick<Lead, 'agencyId' | 'id'> {
  const [agencyId = '', id = ''] = key.split(':');
  return { agencyId, id };
}
