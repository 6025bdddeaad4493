import { type AttributeRule, type RoutableLead, type SourceMatch, routeBatch } from '#routing';
import { compiled, entryOf, leadOf, routeOf, stateOf } from './samples.js';

function takes(rules: readonly AttributeRule[], attributes: RoutableLead['attributes']): boolean {
  const ready = compiled(routeOf([entryOf('c1', { rules })]));
  return routeBatch(ready, [leadOf({ attributes })], stateOf(ready)).decisions[0]?.result === 'SOLD';
}

const roof = (value: string) => ({ is: 'EQ', attribute: 'roof', type: 'ENUM', value }) as const;
const income = (atLeast: string | null, atMost: string | null) =>
  ({ is: 'RANGE', attribute: 'income', type: 'DECIMAL', atLeast, atMost }) as const;
const exists = { is: 'EXISTS', attribute: 'born', type: 'DATE' } as const;

describe('rules on attributes', () => {
  it.each<[string, readonly AttributeRule[], RoutableLead['attributes'], boolean]>([
    ['EQ by content, not by spelling', [roof('Flat')], [{ key: 'roof', value: ' FLAT ' }], true],
    ['EQ of another', [roof('Flat')], [{ key: 'roof', value: 'tile' }], false],
    ['EQ of what is missing', [roof('Flat')], [], false],
    [
      'EQ of a number',
      [{ is: 'EQ', attribute: 'n', type: 'INTEGER', value: '7' }],
      [{ key: 'n', value: '007' }],
      true,
    ],
    [
      'EQ of a decimal',
      [{ is: 'EQ', attribute: 'n', type: 'DECIMAL', value: '0.5' }],
      [{ key: 'n', value: 0.5 }],
      true,
    ],
    [
      'EQ of yes and no',
      [{ is: 'EQ', attribute: 'b', type: 'BOOLEAN', value: 'true' }],
      [{ key: 'b', value: true }],
      true,
    ],
    [
      'IN',
      [{ is: 'IN', attribute: 'roof', type: 'ENUM', values: ['Tile', 'Slate'] }],
      [{ key: 'roof', value: 'slate' }],
      true,
    ],
    [
      'IN of another',
      [{ is: 'IN', attribute: 'roof', type: 'ENUM', values: ['Tile'] }],
      [{ key: 'roof', value: 'flat' }],
      false,
    ],
    ['RANGE at its lower end', [income('50000', null)], [{ key: 'income', value: '50000.00' }], true],
    ['RANGE just below it', [income('50000', null)], [{ key: 'income', value: '49999.999999' }], false],
    ['RANGE at its upper end', [income(null, '60000')], [{ key: 'income', value: '60000' }], true],
    ['RANGE just above it', [income('1', '60000')], [{ key: 'income', value: '60000.000001' }], false],
    ['RANGE of no number', [income('0', null)], [{ key: 'income', value: 'plenty' }], false],
    [
      'RANGE of days',
      [{ is: 'RANGE', attribute: 'born', type: 'DATE', atLeast: null, atMost: '2008-01-01' }],
      [{ key: 'born', value: '1999-05-05' }],
      true,
    ],
    ['EXISTS', [exists], [{ key: 'born', value: '1999-05-05' }], true],
    ['EXISTS of what is no value of its type', [exists], [{ key: 'born', value: 'in May' }], false],
    ['NOT', [{ is: 'NOT', rule: roof('flat') }], [{ key: 'roof', value: 'tile' }], true],
    ['NOT of what is missing', [{ is: 'NOT', rule: roof('flat') }], [], true],
    [
      'NOT together with EXISTS',
      [
        { is: 'NOT', rule: roof('flat') },
        { is: 'EXISTS', attribute: 'roof', type: 'ENUM' },
      ],
      [],
      false,
    ],
    ['ANY', [{ is: 'ANY', rules: [roof('flat'), income('9', null)] }], [{ key: 'income', value: 10 }], true],
    [
      'ANY of none that holds',
      [{ is: 'ANY', rules: [roof('flat'), income('9', null)] }],
      [{ key: 'income', value: 8 }],
      false,
    ],
    [
      'ALL',
      [{ is: 'ALL', rules: [roof('flat'), income('9', null)] }],
      [
        { key: 'income', value: 10 },
        { key: 'roof', value: 'flat' },
      ],
      true,
    ],
    [
      'ALL of which one fails',
      [{ is: 'ALL', rules: [roof('flat'), income('9', null)] }],
      [{ key: 'income', value: 10 }],
      false,
    ],
    [
      'rules within rules',
      [{ is: 'NOT', rule: { is: 'ANY', rules: [roof('flat'), { is: 'NOT', rule: exists }] } }],
      [{ key: 'born', value: '1999-05-05' }],
      true,
    ],
  ])('%s', (_, rules, attributes, expected) => {
    expect(takes(rules, attributes)).toBe(expected);
  });

  it('read one attribute by two types, if versions of a schema gave it two', () => {
    const asText = { is: 'EQ', attribute: 'n', type: 'TEXT', value: '007' } as const;
    const asNumber = { is: 'EQ', attribute: 'n', type: 'INTEGER', value: '7' } as const;
    expect(takes([asText, asNumber], [{ key: 'n', value: '007' }])).toBe(true);
  });

  it('see nothing of the lead before', () => {
    const ready = compiled(routeOf([entryOf('c1', { rules: [roof('flat')] })]));
    const leads = [
      leadOf({ attributes: [{ key: 'roof', value: 'flat' }] }),
      leadOf(),
      leadOf({ attributes: [{ key: 'roof', value: 'flat' }] }),
    ];
    const { decisions } = routeBatch(ready, leads, stateOf(ready));
    expect(decisions.map(({ result }) => result)).toEqual(['SOLD', 'UNSOLD', 'SOLD']);
  });
});

describe('rules on sources', () => {
  const match = (channel: string | null, campaign: string | null = null): SourceMatch => ({
    channel,
    campaign,
    subId: null,
  });
  const source = (channel: string, campaign: string | null = null) => ({ channel, campaign, subId: '7' });

  it.each<[string, readonly SourceMatch[], readonly SourceMatch[], RoutableLead['source'], boolean]>([
    ['one of those', [match('search'), match('mail')], [], source('Mail'), true],
    ['none of those', [match('search')], [], source('mail'), false],
    ['unknown', [match('search')], [], null, false],
    [
      'everything that is named must be the same',
      [match('search', 'spring')],
      [],
      source('search', 'autumn'),
      false,
    ],
    ['and is', [match('search', 'spring')], [], source('search', 'Spring '), true],
    ['an exception', [], [match('mail')], source('mail'), false],
    ['not an exception', [], [match('mail')], source('search'), true],
    ['unknown, with exceptions only', [], [match('mail')], null, true],
    [
      'an exception of what is taken',
      [match('search')],
      [match(null, 'spring')],
      source('search', 'spring'),
      false,
    ],
  ])('%s', (_, only, except, given, expected) => {
    const ready = compiled(routeOf([entryOf('c1', { sources: { only, except } })]));
    const { decisions } = routeBatch(ready, [leadOf({ source: given })], stateOf(ready));
    expect(decisions[0]?.result === 'SOLD').toBe(expected);
  });
});

describe('entries with conditions', () => {
  it('are each judged by their own, whoever else asks for the same or for something like it', () => {
    const area = (state: string) => ({
      country: 'US',
      states: [state],
      postalPrefixes: [],
      postalRanges: [],
    });
    const from = (channel: string) => ({ only: [{ channel, campaign: null, subId: null }], except: [] });
    const wishes = [
      { geography: { only: [area('CA')], except: [] } },
      { geography: { only: [area('NY')], except: [] } },
      { geography: { only: [], except: [area('CA')] } },
      { sources: from('search') },
      { sources: from('mail') },
      { rules: [roof('flat')] },
      { rules: [roof('tile')] },
      { rules: [{ is: 'NOT', rule: roof('tile') } as const] },
      { geography: { only: [area('CA')], except: [] }, sources: from('mail'), rules: [roof('flat')] },
    ];
    const ready = compiled(routeOf(wishes.map((wish, number) => entryOf(`c${number}`, wish))));
    const lead = leadOf({
      country: 'US',
      state: 'CA',
      source: { channel: 'search', campaign: null, subId: null },
      attributes: [{ key: 'roof', value: 'flat' }],
    });
    const [decision] = routeBatch(ready, [lead], stateOf(ready)).decisions;
    expect(decision?.trail).toEqual(['S0F0F0L0F0L0F0L0F1']);
  });
});
