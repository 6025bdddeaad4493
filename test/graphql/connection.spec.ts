import { decodeCursor, encodeCursor, type CursorSpec } from '../../apps/api/src/graphql/cursor.js';
import { readPage } from '../../apps/api/src/graphql/index.js';
import fc from 'fast-check';
import { codesOf, type EdgeApp, startEdge } from './support/edge-app.js';
import { leadCursor, total } from './support/fake-marketplace.js';

interface LeadPage {
  nodes: { number: number }[];
  edges: { cursor: string; node: { number: number } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
}

describe('connections', () => {
  let edge: EdgeApp;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
    leads(first: $first, after: $after, last: $last, before: $before) {
      nodes { number } edges { cursor node { number } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`;
  async function page(variables: Record<string, unknown>): Promise<LeadPage> {
    const answer = await edge.query(query, variables);
    expect(answer.body.errors).toBeUndefined();
    return answer.body.data?.['leads'] as LeadPage;
  }

  test('walking forwards sees every row once, in order', async () => {
    const seen: number[] = [];
    let after: string | null = null;
    for (let more = true; more;) {
      const { nodes, edges, pageInfo }: LeadPage = await page({ first: 10, after });
      expect(edges.map((entry) => entry.node)).toEqual(nodes);
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...nodes.map((node) => node.number));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  });

  test('walking backwards sees every row once, each page in order', async () => {
    const seen: number[] = [];
    let before: string | null = null;
    for (let more = true; more;) {
      const { nodes, pageInfo }: LeadPage = await page({ last: 10, before });
      expect(pageInfo.hasNextPage).toBe(before !== null);
      seen.unshift(...nodes.map((node) => node.number));
      before = pageInfo.startCursor;
      more = pageInfo.hasPreviousPage;
    }
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  });

  test('twenty when nothing is said; any cursor of an edge works', async () => {
    const first = await page({});
    expect(first.nodes).toHaveLength(20);
    const next = await page({ first: 1, after: first.edges[4]?.cursor });
    expect(next.nodes).toEqual([{ number: 6 }]);
  });

  test('count is exact up to its bound and runs only when asked for', async () => {
    const count = async (argument: string) =>
      (await edge.query(`{ leads { count${argument} } }`)).body.data?.['leads'];
    expect(await count('')).toEqual({ count: total });
    expect(await count('(max: 45)')).toEqual({ count: 45 });
    expect(await count('(max: 10)')).toEqual({ count: 10 });
    for (const max of [0, -1, 10_001]) {
      const refused = await edge.query(`{ leads { count(max: ${max}) } }`);
      expect([refused.status, codesOf(refused)]).toEqual([400, ['BAD_USER_INPUT']]);
    }
  });

  const good = encodeCursor(leadCursor, ['5']);
  test.each<[string, Record<string, unknown>, string]>([
    ['a page of a million', { first: 1_000_000 }, 'first'],
    ['a page of 101', { first: 101 }, 'first'],
    ['a page of none', { first: 0 }, 'first'],
    ['a negative page', { last: -1 }, 'last'],
    ['both ends', { first: 5, last: 5 }, 'last'],
    ['after with last', { last: 5, after: good }, 'after'],
    ['before with first', { first: 5, before: good }, 'before'],
    ['before alone', { before: good }, 'before'],
    ['an empty cursor', { after: '' }, 'after'],
    ['garbage', { after: 'jane.doe@example.org' }, 'after'],
    [
      'a cursor of another list',
      { after: encodeCursor({ ...leadCursor, list: 'settlements' }, ['5']) },
      'after',
    ],
    ['a cursor of another shape', { after: encodeCursor(leadCursor, ['5', '6']) }, 'after'],
    ['SQL in a cursor', { after: encodeCursor(leadCursor, ['1; DROP TABLE leads --']) }, 'after'],
    ['a number that is none', { after: encodeCursor(leadCursor, ['1e3']) }, 'after'],
    ['a number beyond a bigint', { after: encodeCursor(leadCursor, ['9'.repeat(30)]) }, 'after'],
    ['a later version', { after: Buffer.from('["2","leads","5"]').toString('base64url') }, 'after'],
    ['numbers instead of strings', { after: Buffer.from('["1","leads",5]').toString('base64url') }, 'after'],
    ['another spelling', { after: Buffer.from('["1", "leads","5"]').toString('base64url') }, 'after'],
    ['padding', { after: `${good}=` }, 'after'],
    ['a very long one', { last: 1, before: 'A'.repeat(5_000) }, 'before'],
  ])('%s is 400 and is not repeated', async (_case, variables, argument) => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await edge.query(query, variables, { accept });
      expect(answer.status).toBe(400);
      expect(answer.body.errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', argument });
      const value = variables[argument];
      if (typeof value === 'string' && value.length > 0) expect(answer.text).not.toContain(value);
    }
  });
});

describe('cursors', () => {
  const spec: CursorSpec = { list: 'lines', key: ['instant', 'uuid', 'date', 'integer', 'text'] };
  const instants = fc
    .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const keys = fc.tuple(
    instants,
    fc.uuid(),
    instants.map((instant) => instant.slice(0, 10)),
    fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }).map(String),
    fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .filter((text) => text.length <= 60 && !/[\p{Cc}\p{Cs}]/u.test(text)),
  );

  test('decode ∘ encode is the identity', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const cursor = encodeCursor(spec, key);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        fc.pre(cursor.length <= 512);
        expect(decodeCursor(spec, cursor)).toEqual(key);
        expect(readPage({ after: cursor }, spec)).toMatchObject({ after: key, limit: 20, backwards: false });
      }),
    );
  });

  test('whatever decodes is canonical; a changed character is refused or is another key', () => {
    fc.assert(
      fc.property(keys, fc.nat(), fc.constantFrom(...'ABCabc019_-'), (key, at, character) => {
        const cursor = encodeCursor(spec, key);
        const position = at % cursor.length;
        const forged = cursor.slice(0, position) + character + cursor.slice(position + 1);
        const decoded = decodeCursor(spec, forged);
        if (decoded) expect(encodeCursor(spec, decoded)).toBe(forged);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => expect(decodeCursor(spec, text)).toBeUndefined()));
  });

  test.each<[CursorSpec['key'][number], string]>([
    ['date', '2026-02-30'],
    ['date', '2026-13-01'],
    ['instant', '2026-02-29T00:00:00Z'],
    ['instant', '2026-01-01T24:00:00Z'],
    ['instant', '2026-01-01T00:00:00+01:00'],
    ['instant', 'infinity'],
    ['uuid', '01890000-0000-7000-8000-00000000000G'],
    ['integer', '-0'],
    ['integer', '01'],
    ['text', 'nul\u0000'],
    ['text', 'lone \ud800'],
  ])('%s refuses %j', (part, value) => {
    const one: CursorSpec = { list: 'x', key: [part] };
    expect(decodeCursor(one, encodeCursor(one, [value]))).toBeUndefined();
  });
});
