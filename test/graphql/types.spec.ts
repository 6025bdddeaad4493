import { GraphQLSchemaHost } from '@nestjs/graphql';
import { printSchema } from 'graphql';
import { refusalCodes } from '#outcome';
import { DateScalar, DateTimeScalar } from '../../apps/api/src/graphql/index.js';
import { codesOf, type EdgeApp, startEdge } from './support/edge-app.js';

describe('scalars and types', () => {
  let edge: EdgeApp;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const echo = (input: Record<string, unknown>) =>
    edge.query('query ($input: EchoInput!) { echo(input: $input) { decimal instant day } }', { input });
  const echoLiteral = (literal: string) =>
    edge.query(`{ echo(input: { ${literal} }) { decimal instant day } }`);

  test.each(['0.01', '1e3', ' 5 ', '5,00', '٥', '-1', '', 'NaN', '9'.repeat(64)])(
    'the decimal %j reaches the domain as it is',
    async (decimal) => {
      expect((await echo({ decimal })).body.data?.['echo']).toMatchObject({ decimal });
      expect((await echoLiteral(`decimal: ${JSON.stringify(decimal)}`)).body.data?.['echo']).toMatchObject({
        decimal,
      });
    },
  );

  test.each([12, 12.5, true, '9'.repeat(65), ['1'], { amount: '1' }])(
    'the decimal %j is refused',
    async (decimal) => {
      expect(codesOf(await echo({ decimal }))).toEqual(['BAD_USER_INPUT']);
      expect(
        codesOf(await echoLiteral(`decimal: ${JSON.stringify(decimal).replace('"amount"', 'amount')}`)),
      ).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    },
  );

  test.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.5+02:00', '2026-01-31T10:00:00.500Z'],
    ['2024-02-29T23:59:59.123456-11:30', '2024-03-01T11:29:59.123Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('the instant %s is %s', async (instant, expected) => {
    expect((await echo({ instant })).body.data?.['echo']).toMatchObject({ instant: expected });
    expect((await echoLiteral(`instant: "${instant}"`)).body.data?.['echo']).toMatchObject({
      instant: expected,
    });
  });

  test.each([
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-01-31 12:00:00Z',
    '2026-02-29T12:00:00Z',
    '2026-04-31T12:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:60Z',
    '2026-01-31T12:00Z',
    '2026-01-31T12:00:00+2',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T12:00:00.Z',
    '+012026-01-31T12:00:00Z',
    '2026-01-31t12:00:00z',
    'yesterday',
    '',
    '２０２６-01-31T12:00:00Z',
    1769860800000,
    '0000-01-01T00:00:00Z',
  ])('the instant %j is refused', async (instant) => {
    const answer = await echo({ instant });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
  });

  test('days', async () => {
    for (const day of ['2026-01-31', '2024-02-29', '2000-02-29', '9999-12-31']) {
      expect((await echo({ day })).body.data?.['echo']).toMatchObject({ day });
    }
    for (const day of [
      '2026-02-29',
      '1900-02-29',
      '2026-1-31',
      '2026-01-32',
      '2026-00-01',
      '2026-01-31T00:00:00Z',
      20260131,
      '',
    ]) {
      expect(codesOf(await echo({ day }))).toEqual(['BAD_USER_INPUT']);
    }
  });

  test('what is serialized is checked too', () => {
    expect(DateTimeScalar.serialize('2026-01-31T12:00:00+01:00')).toBe('2026-01-31T11:00:00.000Z');
    expect(() => DateTimeScalar.serialize('now')).toThrow();
    expect(() => DateTimeScalar.serialize(new Date(Number.NaN))).toThrow();
    expect(() => DateScalar.serialize(new Date(0))).toThrow();
  });

  test('refusals of the domain become user errors with their data', async () => {
    const answer = await edge.query(`{ refusals { __typename code message field
      ... on TransitionError { allowed } ... on VersionError { currentVersion } ... on ExistingObjectError { existing } } }`);
    expect(answer.body.data?.['refusals']).toEqual([
      expect.objectContaining({
        __typename: 'ValidationError',
        code: 'INVALID_AMOUNT',
        field: ['input', 'cost', 'amount'],
      }),
      expect.objectContaining({
        __typename: 'TransitionError',
        code: 'ILLEGAL_TRANSITION',
        field: null,
        allowed: ['WON', 'LOST'],
      }),
      expect.objectContaining({ __typename: 'VersionError', currentVersion: 3 }),
      expect.objectContaining({
        __typename: 'ExistingObjectError',
        existing: expect.stringMatching(/^lead_01h4000000e0/),
      }),
    ]);
  });

  test('the schema has the names that stay', () => {
    const schema = printSchema(edge.app.get(GraphQLSchemaHost).schema);
    for (const line of [
      'type Money {',
      'amount: Decimal!',
      'currency: CurrencyCode!',
      'input MoneyInput {',
      'scalar Decimal',
      'scalar CurrencyCode',
      'scalar DateTime',
      'scalar Date\n',
      'interface UserError {',
      'code: UserErrorCode!',
      'field: [String!]\n',
      'type ValidationError implements UserError {',
      'allowed: [String!]!',
      'currentVersion: Int!',
      'existing: ID!',
      'leads(',
      'first: Int',
      'after: String',
      'last: Int',
      'before: String',
      'count(max: Int! = 1000): Int!',
      'edges: [LeadEdge!]!',
      'nodes: [Lead!]!',
      'pageInfo: PageInfo!',
    ])
      expect(schema).toContain(line);
    for (const code of refusalCodes) expect(schema).toContain(`  ${code}\n`);
    expect(schema).not.toContain('Float');
  });
});
