import { serverAudits } from 'graphql-http';
import { request as httpRequest } from 'node:http';
import { codesOf, type EdgeApp, startEdge } from './support/edge-app.js';

describe('GraphQL over HTTP', () => {
  let edge: EdgeApp;
  beforeAll(async () => {
    edge = await startEdge();
  });
  afterAll(() => edge.close());

  const audits = serverAudits({ url: () => edge.url });
  test('there are 61 audits', () => expect(audits).toHaveLength(61));
  test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit.fn();
      expect({ status: result.status, reason: 'reason' in result ? result.reason : '' }).toEqual({
        status: 'ok',
        reason: '',
      });
    },
  );

  test('a mutation by GET is 405 and does nothing', async () => {
    const before = edge.resolver.calls;
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await edge.fetch('/graphql?query=mutation{act}', { headers: { accept } });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('POST');
    }
    expect(edge.resolver.calls).toBe(before);
  });

  test('a batch is 400', async () => {
    const answer = await edge.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]),
    });
    expect(answer.status).toBe(400);
    expect(codesOf(answer)).toEqual(['BAD_REQUEST']);
  });

  test('a body over one megabyte is 413, one of exactly one megabyte is read', async () => {
    const post = (bytes: number) => {
      const frame = JSON.stringify({ query: '{ __typename }', variables: { v: '' } });
      const body = frame.replace('"v":""', `"v":"${'x'.repeat(bytes - frame.length)}"`);
      expect(body).toHaveLength(bytes);
      return edge.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
    };
    expect((await post(1_000_000)).status).toBe(200);
    const refused = await post(1_000_001);
    expect(refused.status).toBe(413);
    expect(codesOf(refused)).toEqual(['PAYLOAD_TOO_LARGE']);
  });

  test.each([
    ['application/x-www-form-urlencoded', 'query=mutation{act}', 415],
    ['text/plain', JSON.stringify({ query: 'mutation { act }' }), 415],
    ['application/xml', '<query/>', 415],
    ['application/jsonp', JSON.stringify({ query: 'mutation { act }' }), 415],
    ['multipart/form-data; boundary=x', '--x--', 415],
  ])('a POST of %s is refused', async (type, body, status) => {
    const before = edge.resolver.calls;
    const answer = await edge.fetch('/graphql', { method: 'POST', headers: { 'content-type': type }, body });
    expect(answer.status).toBe(status);
    expect(codesOf(answer)).toEqual(['UNSUPPORTED_MEDIA_TYPE']);
    expect(edge.resolver.calls).toBe(before);
  });

  test('a body that is not JSON is 400 and is not repeated', async () => {
    const answer = await edge.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query": "+49 151 1234567',
    });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('1234567');
  });

  test('a Host header that is no host is 400', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(edge.url);
      const request = httpRequest(
        { port, host: '127.0.0.1', path: '/graphql?query={__typename}', headers: { host: '%%[' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on('error', reject).end();
    });
    expect(status).toBe(400);
  });

  describe('cookies', () => {
    const cookie = '__Host-session=abc';
    const get = (headers: Record<string, string>) => edge.fetch('/graphql?query={__typename}', { headers });

    test('a GET with a cookie needs a header that forces a preflight', async () => {
      const refused = await get({ cookie });
      expect(refused.status).toBe(400);
      expect(codesOf(refused)).toEqual(['CSRF_REFUSED']);
      expect((await get({ cookie, 'apollo-require-preflight': '1' })).status).toBe(200);
      expect((await get({ cookie, 'x-apollo-operation-name': 'q' })).status).toBe(200);
      expect((await get({ cookie, 'content-type': 'application/json' })).status).toBe(200);
    });

    test('a POST of JSON with a cookie is taken', async () => {
      expect((await edge.query('{ __typename }', {}, { cookie })).status).toBe(200);
    });
  });

  describe('media types', () => {
    test.each([
      [undefined, 'application/json'],
      ['*/*', 'application/json'],
      ['application/*', 'application/json'],
      ['application/json, application/graphql-response+json', 'application/json'],
      ['application/graphql-response+json, application/json', 'application/graphql-response+json'],
      ['application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json'],
      ['text/html, application/graphql-response+json;q=0.9, */*;q=0.1', 'application/graphql-response+json'],
    ])('%s gets %s', async (accept, expected) => {
      const answer = await edge.query('{ __typename }', {}, accept === undefined ? {} : { accept });
      expect(answer.headers.get('content-type')).toBe(`${expected}; charset=utf-8`);
    });

    test('neither is 406, before anything is done', async () => {
      const before = edge.resolver.calls;
      expect((await edge.query('mutation { act }', {}, { accept: 'image/png' })).status).toBe(406);
      expect(edge.resolver.calls).toBe(before);
    });
  });

  describe('request ids', () => {
    test.each([['abcDEF_1-2'], ['x'.repeat(8)], ['x'.repeat(64)]])('%s is kept', async (id) => {
      expect(
        (await edge.query('{ __typename }', {}, { 'x-request-id': id })).headers.get('x-request-id'),
      ).toBe(id);
    });

    test.each([
      ['short'],
      ['x'.repeat(65)],
      ['has space 1'],
      ['<script>alert'],
      ['ünïcode-id'.normalize('NFC')],
    ])('%s is replaced', async (id) => {
      const answer = await edge.query('{ __typename }', {}, { 'x-request-id': id });
      expect(answer.headers.get('x-request-id')).not.toBe(id);
      expect(answer.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
    });

    test('an unreadable body and an unknown address have one too', async () => {
      const unreadable = await edge.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{',
      });
      expect(unreadable.headers.get('x-request-id')).toBeTruthy();
      const unknown = await edge.fetch('/nowhere');
      expect(unknown.status).toBe(404);
      expect(unknown.headers.get('x-request-id')).toBeTruthy();
    });
  });
});

describe('the landing page', () => {
  const asBrowser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

  test('is there in the sandbox, and needs nothing from elsewhere', async () => {
    const edge = await startEdge();
    const page = await edge.fetch('/graphql', asBrowser);
    await edge.close();
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toContain('/graphiql/graphiql.js');
    expect(page.text).not.toMatch(/(src|href)="(?!\/graphiql\/)/);
  });

  test('is nowhere else, and neither is introspection', async () => {
    const edge = await startEdge({ sandbox: false });
    const page = await edge.fetch('/graphql', asBrowser);
    const introspection = await edge.query('{ __schema { queryType { name } } }');
    const suggestion = await edge.query('{ lead }');
    await edge.close();
    expect(page.text).not.toContain('<html');
    expect(codesOf(introspection)).toEqual(['INTROSPECTION_DISABLED']);
    expect(suggestion.text).toContain('Cannot query field');
    expect(suggestion.text).not.toContain('Did you mean');
  });
});
