import { UnitOfWork } from '#database';
import type { ShowId } from '#events';
import { LeadQueries, type PlacedLead, RouteAgain } from '#leads';
import { done } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { AskBuyers, type Asked } from './ask-buyers.action.js';
import { OfferQueueStore, type TakenRound } from './offer-queue.store.js';
import { PingAddressStore, type SignedAddress } from './ping-address.store.js';

/** A lease lasts so much longer than a round: short enough for who waits when a process dies in it. */
const leaseMarginMs = 2_500;

/**
 * Holds rounds of bids: asks, keeps what was answered, and has the lead routed by it. A process that dies on the way leaves the round
 * to another one, which asks again or, once the bids are kept, only routes; so nobody is charged twice.
 */
@Injectable()
export class HoldRounds {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly queue: OfferQueueStore,
    private readonly addresses: PingAddressStore,
    private readonly leads: LeadQueries,
    private readonly routeAgain: RouteAgain,
    private readonly askBuyers: AskBuyers,
    @Inject('ShowId') private readonly showId: ShowId,
  ) {}

  /** Begins at most so many rounds that wait; each ends by itself. */
  async begin(limit: number, now: Date): Promise<Promise<void>[]> {
    const rounds = await this.queue.takeRounds(limit, this.askBuyers.roundMs + leaseMarginMs);
    if (rounds.length === 0) return [];
    const opened = await this.leads.placed(rounds.map(({ agencyId, leadId: id }) => ({ agencyId, id })));
    const leads = new Map(opened.map((lead) => [lead.id, lead]));
    const contracts = rounds.flatMap(({ agencyId, contracts: asked }) =>
      asked.map(({ contractId }) => ({ agencyId, contractId })),
    );
    const addresses = await this.addresses.signed(contracts);
    return rounds.map(
      async (round) => await this.hold(round, { lead: leads.get(round.leadId), addresses, now }),
    );
  }

  private async hold(round: TakenRound, { lead, addresses, now }: Surroundings): Promise<void> {
    const { agencyId, leadId } = round;
    const begun = performance.now();
    const asked = lead ? this.askedOf(round, lead, addresses) : [];
    const bids = await this.askBuyers.execute(asked, now);
    const ended = new Date(now.getTime() + Math.round(performance.now() - begun));
    const finished = await this.unitOfWork.run(async (tx) =>
      done(await this.queue.finishRound(tx, round, { bids, now: ended })),
    );
    if (finished.ok && finished.value) await this.routeAgain.routeOne({ agencyId, leadId }, ended);
  }

  /** Nobody is asked about a person who was erased meanwhile. */
  private askedOf(
    { leadId, contracts }: TakenRound,
    lead: PlacedLead,
    addresses: ReadonlyMap<string, SignedAddress>,
  ): Asked[] {
    const { vertical, test, contact, country, attributes, publicKeys, source, score } = lead;
    if (!contact) return [];
    return contracts.map(({ contractId, buyerId, priceMinor, offerId }) => ({
      contractId,
      buyerId,
      baseRateMinor: priceMinor,
      address: addresses.get(contractId) ?? null,
      facts: {
        pingId: this.showId('leadOffer', offerId),
        leadId: this.showId('lead', leadId),
        contractId: this.showId('contract', contractId),
        vertical,
        test,
        country,
        postalCode: contact.postalCode,
        attributes: attributes.filter(({ key }) => publicKeys.has(key)),
        channel: source?.channel ?? null,
        score,
      },
    }));
  }
}

interface Surroundings {
  readonly lead: PlacedLead | undefined;
  readonly addresses: ReadonlyMap<string, SignedAddress>;
  readonly now: Date;
}
