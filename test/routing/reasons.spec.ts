import {
  type EntryOutcome,
  type RoutableLead,
  type RouteEntry,
  type RoutingState,
  type SkipReason,
  outcomesOf,
  routeBatch,
  skipReasons,
} from '#routing';
import { asCurrency, money } from '#money';
import { compiled, contractsOf, countersOf, entryOf, leadOf, routeOf, stateOf, usd } from './samples.js';
import { compileRoute } from '#routing';

const at = new Date('2026-01-05T12:00:00Z'); // a Monday

/** What becomes of one entry that is alone in its route. */
function outcomeOf(
  entry: Partial<RouteEntry>,
  lead: Partial<RoutableLead> = {},
  state: Partial<RoutingState> = {},
): { readonly outcome: EntryOutcome; readonly detail: number } {
  const route = routeOf([entryOf('c1', entry)]);
  const ready = compiled(route);
  const { decisions } = routeBatch(ready, [leadOf({ receivedAt: at, ...lead })], stateOf(ready, at, state));
  const [found] = decisions.flatMap((decision) => outcomesOf(decision, [route]));
  if (!found) throw new Error('the entry was not considered');
  return { outcome: found.outcome, detail: found.detail };
}

const circumstance = (change: object): Partial<RoutingState> => ({
  contracts: new Map([['c1', { active: true, buyerPaused: false, circuitOpen: false, ...change }]]),
});
const sold = (leads: number, amountMinor = 0n): Partial<RoutingState> => ({
  counters: new Map(
    ['HOUR 2026-01-05T12:00Z', 'DAY 2026-01-05', 'WEEK 2026-01-05', 'MONTH 2026-01'].map((key) => [
      `c1 ${key}`,
      { leads, amountMinor },
    ]),
  ),
});
const caOnly: RouteEntry['geography'] = {
  only: [{ country: 'US', states: ['CA'], postalPrefixes: [], postalRanges: [] }],
  except: [],
};
const mailOnly: RouteEntry['sources'] = {
  only: [{ channel: 'mail', campaign: null, subId: null }],
  except: [],
};
const owner = { is: 'EQ', attribute: 'owner', type: 'BOOLEAN', value: 'true' } as const;
const nights: RouteEntry['hours'] = [{ days: ['MONDAY'], fromMinute: 0, toMinute: 12 * 60 }];

describe('an entry gets a lead, or the reason why not', () => {
  it.each<[string, EntryOutcome, number, Partial<RouteEntry>, Partial<RoutableLead>, Partial<RoutingState>]>([
    ['nothing stands against it', 'SOLD', 0, {}, {}, {}],
    ['the contract is not active', 'CONTRACT_INACTIVE', 0, {}, {}, circumstance({ active: false })],
    ['nothing is known of the contract', 'CONTRACT_INACTIVE', 0, {}, {}, { contracts: new Map() }],
    ['the buyer paused', 'BUYER_PAUSED', 0, {}, {}, circumstance({ buyerPaused: true })],
    ['a pause has begun', 'BUYER_PAUSED', 0, { pause: { from: at, until: null } }, {}, {}],
    ['a pause is over', 'SOLD', 0, { pause: { from: new Date(0), until: at } }, {}, {}],
    ['a pause is to come', 'SOLD', 0, { pause: { from: new Date(at.getTime() + 1), until: null } }, {}, {}],
    ['the circuit is open', 'CIRCUIT_OPEN', 0, {}, {}, circumstance({ circuitOpen: true })],
    ['it is noon and hours end at noon', 'OUT_OF_SCHEDULE', 0, { hours: nights }, {}, {}],
    [
      'it is noon in Lisbon and seven in New York',
      'SOLD',
      0,
      { hours: nights, timeZone: 'America/New_York' },
      {},
      {},
    ],
    ['the person is suppressed', 'SUPPRESSED', 0, {}, { suppressedFor: ['c1'] }, {}],
    ['another is suppressed', 'SOLD', 0, {}, { suppressedFor: ['c2'] }, {}],
    ['the buyer had the person', 'DUPLICATE_FOR_BUYER', 0, {}, { duplicateFor: ['c1'] }, {}],
    ['it failed here before', 'DUPLICATE_FOR_BUYER', 2, {}, { failedAt: ['c1'] }, {}],
    ['consent is missing', 'CONSENT_MISSING', 0, { requiresConsent: true }, {}, {}],
    ['consent is there', 'SOLD', 0, { requiresConsent: true }, { hasConsent: true }, {}],
    [
      'it is a millisecond too old',
      'TOO_OLD',
      0,
      { maxAgeSeconds: 60 },
      { receivedAt: new Date(at.getTime() - 60_001) },
      {},
    ],
    [
      'it is just young enough',
      'SOLD',
      0,
      { maxAgeSeconds: 60 },
      { receivedAt: new Date(at.getTime() - 60_000) },
      {},
    ],
    [
      'it comes from elsewhere',
      'FILTER_MISMATCH',
      0,
      { geography: caOnly },
      { country: 'US', state: 'NY' },
      {},
    ],
    ['it comes from there', 'SOLD', 0, { geography: caOnly }, { country: 'us', state: 'us-ca' }, {}],
    ['the source is another', 'FILTER_MISMATCH', 0, { sources: mailOnly }, { source: null }, {}],
    [
      'the second condition fails',
      'FILTER_MISMATCH',
      1,
      { geography: caOnly, rules: [owner] },
      { country: 'US', state: 'CA' },
      {},
    ],
    ['the score is below', 'BELOW_MIN_SCORE', 0, { minScore: 50 }, { score: 49 }, {}],
    ['the score is unknown', 'BELOW_MIN_SCORE', 0, { minScore: 0 }, { score: null }, {}],
    ['the score is enough', 'SOLD', 0, { minScore: 50 }, { score: 50 }, {}],
    [
      'the cap is reached',
      'CAP_REACHED',
      0,
      { caps: [{ unit: 'DAY', measure: 'LEADS', limit: 5 }] },
      {},
      sold(5),
    ],
    [
      'the cap has room for one',
      'SOLD',
      0,
      { caps: [{ unit: 'DAY', measure: 'LEADS', limit: 5 }] },
      {},
      sold(4),
    ],
    [
      'the cap was lowered',
      'CAP_REACHED',
      0,
      { caps: [{ unit: 'WEEK', measure: 'LEADS', limit: 2 }] },
      {},
      sold(5),
    ],
    [
      'the cap is none at all',
      'CAP_REACHED',
      0,
      { caps: [{ unit: 'HOUR', measure: 'LEADS', limit: 0 }] },
      {},
      {},
    ],
    [
      'a test lead meets a reached cap',
      'SOLD',
      0,
      { caps: [{ unit: 'DAY', measure: 'LEADS', limit: 5 }] },
      { test: true },
      sold(5),
    ],
    [
      'the price does not fit the budget',
      'BUDGET_REACHED',
      0,
      { caps: [{ unit: 'MONTH', measure: 'MONEY', limit: usd(2999) }] },
      {},
      sold(2, 2000n),
    ],
    [
      'the price just fits the budget',
      'SOLD',
      0,
      { caps: [{ unit: 'MONTH', measure: 'MONEY', limit: usd(3000) }] },
      {},
      sold(2, 2000n),
    ],
    [
      'the budget is in another currency',
      'BUDGET_REACHED',
      0,
      { caps: [{ unit: 'MONTH', measure: 'MONEY', limit: money(10n ** 9n, asCurrency('EUR')) }] },
      {},
      sold(0),
    ],
    [
      'the second cap is reached, which is told before the first, in money',
      'CAP_REACHED',
      1,
      {
        caps: [
          { unit: 'DAY', measure: 'MONEY', limit: usd(1) },
          { unit: 'MONTH', measure: 'LEADS', limit: 1 },
        ],
      },
      {},
      sold(1, 1n),
    ],
    [
      'the balance does not cover it',
      'INSUFFICIENT_BALANCE',
      0,
      {},
      {},
      { credit: new Map([['buyer-of-c1 USD', 999n]]) },
    ],
    ['the balance just covers it', 'SOLD', 0, {}, {}, { credit: new Map([['buyer-of-c1 USD', 1000n]]) }],
    [
      'the balance is below nothing',
      'INSUFFICIENT_BALANCE',
      0,
      {},
      {},
      { credit: new Map([['buyer-of-c1 USD', -5n]]) },
    ],
    [
      'a test lead meets an empty balance',
      'SOLD',
      0,
      {},
      { test: true },
      { credit: new Map([['buyer-of-c1 USD', 0n]]) },
    ],
  ])('%s: %s', (_, outcome, detail, entry, lead, state) => {
    expect(outcomeOf(entry, lead, state)).toEqual({ outcome, detail });
  });

  // Each reason is told only when none of those before it holds: the list is the order.
  it('the first one of several', () => {
    const everything: readonly [SkipReason, Partial<RouteEntry>, Partial<RoutableLead>, object][] = [
      ['CONTRACT_INACTIVE', {}, {}, { active: false }],
      ['BUYER_PAUSED', {}, {}, { buyerPaused: true }],
      ['CIRCUIT_OPEN', {}, {}, { circuitOpen: true }],
      ['OUT_OF_SCHEDULE', { hours: nights }, {}, {}],
      ['SUPPRESSED', {}, { suppressedFor: ['c1'] }, {}],
      ['DUPLICATE_FOR_BUYER', {}, { duplicateFor: ['c1'] }, {}],
      ['CONSENT_MISSING', { requiresConsent: true }, {}, {}],
      ['TOO_OLD', { maxAgeSeconds: 1 }, { receivedAt: new Date(0) }, {}],
      ['FILTER_MISMATCH', { rules: [owner] }, {}, {}],
      ['BELOW_MIN_SCORE', { minScore: 1 }, {}, {}],
      ['CAP_REACHED', { caps: [{ unit: 'DAY', measure: 'LEADS', limit: 0 }] }, {}, {}],
    ];
    everything.forEach(([reason], index) => {
      const rest = everything.slice(index);
      const entry = Object.assign({}, ...rest.map(([, one]) => one)) as Partial<RouteEntry>;
      const lead = Object.assign({}, ...rest.map(([, , one]) => one)) as Partial<RoutableLead>;
      const changed = Object.assign({}, ...rest.map(([, , , one]) => one)) as object;
      expect(outcomeOf(entry, lead, circumstance(changed)).outcome).toBe(reason);
    });
    const order = everything.map(([reason]) => skipReasons.indexOf(reason));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('and there are no other reasons than these', () => {
    expect([...skipReasons].sort()).toEqual([
      'BELOW_MIN_BID',
      'BELOW_MIN_SCORE',
      'BUDGET_REACHED',
      'BUYER_PAUSED',
      'CAP_REACHED',
      'CIRCUIT_OPEN',
      'CONSENT_MISSING',
      'CONTRACT_INACTIVE',
      'DUPLICATE_FOR_BUYER',
      'FILTER_MISMATCH',
      'INSUFFICIENT_BALANCE',
      'OUT_OF_SCHEDULE',
      'SELL_LIMIT_REACHED',
      'SUPPRESSED',
      'TOO_OLD',
    ]);
  });
});

describe('a batch', () => {
  it('fills a cap to the last lead and not beyond, and adds up what it sold', () => {
    const route = routeOf([
      entryOf('c1', {
        caps: [
          { unit: 'DAY', measure: 'LEADS', limit: 10 },
          { unit: 'MONTH', measure: 'MONEY', limit: usd(100_000) },
        ],
      }),
    ]);
    const ready = compiled(route);
    const state = stateOf(ready, at, { counters: countersOf(ready, at, { leads: 9, amountMinor: 9000n }) });
    const leads = Array.from({ length: 50 }, () => leadOf());
    const { decisions, increments, creditUses } = routeBatch(ready, leads, state);
    expect(decisions.filter(({ result }) => result === 'SOLD')).toHaveLength(1);
    expect(
      increments.map(({ contractId, window, leads: count, amountMinor }) => [
        contractId,
        window.key,
        count,
        amountMinor,
      ]),
    ).toEqual([
      ['c1', 'DAY 2026-01-05', 1, 1000n],
      ['c1', 'MONTH 2026-01', 1, 1000n],
    ]);
    expect(creditUses).toEqual([{ buyerId: 'buyer-of-c1', currency: 'USD', amountMinor: 1000n }]);
  });

  it("uses one balance for all of a buyer's contracts", () => {
    const route = routeOf([entryOf('c1', { buyerId: 'b' }), entryOf('c2', { buyerId: 'b', priority: 2 })]);
    const ready = compiled(route);
    const state = stateOf(ready, at, { credit: new Map([['b USD', 2500n]]) });
    const { decisions, creditUses } = routeBatch(ready, [leadOf(), leadOf(), leadOf()], state);
    expect(decisions.map(({ result }) => result)).toEqual(['SOLD', 'SOLD', 'UNSOLD']);
    expect(creditUses).toEqual([{ buyerId: 'b', currency: 'USD', amountMinor: 2000n }]);
    expect(outcomesOf(decisions[2] ?? missing(), [route]).map(({ outcome }) => outcome)).toEqual([
      'INSUFFICIENT_BALANCE',
      'INSUFFICIENT_BALANCE',
    ]);
  });

  it('gives a person to a buyer once, and to the next buyer the second time', () => {
    const route = routeOf([entryOf('c1'), entryOf('c2', { priority: 2 })]);
    const ready = compiled(route);
    const leads = [
      leadOf({ personKeys: ['p1', 'e1'] }),
      leadOf({ personKeys: ['p2'] }),
      leadOf({ personKeys: ['p3', 'e1'] }),
      leadOf({ personKeys: ['e1'] }),
    ];
    const { decisions } = routeBatch(ready, leads, stateOf(ready, at));
    expect(decisions.map(({ sales }) => sales.map(({ contractId }) => contractId))).toEqual([
      ['c1'],
      ['c1'],
      ['c2'],
      [],
    ]);
    expect(decisions[3]?.trail).toEqual(['D0D0']);
  });

  it('of test leads changes nothing', () => {
    for (const method of ['WEIGHTED', 'ROUND_ROBIN'] as const) {
      const ready = compiled(routeOf([entryOf('c1'), entryOf('c2')], { method }));
      const batch = routeBatch(ready, [leadOf({ test: true }), leadOf({ test: true })], stateOf(ready, at));
      expect(batch.decisions.map(({ result, sales }) => [result, sales[0]?.contractId])).toEqual([
        ['SOLD', 'c1'],
        ['SOLD', 'c1'],
      ]);
      expect([batch.increments, batch.standings, batch.creditUses]).toEqual([[], [], []]);
    }
  });

  it('cannot be decided when a counter was not read', () => {
    const ready = compiled(routeOf([entryOf('c1', { caps: [{ unit: 'DAY', measure: 'LEADS', limit: 1 }] })]));
    expect(() => routeBatch(ready, [leadOf()], stateOf(ready, at, { counters: new Map() }))).toThrow(
      'not read',
    );
  });

  it('needs every contract told of, and of the buyer whom the entry names', () => {
    const route = routeOf([entryOf('c1')]);
    expect(() => compileRoute(route, { contracts: [], others: [] })).toThrow('not told of');
    const contracts = contractsOf([route]).map((contract) => ({ ...contract, buyerId: 'someone' }));
    expect(() => compileRoute(route, { contracts, others: [] })).toThrow('another buyer');
  });

  it('of no leads, or without entries, is no trouble', () => {
    const ready = compiled(routeOf([entryOf('c1')]));
    expect(routeBatch(ready, [], stateOf(ready, at)).decisions).toEqual([]);
    const empty = compiled(routeOf([]));
    expect(routeBatch(empty, [leadOf()], stateOf(empty, at)).decisions[0]).toMatchObject({
      result: 'UNSOLD',
      trail: [''],
    });
  });
});

function missing(): never {
  throw new Error('there are fewer decisions than leads');
}
