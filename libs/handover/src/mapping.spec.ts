import fc from 'fast-check';
import { sampleLead } from './lead-message.js';
import {
  compileMapping,
  type KnownAttributes,
  type MappedField,
  mapLead,
  mappingRefusals,
  standardBody,
} from './mapping.js';

const ids = { deliveryId: 'dlv_1', leadId: 'lead_1', contractId: 'ctr_1', agencyId: 'org_1' };
const attributes = [
  { key: 'roof', value: 'flat' },
  { key: 'rooms', value: '7' },
  { key: 'owner', value: 'true' },
];
const lead = sampleLead(ids, { vertical: 'solar', attributes });
const solar: KnownAttributes = {
  types: new Map([
    ['roof', 'ENUM'],
    ['rooms', 'INTEGER'],
    ['owner', 'BOOLEAN'],
  ]),
  isOpen: false,
};
const field = (path: string, value: string, type: MappedField['type'] = 'TEXT'): MappedField => ({
  path,
  value,
  type,
});
const refused = (...fields: MappedField[]) =>
  mappingRefusals(fields, [solar], ['fields']).map(({ code, field: at }) => `${code} ${at?.join('.')}`);
const mapped = (...fields: MappedField[]) => mapLead(compileMapping(fields), lead);

describe('a mapping', () => {
  it('puts fields of the lead, text around them and fixed values where it says', () => {
    expect(
      mapped(
        field('person.name', '{{contact.givenName}} {{ contact.familyName }}'),
        field('person.email', '{{contact.email}}'),
        field('rooms', '{{attributes.rooms}}', 'NUMBER'),
        field('owner', '{{attributes.owner}}', 'BOOLEAN'),
        field('test', '{{lead.test}}', 'BOOLEAN'),
        field('score', '{{lead.score}}', 'NUMBER'),
        field('campaign', 'leadger'),
        field('version', '2', 'NUMBER'),
        field('sub', '{{source.subId}}'),
        field('note', 'sub: {{source.subId}}'),
      ),
    ).toEqual({
      person: { name: 'Ada Sample', email: 'ada@leads.test' },
      rooms: 7,
      owner: true,
      test: true,
      score: 80,
      campaign: 'leadger',
      version: 2,
      sub: null,
      note: 'sub: ',
    });
  });

  it('is refused by the place of what is wrong', () => {
    expect(refused(field('a', '{{contact.email}}'))).toEqual([]);
    expect(refused()).toEqual(['INVALID_VALUE fields']);
    expect(
      refused(field('a b', 'x'), field('', 'x'), field('__proto__', 'x'), field('a.constructor', 'x')),
    ).toEqual([
      'INVALID_VALUE fields.0.path',
      'INVALID_VALUE fields.1.path',
      'INVALID_VALUE fields.2.path',
      'INVALID_VALUE fields.3.path',
    ]);
    expect(refused(field('a', 'x'), field('a', 'y'))).toEqual(['INVALID_VALUE fields.1.path']);
    expect(refused(field('a.b', 'x'), field('a', 'y'))).toEqual(['INVALID_VALUE fields.0.path']);
    expect(refused(field('a', '{{contact.age}}'), field('b', '{{contact'), field('c', 'x\0'))).toEqual([
      'INVALID_VALUE fields.0.value',
      'INVALID_VALUE fields.1.value',
      'INVALID_VALUE fields.2.value',
    ]);
  });

  it('is held to the attributes of its verticals and their types', () => {
    expect(refused(field('a', '{{attributes.colour}}'))).toEqual(['INVALID_VALUE fields.0.value']);
    expect(refused(field('a', '{{attributes.roof}}', 'NUMBER'))).toEqual(['INVALID_VALUE fields.0.type']);
    expect(refused(field('a', '{{attributes.rooms}}', 'BOOLEAN'))).toEqual(['INVALID_VALUE fields.0.type']);
    expect(refused(field('a', '{{attributes.rooms}} rooms', 'NUMBER'))).toEqual([
      'INVALID_VALUE fields.0.type',
    ]);
    expect(refused(field('a', '{{contact.phone}}', 'NUMBER'))).toEqual(['INVALID_VALUE fields.0.type']);
    const open: KnownAttributes = { types: new Map(), isOpen: true };
    expect(mappingRefusals([field('a', '{{attributes.colour}}', 'NUMBER')], [open], [])).toEqual([]);
    expect(mappingRefusals([field('a', '{{attributes.colour}}')], [open, solar], [])).toHaveLength(1);
    expect(mappingRefusals([field('a', '{{attributes.colour}}')], [], [])).toEqual([]);
  });

  it('that was taken fills every lead: each path once, nothing else, and JSON that says so', () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,3}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
    const value = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        '{{contact.email}}',
        '{{attributes.rooms}}',
        'x {{lead.id}}',
        '{{lead.score}}',
        '12',
        'true',
      ),
    );
    const type = fc.constantFrom<MappedField['type']>('TEXT', 'NUMBER', 'BOOLEAN');
    fc.assert(
      fc.property(fc.array(fc.record({ path, value, type }), { minLength: 1, maxLength: 8 }), (fields) => {
        if (mappingRefusals(fields, [solar], []).length > 0) return;
        const body: unknown = JSON.parse(JSON.stringify(mapped(...fields)));
        expect(leavesOf(body).sort()).toEqual(fields.map((each) => each.path).sort());
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

it('the standard body has everything but what the lead cost', () => {
  expect(standardBody(lead)).toMatchObject({
    type: 'lead.delivery',
    test: true,
    data: { deliveryId: 'dlv_1', vertical: 'solar', attributes: { roof: 'flat', rooms: '7', owner: 'true' } },
  });
  expect(
    JSON.stringify(standardBody({ ...lead, source: { ...lead.source, cost: 5 } as never })),
  ).not.toContain('cost');
});

function leavesOf(value: unknown, at: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [at.join('.')];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...at, name]));
}

describe('a number', () => {
  it.each([
    ['123456789012345', 123_456_789_012_345],
    ['-0012345678901.2345', -12_345_678_901.2345],
    // A double would make another of them.
    ['123456789012345.12', null],
  ])('%s is %s', (value, number) => {
    const mapping = compileMapping([field('n', '{{attributes.big}}', 'NUMBER')]);
    const big = sampleLead(ids, { vertical: 'solar', attributes: [{ key: 'big', value }] });
    expect(mapLead(mapping, big)).toEqual({ n: number });
  });
});
