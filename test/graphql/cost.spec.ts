import { buildSchema, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { BucketTable } from '../../apps/api/src/graphql/buckets.js';
import { costOf } from '../../apps/api/src/graphql/cost.js';
import { defaultGraphqlLimits, type GraphqlLimits } from '../../apps/api/src/graphql/index.js';
import { codesOf, startEdge } from './support/edge-app.js';

const schema = buildSchema(`
  type Query { lead: Lead leads(first: Int, last: Int): LeadConnection nodes(ids: [ID!]!): [Lead] name: String }
  type Mutation {
    submitLead(input: LeadInput!): SubmitLeadPayload
    submitLeads(input: LeadsInput!): SubmitLeadsPayload
    act: ActPayload
  }
  input LeadInput { externalId: String! }
  input LeadsInput { leads: [LeadInput!]! }
  type ActPayload { lead: Lead userErrors: [UserError!]! }
  type SubmitLeadPayload { lead: Lead replayed: Boolean userErrors: [UserError!]! }
  type SubmitLeadsPayload { results: [SubmitLeadPayload!]! }
  type UserError { code: String }
  type Lead { id: ID price: Money tags: [String!] others: [Lead!] leads(first: Int, last: Int): LeadConnection }
  type Money { amount: String }
  type LeadConnection { edges: [LeadEdge!] nodes: [Lead!] pageInfo: PageInfo count(max: Int): Int }
  type LeadEdge { node: Lead cursor: String }
  type PageInfo { endCursor: String }
`);

function cost(query: string, variables: Record<string, unknown> = {}) {
  const document = parse(query);
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (!operation) throw new Error('no operation');
  return costOf(schema, document, operation, variables);
}

describe('cost of an operation', () => {
  test.each<[string, Record<string, unknown>, number]>([
    ['{ name }', {}, 1], // Never nothing.
    ['{ lead { id } }', {}, 1],
    ['{ lead { price { amount } tags } }', {}, 2],
    ['{ lead { others { id } } }', {}, 1 + 20],
    // 1 for the connection, then per row 1 for the lead and 1 for its price.
    ['{ leads { nodes { id price { amount } } } }', {}, 1 + 20 * 2],
    ['{ leads { edges { cursor node { id price { amount } } } } }', {}, 1 + 20 * 2],
    ['{ leads(first: 5) { nodes { id } pageInfo { endCursor } } }', {}, 1 + 5 + 1],
    ['{ leads(last: 7) { nodes { id } count } }', {}, 1 + 7 + 10],
    ['query ($n: Int) { leads(first: $n) { nodes { id } } }', { n: 9 }, 1 + 9],
    ['query ($n: Int) { leads(first: $n) { nodes { id } } }', {}, 1 + 20],
    ['query ($n: Int = 3) { leads(first: $n) { nodes { id } } }', {}, 1 + 3],
    ['query ($n: Int) { leads(first: $n) { nodes { id } } }', { n: 1_000_000 }, 1 + 100],
    ['query ($n: Int) { leads(first: $n) { nodes { id } } }', { n: -5 }, 1 + 1],
    ['query ($n: Int) { leads(first: $n) { nodes { id } } }', { n: 'x' }, 1 + 20],
    [
      'query ($n: Int) { leads(first: $n) { nodes { leads(first: $n) { nodes { id } } } } }',
      { n: 10 },
      1 + 10 * (1 + 1 + 10),
    ],
    ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['a', 'b', 'c'] }, 3],
    ['{ nodes(ids: ["a", "b"]) { id price { amount } } }', {}, 4],
    [
      '{ leads(first: 2) { ...C } } fragment C on LeadConnection { nodes { ...L } } fragment L on Lead { price { amount } }',
      {},
      1 + 2 * 2,
    ],
    ['mutation { act { lead { id } userErrors { code } } }', {}, 10 + 1 + 1],
    ['mutation { a: act { lead { id } } b: act { lead { id } } }', {}, 22],
    ['{ __schema { types { name } } }', {}, 10],
  ])('%s %j', (query, variables, points) => {
    expect(cost(query, variables)).toEqual({ points, leads: 0 });
  });

  const leads = (count: number) => Array.from({ length: count }, () => ({ externalId: 'a' }));
  test.each<[string, Record<string, unknown>, { points: number; leads: number }]>([
    [
      'mutation ($i: LeadInput!) { submitLead(input: $i) { lead { id } replayed userErrors { code } } }',
      { i: leads(1)[0] },
      { points: 0, leads: 1 },
    ],
    [
      'mutation ($i: LeadsInput!) { submitLeads(input: $i) { results { lead { id } } } }',
      { i: { leads: leads(50) } },
      { points: 0, leads: 50 },
    ],
    [
      'mutation ($l: [LeadInput!]!) { submitLeads(input: { leads: $l }) { results { lead { id } } } }',
      { l: leads(7) },
      { points: 0, leads: 7 },
    ],
    [
      'mutation { submitLeads(input: { leads: [{ externalId: "a" }, { externalId: "b" }] }) { results { replayed } } }',
      {},
      { points: 0, leads: 2 },
    ],
    [
      'mutation ($i: LeadsInput!) { submitLeads(input: $i) { results { replayed } } }',
      { i: { leads: { externalId: 'a' } } },
      { points: 10, leads: 1 },
    ],
    [
      'mutation ($i: LeadsInput!) { submitLeads(input: $i) { results { replayed } } }',
      {},
      { points: 20, leads: 0 },
    ],
    // The answer is paid for up to ten points a lead, and no further: 1 + 1 + 100 - 10.
    [
      'mutation ($i: LeadInput!) { submitLead(input: $i) { lead { leads(first: 100) { nodes { id } } } } }',
      {},
      { points: 92, leads: 1 },
    ],
    [
      'mutation ($i: LeadInput!) { submitLead(input: $i) { replayed } act { lead { id } } }',
      {},
      { points: 11, leads: 1 },
    ],
  ])('leads have their own bucket: %s', (query, variables, expected) => {
    expect(cost(query, variables)).toEqual(expected);
  });
});

describe('leaky buckets', () => {
  test('refill with time, and never above full', () => {
    let now = 0;
    const table = new BucketTable({ capacity: 100, refillPerSecond: 10 }, () => now);
    expect(table.take('a', 100)).toEqual({ allowed: true, available: 0, retryAfterSeconds: 0 });
    expect(table.take('a', 25)).toEqual({ allowed: false, available: 0, retryAfterSeconds: 3 });
    expect(table.take('b', 100).allowed).toBe(true);
    now = 2_499;
    expect(table.take('a', 25).allowed).toBe(false);
    now = 2_500;
    expect(table.take('a', 25)).toEqual({ allowed: true, available: 0, retryAfterSeconds: 0 });
    now = 1_000_000;
    expect(table.take('a', 0).available).toBe(100);
  });

  test('a clock that goes back takes nothing away', () => {
    let now = 10_000;
    const table = new BucketTable({ capacity: 100, refillPerSecond: 10 }, () => now);
    table.take('a', 50);
    now = 0;
    expect(table.take('a', 0).available).toBe(50);
  });

  test('are bounded, and keep the keys in use', () => {
    const table = new BucketTable({ capacity: 100, refillPerSecond: 1 }, () => 0, 100);
    table.take('busy', 60);
    for (let index = 0; index < 10_000; index += 1) {
      table.take(`key-${index}`, 1);
      if (index % 20 === 0) table.take('busy', 0);
    }
    expect(table.size).toBeLessThanOrEqual(100);
    expect(table.take('busy', 0).available).toBe(40);
  });
});

describe('throttling', () => {
  const limits: GraphqlLimits = {
    ...defaultGraphqlLimits,
    cost: {
      perQuery: 5_000,
      queries: { capacity: 50, refillPerSecond: 5 },
      leads: { capacity: 10, refillPerSecond: 2 },
    },
  };
  const submitLeads = 'mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { lead { id } } }';
  const leads = (count: number) => ({
    input: { leads: Array.from({ length: count }, () => ({ externalId: 'a' })) },
  });

  test('a query is charged, reported and refused', async () => {
    let now = 0;
    const edge = await startEdge({ limits, now: () => now });
    try {
      const first = await edge.query('{ leads { nodes { id } } }');
      expect(first.body.extensions?.['cost']).toEqual({
        requestedQueryCost: 21,
        actualQueryCost: 21,
        throttleStatus: { maximumAvailable: 50, currentlyAvailable: 29, restoreRate: 5 },
      });
      expect(first.headers.get('ratelimit-policy')).toBe('"cost";q=50;w=10, "leads";q=10;w=5');
      expect(first.headers.get('ratelimit')).toBe('"cost";r=29;t=5');
      expect((await edge.query('{ leads { nodes { id } } }')).status).toBe(200);
      for (const accept of ['application/json', 'application/graphql-response+json']) {
        const refused = await edge.query('{ leads { nodes { id } } }', {}, { accept });
        expect(refused.status).toBe(429);
        expect(codesOf(refused)).toEqual(['THROTTLED']);
        expect(refused.body.data).toBeUndefined();
        expect(refused.headers.get('retry-after')).toBe('3'); // 21 - 8 = 13 points at 5 a second.
        expect(refused.body.errors?.[0]?.extensions).toMatchObject({ retryAfterSeconds: 3 });
        expect(refused.body.extensions?.['cost']).toMatchObject({
          throttleStatus: { currentlyAvailable: 8 },
        });
      }
      now = 3_000;
      expect((await edge.query('{ leads { nodes { id } } }')).status).toBe(200);
    } finally {
      await edge.close();
    }
  });

  test('leads are charged in leads, apart from queries', async () => {
    let now = 0;
    const edge = await startEdge({ limits, now: () => now });
    try {
      const eight = await edge.query(submitLeads, leads(8));
      expect(eight.body.extensions?.['cost']).toEqual({
        requestedQueryCost: 0,
        actualQueryCost: 0,
        throttleStatus: { maximumAvailable: 50, currentlyAvailable: 50, restoreRate: 5 },
        leads: {
          requested: 8,
          throttleStatus: { maximumAvailable: 10, currentlyAvailable: 2, restoreRate: 2 },
        },
      });
      expect(eight.headers.get('ratelimit')).toBe('"cost";r=50;t=0, "leads";r=2;t=4');
      const calls = edge.resolver.calls;
      const refused = await edge.query(submitLeads, leads(5));
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
      expect(edge.resolver.calls).toBe(calls);
      expect((await edge.query('{ thing { name } }')).status).toBe(200);
      now = 1_500;
      expect((await edge.query(submitLeads, leads(5))).status).toBe(200);
    } finally {
      await edge.close();
    }
  });

  test('each key has its own buckets, and nonsense costs a point', async () => {
    const actor = (id: string) => ({
      id: `key:${id}`,
      kind: 'AGENCY' as const,
      organizationId: id,
      userId: null,
      keyId: id,
      roles: [],
      scopes: null,
      mode: 'live' as const,
      requestId: null,
    });
    const edge = await startEdge({
      limits,
      now: () => 0,
      authenticate: (request) => actor(String(request.headers.authorization)),
    });
    try {
      const left = (answer: { body: { extensions?: Record<string, unknown> } }) =>
        (answer.body.extensions?.['cost'] as { throttleStatus: { currentlyAvailable: number } })
          .throttleStatus.currentlyAvailable;
      expect(left(await edge.query('{ leads { nodes { id } } }', {}, { authorization: 'a' }))).toBe(29);
      expect(left(await edge.query('{ leads { nodes { id } } }', {}, { authorization: 'b' }))).toBe(29);
      expect(left(await edge.query('{', {}, { authorization: 'b' }))).toBe(28);
      expect(left(await edge.query('{ nothing }', {}, { authorization: 'b' }))).toBe(27);
    } finally {
      await edge.close();
    }
  });

  test('a query above the maximum is 400', async () => {
    const edge = await startEdge({ now: () => 0 });
    try {
      const query = (inner: number) =>
        `{ thing { leads(first: 100) { nodes { price { amount } } } ${Array.from({ length: inner }, (_, index) => `l${index}: leads(first: 100) { nodes { id price { amount } } }`).join(' ')} } }`;
      // 1 for the thing, 201 a list.
      const answer = await edge.query(query(23));
      expect([answer.status, answer.body.extensions?.['cost']]).toMatchObject([
        200,
        { requestedQueryCost: 1 + 24 * 201 },
      ]);
      for (const accept of ['application/json', 'application/graphql-response+json']) {
        const refused = await edge.query(query(24), {}, { accept });
        expect(refused.status).toBe(400);
        expect(refused.body.errors?.[0]?.extensions).toEqual({ code: 'QUERY_TOO_EXPENSIVE', limit: 5_000 });
      }
    } finally {
      await edge.close();
    }
  });
});
