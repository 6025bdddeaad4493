import { asCurrency, money } from '#money';
import {
  type CompiledRoute,
  type Count,
  type RoutableLead,
  type Route,
  type RoutedContract,
  type RouteEntry,
  type RoutingState,
  anySource,
  anywhere,
  compileRoute,
  counterKey,
  countersNeeded,
} from '#routing';

export const USD = asCurrency('USD');

export function usd(amountMinor: bigint | number) {
  return money(BigInt(amountMinor), USD);
}

/** An entry that takes everything, of a buyer of its own. */
export function entryOf(contractId: string, wishes: Partial<RouteEntry> = {}): RouteEntry {
  return {
    contractId,
    buyerId: `buyer-of-${contractId}`,
    timeZone: 'UTC',
    priority: 1,
    weight: 1,
    bid: null,
    rules: [],
    geography: anywhere,
    sources: anySource,
    hours: [],
    caps: [],
    minScore: null,
    maxAgeSeconds: null,
    requiresConsent: false,
    pause: null,
    buyer: null,
    ...wishes,
  };
}

/** An exclusive route by priority. */
export function routeOf(entries: readonly RouteEntry[], wishes: Partial<Route> = {}): Route {
  return {
    agencyId: 'agency',
    routeId: wishes.name ?? 'main',
    version: 1,
    name: 'main',
    vertical: 'solar',
    method: 'PRIORITY',
    saleMode: wishes.maxBuyers === undefined || wishes.maxBuyers === 1 ? 'EXCLUSIVE' : 'SHARED',
    maxBuyers: 1,
    fallback: null,
    minBid: null,
    claimSeconds: 120,
    entries,
    ...wishes,
  };
}

/** A contract of each entry, at 10.00 USD a lead. */
export function contractsOf(routes: readonly Route[], baseRateMinor = 1000n): RoutedContract[] {
  const entries = new Map(routes.flatMap((route) => route.entries.map((entry) => [entry.contractId, entry])));
  return [...entries.values()].map(({ contractId, buyerId }) => ({
    contractId,
    buyerId,
    baseRate: usd(baseRateMinor),
    timeZone: 'UTC',
    consentRequired: false,
    platformFeeRatePpm: 0,
  }));
}

export function compiled(route: Route, others: readonly Route[] = []): CompiledRoute {
  return compileRoute(route, { contracts: contractsOf([route, ...others]), others });
}

let leads = 0;

/** A lead about nobody in particular, received at the beginning of 2026. */
export function leadOf(wishes: Partial<RoutableLead> = {}): RoutableLead {
  leads += 1;
  return {
    leadId: `lead-${leads}`,
    receivedAt: new Date('2026-01-01T00:00:00Z'),
    test: false,
    contractId: null,
    attributes: [],
    country: null,
    state: null,
    postalCode: null,
    source: null,
    score: null,
    hasConsent: false,
    personKeys: [],
    duplicateFor: [],
    suppressedFor: [],
    failedAt: [],
    soldTo: [],
    bids: null,
    ...wishes,
  };
}

export function leadsOf(count: number, wishes: Partial<RoutableLead> = {}): RoutableLead[] {
  return Array.from({ length: count }, () => leadOf(wishes));
}

/** Every contract active, nothing sold in any window yet. */
export function stateOf(
  route: CompiledRoute,
  at: Date | string = '2026-01-01T00:00:00Z',
  wishes: Partial<RoutingState> = {},
): RoutingState {
  const instant = new Date(at);
  return {
    at: instant,
    contracts: new Map(
      route.entries.map(({ entry }) => [
        entry.contractId,
        { active: true, buyerPaused: false, circuitOpen: false },
      ]),
    ),
    credit: new Map(),
    counters: countersOf(route, instant),
    standings: new Map(),
    ...wishes,
  };
}

export function countersOf(
  route: CompiledRoute,
  at: Date,
  count: Count = { leads: 0, amountMinor: 0n },
): Map<string, Count> {
  return new Map(
    countersNeeded(route, at).map(({ contractId, window }) => [
      counterKey({ contractId, windowKey: window.key }),
      count,
    ]),
  );
}
