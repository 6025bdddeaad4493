import { asCurrency, money } from '#money';
import {
  type CompiledRoute,
  type RoutableLead,
  type Route,
  type RouteEntry,
  type RouteMethod,
  type RoutingState,
  anySource,
  applyChanges,
  compileRoute,
  counterKey,
  countersNeeded,
  draftOf,
  nothing,
  routeBatch,
  routeMethods,
} from '#routing';
import { type Spread, spreadOf } from '../statistics.js';

const USD = asCurrency('USD');
const entryCount = 50;
const wholeBatch = 200;
const states = ['CA', 'NY', 'TX', 'FL', 'IL', 'WA', 'AZ', 'CO', 'OH', 'NJ'];
const zones = ['America/New_York', 'America/Chicago', 'America/Los_Angeles', 'Europe/London'];

/** Leads decided per second by one method, in memory and on one core. */
export interface RoutingLane {
  readonly method: RouteMethod;
  /** Leads decided at once; one, when nothing else waits. */
  readonly batchSize: number;
  readonly leadsPerSecond: Spread;
  /** Of the leads; how much of the work ended with a sale. */
  readonly soldShare: number;
}

/** What the choosing costs: 50 entries with filters, hours and caps, mostly 200 leads a batch. */
export function measureRouting(options: {
  readonly rounds: number;
  readonly secondsPerLeg: number;
}): RoutingLane[] {
  const lanes = [
    ...routeMethods.map((method) => ({ method, batchSize: wholeBatch })),
    { method: 'PRIORITY', batchSize: 1 } as const,
  ];
  return lanes.map(({ method, batchSize }) => {
    const route = compileRoute(sampleRoute(method), { contracts: sampleContracts(), others: [] });
    const run = (seconds: number) => runFor(route, { seconds, batchSize });
    run(options.secondsPerLeg / 2);
    const legs = Array.from({ length: options.rounds }, () => run(options.secondsPerLeg));
    return {
      method,
      batchSize,
      leadsPerSecond: spreadOf(legs.map(({ leadsPerSecond }) => leadsPerSecond)),
      soldShare: spreadOf(legs.map(({ soldShare }) => soldShare)).median,
    };
  });
}

/** A table for people. */
export function printableRouting(lanes: readonly RoutingLane[]): string {
  const rows = lanes.map(({ method, batchSize, leadsPerSecond: { median, min, max }, soldShare }) => {
    const figures = [median, min, max].map((value) => value.toFixed(0).padStart(9)).join(' ');
    return `${method.padEnd(12)} ${String(batchSize).padStart(5)} ${figures} ${(soldShare * 100).toFixed(0).padStart(5)} %`;
  });
  return ['routing      batch   leads/s       min       max    sold', ...rows].join('\n');
}

function runFor(
  route: CompiledRoute,
  { seconds, batchSize }: { readonly seconds: number; readonly batchSize: number },
): { leadsPerSecond: number; soldShare: number } {
  const pool = Array.from({ length: 20 * wholeBatch }, (_, number) => sampleLead(number));
  const batches = Array.from({ length: pool.length / batchSize }, (_, number) =>
    pool.slice(number * batchSize, (number + 1) * batchSize),
  );
  const state = draftOf(openState(route));
  let [decided, sold] = [0, 0];
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  for (let turn = 0; performance.now() - started < seconds * 1000; turn += 1) {
    const batch = routeBatch(route, batches[turn % batches.length] ?? [], state);
    applyChanges(state, batch);
    decided += batch.decisions.length;
    for (const { result } of batch.decisions) if (result === 'SOLD') sold += 1;
  }
  // Of processor time, all threads: what neighbours take of the machine does not count, and what collecting garbage
  // costs does.
  const { user, system } = process.cpuUsage(cpuBefore);
  return { leadsPerSecond: (decided * 1_000_000) / (user + system), soldShare: sold / decided };
}

function sampleRoute(method: RouteMethod): Route {
  return {
    agencyId: 'agency',
    routeId: 'route',
    version: 1,
    name: 'main',
    vertical: 'solar',
    method,
    saleMode: 'EXCLUSIVE',
    maxBuyers: 1,
    fallback: null,
    minBid: money(500n, USD),
    claimSeconds: 120,
    entries: Array.from({ length: entryCount }, (_, number) => sampleEntry(number)),
  };
}

function sampleEntry(number: number): RouteEntry {
  const own = [0, 3, 7].map((step) => states[(number + step) % states.length] ?? 'CA');
  return {
    contractId: contractName(number),
    buyerId: `buyer-${number}`,
    timeZone: zones[number % zones.length] ?? 'UTC',
    priority: 1 + (number % 10),
    weight: 1 + ((number * 7) % 20),
    bid: money(BigInt(1000 + ((number * 37) % 500)), USD),
    rules: [
      {
        is: 'RANGE',
        attribute: 'income',
        type: 'INTEGER',
        atLeast: String(20_000 + (number % 8) * 5_000),
        atMost: null,
      },
      { is: 'EQ', attribute: 'owner', type: 'BOOLEAN', value: 'true' },
      {
        is: 'NOT',
        rule: { is: 'IN', attribute: 'roof', type: 'ENUM', values: ['flat', 'thatch'].slice(number % 2) },
      },
    ],
    geography: {
      only: [{ country: 'US', states: own, postalPrefixes: [String(100 + number)], postalRanges: [] }],
      except: [],
    },
    sources:
      number % 5 === 0
        ? { only: [], except: [{ channel: 'email', campaign: null, subId: null }] }
        : anySource,
    hours: [
      {
        days: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'],
        fromMinute: 0,
        toMinute: number % 6 === 0 ? 1 : 1440,
      },
    ],
    caps: [
      { unit: 'HOUR', measure: 'LEADS', limit: 1_000_000_000 },
      // Some are used up while the bench runs, as caps are.
      { unit: 'DAY', measure: 'LEADS', limit: number % 7 === 0 ? 1_000 : 1_000_000_000 },
      { unit: 'MONTH', measure: 'MONEY', limit: money(10n ** 15n - 1n, USD) },
    ],
    minScore: number % 3 === 0 ? 40 : null,
    maxAgeSeconds: 3600,
    requiresConsent: true,
    pause: null,
    buyer: null,
  };
}

function contractName(number: number): string {
  return `contract-${String(number).padStart(3, '0')}`;
}

function sampleContracts() {
  return Array.from({ length: entryCount }, (_, number) => ({
    contractId: contractName(number),
    buyerId: `buyer-${number}`,
    baseRate: money(1000n, USD),
    timeZone: 'UTC',
    consentRequired: false,
    platformFeeRatePpm: 0,
  }));
}

const at = new Date('2026-03-04T17:00:00Z');

function sampleLead(seed: number): RoutableLead {
  return {
    leadId: `lead-${seed}`,
    receivedAt: at,
    test: false,
    contractId: null,
    attributes: [
      { key: 'income', value: String(15_000 + ((seed * 7919) % 60_000)) },
      { key: 'owner', value: seed % 4 === 0 ? 'false' : 'true' },
      { key: 'roof', value: ['flat', 'tile', 'slate', 'thatch'][seed % 4] ?? 'tile' },
      { key: 'bill', value: String(50 + (seed % 300)) },
    ],
    country: 'US',
    state: states[(seed * 3) % states.length] ?? 'CA',
    postalCode: String(10_000 + ((seed * 101) % 80_000)),
    source: { channel: seed % 3 === 0 ? 'email' : 'search', campaign: 'spring', subId: String(seed % 50) },
    score: (seed * 13) % 101,
    hasConsent: true,
    personKeys: [`phone-${seed}`, `email-${seed}`],
    duplicateFor: [],
    suppressedFor: [],
    failedAt: [],
    soldTo: [],
    bids: Array.from({ length: 5 }, (_, bid) => ({
      contractId: contractName((seed + bid * 11) % entryCount),
      amountMinor: BigInt(400 + ((seed * 31 + bid * 97) % 1000)),
      currency: 'USD',
      expiresAt: new Date('2026-03-04T17:01:00Z'),
      bidId: null,
    })),
  };
}

function openState(route: CompiledRoute): RoutingState {
  return {
    at,
    contracts: new Map(
      route.entries.map(({ entry }) => [
        entry.contractId,
        { active: true, buyerPaused: false, circuitOpen: false },
      ]),
    ),
    credit: new Map(),
    counters: new Map(
      countersNeeded(route, at).map(({ contractId, window }) => [
        counterKey({ contractId, windowKey: window.key }),
        nothing,
      ]),
    ),
    standings: new Map(),
  };
}
