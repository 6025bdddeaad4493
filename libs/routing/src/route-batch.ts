import { invariant } from '#outcome';
import { choose } from './choose.js';
import type { Candidate, CompiledEntry, CompiledRoute, Stage } from './compile-route.js';
import {
  type Decision,
  type OutcomeCode,
  type RoutingResult,
  type Sale,
  TrailWriter,
  bidDetails,
  duplicateDetails,
  mostDetails,
  notConsidered,
  offerDetails,
  outcomeCode,
} from './decision.js';
import { Desk, eligible } from './desk.js';
import type { Bid, RoutableLead } from './routable-lead.js';
import type { RoutingChanges, RoutingState } from './routing-state.js';

/** The decisions on a batch, in the order of its leads, and what they change. */
export interface RoutedBatch extends RoutingChanges {
  readonly decisions: readonly Decision[];
}

const code = {
  suppressed: outcomeCode('SUPPRESSED'),
  hadPerson: outcomeCode('DUPLICATE_FOR_BUYER', duplicateDetails.hadPerson),
  hasLead: outcomeCode('DUPLICATE_FOR_BUYER', duplicateDetails.hasLead),
  failedBefore: outcomeCode('DUPLICATE_FOR_BUYER', duplicateDetails.failedBefore),
  sameLead: outcomeCode('DUPLICATE_FOR_BUYER', duplicateDetails.sameLead),
  noConsent: outcomeCode('CONSENT_MISSING'),
  tooOld: outcomeCode('TOO_OLD'),
  belowScore: outcomeCode('BELOW_MIN_SCORE'),
  sellLimit: outcomeCode('SELL_LIMIT_REACHED'),
  offered: outcomeCode('OFFERED'),
  lapsed: outcomeCode('OFFERED', offerDetails.lapsed),
} as const;
const mismatch = Array.from({ length: mostDetails }, (_, clause) => outcomeCode('FILTER_MISMATCH', clause));
const bidFault = Array.from({ length: mostDetails }, (_, detail) => outcomeCode('BELOW_MIN_BID', detail));
const soldAt = Array.from({ length: mostDetails }, (_, rank) => outcomeCode('SOLD', rank));

/**
 * Decides on leads that arrived together, one after the other: each sees what those before it took. Pure: the same
 * route, leads and state give the same decisions, and writing what it returns is all that is left to do. Throws
 * InvariantViolation when the state lacks a counter that countersNeeded names.
 */
export function routeBatch(
  compiled: CompiledRoute,
  leads: readonly RoutableLead[],
  state: RoutingState,
): RoutedBatch {
  return routeAt(new Desk(compiled, state), leads);
}

/** The same at a desk that is open. */
export function routeAt(desk: Desk, leads: readonly RoutableLead[]): RoutedBatch {
  const routing = new Routing(desk, leads);
  const decisions = leads.map((lead) => routing.decide(lead));
  return { decisions, ...desk.changes() };
}

/**
 * Decides whether a buyer who claims an offered lead gets it, by what holds now: SOLD to it, or UNSOLD with the reason.
 * `lead.soldTo` names the buyers who were faster. Also for a lead that is kept and now asked for by hand. `routeId` is the
 * route that offered it, and alone may give it; left out, any of the chain.
 */
export function claimOffer(desk: Desk, claim: Claim & { readonly lead: RoutableLead }): RoutedBatch {
  const lead = { ...claim.lead, contractId: claim.contractId };
  const routing = new Routing(desk, [lead]);
  return { decisions: [routing.decide(lead, claim)], ...desk.changes() };
}

/** Who claims an offered lead: under which contract, and by which route it was offered. */
export interface Claim {
  readonly contractId: string;
  readonly routeId?: string;
}

/** What a stage made of a lead. */
interface StageResult {
  readonly result: RoutingResult;
  readonly chosen: readonly Candidate[];
}

const nobody: StageResult = { result: 'UNSOLD', chosen: [] };

class Routing {
  private readonly compiled: CompiledRoute;
  private readonly writer: TrailWriter;
  /** By position in the stage at work. */
  private readonly codes: Int32Array;
  /** By contract: a reason that lies in the lead, found before its entries are looked at. */
  private readonly marks: Int32Array;
  private isMarked = false;

  constructor(
    private readonly desk: Desk,
    leads: readonly RoutableLead[],
  ) {
    this.compiled = desk.compiled;
    const { stages, contractNumbers } = this.compiled;
    const mostEntries = Math.max(...stages.map(({ entries }) => entries.length));
    desk.watchPersons(leads);
    this.writer = new TrailWriter(mostEntries);
    this.codes = new Int32Array(mostEntries);
    this.marks = new Int32Array(contractNumbers.size);
  }

  decide(lead: RoutableLead, claim: Claim | null = null): Decision {
    const { compiled } = this;
    compiled.tests.read(lead);
    this.mark(lead);
    const trail: string[] = [];
    let found = nobody;
    let at = 0;
    for (const stage of compiled.stages) {
      found = this.runStage(stage, lead, claim);
      trail.push(this.writer.write(this.codes, stage.entries.length));
      if (found.result !== 'UNSOLD') break;
      at += 1;
    }
    const isWhole = trail.length === compiled.versions.length;
    return {
      agencyId: compiled.agencyId,
      leadId: lead.leadId,
      at: this.desk.at,
      test: lead.test,
      result: found.result,
      sales: found.chosen.map((candidate, rank) => saleOf(candidate, { stage: at, rank })),
      routes: isWhole ? compiled.versions : compiled.versions.slice(0, trail.length),
      trail,
    };
  }

  private runStage(stage: Stage, lead: RoutableLead, claim: Claim | null): StageResult {
    const { method, maxBuyers, routeId } = stage.route;
    if (claim?.routeId !== undefined && claim.routeId !== routeId) {
      this.codes.fill(notConsidered, 0, stage.entries.length);
      return nobody;
    }
    const isOffered = lead.offeredBy?.includes(routeId) ?? (method === 'PING_POST' && lead.bids !== null);
    const offers = !isOffered && claim === null && (method === 'PING_POST' || method === 'FIRST_CLAIM');
    const candidates = this.judgeAll(stage, lead, method === 'PING_POST' && isOffered && claim === null);
    const most = maxBuyers - lead.soldTo.length;
    if (candidates.length === 0 || most <= 0) {
      for (const { compiled } of candidates) this.codes[compiled.position] = code.sellLimit;
      return nobody;
    }
    if (offers) {
      for (const { compiled } of candidates) this.codes[compiled.position] = code.offered;
      return { result: 'OFFERED', chosen: [] };
    }
    if (method === 'FIRST_CLAIM' && claim === null) {
      for (const { compiled } of candidates) this.codes[compiled.position] = code.lapsed;
      return nobody;
    }
    const chosen = choose({ stage, desk: this.desk, candidates, most, counts: !lead.test });
    this.close(candidates, chosen);
    if (!lead.test) {
      for (const { compiled, amountMinor } of chosen) {
        this.desk.sell(compiled, amountMinor);
        this.desk.rememberHolder(lead, compiled);
      }
    }
    return { result: 'SOLD', chosen };
  }

  /** Gives each candidate its outcome now that the choice is made. */
  private close(candidates: readonly Candidate[], chosen: readonly Candidate[]): void {
    for (const { compiled } of candidates) {
      const isSameBuyer = chosen.some((winner) => winner.compiled.buyer === compiled.buyer);
      this.codes[compiled.position] = isSameBuyer ? code.sameLead : code.sellLimit;
    }
    chosen.forEach(({ compiled }, rank) => {
      this.codes[compiled.position] = soldAt[rank] ?? eligible;
    });
  }

  /** Writes down what stands against each entry of the stage, and returns those against which nothing does. */
  private judgeAll(stage: Stage, lead: RoutableLead, byBid: boolean): Candidate[] {
    const { codes } = this;
    const candidates: Candidate[] = [];
    for (const entry of stage.entries) {
      const judged = this.judgeOne(stage, entry, { lead, byBid });
      if (typeof judged === 'number') codes[entry.position] = judged;
      else candidates.push(judged);
    }
    return candidates;
  }

  private judgeOne(
    stage: Stage,
    entry: CompiledEntry,
    { lead, byBid }: { readonly lead: RoutableLead; readonly byBid: boolean },
  ): OutcomeCode | Candidate {
    if (lead.contractId !== null && lead.contractId !== entry.entry.contractId) return notConsidered;
    const found = this.judge(entry, lead);
    if (found !== eligible) return found;
    const bid = byBid ? bidOf(stage, entry, { lead, at: this.desk.at }) : undefined;
    if (typeof bid === 'number') return bid;
    const own = this.compiled.own[entry.index];
    invariant(own, 'an entry is no candidate');
    if (!bid) {
      const room = lead.test ? eligible : (this.desk.room[entry.index] ?? 0);
      return room === eligible ? own : room;
    }
    const room = lead.test ? eligible : this.desk.roomFor(entry, bid.amountMinor);
    return room === eligible ? { compiled: entry, amountMinor: bid.amountMinor, bidId: bid.bidId } : room;
  }

  /** What stands against the entry, apart from room: the reasons in the order of {@link skipReasons}. */
  private judge(compiled: CompiledEntry, lead: RoutableLead): OutcomeCode {
    const closed = this.desk.closed[compiled.index] ?? 0;
    if (closed !== eligible) return closed;
    if (this.isMarked) {
      const mark = this.marks[compiled.contract] ?? 0;
      if (mark !== eligible) return mark;
    }
    if (compiled.requiresConsent && !lead.hasConsent) return code.noConsent;
    if (this.desk.at.getTime() - lead.receivedAt.getTime() > compiled.maxAgeMs) return code.tooOld;
    const { tests } = compiled;
    for (let clause = 0; clause < tests.length; clause += 1) {
      if (!this.compiled.tests.passes(tests[clause] ?? 0)) return mismatch[clause] ?? eligible;
    }
    if (compiled.minScore >= 0 && (lead.score ?? -1) < compiled.minScore) return code.belowScore;
    return compiled.bidFault === null ? eligible : (bidFault[compiled.bidFault] ?? eligible);
  }

  /** Notes for each contract what the lead brings along against it. Most leads bring nothing. */
  private mark(lead: RoutableLead): void {
    if (this.isMarked) this.marks.fill(eligible);
    const { suppressedFor, duplicateFor, failedAt, soldTo } = lead;
    const holders = this.desk.holdersOf(lead);
    const total =
      suppressedFor.length + duplicateFor.length + failedAt.length + soldTo.length + holders.length;
    this.isMarked = total > 0;
    if (!this.isMarked) return;
    const { contractNumbers, buyerNumbers } = this.compiled;
    const markBuyer = (buyer: number | undefined, mark: OutcomeCode): void => {
      for (const each of this.compiled.entries) if (each.buyer === buyer) this.marks[each.contract] = mark;
    };
    const markContracts = (contractIds: readonly string[], mark: OutcomeCode): void => {
      for (const contractId of contractIds) {
        const number = contractNumbers.get(contractId);
        if (number !== undefined) this.marks[number] = mark;
      }
    };
    // What weighs more overwrites what weighs less.
    for (const buyer of holders) markBuyer(buyer, code.hadPerson);
    markContracts(duplicateFor, code.hadPerson);
    markContracts(failedAt, code.failedBefore);
    for (const buyerId of soldTo) markBuyer(buyerNumbers.get(buyerId), code.hasLead);
    markContracts(suppressedFor, code.suppressed);
  }
}

/** The best bid of the entry that counts; otherwise why none does. */
function bidOf(
  { minBid, bidCurrency }: Stage,
  { entry, currency }: CompiledEntry,
  { lead, at }: { readonly lead: RoutableLead; readonly at: Date },
): Bid | OutcomeCode {
  let best: Bid | undefined;
  let fault: number =
    lead.bidFaults?.find(({ contractId }) => contractId === entry.contractId)?.detail ?? bidDetails.none;
  for (const bid of lead.bids ?? []) {
    if (bid.contractId !== entry.contractId) continue;
    if (bid.currency !== currency || bid.currency !== bidCurrency) fault = bidDetails.otherCurrency;
    else if (bid.expiresAt <= at) fault = bidDetails.expired;
    else if (bid.amountMinor <= 0n || bid.amountMinor < minBid) fault = bidDetails.tooLow;
    else if (!best || bid.amountMinor > best.amountMinor) best = bid;
  }
  return best ?? bidFault[fault] ?? eligible;
}

function saleOf(
  { compiled, amountMinor, bidId }: Candidate,
  { stage, rank }: { readonly stage: number; readonly rank: number },
): Sale {
  const { contractId, buyerId } = compiled.entry;
  invariant(amountMinor >= 0n, 'a lead would be sold for less than nothing');
  return { contractId, buyerId, stage, rank, amountMinor, currency: compiled.currency, bidId };
}
