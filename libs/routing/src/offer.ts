import { invariant } from '#outcome';
import { bidDetails, codesOf, type Decision, offerDetails, outcomeOf } from './decision.js';
import type { CompiledRoute } from './compile-route.js';
import type { Bid, BidFault } from './routable-lead.js';
import type { Claim } from './route-batch.js';

/** How a lead is offered: to be bid for, or to be claimed. */
export type OfferMethod = 'PING_POST' | 'FIRST_CLAIM';

/** What became of asking a buyer for a bid. */
export const bidOutcomes = [
  'BID',
  'NO_BID',
  'LATE',
  'UNREADABLE',
  'TOO_HIGH',
  'UNREACHABLE',
  'NO_ADDRESS',
] as const;
/** BID: an amount that counts while it lives. The others: why there is none. */
export type BidOutcome = (typeof bidOutcomes)[number];

/** One to whom a lead is offered. */
export interface OfferedContract {
  readonly contractId: string;
  readonly buyerId: string;
  /** The base rate. */
  readonly priceMinor: bigint;
  readonly currency: string;
}

/** What a decision that offers a lead begins. */
export interface LeadOffered {
  readonly agencyId: string;
  readonly leadId: string;
  readonly test: boolean;
  readonly method: OfferMethod;
  readonly routeId: string;
  readonly routeVersion: number;
  readonly most: number;
  /** Null for PING_POST. */
  readonly claimSeconds: number | null;
  /** In the order of consideration. */
  readonly contracts: readonly OfferedContract[];
}

/** By what a lead is routed that was offered before. */
export interface PastOffers {
  /** Routes whose offer of it is over and still counts. */
  readonly offeredBy: readonly string[];
  readonly bids: readonly Bid[];
  readonly bidFaults: readonly BidFault[];
  /** Somebody claims it. */
  readonly claim: Claim | null;
}

/** The answers to pings for a lead. */
export interface BidMade {
  readonly contractId: string;
  readonly outcome: BidOutcome;
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
  readonly expiresAt: Date | null;
}

/** The offer that a decision begins; undefined for one that sells or does not. */
export function offerOf(compiled: CompiledRoute, decision: Decision): LeadOffered | undefined {
  if (decision.result !== 'OFFERED') return undefined;
  const stage = compiled.stages[decision.trail.length - 1];
  invariant(stage, 'a decision offers a lead by no route');
  const { method, routeId, version, maxBuyers, claimSeconds } = stage.route;
  invariant(method === 'PING_POST' || method === 'FIRST_CLAIM', 'a method that does not offer has offered');
  const codes = codesOf(decision.trail.at(-1) ?? '');
  const contracts = stage.entries.flatMap(({ entry, position, amountMinor, currency }) => {
    const found = outcomeOf(codes[position] ?? 0);
    if (found?.outcome !== 'OFFERED' || found.detail !== offerDetails.open) return [];
    return [{ contractId: entry.contractId, buyerId: entry.buyerId, priceMinor: amountMinor, currency }];
  });
  return {
    agencyId: decision.agencyId,
    leadId: decision.leadId,
    test: decision.test,
    method,
    routeId,
    routeVersion: version,
    most: maxBuyers,
    claimSeconds: method === 'FIRST_CLAIM' ? claimSeconds : null,
    contracts,
  };
}

const faultOf: Readonly<Record<BidOutcome, number>> = {
  BID: bidDetails.none,
  NO_BID: bidDetails.none,
  LATE: bidDetails.late,
  UNREADABLE: bidDetails.unreadable,
  TOO_HIGH: bidDetails.tooHigh,
  UNREACHABLE: bidDetails.unreachable,
  NO_ADDRESS: bidDetails.noAddress,
};

/** The bids among what was answered, and why the others are none. */
export function bidsOf(made: readonly BidMade[]): Pick<PastOffers, 'bids' | 'bidFaults'> {
  return {
    bids: made.flatMap(({ contractId, outcome, amountMinor, currency, expiresAt }) =>
      outcome === 'BID' && amountMinor !== null && currency !== null && expiresAt !== null
        ? [{ contractId, amountMinor, currency, expiresAt, bidId: null }]
        : [],
    ),
    bidFaults: made.flatMap(({ contractId, outcome }) =>
      outcome === 'BID' ? [] : [{ contractId, detail: faultOf[outcome] }],
    ),
  };
}
