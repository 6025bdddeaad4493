import type { Outcome } from '#outcome';
import { type RawRoute, routeLimits, validateBuyingRules, validateRoute } from '#routing';
import { usd } from './samples.js';
import { context, raw, refusals } from './validate-samples.js';

describe('a route', () => {
  it('is taken with everything that it may say', () => {
    const outcome = validateRoute(
      raw(
        {
          method: 'HIGHEST_BID',
          saleMode: 'SHARED',
          maxBuyers: 3,
          fallback: 'rest',
          minBid: { amount: '5.00', currency: 'USD' },
        },
        {
          timeZone: 'Australia/Lord_Howe',
          priority: 2,
          weight: 10,
          bid: { amount: '12.5', currency: 'USD' },
          rules: [
            { is: 'RANGE', attribute: 'income', atLeast: '050000' },
            {
              is: 'ANY',
              rules: [
                { is: 'IN', attribute: 'roof', values: ['tile'] },
                { is: 'NOT', rule: { is: 'EXISTS', attribute: 'note' } },
              ],
            },
            { is: 'EQ', attribute: 'owner', value: 'true' },
          ],
          geography: {
            only: [
              {
                country: 'US',
                states: ['us-ca'],
                postalPrefixes: ['902'],
                postalRanges: [{ from: '10001', to: '10099' }],
              },
            ],
            except: [{ country: 'GB', postalPrefixes: ['sw1a 1'] }],
          },
          sources: { only: [{ channel: ' search ' }] },
          hours: [{ days: ['MONDAY', 'FRIDAY'], from: '22:30', to: '24:00' }],
          caps: [
            { unit: 'HOUR', leads: 5 },
            { unit: 'MONTH', amount: { amount: '1000', currency: 'USD' } },
          ],
          minScore: 40,
          maxAgeSeconds: 60,
          requiresConsent: true,
          pause: { from: new Date('2026-01-01T00:00:00Z') },
        },
      ),
      context,
    );
    expect(outcome).toEqual({
      ok: true,
      value: {
        name: 'main',
        vertical: 'solar',
        method: 'HIGHEST_BID',
        saleMode: 'SHARED',
        maxBuyers: 3,
        fallback: 'rest',
        minBid: usd(500),
        claimSeconds: 120,
        entries: [
          {
            contractId: 'c1',
            buyerId: 'b1',
            timeZone: 'Australia/Lord_Howe',
            priority: 2,
            weight: 10,
            bid: usd(1250),
            buyer: null,
            rules: [
              { is: 'RANGE', attribute: 'income', type: 'INTEGER', atLeast: '50000', atMost: null },
              {
                is: 'ANY',
                rules: [
                  { is: 'IN', attribute: 'roof', type: 'ENUM', values: ['Tile'] },
                  { is: 'NOT', rule: { is: 'EXISTS', attribute: 'note', type: 'TEXT' } },
                ],
              },
              { is: 'EQ', attribute: 'owner', type: 'BOOLEAN', value: 'true' },
            ],
            geography: {
              only: [
                {
                  country: 'US',
                  states: ['CA'],
                  postalPrefixes: ['902'],
                  postalRanges: [{ from: '10001', to: '10099' }],
                },
              ],
              except: [{ country: 'GB', states: [], postalPrefixes: ['SW1A1'], postalRanges: [] }],
            },
            sources: { only: [{ channel: 'search', campaign: null, subId: null }], except: [] },
            hours: [{ days: ['MONDAY', 'FRIDAY'], fromMinute: 1350, toMinute: 1440 }],
            caps: [
              { unit: 'HOUR', measure: 'LEADS', limit: 5 },
              { unit: 'MONTH', measure: 'MONEY', limit: usd(100_000) },
            ],
            minScore: 40,
            maxAgeSeconds: 60,
            requiresConsent: true,
            pause: { from: new Date('2026-01-01T00:00:00Z'), until: null },
          },
        ],
      },
    });
  });

  it('needs little, and takes the zone of the contract', () => {
    const outcome = validateRoute(raw(), context);
    if (!outcome.ok) throw new Error('it was refused');
    expect(outcome.value).toMatchObject({ maxBuyers: 1, fallback: null, minBid: null });
    expect(outcome.value.entries).toMatchObject([
      {
        timeZone: 'America/New_York',
        priority: 1,
        weight: 1,
        bid: null,
        rules: [],
        hours: [],
        caps: [],
        pause: null,
      },
    ]);
    expect(refusals(raw({ entries: [] }))).toEqual([]);
  });

  it('is told everything that is wrong at once, without the values', () => {
    const bad = raw(
      { name: ' ', method: 'LOTTERY', saleMode: 'SHARED' },
      { timeZone: 'Mars/Base', minScore: 101, caps: [{ unit: 'YEAR', leads: 1 }] },
    );
    const outcome = validateRoute(bad, context);
    expect(refusals(bad)).toEqual([
      'INVALID_VALUE route.name',
      'INVALID_VALUE route.method',
      'REQUIRED route.maxBuyers',
      'INVALID_TIME_ZONE route.entries.0.timeZone',
      'INVALID_VALUE route.entries.0.caps.0.unit',
      'INVALID_VALUE route.entries.0.minScore',
    ]);
    expect(JSON.stringify(outcome)).not.toMatch(/LOTTERY|Mars|101|YEAR/);
  });

  it.each<[string, RawRoute, readonly string[]]>([
    ['a control character', raw({ name: 'a\u0000b' }), ['INVALID_VALUE route.name']],
    ['half a character', raw({ name: 'a\ud800' }), ['INVALID_VALUE route.name']],
    ['a long name', raw({ name: 'x'.repeat(65) }), ['INVALID_VALUE route.name']],
    ['an empty vertical', raw({ vertical: '' }), ['INVALID_VALUE route.vertical']],
    ['two buyers of an exclusive lead', raw({ maxBuyers: 2 }), ['INVALID_VALUE route.maxBuyers']],
    [
      'one buyer of a shared lead',
      raw({ saleMode: 'SHARED', maxBuyers: 1 }),
      ['INVALID_VALUE route.maxBuyers'],
    ],
    ['too many buyers', raw({ saleMode: 'SHARED', maxBuyers: 21 }), ['INVALID_VALUE route.maxBuyers']],
    ['half a buyer', raw({ saleMode: 'SHARED', maxBuyers: 2.5 }), ['INVALID_VALUE route.maxBuyers']],
    ['an unknown fallback', raw({ fallback: 'nowhere' }), ['NOT_FOUND route.fallback']],
    ['itself as fallback', raw({ fallback: 'main' }), ['INVALID_VALUE route.fallback']],
    ['a circle of fallbacks', raw({ fallback: 'circle' }), ['INVALID_VALUE route.fallback']],
    ['a long way of fallbacks', raw({ fallback: 'f1' }), ['TOO_MANY route.fallback']],
    ['the longest way of fallbacks', raw({ fallback: 'f2' }), []],
    [
      'a lowest bid where none bids',
      raw({ minBid: { amount: '1', currency: 'USD' } }),
      ['INVALID_VALUE route.minBid'],
    ],
    [
      'a lowest bid of nothing',
      raw({ method: 'PING_POST', minBid: { amount: '0', currency: 'USD' } }),
      ['INVALID_AMOUNT route.minBid.amount'],
    ],
    [
      'a lowest bid in no currency',
      raw({ method: 'PING_POST', minBid: { amount: '1', currency: 'usd' } }),
      ['INVALID_CURRENCY route.minBid.currency'],
    ],
    [
      'a lowest bid in another currency',
      raw({ method: 'PING_POST', minBid: { amount: '1', currency: 'EUR' } }),
      ['CURRENCY_MISMATCH route.minBid.currency'],
    ],
    [
      'bids in two currencies',
      raw({ method: 'PING_POST', entries: [{ contractId: 'c1' }, { contractId: 'c3' }] }),
      ['CURRENCY_MISMATCH route.entries'],
    ],
    ['claims without offers', raw({ claimSeconds: 60 }), ['INVALID_VALUE route.claimSeconds']],
    [
      'too short a time to claim',
      raw({ method: 'FIRST_CLAIM', claimSeconds: 4 }),
      ['INVALID_VALUE route.claimSeconds'],
    ],
    [
      'too long a time to claim',
      raw({ method: 'FIRST_CLAIM', claimSeconds: 86_401 }),
      ['INVALID_VALUE route.claimSeconds'],
    ],
    ['a time to claim', raw({ method: 'FIRST_CLAIM', claimSeconds: 86_400 }), []],
    ['two currencies without bids', raw({ entries: [{ contractId: 'c1' }, { contractId: 'c3' }] }), []],
    [
      'another’s contract',
      raw({ entries: [{ contractId: 'c9' }] }),
      ['NOT_FOUND route.entries.0.contractId'],
    ],
    [
      'a contract twice',
      raw({ entries: [{ contractId: 'c1' }, { contractId: 'c1' }] }),
      ['INVALID_VALUE route.entries.1.contractId'],
    ],
    [
      'too many entries',
      raw({ entries: Array.from({ length: routeLimits.entries + 1 }, () => ({ contractId: 'c1' })) }),
      ['TOO_MANY route.entries'],
    ],
    ['priority 0', raw({}, { priority: 0 }), ['INVALID_VALUE route.entries.0.priority']],
    ['weight 0', raw({}, { weight: 0 }), ['INVALID_VALUE route.entries.0.weight']],
    ['an endless weight', raw({}, { weight: Infinity }), ['INVALID_VALUE route.entries.0.weight']],
    [
      'a bid in another currency',
      raw({}, { bid: { amount: '1', currency: 'EUR' } }),
      ['CURRENCY_MISMATCH route.entries.0.bid.currency'],
    ],
    [
      'a bid of too many digits',
      raw({}, { bid: { amount: '1.001', currency: 'USD' } }),
      ['INVALID_AMOUNT route.entries.0.bid.amount'],
    ],
    [
      'a lead that is never young enough',
      raw({}, { maxAgeSeconds: 0 }),
      ['INVALID_VALUE route.entries.0.maxAgeSeconds'],
    ],
    [
      'a pause that ends before it begins',
      raw({}, { pause: { from: new Date(1), until: new Date(1) } }),
      ['INVALID_VALUE route.entries.0.pause.until'],
    ],
    [
      'a pause from no time',
      raw({}, { pause: { from: new Date(Number.NaN) } }),
      ['INVALID_VALUE route.entries.0.pause.from'],
    ],
  ])('%s: %j', (_, given, expected) => {
    expect(refusals(given)).toEqual(expected);
  });
});

it('states are refused, each by its path, where leads cannot have one, by an agency and by a buyer', () => {
  const geography = {
    only: [{ country: 'US' }, { country: 'US', states: ['CA'] }],
    except: [{ country: 'US', states: ['NV'] }],
  };
  const told = (outcome: Outcome<unknown>): string[] =>
    outcome.ok ? [] : outcome.refusals.map(({ code, field }) => `${code} ${field?.join('.') ?? ''}`);
  const at = (path: string) => [
    `INVALID_VALUE ${path}.geography.only.1.states`,
    `INVALID_VALUE ${path}.geography.except.0.states`,
  ];
  const [contract] = context.contracts;
  if (!contract) throw new Error('no contract');
  for (const [canHaveState, isRefused] of [
    [false, true],
    [true, false],
  ] as const) {
    const around = { ...context, canHaveState };
    expect(told(validateRoute(raw({}, { geography }), around))).toEqual(
      isRefused ? at('input.route.entries.0') : [],
    );
    expect(told(validateBuyingRules({ geography }, { ...around, contract }))).toEqual(
      isRefused ? at('input.rules') : [],
    );
  }
});
