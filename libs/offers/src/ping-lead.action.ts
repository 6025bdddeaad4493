import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '#calendar';
import { newId } from '#database';
import type { ShowId } from '#events';
import { type LeadSubmission, type LeadToTry, type LeadTried, Overloaded, TryLead } from '#leads';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome } from '#outcome';
import { bidsOf, explainDecision, type LeadOffered, offerOf, type PastOffers } from '#routing';
import { Inject, Injectable } from '@nestjs/common';
import { AskBuyers } from './ask-buyers.action.js';
import { PingAddressStore } from './ping-address.store.js';
import { type PingAnswered, type PingClaim, type PingKept, type PingRound, PingStore } from './ping.store.js';
import { Turnstile } from './turnstile.js';

/** A ping and what it was answered. */
export interface LeadPinged extends PingKept {
  readonly replayed: boolean;
}

/** What holds nothing but a price of the moment is good for so long. */
const usualLifeMs = 60_000;
/** What is left of a round's time for the work around it. */
const marginMs = 60;
/** A claim lasts so much longer than a round: short enough for who waits when a process dies in it. */
const claimMarginMs = 2_500;
/** Who waits for the answer that another one asks for looks so often. */
const lookEveryMs = 25;
/** A route and its fallbacks. */
const maxPingRounds = 6;

/** An agency asks what a lead would bring before it sends it: buyers are asked for bids where the route does so, and nothing is sold. */
@Injectable()
export class PingLead {
  private readonly turnstile = new Turnstile(50, 1_000);
  private readonly waitingRoom = new Turnstile(1_000, 0);

  constructor(
    private readonly tryLead: TryLead,
    private readonly pings: PingStore,
    private readonly addresses: PingAddressStore,
    private readonly askBuyers: AskBuyers,
    @Inject('Clock') private readonly clock: Clock,
    @Inject('ShowId') private readonly showId: ShowId,
  ) {}

  /**
   * The same ping under the same externalId, as long as it lives, gives the same answer, also at once: one asks, and the others wait for
   * its answer. Refuses what intake refuses, by its place below
   * `path`, and whatever tells of the person. Throws Overloaded when too many pings wait.
   */
  async execute(
    actor: Actor,
    submission: LeadSubmission,
    path: readonly string[],
  ): Promise<Outcome<LeadPinged>> {
    const begun = performance.now();
    const read = await this.tryLead.read(actor, submission, path);
    if (!read.ok) return read;
    const first = await this.attempt(actor, read.value, begun);
    if (first) return first;
    const waited = await this.waitingRoom.pass(async () => await this.wait(actor, read.value));
    if (!waited) throw new Overloaded('too many wait for the answer to a ping');
    return waited;
  }

  /** Until there is an answer, or whoever asked has died and its claim is over. */
  private async wait(actor: Actor, toTry: LeadToTry): Promise<Outcome<LeadPinged>> {
    const until = performance.now() + this.claimMs + claimMarginMs;
    while (performance.now() < until) {
      await pause(lookEveryMs);
      // The buyers have their whole time from here, should this one come to ask them.
      const outcome = await this.attempt(actor, toTry, performance.now());
      if (outcome) return outcome;
    }
    throw new Overloaded('a ping is asked for by another, and has no answer yet');
  }

  /** Undefined while another one asks for the same. */
  private async attempt(
    actor: Actor,
    toTry: LeadToTry,
    begun: number,
  ): Promise<Outcome<LeadPinged> | undefined> {
    const earlier = await this.earlier(actor, toTry);
    if (earlier) return earlier;
    const passed = await this.turnstile.pass(async () => ({
      outcome: await this.alone(actor, toTry, begun),
    }));
    if (!passed) throw new Overloaded('too many pings wait');
    return passed.outcome;
  }

  private async earlier(actor: Actor, toTry: LeadToTry): Promise<Outcome<LeadPinged> | undefined> {
    const found = await this.pings.live(actor.organizationId, toTry, this.clock.now());
    return found && done({ ...found, replayed: true });
  }

  private async alone(
    actor: Actor,
    toTry: LeadToTry,
    begun: number,
  ): Promise<Outcome<LeadPinged> | undefined> {
    const claim = await this.pings.claim(actor.organizationId, toTry, this.claimMs);
    if (!claim) return undefined;
    let isKept = false;
    try {
      // Another one may have ended between the look and the claim.
      const earlier = await this.earlier(actor, toTry);
      if (earlier) return earlier;
      const outcome = await this.ping(actor, toTry, { begun, claim });
      isKept = outcome?.ok ?? false;
      return outcome;
    } finally {
      if (!isKept) await this.pings.release(claim);
    }
  }

  private get claimMs(): number {
    return this.askBuyers.roundMs + claimMarginMs;
  }

  /** Undefined when it took so long that another one asks. */
  private async ping(
    actor: Actor,
    toTry: LeadToTry,
    { begun, claim }: { readonly begun: number; readonly claim: PingClaim },
  ): Promise<Outcome<LeadPinged> | undefined> {
    const now = this.clock.now();
    const rounds: PingRound[] = [];
    let offers: PastOffers | null = null;
    for (;;) {
      invariant(rounds.length < maxPingRounds, 'a lead is offered by more routes than a chain has');
      const tried: Outcome<LeadTried> = await this.tryLead.execute(toTry, offers);
      if (!tried.ok) return tried;
      const { routed } = tried.value;
      const offer = routed ? offerOf(routed.compiled, routed.decision) : undefined;
      if (offer?.method !== 'PING_POST') {
        const kept = await this.keep(actor, { toTry, tried: tried.value, rounds, now, claim });
        return kept && done(kept);
      }
      const withinMs = this.askBuyers.roundMs - marginMs - (performance.now() - begun);
      rounds.push(await this.hold(toTry, offer, { now, withinMs }));
      offers = {
        offeredBy: rounds.map((round) => round.offer.routeId),
        ...bidsOf(rounds.flatMap(({ bids }) => bids)),
        claim: null,
      };
    }
  }

  private async hold(
    toTry: LeadToTry,
    offer: LeadOffered,
    { now, withinMs }: { readonly now: Date; readonly withinMs: number },
  ): Promise<PingRound> {
    const { agencyId, contracts } = offer;
    const { leadId, vertical, test, country, postalCode, attributes, channel, score } = toTry;
    const addresses = await this.addresses.signed(
      contracts.map(({ contractId }) => ({ agencyId, contractId })),
    );
    const offerIds = new Map(contracts.map(({ contractId }) => [contractId, newId()]));
    const asked = contracts.map(({ contractId, buyerId, priceMinor }) => ({
      contractId,
      buyerId,
      baseRateMinor: priceMinor,
      address: addresses.get(contractId) ?? null,
      facts: {
        pingId: this.showId('leadOffer', offerIds.get(contractId) ?? ''),
        leadId: this.showId('lead', leadId),
        contractId: this.showId('contract', contractId),
        ...{ vertical, test, country, postalCode, attributes, channel, score },
      },
    }));
    return { offer, offerIds, bids: await this.askBuyers.execute(asked, now, withinMs) };
  }

  private async keep(
    actor: Actor,
    { toTry, tried, rounds, now, claim }: Held,
  ): Promise<LeadPinged | undefined> {
    const { sale } = tried;
    const bid = rounds
      .flatMap(({ bids }) => bids)
      .find((each) => each.contractId === sale?.contractId && each.amountMinor === sale.amountMinor);
    const ping: PingKept = {
      id: toTry.leadId,
      priceMinor: sale?.amountMinor ?? null,
      currency: sale?.currency ?? null,
      isBid: bid !== undefined,
      expiresAt: bid?.expiresAt ?? new Date(now.getTime() + usualLifeMs),
      ...answerOf(actor, tried),
    };
    const isKept = await this.pings.keep(actor, { ping, toTry, rounds, now, claim });
    return isKept ? { ...ping, replayed: false } : undefined;
  }
}

interface Held {
  readonly toTry: LeadToTry;
  readonly tried: LeadTried;
  readonly rounds: readonly PingRound[];
  readonly now: Date;
  readonly claim: PingClaim;
}

/** Who was considered, as its agency may know it. */
function answerOf({ organizationId: agencyId }: Actor, { routed, sale, state }: LeadTried): PingAnswered {
  if (!routed) {
    const summary =
      state === 'QUARANTINED'
        ? 'It would wait until somebody has looked at it.'
        : sale
          ? 'It would go to its contract, at the base rate.'
          : 'Nobody would take it.';
    return { summary, entries: [] };
  }
  const { decision, compiled } = routed;
  const routes = compiled.routes.slice(0, decision.trail.length);
  const told = explainDecision({ decision, routes, mood: 'TRIED' }, { kind: 'AGENCY', agencyId });
  invariant(told, 'an agency sees no decision on its own lead');
  const entries = told.entries.map(({ contractId, outcome, reason, amountMinor, currency }) => ({
    contractId,
    outcome,
    reason,
    amountMinor: amountMinor?.toString() ?? null,
    currency,
  }));
  return { summary: told.summary, entries };
}
