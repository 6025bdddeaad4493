import fc from 'fast-check';
import { type LeadFacts, LeadRules, type LeadVerdict, noDemands, noRules } from './lead-rules.js';
import { validateSchema } from './validate-schema.js';
import {
  type AttributeType,
  attributeTypes,
  contactFieldNames,
  contactFields,
  type LeadAttribute,
  type SchemaDefinition,
} from './vertical.js';

const now = new Date('2026-10-01T08:00:00Z');

function attribute(change: Partial<LeadAttribute> & { readonly key: string }): LeadAttribute {
  return {
    type: 'TEXT',
    required: false,
    label: change.key,
    description: null,
    min: null,
    max: null,
    maxLength: null,
    values: [],
    example: null,
    personal: false,
    ...change,
  };
}

const nobody = {
  email: null,
  phone: null,
  givenName: null,
  familyName: null,
  postalCode: null,
  country: null,
};
const facts = (attributes: LeadFacts['attributes'], more: Partial<LeadFacts> = {}): LeadFacts => ({
  contact: nobody,
  consent: null,
  attributes,
  ...more,
});

function rulesOf(definition: SchemaDefinition): LeadRules {
  return new LeadRules(1, null, [{ version: 1, definition, acceptedUntil: null }]);
}

const told = ({ problems }: LeadVerdict) => problems.map(({ code, field }) => `${code} ${field.join('.')}`);

describe('the rules of a vertical', () => {
  const schema: SchemaDefinition = {
    attributes: [
      attribute({ key: 'area', type: 'INTEGER', required: true, min: '10', max: '20' }),
      attribute({ key: 'heating', type: 'ENUM', values: ['GAS', 'Öl'] }),
      attribute({ key: 'note', maxLength: 3 }),
    ],
    requiredContact: ['PHONE', 'COUNTRY'],
    consentRequired: true,
    otherAttributes: false,
  };
  const consent = { text: 'yes', capturedAt: now };
  const contact = { ...nobody, phone: '+12125550100', country: 'US' };

  it('take a lead that fits, in its normal form', () => {
    const given = facts(
      [
        { key: 'heating', value: ' ÖL ' },
        { key: 'area', value: '0010' },
        { key: 'note', value: ' ' },
      ],
      { contact, consent },
    );
    expect(rulesOf(schema).judge(given, now)).toEqual({
      schemaVersion: 1,
      publicKeys: new Set(['area', 'heating', 'note']),
      problems: [],
      attributes: [
        { key: 'heating', value: 'Öl' },
        { key: 'area', value: '10' },
      ],
    });
  });

  it('tell everything that is wrong at once, by its place', () => {
    const given = facts(
      [
        { key: 'heating', value: 'coal' },
        { key: 'other', value: '1' },
        { key: 'note', value: 'long' },
      ],
      { contact: { ...contact, country: null }, consent: { text: ' ', capturedAt: null } },
    );
    expect(told(rulesOf(schema).judge(given, now))).toEqual([
      'INVALID_VALUE attributes.0.value',
      'INVALID_VALUE attributes.1.key',
      'INVALID_VALUE attributes.2.value',
      'REQUIRED attributes.area',
      'REQUIRED contact.country',
      'REQUIRED consent.text',
      'REQUIRED consent.capturedAt',
    ]);
    expect(
      told(rulesOf(schema).judge(facts([{ key: 'area', value: ' ' }], { contact, consent }), now)),
    ).toEqual(['REQUIRED attributes.area']);
  });

  it('of nobody take everything as it is', () => {
    const attributes = [{ key: 'any', value: ' thing ' }];
    expect(noRules.judge(facts(attributes), now)).toEqual({
      schemaVersion: null,
      attributes,
      publicKeys: new Set(),
      problems: [],
    });
  });

  it('leave other attributes alone where the schema says so', () => {
    const attributes = [{ key: 'any', value: ' thing ' }];
    expect(
      rulesOf({ ...noDemands, attributes: [attribute({ key: 'note' })] }).judge(facts(attributes), now),
    ).toEqual({
      schemaVersion: 1,
      attributes,
      // What the schema does not name may be about the person.
      publicKeys: new Set(['note']),
      problems: [],
    });
  });

  it('take what an older version takes, as long as that is accepted, and tell what the newest says', () => {
    const strict = {
      ...noDemands,
      attributes: [attribute({ key: 'area', type: 'INTEGER', required: true })],
    };
    const lax = { ...noDemands, attributes: [attribute({ key: 'area', type: 'INTEGER', max: '5' })] };
    const until = (ms: number): Date => new Date(now.getTime() + ms);
    const rules = new LeadRules(3, null, [
      { version: 3, definition: strict, acceptedUntil: null },
      { version: 2, definition: lax, acceptedUntil: until(1) },
      { version: null, definition: noDemands, acceptedUntil: until(0) },
    ]);
    expect(rules.judge(facts([{ key: 'area', value: '7' }]), now).schemaVersion).toBe(3);
    expect(rules.judge(facts([]), now)).toMatchObject({ schemaVersion: 2, problems: [] });
    expect(told(rules.judge(facts([]), until(1)))).toEqual(['REQUIRED attributes.area']);
    // Version 0 would take it, and ended this very instant.
    expect(told(rules.judge(facts([{ key: 'area', value: 'x' }]), now))).toEqual([
      'INVALID_VALUE attributes.0.value',
    ]);
  });
});

/** What an attribute takes, as one would say it without a thought for speed. */
function naivelyTaken(of: LeadAttribute, value: string): boolean {
  const text = value.trim();
  const within = (number: bigint, scale: (bound: string) => bigint): boolean =>
    (of.min === null || number >= scale(of.min)) && (of.max === null || number <= scale(of.max));
  switch (of.type) {
    case 'TEXT':
      return text.length <= (of.maxLength ?? 2_000);
    case 'INTEGER':
      return /^-?\d+$/.test(text) && text.replace(/^-?0*/, '').length <= 15 && within(BigInt(text), BigInt);
    case 'DECIMAL': {
      const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text) ?? [];
      if (whole === undefined || whole.replace(/^0*/, '').length > 15) return false;
      const millionths = (s: string, w: string, f: string): bigint =>
        (BigInt(w) * 1_000_000n + BigInt(f.padEnd(6, '0'))) * (s === '-' ? -1n : 1n);
      return within(millionths(sign ?? '', whole, fraction), (bound) => {
        const parts = /^(-?)(\d+)\.?(\d*)$/.exec(bound) ?? [];
        return millionths(parts[1] ?? '', parts[2] ?? '', parts[3] ?? '');
      });
    }
    case 'BOOLEAN':
      return ['true', 'false', 'yes', 'no', '1', '0'].includes(text.toLowerCase());
    case 'DATE': {
      const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && text >= '1900' && text < '9001';
      const ms = Date.parse(`${text}T00:00:00Z`);
      const exists = isDay && !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
      return exists && (of.min === null || text >= of.min) && (of.max === null || text <= of.max);
    }
    case 'ENUM':
      return of.values.some((each) => each.normalize().toLowerCase() === text.normalize().toLowerCase());
  }
}

function naivelyAccepted(schema: SchemaDefinition, { contact, attributes, consent }: LeadFacts): boolean {
  const answered = attributes.filter(({ value }) => value.trim() !== '');
  const known = new Map(schema.attributes.map((each) => [each.key, each]));
  return (
    schema.attributes.every(({ key, required }) => !required || answered.some((each) => each.key === key)) &&
    answered.every(({ key, value }) => {
      const of = known.get(key);
      return of ? naivelyTaken(of, value) : true;
    }) &&
    (schema.otherAttributes || attributes.every(({ key }) => known.has(key))) &&
    schema.requiredContact.every((field) => contact[contactFieldNames[field]] !== null) &&
    (!schema.consentRequired ||
      ((consent?.text?.trim() ?? '') !== '' && (consent?.capturedAt ?? null) !== null))
  );
}

const days = fc
  .date({ min: new Date('1899-12-30'), max: new Date('9001-01-02'), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));
const numbers = fc.oneof(
  fc.integer({ min: -30, max: 30 }).map(String),
  fc.stringMatching(/^-?\d{1,17}$/),
  fc.stringMatching(/^-?\d{1,3}\.\d{1,7}$/),
);
const strange = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    '1e3',
    '٥',
    '+5',
    '.5',
    '5.',
    '-0',
    '2026-02-30',
    'İ',
    'ß',
    '__proto__',
  ),
);
const enumValues = ['GAS', 'Öl', 'straße', '1', 'true'];

function valuesOf(type: AttributeType): fc.Arbitrary<string> {
  const own: Readonly<Record<AttributeType, fc.Arbitrary<string>>> = {
    TEXT: fc.string({ unit: 'grapheme', maxLength: 12 }),
    INTEGER: numbers,
    DECIMAL: numbers,
    BOOLEAN: fc.constantFrom('true', 'FALSE', 'Yes', 'no', '1', '0', 'on'),
    DATE: days,
    ENUM: fc.constantFrom(...enumValues, 'ÖL', 'gas', 'coal'),
  };
  return fc.oneof({ arbitrary: own[type], weight: 6 }, { arbitrary: strange, weight: 1 });
}

const bound = (type: AttributeType) => fc.option(valuesOf(type), { nil: null });
const rawAttribute = fc.constantFrom(...attributeTypes).chain((type) =>
  fc.record({
    type: fc.constant(type),
    required: fc.boolean(),
    label: fc.constant('label'),
    min: type === 'INTEGER' || type === 'DECIMAL' || type === 'DATE' ? bound(type) : fc.constant(null),
    max: type === 'INTEGER' || type === 'DECIMAL' || type === 'DATE' ? bound(type) : fc.constant(null),
    maxLength:
      type === 'TEXT' ? fc.option(fc.integer({ min: 1, max: 10 }), { nil: null }) : fc.constant(null),
    values:
      type === 'ENUM' ? fc.uniqueArray(fc.constantFrom(...enumValues), { minLength: 1 }) : fc.constant([]),
  }),
);
const rawSchema = fc.record({
  attributes: fc
    .array(rawAttribute, { maxLength: 4 })
    .map((all) => all.map((each, n) => ({ ...each, key: `a${n}` }))),
  requiredContact: fc.subarray([...contactFields]),
  consentRequired: fc.boolean(),
  otherAttributes: fc.boolean(),
});
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const leadFor = (schema: SchemaDefinition) =>
  fc.record({
    contact: fc.record(
      Object.fromEntries(Object.values(contactFieldNames).map((name) => [name, maybe(fc.constant('given'))])),
    ) as unknown as fc.Arbitrary<LeadFacts['contact']>,
    consent: maybe(
      fc.record({ text: maybe(fc.constantFrom('yes', ' ')), capturedAt: maybe(fc.constant(now)) }),
    ),
    attributes: fc
      .tuple(
        ...schema.attributes.map(({ key, type }) => maybe(valuesOf(type).map((value) => ({ key, value })))),
        maybe(fc.tuple(strange, strange).map(([key, value]) => ({ key: `x${key}`, value }))),
      )
      .map((given) => given.filter((each) => each !== null)),
  });

describe('any schema and any lead', () => {
  const both = rawSchema.chain((raw) => {
    const read = validateSchema(raw);
    return read.ok
      ? leadFor(read.value).map((lead) => ({ schema: read.value, lead }))
      : fc.constant(undefined);
  });

  it('are taken exactly when every demand is met, the normal form stays, and nothing is repeated', () => {
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(both, (pair) => {
        fc.pre(pair !== undefined);
        if (!pair) return;
        const rules = rulesOf(pair.schema);
        const verdict = rules.judge(pair.lead, now);
        const expected = naivelyAccepted(pair.schema, pair.lead);
        expect({ problems: verdict.problems, taken: verdict.problems.length === 0 }).toMatchObject({
          taken: expected,
        });
        if (expected) taken += 1;
        else refused += 1;
        // A bound is told, and may be what was given for something else.
        const bounds = pair.schema.attributes.flatMap(({ min, max }) => [min, max]);
        for (const { message } of verdict.problems) {
          for (const { value } of pair.lead.attributes)
            if (value.length > 7 && !bounds.includes(value)) expect(message).not.toContain(value);
        }
        if (!expected) return;
        const again = rules.judge({ ...pair.lead, attributes: verdict.attributes }, now);
        expect(again).toEqual(verdict);
      }),
      { numRuns: 4_000 },
    );
    // Neither answer is a rare one, or the comparison would say little.
    expect(Math.min(taken, refused)).toBeGreaterThan(300);
  });
});
