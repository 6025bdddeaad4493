import fc from 'fast-check';
import { type Weekday, weekdays, windowUnits } from '#calendar';
import {
  type Cap,
  type CompiledRoute,
  type RoutableLead,
  type Route,
  type RouteEntry,
  type RoutingState,
  compileRoute,
  routeMethods,
} from '#routing';
import { contractsOf, countersOf, entryOf, leadOf, routeOf, usd } from './samples.js';

const zones = ['America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'UTC'] as const;

const anyCap: fc.Arbitrary<Cap> = fc.oneof(
  fc.record({
    unit: fc.constantFrom(...windowUnits),
    measure: fc.constant('LEADS' as const),
    limit: fc.nat({ max: 6 }),
  }),
  fc.record({
    unit: fc.constantFrom(...windowUnits),
    measure: fc.constant('MONEY' as const),
    limit: fc.nat({ max: 8000 }).map(usd),
  }),
);

const anyHours = fc.record({
  days: fc.subarray([...weekdays] as Weekday[], { minLength: 3 }),
  fromMinute: fc.nat({ max: 1439 }),
  toMinute: fc.nat({ max: 1440 }),
});

/** Entries that differ in everything; sometimes two of one buyer. */
const anyEntries = (most: number): fc.Arbitrary<RouteEntry[]> =>
  fc
    .array(
      fc.record({
        buyer: fc.nat({ max: most }),
        setBy: fc.constantFrom('AGENCY', 'BUYER', 'BOTH'),
        timeZone: fc.constantFrom(...zones),
        priority: fc.integer({ min: 1, max: 3 }),
        weight: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 })),
        bid: fc.option(fc.integer({ min: 500, max: 2000 }).map(usd)),
        minScore: fc.option(fc.nat({ max: 100 }), { freq: 2 }),
        caps: fc.array(anyCap, { maxLength: 3 }),
        hours: fc.array(anyHours, { maxLength: 2 }),
        states: fc.subarray(['CA', 'NY', 'TX']),
        income: fc.option(fc.nat({ max: 100 })),
        requiresConsent: fc.boolean(),
      }),
      { minLength: 1, maxLength: most },
    )
    .map((all) =>
      all.map(({ buyer, setBy, states, income, ...rest }, number) =>
        setBySide(
          setBy,
          entryOf(`c${String(number).padStart(2, '0')}`, {
            ...rest,
            buyerId: `b${buyer}`,
            geography: {
              only:
                states.length === 0 ? [] : [{ country: 'US', states, postalPrefixes: [], postalRanges: [] }],
              except: [],
            },
            rules:
              income === null
                ? []
                : [
                    {
                      is: 'RANGE',
                      attribute: 'income',
                      type: 'INTEGER',
                      atLeast: String(income),
                      atMost: null,
                    },
                  ],
          }),
        ),
      ),
    );

/** The same conditions, set by one side or by both. */
function setBySide(setBy: 'AGENCY' | 'BUYER' | 'BOTH', entry: RouteEntry): RouteEntry {
  if (setBy === 'AGENCY') return entry;
  const bare = entryOf(entry.contractId);
  const { rules, geography, sources, hours, caps, minScore, maxAgeSeconds, requiresConsent, pause } = entry;
  const own = { rules, geography, sources, hours, caps, minScore, maxAgeSeconds, requiresConsent, pause };
  if (setBy === 'BOTH') return { ...entry, buyer: own };
  const { contractId, buyerId, timeZone, priority, weight, bid } = entry;
  return { ...bare, contractId, buyerId, timeZone, priority, weight, bid, buyer: own };
}

/** A route by any method, sometimes with a fallback that shares contracts with it. */
export const anyRoutes: fc.Arbitrary<readonly [Route, ...Route[]]> = fc
  .record({
    entries: anyEntries(8),
    others: anyEntries(4),
    method: fc.constantFrom(...routeMethods),
    otherMethod: fc.constantFrom(...routeMethods),
    maxBuyers: fc.integer({ min: 1, max: 4 }),
    minBid: fc.option(fc.integer({ min: 500, max: 1500 }).map(usd)),
    hasFallback: fc.boolean(),
  })
  .map(({ entries, others, method, otherMethod, maxBuyers, minBid, hasFallback }) => {
    const main = routeOf(entries, { method, maxBuyers, minBid, fallback: hasFallback ? 'rest' : null });
    // A contract that stands in both has one buyer, and one count of its caps.
    const shared = others.map((entry, number) => {
      const { buyerId, timeZone, caps, buyer } = entries[number] ?? entry;
      return { ...entry, buyerId, timeZone, caps, buyer };
    });
    const rest = routeOf(shared, { name: 'rest', method: otherMethod });
    return hasFallback ? [main, rest] : [main];
  });

export function compiledChain([main, ...others]: readonly [Route, ...Route[]]): CompiledRoute {
  return compileRoute(main, { contracts: contractsOf([main, ...others]), others });
}

/** Leads of a few persons, from a few places, some of them with bids and some with a past. */
export const anyLeads: fc.Arbitrary<readonly RoutableLead[]> = fc.array(
  fc
    .record({
      test: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
      state: fc.constantFrom('CA', 'NY', 'TX', null),
      score: fc.option(fc.nat({ max: 100 })),
      hasConsent: fc.boolean(),
      income: fc.nat({ max: 100 }),
      person: fc.nat({ max: 40 }),
      duplicateFor: fc.subarray(['c00', 'c02']),
      failedAt: fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.constant(['c01']) },
      ),
      soldTo: fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.constant(['b1']) },
      ),
      bids: fc.option(
        fc.array(
          fc.record({
            number: fc.nat({ max: 7 }),
            amount: fc.integer({ min: 400, max: 2000 }),
            isOver: fc.boolean(),
          }),
          { maxLength: 4 },
        ),
        { freq: 4 },
      ),
    })
    .map(({ income, person, bids, ...rest }) =>
      leadOf({
        ...rest,
        country: 'US',
        attributes: [{ key: 'income', value: income }],
        personKeys: [`person-${person}`],
        bids:
          bids?.map(({ number, amount, isOver }) => ({
            contractId: `c0${number}`,
            amountMinor: BigInt(amount),
            currency: 'USD',
            expiresAt: new Date(isOver ? '2020-01-01T00:00:00Z' : '2040-01-01T00:00:00Z'),
            bidId: null,
          })) ?? null,
      }),
    ),
  { maxLength: 30 },
);

/** Some time in a year in which the clocks change, often close to a change. */
export const anyInstant: fc.Arbitrary<Date> = fc.oneof(
  fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }),
  fc
    .record({
      change: fc.constantFrom(
        '2026-03-08T07:00Z',
        '2026-11-01T06:00Z',
        '2026-10-25T01:00Z',
        '2026-04-04T15:00Z',
      ),
      minutes: fc.integer({ min: -180, max: 180 }),
    })
    .map(({ change, minutes }) => new Date(Date.parse(change) + minutes * 60_000)),
);

/** A present in which most contracts are active and some buyers' balances run short. */
export const anyPresent = fc.record({
  at: anyInstant,
  inactive: fc.subarray(['c00', 'c03'], { maxLength: 1 }),
  paused: fc.subarray(['c01', 'c04'], { maxLength: 1 }),
  credit: fc.option(fc.nat({ max: 9000 })),
  sold: fc.nat({ max: 3 }),
});

export function presentState(
  compiled: CompiledRoute,
  { at, inactive, paused, credit, sold }: typeof anyPresent extends fc.Arbitrary<infer T> ? T : never,
): RoutingState {
  return {
    at,
    contracts: new Map(
      compiled.entries.map(({ entry: { contractId } }) => [
        contractId,
        {
          active: !inactive.includes(contractId),
          buyerPaused: paused.includes(contractId),
          circuitOpen: false,
        },
      ]),
    ),
    credit: new Map(credit === null ? [] : [['b0 USD', BigInt(credit)]]),
    counters: countersOf(compiled, at, { leads: sold, amountMinor: BigInt(sold) * 1000n }),
    standings: new Map(),
  };
}
