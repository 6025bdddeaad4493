import { getIntrospectionQuery, parse } from 'graphql';
import { checkDocument, defaultDocumentLimits } from '../../apps/api/src/graphql/limits.js';
import { codesOf, type EdgeApp, startEdge } from './support/edge-app.js';

const accepts = ['application/json', 'application/graphql-response+json', '*/*'];

/** `{ thing { thing { name } } }` with that many levels of fields. */
function nested(levels: number): string {
  return `${'{ thing '.repeat(levels - 1)}{ name ${'}'.repeat(levels)}`;
}

function repeat(count: number, part: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(' ');
}

describe('limits of a document', () => {
  let edge: EdgeApp;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  async function refusedWith(code: string, query: string): Promise<void> {
    for (const accept of accepts) {
      const answer = await edge.query(query, {}, { accept });
      expect({ accept, status: answer.status }).toEqual({ accept, status: 400 });
      expect(codesOf(answer)).toContain(code);
      expect(answer.body.data).toBeUndefined();
    }
  }

  async function passes(query: string): Promise<void> {
    const answer = await edge.query(query);
    expect(answer.body.errors).toBeUndefined();
    expect(answer.status).toBe(200);
  }

  describe('depth', () => {
    test.each([1, 2, 5, 6].map((levels) => [levels]))('%i levels pass', (levels) =>
      passes(levels === 1 ? '{ __typename }' : nested(levels)),
    );
    test.each(Array.from({ length: 44 }, (_, index) => [index + 7]))('%i levels are refused', (levels) =>
      refusedWith('QUERY_TOO_DEEP', nested(levels)),
    );

    test('fragments add no level, and hide none', async () => {
      await passes(
        `{ thing { ... on Thing { ...F } } } fragment F on Thing { thing { thing { thing { name } } } }`,
      );
      await passes(
        `{ thing { ...F } } fragment F on Thing { ... { ... on Thing { thing { thing { thing { thing { name } } } } } } }`,
      );
      await refusedWith(
        'QUERY_TOO_DEEP',
        `{ thing { ...F } } fragment F on Thing { thing { thing { thing { thing { thing { name } } } } } }`,
      );
    });

    test('edges and nodes count alike', async () => {
      await passes('{ thing { thing { leads { nodes { price { amount } } } } } }');
      await passes('{ thing { thing { leads { edges { node { price { amount } } } } } } }');
      await refusedWith(
        'QUERY_TOO_DEEP',
        '{ thing { thing { thing { leads { nodes { price { amount } } } } } } }',
      );
      await refusedWith(
        'QUERY_TOO_DEEP',
        '{ thing { thing { thing { leads { edges { node { price { amount } } } } } } } }',
      );
    });

    test('a wrong document that is too deep is 400 as well', () =>
      refusedWith('QUERY_TOO_DEEP', nested(9).replaceAll('thing', 'nothing')));

    test('what GraphiQL and code generators ask of a schema passes', () =>
      passes(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, schemaDescription: true })));

    test('introspection has its own bound', async () => {
      const types = (levels: number) =>
        `{ __type(name: "Lead") { fields { type ${'{ ofType '.repeat(levels)} { name } ${'}'.repeat(levels)} } } }`;
      await passes(types(8));
      await passes(types(16));
      await refusedWith('QUERY_TOO_DEEP', types(17));
      const fields =
        '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }';
      await refusedWith('QUERY_TOO_DEEP', fields);
    });
  });

  test('100 aliases pass, 101 are refused, wherever they stand', async () => {
    await passes(`{ ${repeat(100, (index) => `a${index}: __typename`)} }`);
    await refusedWith('TOO_MANY_ALIASES', `{ ${repeat(101, (index) => `a${index}: __typename`)} }`);
    const half = repeat(51, (index) => `a${index}: __typename`);
    await refusedWith(
      'TOO_MANY_ALIASES',
      `{ ${half} ...F } fragment F on Query { ${half.replaceAll('a', 'b').replaceAll('_typenbme', '_typename')} }`,
    );
  });

  test('1,000 tokens pass, 1,001 are refused', async () => {
    // 2 braces, 98 aliases of 3 tokens; the rest are names of a list argument's literal, which count as one token each.
    const document = (tokens: number) =>
      `query($unused: [Int!] = [${repeat(tokens - 17, () => '1')}]) { leads { nodes @include(if: true) { id } } }`;
    const count = (text: string) => parse(text).tokenCount ?? 0;
    const offset = 1_000 - count(document(1_000));
    const exact = document(1_000 + offset);
    const over = document(1_001 + offset);
    expect([count(exact), count(over)]).toEqual([1_000, 1_001]);
    const answer = await edge.query(exact);
    expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED']); // The variable is unused: it was parsed and validated.
    await refusedWith('QUERY_TOO_LARGE', over);
  });

  test('a document of one huge token, or of comments, is refused', async () => {
    await refusedWith(
      'QUERY_TOO_LARGE',
      `{ echo(input: { decimal: "${'9'.repeat(100_000)}" }) { decimal } }`,
    );
    await refusedWith('QUERY_TOO_LARGE', `${'#\n'.repeat(1_001)}{ __typename }`);
  });

  describe('repeated fields', () => {
    test('50 of one response key pass, 51 and 500 are refused', async () => {
      await passes(`{ ${repeat(50, () => '__typename')} }`);
      await refusedWith('FIELD_REPEATED_TOO_OFTEN', `{ ${repeat(51, () => '__typename')} }`);
      await refusedWith('FIELD_REPEATED_TOO_OFTEN', `{ ${repeat(500, () => '__typename')} }`);
    });

    test('in fragments of the same selection too', async () => {
      await refusedWith('FIELD_REPEATED_TOO_OFTEN', `{ thing { ${repeat(51, () => '... { name }')} } }`);
      await refusedWith(
        'FIELD_REPEATED_TOO_OFTEN',
        `{ thing { ...A ...B } } fragment A on Thing { ${repeat(26, () => 'name')} } fragment B on Thing { ${repeat(26, () => 'name')} }`,
      );
    });
  });

  test('50 directives pass, 51 are refused', async () => {
    await passes(`{ ${repeat(50, (index) => `a${index}: __typename @include(if: true)`)} }`);
    await refusedWith(
      'TOO_MANY_DIRECTIVES',
      `{ ${repeat(51, (index) => `a${index}: __typename @include(if: true)`)} }`,
    );
  });

  test('cycles of fragments end, with 400', async () => {
    await refusedWith('FRAGMENT_CYCLE', '{ thing { ...A } } fragment A on Thing { name ...A }');
    await refusedWith(
      'FRAGMENT_CYCLE',
      '{ thing { ...A } } fragment A on Thing { thing { ...B } } fragment B on Thing { thing { ...A } }',
    );
  });

  test('a bomb of doubling fragments is counted and not expanded', async () => {
    const bomb = (size: number) =>
      `{ thing { ...F0 } } ${repeat(size, (index) => `fragment F${index} on Thing { ...F${index + 1} ...F${index + 1} }`)} fragment F${size} on Thing { name }`;
    const start = performance.now();
    await refusedWith('QUERY_TOO_LARGE', bomb(60));
    // Expanded it would take longer than anybody lives.
    expect(performance.now() - start).toBeLessThan(20_000);
    await passes(bomb(9));
  });

  test('the worst documents within a thousand tokens are judged in a moment', () => {
    const documents = [
      `{ ${'thing { '.repeat(300)} name ${'}'.repeat(300)} }`,
      `{ ${'... { '.repeat(200)} name ${'}'.repeat(200)} }`,
      `{ ...F0 } ${repeat(110, (index) => `fragment F${index} on Query { ${index < 109 ? `...F${index + 1}` : ''} a { b } }`)}`,
    ];
    for (const document of documents) {
      const parsed = parse(document);
      // The best of five: a machine that does much else stops each of them now and then.
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        checkDocument(parsed, defaultDocumentLimits);
        return performance.now() - start;
      });
      expect(Math.min(...times)).toBeLessThan(250);
    }
  });

  test('only the named operation runs', async () => {
    const before = edge.resolver.calls;
    const query = 'mutation A { act } mutation B { act }';
    const post = (operationName?: string) =>
      edge.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, operationName }),
      });
    expect((await post('A')).status).toBe(200);
    expect(edge.resolver.calls).toBe(before + 1);
    expect(codesOf(await post())).toEqual(['OPERATION_RESOLUTION_FAILURE']);
    expect(codesOf(await post('C'))).toEqual(['OPERATION_RESOLUTION_FAILURE']);
    expect(edge.resolver.calls).toBe(before + 1);
  });
});
