import type { RawSchema } from '#verticals';
import { startTestApp, type TestApp } from '../support/app.js';
import { Operator, told, verticalFields } from './operator.js';

let app: TestApp;
let operator: Operator;

beforeAll(async () => {
  app = await startTestApp();
  operator = new Operator(app);
});
afterAll(async () => await app.stop());

const area: RawSchema = {
  attributes: [{ key: 'area', type: 'INTEGER', label: 'Area', required: true, min: '1' }],
};

async function rows(table: string): Promise<number> {
  const [row] = await app.database.query<{ count: string }>(`select count(*) from ${table}`);
  return Number(row?.count);
}

describe('a vertical', () => {
  it('is defined once, and changed by whoever has read it', async () => {
    const first = await operator.define({ key: 'solar', name: ' Solar ', defaultCountry: 'US' });
    const vertical = { key: 'solar', name: 'Solar', defaultCountry: 'US', version: 1, schemaVersion: null };
    expect(first).toMatchObject({ vertical, replayed: false, userErrors: [] });
    const again = await operator.define({ key: 'solar', name: 'Mine' });
    expect(again).toMatchObject({
      vertical: null,
      userErrors: [
        { code: 'STALE_VERSION', currentVersion: 1, message: expect.stringMatching('^This vertical exists') },
      ],
    });
    const stale = await operator.define({ key: 'solar', expectedVersion: 7 });
    expect(stale.userErrors).toMatchObject([{ code: 'STALE_VERSION', currentVersion: 1 }]);
    const changed = await operator.define({ key: 'solar', name: 'Sun', expectedVersion: 1 });
    expect(changed.vertical).toMatchObject({ name: 'Sun', defaultCountry: null, version: 2 });
  });

  it('that does not exist has no version', async () => {
    const payload = await operator.define({ key: 'nowhere', expectedVersion: 1 });
    expect(payload.userErrors).toMatchObject([{ code: 'STALE_VERSION', currentVersion: 0 }]);
    const publish = await operator.publish('nowhere', area);
    expect(told(publish)).toEqual(['NOT_FOUND input.vertical']);
  });

  it('is defined once by twenty at once, and again by nobody', async () => {
    const before = await rows('verticals');
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => await operator.define({ key: 'race' })),
    );
    expect(all.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
    expect(new Set(all.flatMap(told))).toEqual(new Set(['STALE_VERSION input.expectedVersion']));
    expect(await rows('verticals')).toBe(before + 1);
  });

  it('tells everything that is wrong at once', async () => {
    const payload = await operator.define({ key: ' ', name: 'a\nb', defaultCountry: 'UK' });
    expect(told(payload).sort()).toEqual([
      'INVALID_VALUE input.defaultCountry',
      'INVALID_VALUE input.key',
      'INVALID_VALUE input.name',
    ]);
    const publish = await operator.publish(
      ' ',
      { attributes: [{ key: '', type: 'TEXT', label: '' }] },
      { graceDays: 366 },
    );
    expect(told(publish)).toEqual([
      'REQUIRED input.schema.attributes.0.key',
      'REQUIRED input.schema.attributes.0.label',
      'INVALID_VALUE input.vertical',
      'INVALID_VALUE input.graceDays',
    ]);
  });

  it('is the operator’s to define and everyone’s to read', async () => {
    await operator.define({ key: 'open' });
    for (const key of ['agency', 'buyer', 'auditor'] as const) {
      expect(await app.ask(app.keys[key], `{ vertical(key: "open") { key } }`)).toEqual({
        vertical: { key: 'open' },
      });
    }
    const mutation = `mutation { defineVertical(input: { key: "x", name: "x", idempotencyKey: "x" }) { replayed } }`;
    for (const key of ['agency', 'buyer', 'preparer', 'auditor'] as const) {
      const { errors } = await app.gql(app.keys[key], mutation);
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });

  it('is listed by its key, both ways', async () => {
    for (const key of ['B', 'a', 'ä', 'Z']) await operator.define({ key });
    const query = `query ($first: Int, $after: String, $last: Int) { verticals(first: $first, after: $after, last: $last) {
      nodes { ${verticalFields} } pageInfo { endCursor hasNextPage } count } }`;
    interface Page {
      readonly verticals: {
        readonly nodes: readonly { readonly key: string }[];
        readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
        readonly count: number;
      };
    }
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { verticals }: Page = await app.ask(app.keys.agency, query, { first: 2, after });
      seen.push(...verticals.nodes.map(({ key }) => key));
      ({ endCursor: after, hasNextPage: more } = verticals.pageInfo);
      expect(verticals.count).toBe(await rows('verticals'));
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(['B', 'Z', 'a', 'ä']));
    const { verticals }: Page = await app.ask(app.keys.agency, query, { last: 1 });
    expect(verticals.nodes.map(({ key }) => key)).toEqual(seen.slice(-1));
  });

  it('of a key that no text of the database can be is none', async () => {
    for (const key of ['', 'a\0', '\ud800', "' or 1=1 --"]) {
      expect(
        await app.ask(app.keys.agency, 'query ($key: String!) { vertical(key: $key) { key } }', { key }),
      ).toEqual({
        vertical: null,
      });
    }
  });
});

describe('a lead schema', () => {
  it('grows by versions that stay as they are', async () => {
    await operator.define({ key: 'grows' });
    const first = await operator.publish('grows', area, { expectedVersion: 1 });
    expect(first).toMatchObject({
      vertical: { version: 2, schemaVersion: 1 },
      breakingChanges: ['area is required.', 'attributes without a definition are refused.'],
    });
    const second = await operator.publish(
      'grows',
      { ...area, consentRequired: true },
      { expectedVersion: 2 },
    );
    expect(second).toMatchObject({
      vertical: { version: 3, schemaVersion: 2 },
      breakingChanges: ['consent is required.'],
    });
    const third = await operator.publish('grows', {
      attributes: [{ ...area.attributes?.[0], required: false } as never],
    });
    expect(third).toMatchObject({ vertical: { schemaVersion: 3 }, breakingChanges: [] });
    const query = `{ vertical(key: "grows") {
      first: leadSchema(version: 1) { version consentRequired previousAcceptedUntil attributes { key type required min label } }
      second: leadSchema(version: 2) { version consentRequired previousAcceptedUntil publishedAt }
      newest: leadSchema { version previousAcceptedUntil requiredContact otherAttributes }
      none: leadSchema(version: 4) { version } nonsense: leadSchema(version: -1) { version } } }`;
    const { vertical } = await app.ask<{ vertical: Record<string, Record<string, unknown> | null> }>(
      app.keys.buyer,
      query,
    );
    const attribute = { key: 'area', type: 'INTEGER', required: true, min: '1', label: 'Area' };
    expect(vertical).toMatchObject({
      first: { version: 1, consentRequired: false, attributes: [attribute] },
      second: { version: 2, consentRequired: true },
      newest: { version: 3, previousAcceptedUntil: null, requiredContact: [], otherAttributes: false },
      none: null,
      nonsense: null,
    });
    // A first version acts at once, a later one that takes less gives thirty days.
    const { first: one, second: two } = vertical;
    const days =
      (Date.parse(String(two?.['previousAcceptedUntil'])) - Date.parse(String(two?.['publishedAt']))) /
      86_400_000;
    expect(days).toBe(30);
    expect(Date.parse(String(one?.['previousAcceptedUntil']))).toBeLessThanOrEqual(app.now().getTime());
  });

  it('keeps the type of a key, and what is personal', async () => {
    await operator.define({ key: 'keeps' });
    const note = { key: 'note', type: 'TEXT', label: 'Note', personal: true } as const;
    await operator.publish('keeps', { attributes: [note] });
    await operator.publish('keeps', {});
    const other = await operator.publish('keeps', {
      attributes: [{ ...note, type: 'DATE', personal: false }],
    });
    expect(told(other)).toEqual([
      'INVALID_VALUE input.schema.attributes.0.type',
      'INVALID_VALUE input.schema.attributes.0.personal',
    ]);
    expect(other.vertical).toBeNull();
  });

  it('is published by one of two who read the same', async () => {
    await operator.define({ key: 'guarded' });
    const both = await Promise.all(
      [1, 2].map(async () => await operator.publish('guarded', area, { expectedVersion: 1 })),
    );
    expect(both.map(told).sort()).toEqual([[], ['STALE_VERSION input.expectedVersion']]);
  });

  it('cannot be changed in the database either', async () => {
    for (const statement of [
      'update lead_schemas set version = 9',
      'delete from lead_schemas',
      'truncate lead_schemas cascade',
    ])
      await expect(app.database.query(statement)).rejects.toThrow('append-only');
  });

  it('leaves a trace of who published it', async () => {
    await operator.define({ key: 'traced' });
    await operator.publish('traced', area);
    const trail = await app.database.query<{ action: string; actor: string }>(
      `select action, actor from audit_entries where subject = 'vertical:traced' order by recorded_at, id`,
    );
    const actor = `user:${app.users.admin.uuid}`;
    expect(trail).toEqual([
      { action: 'vertical.define', actor },
      { action: 'vertical.publish-schema', actor },
    ]);
  });
});
