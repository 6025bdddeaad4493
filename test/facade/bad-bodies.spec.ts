/** Anything at all sent to /v1 and to submitLead: no fault of ours, nothing repeated, nothing kept of what is refused. */
import fc from 'fast-check';
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace } from '../support/marketplace.js';
import { anything, marked, mostly, placeholder, sent, strangeName, text, word } from './any-body.js';
import { type Body, type FacadeAnswer, OpenFacade } from './open-facade.js';

let app: TestApp;
let it_: OpenFacade;
let vertical: string;

beforeAll(async () => {
  app = await startTestApp();
  it_ = new OpenFacade(app);
  ({ vertical } = await new Marketplace(app).contract({
    baseRate: { amount: '10.00', currency: 'USD' },
    commissionBasis: 'NONE',
    commissionRatePpm: 0,
    commissionTrigger: 'QUALIFIED',
  }));
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

const withVertical = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(
    `"${placeholder}"`,
    JSON.stringify(vertical),
  );
let people = 0;
const valid = (more: object = {}): Record<string, unknown> => {
  people += 1;
  return {
    externalId: `valid-${people}`,
    vertical: placeholder,
    contact: { email: `valid-${people}@example.com` },
    ...more,
  };
};

/** Rows of everything that taking a lead writes. */
async function rows(): Promise<string> {
  const tables = [
    'leads',
    'person_hashes',
    'consent_proofs',
    'deliveries',
    'charges',
    'journals',
    'postings',
    'events',
    'routing_decisions',
  ];
  const known = await app.database.query<{ name: string }>(
    `select relname as name from pg_class where relkind in ('r', 'p') and relname = any($1) order by 1`,
    [tables],
  );
  const counts = known.map(({ name }) => `(select count(*) from ${name})`).join(`, ' ', `);
  const [row] = await app.database.query<{ counts: string }>(`select concat(${counts}) as counts`);
  return row?.counts ?? '';
}

const reasons = ({ body }: FacadeAnswer) =>
  body.userErrors.map(({ code, field }) => `${code} ${field?.join('.') ?? ''}`);

describe('a body of /v1', () => {
  it.each([
    ['nothing', ''],
    ['a text', `"${word}"`],
    ['a list', `["${word}"]`],
    ['null', 'null'],
    ['half of it', `{"externalId":"${word}"`],
    ['something behind it', `{} ${word}`],
    ['a NUL outside of texts', '{}\0'],
    ['a megabyte of brackets', '['.repeat(900_000)],
    ['no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])('that is %s is 400', async (_name, body) => {
    for (const path of ['/v1/leads', '/v1/leads/batch', '/v1/ping', '/v1/post']) {
      const answer = await it_.post(path, body);
      expect([answer.status, answer.body.code]).toEqual([400, 'BAD_REQUEST']);
      expect(answer.text).not.toContain(word);
    }
  });

  it('of another type is 415, and of more than a megabyte 413', async () => {
    for (const type of [
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/jsonx',
    ]) {
      const answer = await it_.post('/v1/leads', JSON.stringify(valid()), { type });
      expect([type, answer.status, answer.body.code]).toEqual([type, 415, 'UNSUPPORTED_MEDIA_TYPE']);
    }
    const long = await it_.post('/v1/leads', JSON.stringify(valid({ vertical: word.repeat(350_000) })));
    expect([long.status, long.body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(long.text).not.toContain(word);
  });

  const contact = { email: 'ada@example.com' };
  const cases: readonly (readonly [string, string | object, readonly string[]])[] = [
    ['a number for a text', { ...valid(), externalId: 7 }, ['INVALID_VALUE externalId']],
    ['a text for a number', valid({ score: '71' }), ['INVALID_VALUE score']],
    ['half a number', valid({ score: 71.5 }), ['INVALID_VALUE score']],
    [
      'too large a number',
      '{"externalId":"a","vertical":"b","contact":{"email":"a@b.c"},"score":1e999}',
      ['INVALID_VALUE score'],
    ],
    ['a text for true', valid({ test: 'true' }), ['INVALID_VALUE test']],
    ['a list for an object', valid({ contact: [] }), ['INVALID_VALUE contact']],
    ['a text for an object', valid({ consent: word }), ['INVALID_VALUE consent']],
    [
      'an object for a text',
      valid({ contact: { email: { [word]: word } } }),
      ['INVALID_VALUE contact.email'],
    ],
    [
      'a number for an amount',
      valid({ source: { cost: { amount: 4, currency: 'USD' } } }),
      ['INVALID_VALUE source.cost.amount'],
    ],
    ['half an amount', valid({ source: { cost: { amount: '4.00' } } }), ['REQUIRED source.cost.currency']],
    [
      'no instant',
      valid({ consent: { capturedAt: '2026-02-30T00:00:00Z' } }),
      ['INVALID_VALUE consent.capturedAt'],
    ],
    ['nothing', {}, ['REQUIRED externalId', 'REQUIRED vertical', 'REQUIRED contact']],
    [
      'nulls',
      { externalId: null, vertical: null, contact: null, test: null },
      ['REQUIRED externalId', 'REQUIRED vertical', 'REQUIRED contact'],
    ],
    ['an unknown field', valid({ adress: word }), ['INVALID_VALUE adress']],
    ['an unknown field with a person in its name', valid({ 'zq7@example.com': 1 }), ['INVALID_VALUE ?']],
    [
      'the prototype',
      `{"externalId":"a","vertical":"b","contact":{"email":"a@b.c","__proto__":{"phone":"1"}},"constructor":1}`,
      ['INVALID_VALUE contact.__proto__', 'INVALID_VALUE constructor'],
    ],
    [
      'a name twice',
      `{"externalId":"a","vertical":"b","contact":{"email":"a@b.c","em\\u0061il":"${word}@b.c"}}`,
      ['INVALID_VALUE contact.email'],
    ],
    [
      'an attribute twice',
      '{"externalId":"a","vertical":"b","contact":{},"attributes":{"x":"1","y":"{\\"x\\":2}","x":"3"}}',
      ['INVALID_VALUE attributes.x'],
    ],
    ['attributes of numbers', valid({ attributes: { area: 120 } }), ['INVALID_VALUE attributes.area']],
    [
      'a long attribute in an object',
      valid({ attributes: { ok: 'a', area: word.repeat(2_000) } }),
      ['INVALID_VALUE attributes.area'],
    ],
    [
      'a long attribute in a list',
      valid({ attributes: [{ key: 'area', value: word.repeat(2_000) }] }),
      ['INVALID_VALUE attributes.0.value'],
    ],
    ['attributes in a list of texts', valid({ attributes: [word] }), ['INVALID_VALUE attributes.0']],
    [
      'an attribute with more',
      valid({ attributes: [{ key: 'a', value: 'b', values: [] }] }),
      ['INVALID_VALUE attributes.0.values'],
    ],
    [
      'a NUL',
      valid({ contact: { ...contact, givenName: marked('\0') } }),
      ['INVALID_VALUE contact.givenName'],
    ],
    [
      'a lone surrogate',
      valid({ contact: { ...contact, givenName: marked('\ud800') } }),
      ['INVALID_VALUE contact.givenName'],
    ],
    [
      'a long name',
      valid({ contact: { ...contact, givenName: word.repeat(200_000) } }),
      ['INVALID_VALUE contact.givenName'],
    ],
    ['a contract of nobody', valid({ contractId: 'ctr_zq7' }), ['NOT_FOUND contractId']],
  ];
  it.each(cases)('with %s is refused by its place', async (_name, body, expected) => {
    const before = await rows();
    const answer = await it_.post('/v1/leads', withVertical(body));
    expect({ status: answer.status, reasons: reasons(answer) }).toEqual({ status: 422, reasons: expected });
    expect(answer.text).not.toContain(word);
    expect(await rows()).toBe(before);
  });

  it('with a hundred thousand wrong places gets a short answer', async () => {
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`f${index}`, 1]));
    const answer = await it_.post('/v1/leads', many);
    expect([answer.status, answer.body.userErrors.length]).toEqual([422, 20]);
    const twice = await it_.post('/v1/leads/batch', '{"leads":[{"a":1},{"b":{"c":1,"c":2}}]}');
    expect([twice.status, ...reasons(twice)]).toEqual([422, 'INVALID_VALUE leads.1.b.c']);
  });
});

describe('anything at all', () => {
  /** A lead is there that was taken, and nothing changed when none was. */
  async function judge(payload: Body['results'][number] | undefined, before: string): Promise<void> {
    if (payload?.lead) {
      const known = await it_.get(`/v1/leads/${payload.lead.id}`);
      expect(known.body.lead?.externalId).toBe(payload.lead.externalId);
    } else expect(await rows()).toBe(before);
    expect(JSON.stringify(payload?.userErrors ?? [])).not.toContain(word);
  }

  it('sent to /v1/leads is taken whole or not at all', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(sent, async (value) => {
        const before = await rows();
        const answer = await it_.post('/v1/leads', withVertical(value));
        expect([200, 201, 400, 422]).toContain(answer.status);
        if (answer.status === 400) {
          expect(answer.text).not.toContain(word);
          expect(await rows()).toBe(before);
          return;
        }
        if (answer.body.lead) taken += 1;
        expect(answer.body.lead !== null).toBe(answer.status < 300);
        await judge(answer.body, before);
      }),
      { numRuns: 250 },
    );
    expect(taken).toBeGreaterThan(5);
  }, 120_000);

  it('asked by /v1/ping is answered or refused, and leaves nothing of a lead; posted with it, it is taken whole or not at all', async () => {
    let answered = 0;
    const pinged = fc.oneof(
      fc.record(
        {
          externalId: mostly(fc.uuid()),
          vertical: mostly(fc.constant(placeholder), 20),
          contact: mostly(
            fc.record(
              { country: fc.constantFrom('US', 'GB'), postalCode: fc.constant('10001') },
              { requiredKeys: [] },
            ),
          ),
          score: mostly(fc.integer({ min: 0, max: 100 })),
        },
        { requiredKeys: ['externalId', 'vertical', 'contact'] },
      ),
      sent,
    );
    const pingIds = fc.oneof(fc.constant('PING'), anything);
    await fc.assert(
      fc.asyncProperty(pinged, sent, pingIds, async (value, lead, pingId) => {
        const before = await rows();
        const ping = await it_.post('/v1/ping', withVertical(value));
        expect([200, 400, 422]).toContain(ping.status);
        expect(await rows()).toBe(before);
        expect(ping.text).not.toContain(word);
        const { ping: found = null } = ping.body as unknown as { ping?: { pingId: string } | null };
        if (found) answered += 1;
        const whole =
          typeof lead === 'object' && lead !== null && !Array.isArray(lead)
            ? { ...lead, pingId: pingId === 'PING' ? (found?.pingId ?? word) : pingId }
            : lead;
        const posted = await it_.post('/v1/post', withVertical(whole));
        expect([200, 201, 400, 422]).toContain(posted.status);
        if (posted.status === 400) expect(posted.text).not.toContain(word);
        else await judge(posted.body, before);
      }),
      { numRuns: 150 },
    );
    expect(answered).toBeGreaterThan(5);
  }, 120_000);

  it('sent as form fields is taken whole or not at all', async () => {
    const name = fc.oneof(
      fc.constantFrom(
        'contact.givenName',
        'contact.phone',
        'attributes.a',
        'attributes.',
        'score',
        'test',
        'contact',
        'consent.text',
        'source.cost.amount',
      ),
      strangeName,
    );
    const type = 'application/x-www-form-urlencoded';
    await fc.assert(
      fc.asyncProperty(
        fc.uuid(),
        fc.array(fc.tuple(name, text), { maxLength: 5 }),
        async (externalId, fields) => {
          const before = await rows();
          const whole: [string, string][] = [
            ['externalId', externalId],
            ['vertical', vertical],
            ['contact.email', `${externalId}@example.com`],
            ...fields,
          ];
          const answer = await it_.post('/v1/leads', new URLSearchParams(whole).toString(), { type });
          expect([200, 201, 422]).toContain(answer.status);
          await judge(answer.body, before);
        },
      ),
      { numRuns: 100 },
    );
  }, 120_000);

  it('sent to /v1/leads/batch and to submitLeads is answered one by one, alike', async () => {
    const query = `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) { lead { id externalId } replayed userErrors { code message field } } }`;
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 4 }), async (values) => {
        const before = await rows();
        const body = withVertical({ leads: values });
        const answer = await it_.post('/v1/leads/batch', body);
        expect([answer.status, answer.body.results.length]).toEqual([200, values.length]);
        const isAnyTaken = answer.body.results.some(({ lead: found }) => found !== null);
        if (!isAnyTaken) expect(await rows()).toBe(before);
        for (const [index, given] of (JSON.parse(body) as { leads: unknown[] }).leads.entries()) {
          const result = answer.body.results[index];
          expect(JSON.stringify(result?.userErrors)).not.toContain(word);
          const same = await app.gql<{ submitLead: Body } | null>(app.keys.agency, query, { input: given });
          expect(same.status).toBeLessThan(500);
          expect(same.errors?.map(({ extensions }) => extensions.code) ?? []).not.toContain('INTERNAL');
          expect(JSON.stringify([same.errors, same.data?.submitLead.userErrors])).not.toContain(word);
          if (result?.lead) {
            taken += 1;
            // GraphQL takes attributes in a list alone.
            const isObject = !Array.isArray((given as { attributes?: unknown }).attributes ?? []);
            if (!isObject)
              expect(same.data?.submitLead).toMatchObject({ lead: { id: result.lead.id }, replayed: true });
          } else expect(same.data?.submitLead.lead ?? null).toBeNull();
        }
      }),
      { numRuns: 80 },
    );
    expect(taken).toBeGreaterThan(5);
  }, 180_000);
});
