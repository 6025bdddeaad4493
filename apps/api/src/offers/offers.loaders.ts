import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#calendar';
import {
  type LeadOffer,
  type Offering,
  OfferQueries,
  type PingAddress,
  PingAddressStore,
  type PingKept,
  PingStore,
} from '#offers';
import { listLoaderOf, loaderOf, type RequestLoaders } from '../access/index.js';
import {
  type LeadOfferingType,
  leadOfferingTypeOf,
  type LeadOfferType,
  type LeadPingType,
  leadPingTypeOf,
  leadOfferTypeOf,
  type PingAddressType,
  pingAddressTypeOf,
} from './offers.types.js';

/** Offers, rounds and ping addresses by UUID, one query per request and kind; null for missing and foreign ones. */
@Injectable()
export class OfferLoaders {
  constructor(
    private readonly queries: OfferQueries,
    private readonly addresses: PingAddressStore,
    private readonly pings: PingStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  private readonly offers = loaderOf<string, LeadOffer>(
    async (actor, ids) => await this.queries.byIds(actor, ids, this.clock.now()),
    ({ id }) => id,
  );
  private readonly ofContracts = loaderOf<string, PingAddress>(
    async (actor, ids) => await this.addresses.ofContracts(actor, ids),
    ({ contractId }) => contractId,
  );
  private readonly ofLeads = listLoaderOf<string, Offering>(
    async (actor, ids) => await this.queries.offerings(actor, ids),
    ({ leadId }) => leadId,
  );

  private readonly ofAgency = loaderOf<string, PingKept>(
    async (actor, ids) => await this.pings.byIds(actor, ids),
    ({ id }) => id,
  );

  async offer(loaders: RequestLoaders, uuid: string): Promise<LeadOfferType | null> {
    const found = await loaders.of(this.offers).load(uuid);
    return found && leadOfferTypeOf(found);
  }

  async ping(loaders: RequestLoaders, uuid: string): Promise<LeadPingType | null> {
    const found = await loaders.of(this.ofAgency).load(uuid);
    return found && leadPingTypeOf(found);
  }

  async pingAddress(loaders: RequestLoaders, contractId: string): Promise<PingAddressType | null> {
    const found = await loaders.of(this.ofContracts).load(contractId);
    return found && pingAddressTypeOf(found);
  }

  /** Of a lead that the actor sees. */
  async offerings(loaders: RequestLoaders, leadId: string): Promise<LeadOfferingType[]> {
    return (await loaders.of(this.ofLeads).load(leadId)).map(leadOfferingTypeOf);
  }

  /** Forgets what was loaded before an act. */
  forget(loaders: RequestLoaders): void {
    loaders.of(this.offers).clearAll();
    loaders.of(this.ofContracts).clearAll();
    loaders.of(this.ofLeads).clearAll();
  }
}
