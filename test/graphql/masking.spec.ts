import { graphqlOptions, maskedMessage } from '../../apps/api/src/graphql/index.js';
import { codesOf, type EdgeApp, startEdge } from './support/edge-app.js';
import { secretText } from './support/fake-marketplace.js';

describe('masking', () => {
  let edge: EdgeApp;
  beforeAll(async () => {
    edge = await startEdge();
  });
  beforeEach(() => edge.logged.splice(0));
  afterAll(() => edge.close());

  test.each(['boom', 'disguised', 'thrownText'])(
    'the text of %s is logged once and never answered',
    async (field) => {
      const answer = await edge.query(`{ ${field} }`, {}, { 'x-request-id': 'request-1234' });
      expect(answer.text).not.toContain('secret');
      expect(answer.text).not.toContain('hunter2');
      expect(answer.text).not.toContain('stack');
      expect(answer.body.errors).toEqual([
        expect.objectContaining({
          message: maskedMessage,
          path: [field],
          extensions: { code: 'INTERNAL', requestId: 'request-1234' },
        }),
      ]);
      expect(edge.logged).toHaveLength(1);
      expect(String(edge.logged[0]?.error)).toContain(secretText);
      expect(edge.logged[0]?.requestId).toBe('request-1234');
    },
  );

  test('whatever the environment says', async () => {
    // Apollo would add stack traces outside production; the options leave it nothing to read from the environment.
    const options = graphqlOptions({ sandbox: true, logError: () => undefined });
    expect(options).toMatchObject({ nodeEnv: 'production', includeStacktraceInErrorResponses: false });
    const answer = await edge.query('{ boom }');
    expect(answer.text).not.toMatch(/stack|node_modules|at /);
  });

  test('an exception of Nest keeps its meaning and loses its text', async () => {
    const answer = await edge.query('{ nestForbidden }');
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(answer.text).not.toContain('secret');
    expect(edge.logged).toEqual([]);
  });

  test('an error that names a status keeps it, whatever is accepted', async () => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await edge.query('{ private }', {}, { accept });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
    }
  });

  test('a context that cannot be made is masked, with the request id', async () => {
    const broken = await startEdge({
      authenticate: () => {
        throw new Error(secretText);
      },
    });
    const answer = await broken.query('{ __typename }', {}, { 'x-request-id': 'request-1234' });
    await broken.close();
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
    expect(answer.body.errors?.[0]?.extensions).toEqual({ code: 'INTERNAL', requestId: 'request-1234' });
    expect(broken.logged).toHaveLength(1);
  });
});

describe('values are not repeated', () => {
  let edge: EdgeApp;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const value = 'jane.doe@example.org';
  const submit = 'mutation ($input: ScoredLeadInput!) { submitLead(input: $input) { lead { id } } }';
  const submitMany = 'mutation ($input: SubmitLeadsInput!) { submitLeads(input: $input) { lead { id } } }';
  const echo = 'query ($input: EchoInput!) { echo(input: $input) { decimal } }';
  const good = { externalId: 'a' };

  test.each<[string, string, Record<string, unknown>, string]>([
    ['a scalar', submit, { input: { ...good, score: value } }, 'input.score is not a valid Int.'],
    [
      'a list',
      submitMany,
      { input: { leads: [good, good, good, { ...good, score: value }] } },
      'input.leads.3.score is not a valid Int.',
    ],
    ['an object', submit, { input: value }, 'input is not a valid ScoredLeadInput.'],
    [
      'a missing field',
      submit,
      { input: { score: 1, cost: { amount: value } } },
      'input.externalId is required.',
    ],
    [
      'a nested missing field',
      submit,
      { input: { ...good, cost: { amount: value } } },
      'input.cost.currency is required.',
    ],
    [
      'an unknown field',
      submit,
      { input: { ...good, phone: value } },
      'input.phone is not a field of ScoredLeadInput.',
    ],
    ['a null', submit, { input: { externalId: null, score: 1 } }, 'input.externalId must not be null.'],
    ['a missing variable', submit, {}, 'input is required.'],
    ['a null variable', submit, { input: null }, 'input must not be null.'],
    [
      'a decimal as a number',
      echo,
      { input: { decimal: 1234567 } },
      'input.decimal is not a valid Decimal (an exact decimal in a string, such as "19.99").',
    ],
    [
      'an instant',
      echo,
      { input: { instant: value } },
      'input.instant is not a valid DateTime (RFC 3339 with an offset, such as 2026-01-31T12:00:00Z).',
    ],
    [
      'a value that imitates a message',
      submit,
      { input: { ...good, score: `"${value}" at "input.x"; Int cannot represent` } },
      'input.score is not a valid Int.',
    ],
  ])('%s in a variable', async (_case, query, variables, message) => {
    const answer = await edge.query(query, variables, { accept: 'application/graphql-response+json' });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(value);
    expect(answer.text).not.toContain('1234567');
    expect(answer.body.errors?.map((error) => error.message)).toContain(message);
    expect(new Set(codesOf(answer))).toEqual(new Set(['BAD_USER_INPUT']));
  });

  test('many errors at once are cut off without a word of the values', async () => {
    const leads = Array.from({ length: 80 }, () => ({ externalId: 'a', score: value }));
    const answer = await edge.query(submitMany, { input: { leads } });
    expect(new Set(codesOf(answer))).toEqual(new Set(['BAD_USER_INPUT']));
    expect(answer.text).not.toContain(value);
    expect(edge.logged).toEqual([]);
  });

  test.each<[string, string, string]>([
    [
      'a scalar',
      `mutation { submitLead(input: { externalId: "a", score: "${value}" }) { lead { id } } }`,
      'input.score is not a valid Int.',
    ],
    [
      'a list',
      `mutation { submitLeads(input: { leads: [{ externalId: "a" }, { externalId: "b", score: "${value}" }] }) { lead { id } } }`,
      'input.leads.1.score is not a valid Int.',
    ],
    [
      'an object',
      `mutation { submitLead(input: "${value}") { lead { id } } }`,
      'input is not a valid ScoredLeadInput.',
    ],
    [
      'a null',
      'mutation { submitLead(input: { externalId: null }) { lead { id } } }',
      'input.externalId must not be null.',
    ],
    ['an argument', `{ leads(first: "${value}") { nodes { id } } }`, 'first is not a valid Int.'],
    [
      'a default',
      `query ($first: Int = "${value}") { leads(first: $first) { nodes { id } } }`,
      'first is not a valid Int.',
    ],
    [
      'a number for a decimal',
      '{ echo(input: { decimal: 12.50 }) { decimal } }',
      'input.decimal is not a valid Decimal (an exact decimal in a string, such as "19.99").',
    ],
    [
      'a word for a decimal',
      '{ echo(input: { decimal: jane }) { decimal } }',
      'input.decimal is not a valid Decimal (an exact decimal in a string, such as "19.99").',
    ],
  ])('%s in a literal', async (_case, query, message) => {
    const answer = await edge.query(query, {}, { accept: 'application/graphql-response+json' });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(value);
    expect(answer.body.errors?.[0]).toMatchObject({
      message,
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  });

  test.each([
    [`{ echo(input: { decimal: "${value}" "${value}" }) { decimal } }`],
    [`{ "${value}" }`],
    [`{ echo(input: { decimal: "${value} }) { decimal } }`],
    [`{ jane.doe@example.org }`],
    [`{ echo(input: { decimal: """${value} }) }`],
  ])('a syntax error of %s', async (query) => {
    const answer = await edge.query(query);
    expect(codesOf(answer)).toEqual(['GRAPHQL_PARSE_FAILED']);
    expect(answer.body.errors?.[0]?.message).toMatch(/^Syntax Error: /);
    expect(answer.text).not.toMatch(/jane|doe|example/);
  });

  test('the sandbox suggests names of the schema', async () => {
    expect((await edge.query('{ lead { id } }')).text).toContain('Did you mean');
  });
});
