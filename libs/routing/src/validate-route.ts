import { parseVertical } from '#contracts';
import { type Outcome, done, refused } from '#outcome';
import type { RawBuyingRules, RawRoute } from './raw-route.js';
import {
  type BuyingRules,
  type RoutedAttribute,
  type RoutedContract,
  type RouteEntry,
  type RouteMethod,
  type RouteRules,
  defaultClaimSeconds,
  routeLimits,
  routeMethods,
  saleModes,
} from './route.js';
import { type Path, RouteCheck, readEach } from './route-check.js';
import { readEntry, readWanted } from './validate-entry.js';

/** What a route is checked against. */
export interface RouteContext {
  /** Of the vertical's schema; a rule on any other is refused. */
  readonly attributes: readonly RoutedAttribute[];
  /** Whether leads may tell their state: not where the vertical's schema has no attribute `state`. */
  readonly canHaveState: boolean;
  /** The agency's contracts in the vertical that are not over. */
  readonly contracts: readonly RoutedContract[];
  /** The agency's other routes in the vertical, as their newest versions are. */
  readonly others: readonly { readonly name: string; readonly fallback: string | null }[];
}

const methodsWithBids: readonly RouteMethod[] = ['HIGHEST_BID', 'PING_POST'];

/**
 * Reads the rules of a route as a whole: valid rules, or every refusal at once, each with the path of its field below
 * `at`, never with its value. Codes: INVALID_VALUE, REQUIRED, TOO_MANY, INVALID_AMOUNT, INVALID_CURRENCY,
 * INVALID_TIME_ZONE, CURRENCY_MISMATCH, and NOT_FOUND for a contract or a fallback that is not there.
 */
export function validateRoute(
  raw: RawRoute,
  context: RouteContext,
  at: Path = ['input', 'route'],
): Outcome<RouteRules> {
  const check = new RouteCheck(at);
  const name = check.text(raw.name, ['name'], 64);
  const vertical = parseVertical(raw.vertical);
  if (vertical === undefined) check.refuse('INVALID_VALUE', ['vertical']);
  const method = check.oneOf(routeMethods, raw.method, ['method']);
  const saleMode = check.oneOf(saleModes, raw.saleMode, ['saleMode']);
  const maxBuyers = readMaxBuyers(check, raw, saleMode === 'SHARED');
  const fallback = raw.fallback ?? null;
  const isName = fallback === null || check.text(fallback, ['fallback'], 64) !== undefined;
  if (fallback !== null && isName) checkFallback(check, { name, fallback }, context.others);
  const minBid = raw.minBid ? (check.amount(raw.minBid, ['minBid']) ?? null) : null;
  if (raw.minBid && method && !methodsWithBids.includes(method)) {
    check.refuse('INVALID_VALUE', ['minBid'], `Only ${methodsWithBids.join(' and ')} look at bids.`);
  }
  const claimSeconds = readClaimSeconds(check, raw);
  const entries = readEntries(check, raw, context);
  if (method && methodsWithBids.includes(method)) {
    checkCurrencies(check, entries, { context, of: minBid?.currency });
  }
  if (check.refusals.length > 0 || name === undefined || vertical === undefined || !method || !saleMode) {
    return refused(...check.refusals);
  }
  return done({ name, vertical, method, saleMode, maxBuyers, fallback, minBid, claimSeconds, entries });
}

/**
 * Reads what a buyer wants under one of its contracts: valid rules, or every refusal at once, as {@link validateRoute}
 * does.
 */
export function validateBuyingRules(
  raw: RawBuyingRules,
  context: Pick<RouteContext, 'attributes' | 'canHaveState'> & { readonly contract: RoutedContract },
  at: Path = ['input', 'rules'],
): Outcome<BuyingRules> {
  const check = new RouteCheck(at);
  const attributes = new Map(context.attributes.map((attribute) => [attribute.key, attribute]));
  const { canHaveState, contract } = context;
  const wanted = readWanted(check, raw, { path: [], attributes, canHaveState, contract });
  return check.refusals.length > 0 ? refused(...check.refusals) : done(wanted);
}

function readMaxBuyers(check: RouteCheck, { maxBuyers = null }: RawRoute, isShared: boolean): number {
  if (isShared && maxBuyers === null) check.refuse('REQUIRED', ['maxBuyers']);
  if (maxBuyers === null) return 1;
  if (isShared) return check.whole(maxBuyers, ['maxBuyers'], { least: 2, most: routeLimits.maxBuyers });
  if (maxBuyers !== 1) check.refuse('INVALID_VALUE', ['maxBuyers'], 'An exclusive lead has one buyer.');
  return 1;
}

function readClaimSeconds(check: RouteCheck, { claimSeconds, method }: RawRoute): number {
  if (claimSeconds === null || claimSeconds === undefined) return defaultClaimSeconds;
  if (method !== 'FIRST_CLAIM')
    check.refuse('INVALID_VALUE', ['claimSeconds'], 'Only FIRST_CLAIM has offers to claim.');
  const { leastClaimSeconds: least, claimSeconds: most } = routeLimits;
  return check.whole(claimSeconds, ['claimSeconds'], { least, most });
}

function readEntries(check: RouteCheck, { entries }: RawRoute, context: RouteContext): readonly RouteEntry[] {
  if (!check.fits(entries, ['entries'], routeLimits.entries)) return [];
  const attributes = new Map(context.attributes.map((attribute) => [attribute.key, attribute]));
  const contracts = new Map(context.contracts.map((contract) => [contract.contractId, contract]));
  const seen = new Set<string>();
  return readEach(entries, ['entries'], (raw, path) => {
    if (seen.has(raw.contractId)) {
      check.refuse('INVALID_VALUE', [...path, 'contractId'], 'Each contract once.');
      return undefined;
    }
    seen.add(raw.contractId);
    const contract = contracts.get(raw.contractId);
    return readEntry(check, raw, { path, attributes, canHaveState: context.canHaveState, contract });
  });
}

/** A fallback is another route, and following the fallbacks from it never leads back here. */
function checkFallback(
  check: RouteCheck,
  { name, fallback }: { readonly name: string | undefined; readonly fallback: string },
  others: RouteContext['others'],
): void {
  const next = new Map(others.map((other) => [other.name, other.fallback]));
  if (fallback === name) {
    check.refuse('INVALID_VALUE', ['fallback'], 'A route cannot be its own fallback.');
    return;
  }
  if (!next.has(fallback)) {
    check.refuse('NOT_FOUND', ['fallback'], 'You have no other route of this name in this vertical.');
    return;
  }
  let length = 1;
  for (let at = next.get(fallback) ?? null; at !== null; at = next.get(at) ?? null) {
    length += 1;
    if (at === name) {
      check.refuse('INVALID_VALUE', ['fallback'], 'The fallbacks would go round in a circle.');
      return;
    }
    if (length > routeLimits.fallbacks) {
      check.refuse('TOO_MANY', ['fallback'], `At most ${routeLimits.fallbacks} fallbacks after each other.`);
      return;
    }
  }
}

/** Bids can be compared in one currency only. */
function checkCurrencies(
  check: RouteCheck,
  entries: readonly RouteEntry[],
  { context, of }: { readonly context: RouteContext; readonly of: string | undefined },
): void {
  const currencies = new Map(
    context.contracts.map(({ contractId, baseRate }) => [contractId, baseRate.currency]),
  );
  const first = entries[0] && currencies.get(entries[0].contractId);
  const others = entries.filter(({ contractId }) => currencies.get(contractId) !== (of ?? first));
  if (others.length === 0) return;
  const message =
    'Bids are compared: all contracts of the route, and its lowest bid, must be in one currency.';
  check.refuse('CURRENCY_MISMATCH', of === undefined ? ['entries'] : ['minBid', 'currency'], message);
}
