import type { WeeklyHours, WindowUnit } from '#calendar';
import type { Money } from '#money';
import type { AttributeRule, ValueType } from './attribute-rule.js';
import type { Geography } from './geography.js';
import type { SourceRule } from './source-rule.js';

/** How a route chooses among the buyers that would take a lead. */
export const routeMethods = [
  'PRIORITY',
  'WEIGHTED',
  'ROUND_ROBIN',
  'HIGHEST_BID',
  'PING_POST',
  'FIRST_CLAIM',
] as const;

/**
 * PRIORITY: in the order of the entries. WEIGHTED: to each its share, by what it is owed. ROUND_ROBIN: to the one that
 * has waited longest. HIGHEST_BID: by standing bids. PING_POST: by bids for this very lead. FIRST_CLAIM: all are
 * offered it, and the first to claim it has it.
 */
export type RouteMethod = (typeof routeMethods)[number];

/** Every {@link SaleMode}. */
export const saleModes = ['EXCLUSIVE', 'SHARED'] as const;
/** EXCLUSIVE: to one buyer. SHARED: to several different ones, each under its own contract and price. */
export type SaleMode = (typeof saleModes)[number];

/** The most that a buyer takes in each window of its zone; a limit of 0 takes nothing. */
export type Cap =
  | { readonly unit: WindowUnit; readonly measure: 'LEADS'; readonly limit: number }
  | { readonly unit: WindowUnit; readonly measure: 'MONEY'; readonly limit: Money };

/** A time during which a buyer takes nothing; without an end until it is lifted. */
export interface Pause {
  readonly from: Date;
  readonly until: Date | null;
}

/** When leads are taken and which: set by the agency in a route, and by the buyer for a contract. */
export interface Conditions {
  /** All must hold. */
  readonly rules: readonly AttributeRule[];
  readonly geography: Geography;
  readonly sources: SourceRule;
  /** None: always. */
  readonly hours: readonly WeeklyHours[];
  readonly caps: readonly Cap[];
  readonly minScore: number | null;
  /** How long after it was received a lead is still taken. */
  readonly maxAgeSeconds: number | null;
  readonly requiresConsent: boolean;
  readonly pause: Pause | null;
}

/** One contract's place in a route: what the agency gives it, and what its buyer wants. */
export interface RouteEntry extends Conditions {
  readonly contractId: string;
  readonly buyerId: string;
  /** The buyer's own: caps, hours and days are counted in it. */
  readonly timeZone: string;
  /** 1 comes first; equals go by contract id, so that the order never depends on chance. */
  readonly priority: number;
  /** The entry's share among the others that would take the lead, 1 to 10,000; only WEIGHTED looks at it. */
  readonly weight: number;
  /** What the buyer pays for a lead instead of the contract's base rate; only HIGHEST_BID looks at it. */
  readonly bid: Money | null;
  /** The buyer's own conditions, which must hold beside the agency's. Null: it has set none. */
  readonly buyer: Conditions | null;
}

/** What a buyer wants under one of its contracts, whatever route of the agency names it. */
export interface BuyingRules extends Conditions {
  readonly timeZone: string;
  readonly bid: Money | null;
}

/** The entry as it counts once its buyer has said what it wants: its zone and bid, and its conditions beside the agency's. */
export function withBuyingRules(entry: RouteEntry, wanted: BuyingRules | null): RouteEntry {
  if (!wanted) return { ...entry, buyer: null };
  const { timeZone, bid, ...buyer } = wanted;
  return { ...entry, timeZone, bid: bid ?? entry.bid, buyer };
}

/** The conditions of an entry: the agency's, then the buyer's. All of them must hold. */
export function conditionsOf(entry: RouteEntry): readonly Conditions[] {
  return entry.buyer ? [entry, entry.buyer] : [entry];
}

/** The caps of an entry in the order by which a decision numbers them. */
export function capsOf(entry: RouteEntry): readonly Cap[] {
  return conditionsOf(entry).flatMap(({ caps }) => caps);
}

/** The score that a lead must have for both sides; null: any. */
export function minScoreOf(entry: RouteEntry): number | null {
  const scores = conditionsOf(entry).flatMap(({ minScore }) => minScore ?? []);
  return scores.length === 0 ? null : Math.max(...scores);
}

/** How old a lead may be for both sides, in seconds; null: as old as it is. */
export function maxAgeSecondsOf(entry: RouteEntry): number | null {
  const ages = conditionsOf(entry).flatMap(({ maxAgeSeconds }) => maxAgeSeconds ?? []);
  return ages.length === 0 ? null : Math.min(...ages);
}

/** How one agency gives the leads of one vertical to buyers. Valid as a whole; see validateRoute. */
export interface RouteRules {
  /** Unique among the agency's routes; others name it as their fallback. */
  readonly name: string;
  readonly vertical: string;
  readonly method: RouteMethod;
  readonly saleMode: SaleMode;
  /** Different buyers that a lead is sold to at most; 1 when EXCLUSIVE. */
  readonly maxBuyers: number;
  /** The name of the route that gets what nobody here takes. */
  readonly fallback: string | null;
  /** What is not reached by a bid is not sold for it; only HIGHEST_BID and PING_POST look at it. */
  readonly minBid: Money | null;
  /** How long those who are offered a lead may claim it; only FIRST_CLAIM looks at it. */
  readonly claimSeconds: number;
  readonly entries: readonly RouteEntry[];
}

/** A stored version of a route's rules; it never changes, so decisions refer to it. */
export interface Route extends RouteRules {
  readonly agencyId: string;
  readonly routeId: string;
  readonly version: number;
}

/** What routing must know of a contract: the parties and the price of its version in force. */
export interface RoutedContract {
  readonly contractId: string;
  readonly buyerId: string;
  /** Owed for a lead; its currency is that of the entry's caps in money. */
  readonly baseRate: Money;
  /** The contract's zone: taken for the buyer's where the entry names none. */
  readonly timeZone: string;
  /** The operator's fee on top, which takes of the buyer's credit as well. */
  readonly platformFeeRatePpm: number;
  /** By its terms: a lead without consent is not delivered under it. */
  readonly consentRequired: boolean;
}

/** What routing must know of an attribute of the vertical's schema. */
export interface RoutedAttribute {
  readonly key: string;
  readonly type: ValueType;
  /** Of an ENUM: what it can be. */
  readonly values: readonly string[];
}

/** Why an entry did not get a lead. */
export const skipReasons = [
  'CONTRACT_INACTIVE',
  'BUYER_PAUSED',
  'CIRCUIT_OPEN',
  'OUT_OF_SCHEDULE',
  'SUPPRESSED',
  'DUPLICATE_FOR_BUYER',
  'CONSENT_MISSING',
  'TOO_OLD',
  'FILTER_MISMATCH',
  'BELOW_MIN_SCORE',
  'BELOW_MIN_BID',
  'CAP_REACHED',
  'BUDGET_REACHED',
  'INSUFFICIENT_BALANCE',
  'SELL_LIMIT_REACHED',
] as const;

/**
 * In the order in which they are looked for: the first that holds is told. So SELL_LIMIT_REACHED means that nothing
 * else stood against it: without the others this buyer would have had the lead.
 */
export type SkipReason = (typeof skipReasons)[number];

/** How long an offer may be claimed where a route says nothing. */
export const defaultClaimSeconds = 120;

/** The bounds of a route, so that neither its rules nor a lead's way through them grow without end. */
export const routeLimits = {
  entries: 200,
  /** Of each side. A decision numbers 64 conditions of an entry at most. */
  rulesPerEntry: 30,
  /** Rules within rules, such as any of several. */
  ruleDepth: 4,
  /** All parts of one rule together. */
  ruleParts: 50,
  valuesPerRule: 1_000,
  areas: 50,
  /** Of one area: states, prefixes and ranges each. */
  areaParts: 10_000,
  sourceMatches: 100,
  hours: 50,
  caps: 16,
  maxBuyers: 20,
  weight: 10_000,
  priority: 10_000,
  /** A fallback of a fallback counts. */
  fallbacks: 4,
  maxAgeSeconds: 31_536_000,
  leastClaimSeconds: 5,
  claimSeconds: 86_400,
  leadsPerCap: 1_000_000_000,
} as const;
