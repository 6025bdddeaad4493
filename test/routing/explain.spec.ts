import { type Route, describeRoute, explainDecision, routeBatch } from '#routing';
import { compiled, countersOf, entryOf, leadOf, routeOf, stateOf, usd } from './samples.js';

const at = new Date('2026-01-05T12:00:00Z');

const main: Route = routeOf(
  [
    entryOf('a', {
      priority: 1,
      rules: [{ is: 'RANGE', attribute: 'income', type: 'INTEGER', atLeast: '50000', atMost: null }],
    }),
    entryOf('b', {
      priority: 2,
      timeZone: 'America/New_York',
      caps: [{ unit: 'DAY', measure: 'LEADS', limit: 5 }],
    }),
    entryOf('c', { priority: 3 }),
    entryOf('d', { priority: 4, buyerId: 'buyer-of-c' }),
    entryOf('e', { priority: 5 }),
  ],
  { vertical: 'solar' },
);
const ready = compiled(main);
const lead = leadOf({ leadId: 'l1', attributes: [{ key: 'income', value: 12_345 }] });
const [decision] = routeBatch(
  ready,
  [lead],
  stateOf(ready, at, { counters: countersOf(ready, at, { leads: 5, amountMinor: 5000n }) }),
).decisions;
if (!decision) throw new Error('there is no decision');
const asked = { decision, routes: [main] };

describe('a decision explained', () => {
  it('says of a balance or a credit limit that is used up what fits both', () => {
    const credit = new Map([['buyer-of-e USD', 0n]]);
    const [skipped] = routeBatch(ready, [leadOf({ leadId: 'l2' })], stateOf(ready, at, { credit })).decisions;
    if (!skipped) throw new Error('there is no decision');
    const told = explainDecision(
      { decision: skipped, routes: [main] },
      { kind: 'BUYER', buyerId: 'buyer-of-e' },
    );
    expect(told?.entries.map(({ reason }) => reason)).toEqual([
      "The buyer's balance or credit limit does not cover the price.",
    ]);
  });

  it('to the agency, says of everyone in order why', () => {
    expect(explainDecision(asked, { kind: 'AGENCY', agencyId: 'agency' })).toEqual({
      leadId: 'l1',
      at,
      result: 'SOLD',
      summary: 'Sold to 1 of 5 entries considered, by PRIORITY on the route main.',
      entries: [
        {
          ...of('a'),
          outcome: 'FILTER_MISMATCH',
          reason: 'The lead did not fit the filter: only leads with income of at least 50000.',
        },
        {
          ...of('b'),
          outcome: 'CAP_REACHED',
          reason: 'The cap was reached: at most 5 leads a day, in America/New_York.',
        },
        { ...of('c'), outcome: 'SOLD', reason: 'Sold for $10.00.', amountMinor: 1000n, currency: 'USD' },
        {
          ...of('d', 'buyer-of-c'),
          outcome: 'DUPLICATE_FOR_BUYER',
          reason: 'The buyer got this lead under another of its contracts.',
        },
        {
          ...of('e'),
          outcome: 'SELL_LIMIT_REACHED',
          reason: 'It fitted, but others came first and the lead may not be sold again.',
        },
      ],
    });
    expect(explainDecision(asked, { kind: 'OPERATOR' })).toEqual(
      explainDecision(asked, { kind: 'AGENCY', agencyId: 'agency' }),
    );
  });

  it('to a buyer, says only what became of its own, and nothing of the others', () => {
    const told = explainDecision(asked, { kind: 'BUYER', buyerId: 'buyer-of-e' });
    expect(told).toEqual({
      leadId: 'l1',
      at,
      result: null,
      summary: 'It fitted, but others came first and the lead may not be sold again.',
      entries: [
        {
          ...of('e'),
          routeName: null,
          outcome: 'SELL_LIMIT_REACHED',
          reason: 'It fitted, but others came first and the lead may not be sold again.',
        },
      ],
    });
    for (const buyerId of ['buyer-of-a', 'buyer-of-b', 'buyer-of-c', 'buyer-of-e']) {
      const text = JSON.stringify(explainDecision(asked, { kind: 'BUYER', buyerId }), (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      const rivals = ['a', 'b', 'c', 'e']
        .map((name) => `buyer-of-${name}`)
        .filter((name) => name !== buyerId);
      for (const rival of rivals) expect(text).not.toContain(rival);
      expect(text).not.toMatch(/12345|main|5 entries/);
      if (buyerId !== 'buyer-of-c') expect(text).not.toContain('1000');
    }
  });

  it('to a buyer with two contracts, begins with the one that got it', () => {
    const told = explainDecision(asked, { kind: 'BUYER', buyerId: 'buyer-of-c' });
    expect(told?.summary).toBe('Sold for $10.00.');
    expect(told?.entries.map(({ contractId }) => contractId)).toEqual(['c', 'd']);
  });

  it.each([
    { kind: 'AGENCY', agencyId: 'another' },
    { kind: 'BUYER', buyerId: 'buyer-of-z' },
  ] as const)('to a stranger, is none: %j', (viewer) => {
    expect(explainDecision(asked, viewer)).toBeUndefined();
  });

  it('is not read with another version of the route', () => {
    const other = { ...main, version: 2 };
    expect(() => explainDecision({ decision, routes: [other] }, { kind: 'OPERATOR' })).toThrow(
      'another version',
    );
    expect(() => explainDecision({ decision, routes: [] }, { kind: 'OPERATOR' })).toThrow('another version');
  });

  it('tells of fallbacks, offers and test leads', () => {
    const first = routeOf([entryOf('a', { minScore: 10 })], { fallback: 'rest' });
    const rest = routeOf([entryOf('b'), entryOf('c')], { name: 'rest', method: 'FIRST_CLAIM' });
    const both = compiled(first, [rest]);
    const [offered] = routeBatch(both, [leadOf({ test: true })], stateOf(both, at)).decisions;
    if (!offered) throw new Error('there is no decision');
    const told = explainDecision({ decision: offered, routes: [first, rest] }, { kind: 'OPERATOR' });
    expect(told?.summary).toBe(
      'Offered to 2 of 3 entries considered, by FIRST_CLAIM on the route rest. A test lead: it counts nowhere.',
    );
    expect(told?.entries.map(({ routeName, outcome }) => [routeName, outcome])).toEqual([
      ['main', 'BELOW_MIN_SCORE'],
      ['rest', 'OFFERED'],
      ['rest', 'OFFERED'],
    ]);
  });
});

describe('a route described', () => {
  it('says in plain words how leads are given away', () => {
    expect(describeRoute(main).summary).toBe(
      'A lead of solar goes to the first that takes it, in order of priority. Each is sold once. ' +
        'What nobody takes stays unsold and is kept.',
    );
    const shared = routeOf([], { method: 'HIGHEST_BID', maxBuyers: 3, minBid: usd(1500), fallback: 'rest' });
    expect(describeRoute(shared).summary).toBe(
      'A lead of solar goes to the one that takes it and bids most, by its standing bid. Each is sold to at most 3 buyers, ' +
        'chosen one after the other, each at its own price. Bids below $15.00 do not count. What nobody takes goes to the ' +
        'route rest.',
    );
  });

  it('says what each buyer asks for, clause by clause', () => {
    const entry = entryOf('a', {
      timeZone: 'Europe/London',
      priority: 2,
      geography: {
        only: [
          {
            country: 'US',
            states: ['CA', 'NY'],
            postalPrefixes: ['902'],
            postalRanges: [{ from: '10001', to: '10099' }],
          },
          { country: 'GB', states: [], postalPrefixes: [], postalRanges: [] },
        ],
        except: [{ country: 'US', states: ['NV'], postalPrefixes: [], postalRanges: [] }],
      },
      sources: {
        only: [{ channel: 'search', campaign: 'spring', subId: null }],
        except: [{ channel: null, campaign: null, subId: '7' }],
      },
      rules: [
        {
          is: 'ANY',
          rules: [
            { is: 'EQ', attribute: 'owner', type: 'BOOLEAN', value: 'true' },
            {
              is: 'ALL',
              rules: [
                { is: 'RANGE', attribute: 'age', type: 'INTEGER', atLeast: '18', atMost: '65' },
                {
                  is: 'NOT',
                  rule: { is: 'IN', attribute: 'roof', type: 'ENUM', values: ['flat', 'thatch'] },
                },
              ],
            },
          ],
        },
        { is: 'EXISTS', attribute: 'born', type: 'DATE' },
      ],
      minScore: 60,
      maxAgeSeconds: 300,
      requiresConsent: true,
      hours: [
        { days: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'FRIDAY'], fromMinute: 480, toMinute: 1080 },
        { days: ['SATURDAY', 'SUNDAY'], fromMinute: 1320, toMinute: 360 },
        { days: ['THURSDAY'], fromMinute: 0, toMinute: 1440 },
      ],
      caps: [
        { unit: 'HOUR', measure: 'LEADS', limit: 1 },
        { unit: 'WEEK', measure: 'MONEY', limit: usd(150_050) },
      ],
      pause: { from: new Date('2026-01-01T00:00:00Z'), until: null },
    });
    expect(describeRoute(routeOf([entry])).entries[0]?.clauses).toEqual([
      'Order: priority 2',
      'Filter: leads from US (states CA, NY or postal codes 902… or postal codes 10001 to 10099); GB, except US (state NV)',
      'Filter: leads from channel search with campaign spring, except sub id 7',
      'Filter: leads with owner true or (age from 18 to 65 and not roof one of flat, thatch)',
      'Filter: leads with born given',
      'Score: at least 60 of 100',
      'Age: at most 5 minutes since the lead was received',
      'Consent: must be recorded with the lead',
      'Hours: Monday to Wednesday, Friday 08:00 to 18:00; Saturday, Sunday 22:00 to 06:00 of the next day; ' +
        'Thursday all day, by the clock in Europe/London',
      'Cap: at most 1 lead an hour, counted in Europe/London',
      'Budget: at most $1,500.50 a week from Monday, counted in Europe/London',
      'Pause: takes nothing from 2026-01-01T00:00:00.000Z until it is lifted',
    ]);
  });

  it('shortens long lists', () => {
    const postalPrefixes = Array.from({ length: 100 }, (_, number) => String(100 + number));
    const geography = { only: [{ country: 'US', states: [], postalPrefixes, postalRanges: [] }], except: [] };
    const [entry] = describeRoute(routeOf([entryOf('a', { geography })])).entries;
    expect(entry?.clauses[1]).toBe(
      'Filter: leads from US (postal codes 100…, 101…, 102…, 103…, 104…, 105…, 106…, 107… and 92 more)',
    );
  });
});

function of(name: string, buyerId = `buyer-of-${name}`) {
  return { contractId: name, buyerId, routeName: 'main', amountMinor: null, currency: null };
}
