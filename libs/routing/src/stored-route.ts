import { asCurrency, type Money, money } from '#money';
import {
  type BuyingRules,
  type Cap,
  type Conditions,
  defaultClaimSeconds,
  type Pause,
  type RouteEntry,
  type RouteRules,
} from './route.js';

/** Money as JSON has it: minor units as text, since numbers of JSON are not exact. */
interface StoredMoney {
  readonly amountMinor: string;
  readonly currency: string;
}

type StoredCap =
  | (Cap & { readonly measure: 'LEADS' })
  | { readonly unit: Cap['unit']; readonly measure: 'MONEY'; readonly limit: StoredMoney };

type StoredConditions = Omit<Conditions, 'caps' | 'pause'> & {
  readonly caps: readonly StoredCap[];
  readonly pause: { readonly from: string; readonly until: string | null } | null;
};

type StoredEntry = Omit<RouteEntry, keyof Conditions | 'bid' | 'buyer'> &
  StoredConditions & { readonly bid: StoredMoney | null; readonly buyer: StoredConditions | null };

/** The rules of a route as plain JSON. */
export type StoredRules = Omit<RouteRules, 'minBid' | 'entries' | 'claimSeconds'> & {
  readonly minBid: StoredMoney | null;
  /** Missing in versions from before there were offers to claim. */
  readonly claimSeconds?: number;
  readonly entries: readonly StoredEntry[];
};

/** What a buyer wants as plain JSON. */
export type StoredBuyingRules = StoredConditions & {
  readonly timeZone: string;
  readonly bid: StoredMoney | null;
};

/** Writes rules; {@link readRules} reads them. */
export function storedRules(rules: RouteRules): StoredRules {
  return { ...rules, minBid: storedMoney(rules.minBid), entries: rules.entries.map(storedEntry) };
}

/** Reads what {@link storedRules} wrote. */
export function readRules(stored: StoredRules): RouteRules {
  const { claimSeconds = defaultClaimSeconds } = stored;
  return {
    ...stored,
    minBid: readMoney(stored.minBid),
    claimSeconds,
    entries: stored.entries.map(readEntry),
  };
}

/** Writes what a buyer wants; {@link readBuyingRules} reads it. */
export function storedBuyingRules(rules: BuyingRules): StoredBuyingRules {
  return { ...rules, ...storedConditions(rules), bid: storedMoney(rules.bid) };
}

/** Reads what {@link storedBuyingRules} wrote. */
export function readBuyingRules(stored: StoredBuyingRules): BuyingRules {
  return { ...stored, ...readConditions(stored), bid: readMoney(stored.bid) };
}

function storedEntry(entry: RouteEntry): StoredEntry {
  const { bid, buyer } = entry;
  const sides = { bid: storedMoney(bid), buyer: buyer && { ...buyer, ...storedConditions(buyer) } };
  return { ...entry, ...storedConditions(entry), ...sides };
}

function readEntry(stored: StoredEntry): RouteEntry {
  const { bid, buyer } = stored;
  const sides = { bid: readMoney(bid), buyer: buyer && { ...buyer, ...readConditions(buyer) } };
  return { ...stored, ...readConditions(stored), ...sides };
}

function storedConditions({ caps, pause }: Conditions): Pick<StoredConditions, 'caps' | 'pause'> {
  return {
    caps: caps.map((cap) => (cap.measure === 'LEADS' ? cap : { ...cap, limit: storedMoney(cap.limit) })),
    pause: pause && { from: pause.from.toISOString(), until: pause.until?.toISOString() ?? null },
  };
}

function readConditions({ caps, pause }: StoredConditions): Pick<Conditions, 'caps' | 'pause'> {
  return {
    caps: caps.map((cap) => (cap.measure === 'LEADS' ? cap : { ...cap, limit: readMoney(cap.limit) })),
    pause: pause && readPause(pause),
  };
}

function readPause({ from, until }: NonNullable<StoredConditions['pause']>): Pause {
  return { from: new Date(from), until: until === null ? null : new Date(until) };
}

function storedMoney(amount: Money): StoredMoney;
function storedMoney(amount: Money | null): StoredMoney | null;
function storedMoney(amount: Money | null): StoredMoney | null {
  return amount && { amountMinor: amount.amountMinor.toString(), currency: amount.currency };
}

function readMoney(stored: StoredMoney): Money;
function readMoney(stored: StoredMoney | null): Money | null;
function readMoney(stored: StoredMoney | null): Money | null {
  return stored && money(BigInt(stored.amountMinor), asCurrency(stored.currency));
}
