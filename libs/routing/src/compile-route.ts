import { type WeekMinutes, type WindowUnit, weekMinutesOf, windowContaining } from '#calendar';
import { asRatePpm, type RatePpm, share } from '#money';
import { invariant } from '#outcome';
import { clausesOf } from './clauses.js';
import { bidDetails, entriesInOrder, type RouteVersion } from './decision.js';
import { LeadTests } from './lead-facts.js';
import {
  type Cap,
  type Route,
  type RoutedContract,
  type RouteEntry,
  capsOf,
  conditionsOf,
  maxAgeSecondsOf,
  minScoreOf,
  routeLimits,
} from './route.js';
import { type CounterRef, counterKey, creditKey, standingKey } from './routing-state.js';

export interface CompiledCap {
  /** Among all caps of the route and its fallbacks. */
  readonly index: number;
  /** Among the caps of its entry. */
  readonly detail: number;
  /** Among the windows of the whole. */
  readonly window: number;
  readonly isMoney: boolean;
  /** Leads, or minor units. */
  readonly limit: bigint;
}

/** An entry with everything that does not change from lead to lead. Amounts fit a number: they are below 10^15. */
export interface CompiledEntry {
  readonly entry: RouteEntry;
  /** Among all entries of the route and its fallbacks. */
  readonly index: number;
  /** Among those of its stage, in the order of consideration. */
  readonly position: number;
  /** Its contract, buyer, credit and time zone among those of the whole. */
  readonly contract: number;
  readonly buyer: number;
  readonly credit: number;
  readonly zone: number;
  readonly standingKey: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly amount: number;
  readonly feeRatePpm: RatePpm;
  /** HIGHEST_BID: why its standing bid does not count; null when it does. */
  readonly bidFault: number | null;
  /** Numbers of {@link LeadTests}. */
  readonly tests: readonly number[];
  /** -1: any. */
  readonly minScore: number;
  readonly maxAgeMs: number;
  readonly requiresConsent: boolean;
  /** Both sides may have hours; within all of them leads are taken. */
  readonly weeks: readonly WeekMinutes[];
  /** Those in leads first. */
  readonly caps: readonly CompiledCap[];
}

/** An entry that may have a lead, and what it would pay. */
export interface Candidate {
  readonly compiled: CompiledEntry;
  readonly amountMinor: bigint;
  readonly bidId: string | null;
}

/** A route, or one of its fallbacks. */
export interface Stage {
  readonly route: Route;
  readonly index: number;
  /** In the order of consideration. */
  readonly entries: readonly CompiledEntry[];
  /** In the order of their standing keys. */
  readonly byKey: readonly CompiledEntry[];
  /** From the highest standing bid down. */
  readonly byBid: readonly CompiledEntry[];
  readonly minBid: number;
  /** Bids in another currency do not count: what is more cannot be told. */
  readonly bidCurrency: string | undefined;
}

/**
 * A route with its fallbacks, ready for leads: made once per version of the routes and contracts, and kept. Its inside
 * is for this library only. It remembers what it was last asked, so one thread at a time uses it.
 */
export interface CompiledRoute {
  readonly agencyId: string;
  /** The versions that it was made from: the route, then its fallbacks. */
  readonly versions: readonly RouteVersion[];
  readonly routes: readonly Route[];
  readonly stages: readonly Stage[];
  readonly entries: readonly CompiledEntry[];
  /** By entry: itself as a candidate at its own price. */
  readonly own: readonly Candidate[];
  /** Whether anybody takes nothing for a time. */
  readonly hasPauses: boolean;
  readonly tests: LeadTests;
  readonly capCount: number;
  readonly contractNumbers: ReadonlyMap<string, number>;
  readonly buyerNumbers: ReadonlyMap<string, number>;
  readonly creditNumbers: ReadonlyMap<string, number>;
  readonly zones: readonly string[];
  readonly windowKinds: readonly WindowKind[];
  /** What was last found out about the present. */
  readonly memory: { counting: Counting | undefined };
}

interface WindowKind {
  readonly unit: WindowUnit;
  readonly timeZone: string;
}

/** The windows of some present: the same until the first of them ends. */
export interface Counting {
  readonly fromMs: number;
  /** The first instant at which it is another. */
  readonly untilMs: number;
  /** In the order of their keys. */
  readonly counters: readonly CounterRef[];
  /** By counter: the number of its contract. */
  readonly contracts: readonly number[];
  /** By cap. */
  readonly keys: readonly string[];
}

/** What a buyer owes for a lead at this price: the price and the operator's fee on it, in minor units. */
export function owedFor({ feeRatePpm }: CompiledEntry, amountMinor: bigint): bigint {
  return amountMinor + share(amountMinor, feeRatePpm);
}

/** What is compiled together. */
export interface RouteSurroundings {
  /** The price and parties of each contract that the route or a fallback names. */
  readonly contracts: readonly RoutedContract[];
  /** The agency's other routes, for fallbacks by name. */
  readonly others: readonly Route[];
}

/**
 * Compiles a route with its fallbacks, at most {@link routeLimits}.fallbacks of them. A fallback that does not exist, or
 * that would go round in a circle, ends the chain. Where a contract has changed its currency since, the entry's caps in
 * money count as reached and its bid as none. Throws InvariantViolation for a contract that is not told of.
 */
export function compileRoute(route: Route, surroundings: RouteSurroundings): CompiledRoute {
  const routes = chainOf(route, surroundings.others);
  const compiling = new Compiling(surroundings.contracts);
  const stages = routes.map((each, index) => compiling.stage(each, index));
  return compiling.finish(route.agencyId, stages);
}

/** The route and its fallbacks by name. */
export function chainOf(route: Route, others: readonly Route[]): readonly Route[] {
  const chain = [route];
  for (let next = route.fallback; next !== null && chain.length <= routeLimits.fallbacks;) {
    const fallback = others.find(({ name, vertical }) => name === next && vertical === route.vertical);
    if (!fallback || chain.some(({ name }) => name === fallback.name)) break;
    chain.push(fallback);
    next = fallback.fallback;
  }
  return chain;
}

/** The windows in which something is counted, with the contract each: lock and read these before routing at `at`. */
export function countersNeeded(compiled: CompiledRoute, at: Date): readonly CounterRef[] {
  return countingAt(compiled, at).counters;
}

/** What counts at an instant; most batches fall into the windows of the batch before, and then it is at hand. */
export function countingAt(compiled: CompiledRoute, at: Date): Counting {
  const atMs = at.getTime();
  const last = compiled.memory.counting;
  if (last && last.fromMs <= atMs && atMs < last.untilMs) return last;
  const windows = compiled.windowKinds.map(({ unit, timeZone }) => windowContaining(unit, at, timeZone));
  const found = new Map<string, CounterRef>();
  const keys: string[] = [];
  for (const { entry, caps } of compiled.entries) {
    for (const cap of caps) {
      const window = windows[cap.window];
      invariant(window, 'a cap counts in no window');
      const key = counterKey({ contractId: entry.contractId, windowKey: window.key });
      found.set(key, { contractId: entry.contractId, window });
      keys[cap.index] = key;
    }
  }
  const counters = [...found].toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, ref]) => ref);
  const counting: Counting = {
    fromMs: Math.max(-Infinity, ...windows.map(({ startsAt }) => startsAt.getTime())),
    untilMs: Math.min(Infinity, ...windows.map(({ endsAt }) => endsAt.getTime())),
    counters,
    contracts: counters.map(({ contractId }) => compiled.contractNumbers.get(contractId) ?? -1),
    keys,
  };
  compiled.memory.counting = counting;
  return counting;
}

/** Numbers things as they come up. */
class Numbering {
  readonly numbers = new Map<string, number>();

  of(key: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const next = this.numbers.size;
    this.numbers.set(key, next);
    return next;
  }
}

class Compiling {
  private readonly tests = new LeadTests();
  private readonly contracts = new Numbering();
  private readonly buyers = new Numbering();
  private readonly credits = new Numbering();
  private readonly zones = new Numbering();
  private readonly windows = new Numbering();
  private readonly windowKinds: WindowKind[] = [];
  private readonly entries: CompiledEntry[] = [];
  private readonly known: ReadonlyMap<string, RoutedContract>;
  private capCount = 0;

  constructor(contracts: readonly RoutedContract[]) {
    this.known = new Map(contracts.map((contract) => [contract.contractId, contract]));
  }

  stage(route: Route, index: number): Stage {
    const inOrder = entriesInOrder(route);
    const first = inOrder[0] && this.known.get(inOrder[0].contractId);
    const bidCurrency = route.minBid?.currency ?? first?.baseRate.currency;
    const minBid = Number(route.minBid?.amountMinor ?? 0n);
    const entries = inOrder.map((entry, position) => {
      const compiled = this.entry(route, entry, position);
      const bidFault = bidFaultOf(compiled, { minBid, bidCurrency });
      const fitted = { ...compiled, bidFault: route.method === 'HIGHEST_BID' ? bidFault : null };
      this.entries.push(fitted);
      return fitted;
    });
    const byKey = entries.toSorted((a, b) => (a.standingKey < b.standingKey ? -1 : 1));
    const byBid = entries.toSorted((a, b) => b.amount - a.amount || a.position - b.position);
    return { route, index, entries, byKey, byBid, minBid, bidCurrency };
  }

  finish(agencyId: string, stages: readonly Stage[]): CompiledRoute {
    const { entries, tests, capCount } = this;
    return {
      agencyId,
      versions: stages.map(({ route: { routeId, version } }) => ({ routeId, version })),
      routes: stages.map(({ route }) => route),
      stages,
      entries,
      own: entries.map((entry) => ({ compiled: entry, amountMinor: entry.amountMinor, bidId: null })),
      hasPauses: entries.some(({ entry }) => conditionsOf(entry).some(({ pause }) => pause !== null)),
      tests,
      capCount,
      contractNumbers: this.contracts.numbers,
      buyerNumbers: this.buyers.numbers,
      creditNumbers: this.credits.numbers,
      zones: [...this.zones.numbers.keys()],
      windowKinds: this.windowKinds,
      memory: { counting: undefined },
    };
  }

  private entry(route: Route, entry: RouteEntry, position: number): Omit<CompiledEntry, 'bidFault'> {
    const contract = this.known.get(entry.contractId);
    invariant(contract, 'a route names a contract that is not told of');
    invariant(
      contract.buyerId === entry.buyerId,
      'an entry of a route names another buyer than its contract',
    );
    const { currency } = contract.baseRate;
    const bid = entry.bid?.currency === currency ? entry.bid : undefined;
    const { amountMinor } = (route.method === 'HIGHEST_BID' ? bid : undefined) ?? contract.baseRate;
    return {
      entry,
      index: this.entries.length,
      position,
      contract: this.contracts.of(entry.contractId),
      buyer: this.buyers.of(entry.buyerId),
      credit: this.credits.of(creditKey({ buyerId: entry.buyerId, currency })),
      zone: this.zones.of(entry.timeZone),
      standingKey: standingKey({ routeId: route.routeId, contractId: entry.contractId }),
      currency,
      amountMinor,
      amount: Number(amountMinor),
      feeRatePpm: asRatePpm(contract.platformFeeRatePpm),
      tests: clausesOf(entry).map((clause) => this.tests.add(clause)),
      minScore: minScoreOf(entry) ?? -1,
      maxAgeMs: (maxAgeSecondsOf(entry) ?? Infinity) * 1000,
      requiresConsent:
        contract.consentRequired || conditionsOf(entry).some(({ requiresConsent }) => requiresConsent),
      weeks: conditionsOf(entry).flatMap(({ hours }) => (hours.length === 0 ? [] : [weekMinutesOf(hours)])),
      caps: this.capsOf(entry, currency),
    };
  }

  private capsOf(entry: RouteEntry, currency: string): readonly CompiledCap[] {
    const { timeZone } = entry;
    return capsOf(entry)
      .map((cap, detail): CompiledCap => {
        const index = this.capCount;
        this.capCount += 1;
        const window = this.windows.of(`${cap.unit} ${timeZone}`);
        this.windowKinds[window] = { unit: cap.unit, timeZone };
        return { index, detail, window, isMoney: cap.measure === 'MONEY', limit: limitOf(cap, currency) };
      })
      .toSorted((a, b) => Number(a.isMoney) - Number(b.isMoney));
  }
}

function limitOf(cap: Cap, currency: string): bigint {
  if (cap.measure === 'LEADS') return BigInt(cap.limit);
  return cap.limit.currency === currency ? cap.limit.amountMinor : 0n;
}

function bidFaultOf(
  { entry, currency, amount }: Pick<CompiledEntry, 'entry' | 'currency' | 'amount'>,
  { minBid, bidCurrency }: { readonly minBid: number; readonly bidCurrency: string | undefined },
): number | null {
  if (currency !== bidCurrency || (entry.bid && entry.bid.currency !== currency))
    return bidDetails.otherCurrency;
  return amount < minBid ? bidDetails.tooLow : null;
}
