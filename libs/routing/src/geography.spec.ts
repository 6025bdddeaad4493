import fc from 'fast-check';
import { type Area, type Geography, normalState, placeTest, postalBeginnings } from './geography.js';

function area(country: string, parts: Partial<Area> = {}): Area {
  return { country, states: [], postalPrefixes: [], postalRanges: [], ...parts };
}

function takes(
  geography: Partial<Geography>,
  country: string | null,
  state: string | null,
  postalCode?: string,
): boolean {
  const test = placeTest({ only: [], except: [], ...geography });
  const place = {
    country,
    state,
    postalBeginnings: postalCode === undefined ? [] : postalBeginnings(postalCode),
  };
  return test ? test(place) : true;
}

const west = area('US', { states: ['CA', 'NV'], postalPrefixes: ['970', '97210'] });
const berlin = area('DE', { postalRanges: [{ from: '10115', to: '14199' }] });
const london = area('GB', { postalPrefixes: ['SW1', 'EC'] });

describe('a geography', () => {
  it.each<[string, Partial<Geography>, string | null, string | null, string | undefined, boolean]>([
    ['without areas is everywhere', {}, null, null, undefined, true],
    ['of a country takes all of it', { only: [area('US')] }, 'US', null, undefined, true],
    ['of a country takes no other', { only: [area('US')] }, 'CA', 'CA', undefined, false],
    ['does not take an unknown country', { only: [area('US')] }, null, 'CA', '90210', false],
    ['takes a state', { only: [west] }, 'US', 'NV', undefined, true],
    ['takes a code by its beginning', { only: [west] }, 'US', 'OR', '97035', true],
    ['takes a whole code', { only: [west] }, 'US', 'OR', '97210', true],
    ['takes a longer code by its beginning', { only: [west] }, 'US', null, '97210-1234', true],
    ['does not take another code', { only: [west] }, 'US', 'OR', '97211', false],
    ['does not take half a code', { only: [west] }, 'US', null, '97', false],
    ['does not take the same code elsewhere', { only: [west] }, 'MX', null, '97035', false],
    ['takes a range from its first', { only: [berlin] }, 'DE', null, '10115', true],
    ['takes a range to its last', { only: [berlin] }, 'DE', null, '14199', true],
    ['does not take what lies before', { only: [berlin] }, 'DE', null, '10114', false],
    ['does not take what lies behind', { only: [berlin] }, 'DE', null, '14200', false],
    ['does not take a shorter code', { only: [berlin] }, 'DE', null, '1011', false],
    ['takes letters as people write them', { only: [london] }, 'GB', null, 'sw1a 1aa', true],
    ['takes several countries', { only: [west, berlin, london] }, 'DE', null, '12043', true],
    [
      'takes all areas of a country together',
      { only: [west, area('US', { states: ['NY'] })] },
      'US',
      'NY',
      undefined,
      true,
    ],
    ['takes what an exception does not name', { except: [west] }, 'US', 'TX', '75001', true],
    ['does not take what an exception names', { except: [west] }, 'US', 'TX', '97035', false],
    ['lets the exception win', { only: [area('US')], except: [west] }, 'US', 'CA', undefined, false],
    ['takes an unknown place if only others are excepted', { except: [west] }, null, null, undefined, true],
  ])('%s', (_, geography, country, state, postalCode, expected) => {
    expect(takes(geography, country, state, postalCode)).toBe(expected);
  });

  it('finds a code in any number of ranges as one that looks at each', () => {
    const anyCode = fc.integer({ min: 0, max: 999 }).map((number) => String(number).padStart(3, '0'));
    const anyRange = fc
      .tuple(anyCode, anyCode)
      .map(([a, b]) => (a < b ? { from: a, to: b } : { from: b, to: a }));
    fc.assert(
      fc.property(fc.array(anyRange, { minLength: 1, maxLength: 12 }), anyCode, (postalRanges, code) => {
        const expected = postalRanges.some(({ from, to }) => from <= code && code <= to);
        expect(takes({ only: [area('US', { postalRanges })] }, 'US', null, code)).toBe(expected);
        expect(takes({ only: [area('US', { postalRanges })] }, 'US', null, `${code}99`)).toBe(expected);
      }),
    );
  });

  it.each([
    ['us-ca', 'CA'],
    [' ca ', 'CA'],
    ['CA', 'CA'],
    ['nsw', 'NSW'],
  ])('knows the state %j as %s', (text, expected) => {
    expect(normalState(text)).toBe(expected);
  });
});
