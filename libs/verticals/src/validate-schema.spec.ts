import type { AttributeType, LeadSchema } from './vertical.js';
import { countries, isCountry } from './country.js';
import { growthOf } from './schema-growth.js';
import { parseName, type RawAttribute, type RawSchema, validateSchema } from './validate-schema.js';

const text: RawAttribute = { key: 'note', type: 'TEXT', label: 'Note' };

function refusalsOf(raw: RawSchema): string[] {
  const outcome = validateSchema(raw);
  return outcome.ok ? [] : outcome.refusals.map(({ code, field }) => `${code} ${field?.slice(2).join('.')}`);
}

const withOne = (change: Partial<RawAttribute>): RawSchema => ({ attributes: [{ ...text, ...change }] });

describe('a schema', () => {
  it('is brought into its normal form', () => {
    const raw: RawSchema = {
      attributes: [
        { key: 'area', type: 'INTEGER', label: ' Area ', min: ' 010 ', max: '20', example: '0012' },
        { key: 'kind', type: 'ENUM', label: 'Kind', values: [' Gas ', 'Oil'], example: 'GAS' },
      ],
      requiredContact: ['COUNTRY', 'EMAIL', 'EMAIL'],
    };
    expect(validateSchema(raw)).toMatchObject({
      ok: true,
      value: {
        attributes: [
          {
            key: 'area',
            label: 'Area',
            min: '10',
            max: '20',
            example: '12',
            required: false,
            personal: false,
          },
          { key: 'kind', values: ['Gas', 'Oil'], example: 'Gas' },
        ],
        requiredContact: ['EMAIL', 'COUNTRY'],
        consentRequired: false,
        otherAttributes: false,
      },
    });
  });

  const cases: readonly (readonly [string, RawSchema, readonly string[]])[] = [
    ['no key', withOne({ key: ' ' }), ['REQUIRED attributes.0.key']],
    ['a space around the key', withOne({ key: 'a ' }), ['INVALID_VALUE attributes.0.key']],
    ['a number as a key', withOne({ key: '7' }), ['INVALID_VALUE attributes.0.key']],
    ['a control character', withOne({ label: 'a\nb' }), ['INVALID_VALUE attributes.0.label']],
    ['a lone surrogate', withOne({ description: '\ud800' }), ['INVALID_VALUE attributes.0.description']],
    ['a key twice', { attributes: [text, text] }, ['INVALID_VALUE attributes.1.key']],
    [
      'a length of a number',
      withOne({ type: 'INTEGER', maxLength: 3 }),
      ['INVALID_VALUE attributes.0.maxLength'],
    ],
    ['a length of none', withOne({ maxLength: 0 }), ['INVALID_VALUE attributes.0.maxLength']],
    ['a length beyond all', withOne({ maxLength: 2_001 }), ['INVALID_VALUE attributes.0.maxLength']],
    ['a bound of a text', withOne({ min: '1' }), ['INVALID_VALUE attributes.0.min']],
    ['a bound that is none', withOne({ type: 'DATE', max: 'soon' }), ['INVALID_VALUE attributes.0.max']],
    [
      'bounds the wrong way',
      withOne({ type: 'DECIMAL', min: '2', max: '1.5' }),
      ['INVALID_VALUE attributes.0.max'],
    ],
    ['an ENUM of nothing', withOne({ type: 'ENUM' }), ['REQUIRED attributes.0.values']],
    ['values of a text', withOne({ values: ['a'] }), ['INVALID_VALUE attributes.0.values']],
    [
      'values that differ in case',
      withOne({ type: 'ENUM', values: ['a', 'A'] }),
      ['INVALID_VALUE attributes.0.values.1'],
    ],
    ['an empty value', withOne({ type: 'ENUM', values: ['a', ' '] }), ['REQUIRED attributes.0.values.1']],
    [
      'an example that is not taken',
      withOne({ type: 'INTEGER', max: '5', example: '6' }),
      ['INVALID_VALUE attributes.0.example'],
    ],
    [
      'too many attributes',
      { attributes: Array.from({ length: 101 }, (_, n) => ({ ...text, key: `a${n}` })) },
      ['TOO_MANY attributes'],
    ],
    [
      'too many values',
      withOne({ type: 'ENUM', values: Array.from({ length: 201 }, String) }),
      ['TOO_MANY attributes.0.values'],
    ],
    [
      'several faults',
      {
        attributes: [
          { ...text, key: '', label: '' },
          { ...text, min: '1' },
        ],
      },
      ['REQUIRED attributes.0.key', 'REQUIRED attributes.0.label', 'INVALID_VALUE attributes.1.min'],
    ],
  ];
  it.each(cases)('with %s is refused by its place', (_name, raw, expected) => {
    expect(refusalsOf(raw)).toEqual(expected);
  });
});

describe('a new version', () => {
  const versionOf = (raw: RawSchema, version = 1): LeadSchema => {
    const read = validateSchema(raw);
    if (!read.ok) throw new Error(JSON.stringify(read.refusals));
    const published = { publishedBy: 'test', publishedAt: new Date(0), previousAcceptedUntil: null };
    return { ...read.value, ...published, vertical: 'solar', version };
  };
  const number = (change: Partial<RawAttribute>): RawSchema =>
    withOne({ type: 'INTEGER', key: 'n', ...change });
  const choice = (...values: string[]): RawSchema => withOne({ type: 'ENUM', key: 'n', values });
  const nothing: RawSchema = {};

  const compatible: readonly (readonly [string, RawSchema, RawSchema])[] = [
    ['the same', number({ min: '1', required: true }), number({ min: '1', required: true })],
    ['a further optional attribute', nothing, number({})],
    ['wider bounds', number({ min: '1', max: '5' }), number({ min: '0' })],
    ['more values', choice('A'), choice('b', 'a')],
    ['a longer text', withOne({ maxLength: 5 }), withOne({})],
    ['required no longer', number({ required: true }), number({})],
    ['a demand less', { requiredContact: ['EMAIL'], consentRequired: true }, {}],
    ['others taken instead of one', number({}), { otherAttributes: true }],
  ];
  it.each(compatible)('with %s takes all that the one before took', (_name, before, next) => {
    expect(growthOf([versionOf(before)], versionOf(next))).toEqual({ refusals: [], breaking: [] });
  });

  const breaking: readonly (readonly [string, RawSchema, RawSchema])[] = [
    ['a new required attribute', nothing, number({ required: true })],
    ['a type for what was free', { otherAttributes: true }, { ...number({}), otherAttributes: true }],
    ['an attribute less', number({}), nothing],
    ['required from now on', number({}), number({ required: true })],
    ['a first bound', number({}), number({ max: '5' })],
    ['a higher least value', number({ min: '-1' }), number({ min: '0' })],
    ['a lower greatest value', number({ max: '10' }), number({ max: '9' })],
    ['a shorter text', withOne({}), withOne({ maxLength: 1_999 })],
    ['a value less', choice('a', 'b'), choice('a')],
    ['a contact field required', {}, { requiredContact: ['EMAIL'] }],
    ['consent required', {}, { consentRequired: true }],
    ['others refused', { otherAttributes: true }, {}],
  ];
  it.each(breaking)('with %s says what it takes no more', (_name, before, next) => {
    const { refusals, breaking: said } = growthOf([versionOf(before)], versionOf(next));
    expect({ refusals, said: said.length }).toEqual({ refusals: [], said: 1 });
  });

  it('compares the first one with the time when everything was taken', () => {
    expect(growthOf([], versionOf(nothing)).breaking).toHaveLength(1);
    expect(growthOf([], versionOf({ otherAttributes: true })).breaking).toEqual([]);
  });

  it.each<[string, Partial<RawAttribute>, Partial<RawAttribute>, string]>([
    ['another type', { type: 'TEXT' }, { type: 'INTEGER' }, 'type'],
    ['a person’s secret told', { personal: true }, { personal: false }, 'personal'],
  ])('with %s is refused, however long ago the key was used', (_name, before, next, field) => {
    const earlier = [versionOf(withOne(before)), versionOf(nothing, 2)];
    const { refusals } = growthOf(earlier, versionOf(withOne(next), 3));
    expect(refusals.map((refusal) => refusal.field)).toEqual([['input', 'schema', 'attributes', '0', field]]);
  });

  it('may be of any type', () => {
    const types: readonly AttributeType[] = ['BOOLEAN', 'DATE', 'DECIMAL'];
    expect(refusalsOf({ attributes: types.map((type) => ({ ...text, key: type, type })) })).toEqual([]);
  });
});

describe('names and countries', () => {
  it.each([
    [' Heat pumps ', 'Heat pumps'],
    ['', undefined],
    ['a\u0000b', undefined],
    ['\udc00', undefined],
    ['🙂'.repeat(64), '🙂'.repeat(64)],
    ['🙂'.repeat(65), undefined],
  ])('%j is the name %j', (raw, name) => {
    expect(parseName(raw, 64)).toBe(name);
  });

  it('are those that ISO has assigned, and Kosovo', () => {
    expect(countries).toHaveLength(250);
    expect(['US', 'GB', 'XK', 'MF'].every(isCountry)).toBe(true);
    expect(['UK', 'EU', 'us', 'ZZ', 'AN', ''].some(isCountry)).toBe(false);
  });
});
