import { newId } from '#database';
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace, type Terms } from '../support/marketplace.js';
import { type Body, type FacadeAnswer, OpenFacade } from './open-facade.js';

const terms: Terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
};

let app: TestApp;
let it_: OpenFacade;
let vertical: string;
let contractId: string;

beforeAll(async () => {
  app = await startTestApp();
  it_ = new OpenFacade(app);
  ({ vertical, contractId } = await new Marketplace(app).contract(terms));
}, 60_000);
afterAll(async () => await app.stop());
afterEach(async () => await app.verifyInvariants());

/** A person of its own for each name: one who was had before would be a duplicate. */
const leadOf = (externalId: string, more: object = {}) => ({
  externalId,
  vertical,
  contact: { email: `${externalId}@example.com` },
  ...more,
});
const whole = (externalId: string) =>
  leadOf(externalId, {
    contractId,
    test: false,
    contact: {
      email: `${externalId}@example.com`,
      phone: null,
      givenName: '<script>',
      familyName: 'ض🙂',
      postalCode: '10001',
      country: 'US',
    },
    attributes: [{ key: 'roof', value: "flat'; drop table leads; --" }],
    source: { channel: 'search', campaign: null, cost: { amount: '4.00', currency: 'USD' } },
    consent: { text: 'I agree', capturedAt: '2026-01-31T12:00:00+01:00', ip: '192.0.2.1' },
    score: 80,
  });
const reasons = ({ body }: FacadeAnswer) =>
  body.userErrors.map(({ code, field }) => `${code} ${field?.join('.') ?? ''}`);
const graphql = `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) {
  lead { id externalId vertical status quarantineReason test score schemaVersion receivedAt erasedAt } replayed
  userErrors { code message field ... on ExistingObjectError { existing } } } }`;

async function byGraphql(input: object): Promise<Body> {
  return (await app.ask<{ submitLead: Body }>(app.keys.agency, graphql, { input })).submitLead;
}

async function leads(): Promise<number> {
  const [row] = await app.database.query<{ count: number }>('select count(*)::int as count from leads');
  return row?.count ?? -1;
}

describe('POST /v1/leads', () => {
  it('takes a lead as submitLead does, delivers and charges it, and says where it is', async () => {
    const answer = await it_.post('/v1/leads', whole('whole'));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      lead: { status: 'SOLD', score: 80 },
      replayed: false,
      userErrors: [],
    });
    const replay = await byGraphql(whole('whole'));
    expect(replay).toMatchObject({ lead: answer.body.lead, replayed: true });
    const again = await it_.post('/v1/leads', whole('whole'));
    expect({ status: again.status, body: again.body }).toEqual({ status: 200, body: replay });
    const read = await it_.get(`/v1/leads/${answer.body.lead?.id ?? ''}`);
    expect({ status: read.status, lead: read.body.lead }).toEqual({ status: 200, lead: answer.body.lead });
    const kept = await app.ask<{ lead: object }>(
      app.keys.agency,
      `query ($id: ID!) { lead(id: $id) { contact { email givenName familyName } attributes { key value }
        consent { capturedAt } source { cost { amount currency } } deliveries { status contract { id } } } }`,
      { id: answer.body.lead?.id },
    );
    expect(kept.lead).toEqual({
      contact: { email: 'whole@example.com', givenName: '<script>', familyName: 'ض🙂' },
      attributes: [{ key: 'roof', value: "flat'; drop table leads; --" }],
      consent: { capturedAt: '2026-01-31T11:00:00.000Z' },
      source: { cost: { amount: '4.00', currency: 'USD' } },
      deliveries: [{ status: 'ACCEPTED', contract: { id: contractId } }],
    });
  });

  it('answers a refusal as submitLead does, in words and codes, with paths of its own body', async () => {
    await it_.post('/v1/leads', leadOf('taken'));
    for (const wrong of [
      leadOf('wrong', { contact: { email: 'ada', phone: 'none\0' }, score: 101 }),
      leadOf(''),
      leadOf('wrong', { contractId: app.organizations.agency.id }),
      leadOf('wrong', { vertical: 'nowhere' }),
      leadOf('taken', { score: 1 }),
      leadOf('wrong', { source: { cost: { amount: '1e3', currency: 'USD' } } }),
    ]) {
      const before = await leads();
      const answer = await it_.post('/v1/leads', wrong);
      const { lead, userErrors } = await byGraphql(wrong);
      const asHere = userErrors.map((each) => ({ ...each, field: each.field?.slice(1) }));
      expect(answer.body).toEqual({ lead: null, replayed: false, userErrors: asHere });
      expect([answer.status, lead, await leads()]).toEqual([422, null, before]);
    }
  });

  it('tells of a lead that is kept and given to nobody why', async () => {
    const person = { contact: { email: 'twice@example.com' } };
    const first = await it_.post('/v1/leads', leadOf('twice-1', person));
    const second = await it_.post('/v1/leads', leadOf('twice-2', person));
    expect(second.status).toBe(201);
    expect(second.body).toMatchObject({
      lead: { status: 'DUPLICATE' },
      userErrors: [{ code: 'DUPLICATE_LEAD', field: ['contact'], existing: first.body.lead?.id }],
    });
  });

  it('takes attributes as an object too, and the same lead as a form', async () => {
    const attributes = { roof: 'flat', 'with.dots': 'yes', constructor: 'c' };
    const asObject = await it_.post('/v1/leads', leadOf('form', { attributes, score: 7, test: true }));
    expect(asObject.status).toBe(201);
    const fields: [string, string][] = [
      ['externalId', 'form'],
      ['vertical', vertical],
      ['contact.email', 'form@example.com'],
      ['contact.phone', ''],
      ['attributes.roof', 'flat'],
      ['attributes.with.dots', 'yes'],
      ['attributes.constructor', 'c'],
      ['attributes.empty', ''],
      ['consent.capturedAt', ''],
      ['score', '7'],
      ['test', 'true'],
    ];
    const type = 'application/x-www-form-urlencoded; charset=UTF-8';
    const asForm = await it_.post('/v1/leads', new URLSearchParams(fields).toString(), { type });
    expect({ status: asForm.status, lead: asForm.body.lead }).toEqual({
      status: 200,
      lead: asObject.body.lead,
    });
    const list = Object.entries(attributes).map(([key, value]) => ({ key, value }));
    const asList = await it_.post('/v1/leads', leadOf('form', { attributes: list, score: 7, test: true }));
    expect(asList.status).toBe(200);
  });

  it('refuses forms by the name of the field', async () => {
    const type = 'application/x-www-form-urlencoded';
    const wrong = await it_.post(
      '/v1/leads',
      'externalId=a&contact.email=zq7&contact.email=zq7&contact.zq8=1&contact=zq7&score=zq7&test=zq7' +
        '&attributes=zq7&constructor=zq7&__proto__.x=zq7&vertical.x=zq7&attributes.a=1&attributes.a=2&source.cost=4',
      { type },
    );
    expect(wrong.status).toBe(422);
    expect(reasons(wrong).toSorted()).toEqual(
      [
        'INVALID_VALUE __proto__.x',
        'INVALID_VALUE attributes',
        'INVALID_VALUE attributes.a',
        'INVALID_VALUE constructor',
        'INVALID_VALUE contact',
        'INVALID_VALUE contact.email',
        'INVALID_VALUE contact.zq8',
        'INVALID_VALUE score',
        'INVALID_VALUE source.cost',
        'INVALID_VALUE test',
        'INVALID_VALUE vertical.x',
        'REQUIRED vertical',
      ].toSorted(),
    );
    expect(wrong.text).not.toContain('zq7');
    expect((await it_.post('/v1/leads', 'externalId=%ff', { type })).status).toBe(400);
    expect((await it_.post('/v1/leads/batch', 'leads=1', { type })).status).toBe(415);
  });

  it('takes test leads of a test key and gives them the answer they ask for', async () => {
    const contact = { email: 'rejected@leads.test' };
    const answer = await it_.post('/v1/leads', leadOf('forced', { test: true, contact }));
    expect(reasons(answer)).toEqual(['INVALID_VALUE contact.phone', 'INVALID_AMOUNT source.cost.amount']);
  });
});

describe('POST /v1/leads/batch', () => {
  it('answers each lead on its own, in order', async () => {
    const given = [
      leadOf('b-1'),
      leadOf('b-2', { contact: { email: 7 } }),
      'zq7',
      leadOf('b-1'),
      leadOf('b-3', { score: 101 }),
    ];
    const { status, body, text } = await it_.post('/v1/leads/batch', { leads: given });
    expect(status).toBe(200);
    expect(
      body.results.map(({ lead, replayed, userErrors }) => [
        lead?.externalId,
        replayed,
        userErrors.map(({ field }) => field?.join('.')),
      ]),
    ).toEqual([
      ['b-1', false, []],
      [undefined, false, ['leads.1.contact.email']],
      [undefined, false, ['leads.2']],
      ['b-1', true, []],
      [undefined, false, ['leads.4.score']],
    ]);
    expect(text).not.toContain('zq7');
    expect((await it_.post('/v1/leads/batch', { leads: [] })).body).toEqual({ results: [], userErrors: [] });
  });

  it('takes 500 and refuses 501, and what is no list of leads', async () => {
    const run = newId();
    const many = Array.from({ length: 501 }, (_, index) => leadOf(`${run}-${index}`));
    const before = await leads();
    const over = await it_.post('/v1/leads/batch', { leads: many });
    expect([over.status, ...reasons(over), await leads()]).toEqual([422, 'TOO_MANY leads', before]);
    const full = await it_.post('/v1/leads/batch', { leads: many.slice(1) });
    expect(full.body.results.filter(({ lead }) => lead?.status === 'SOLD')).toHaveLength(500);
    expect(await leads()).toBe(before + 500);
    expect(full.headers.get('ratelimit')).toMatch(/^"cost";r=\d+;t=\d+, "leads";r=\d+;t=\d+$/);
    for (const [body, reason] of [
      [{}, 'REQUIRED leads'],
      [{ leads: 'x' }, 'INVALID_VALUE leads'],
      [{ leads: [], lead: {} }, 'INVALID_VALUE lead'],
    ] as const)
      expect(reasons(await it_.post('/v1/leads/batch', body))).toEqual([reason]);
  });
});

describe('GET /v1/leads/{id}', () => {
  it('shows a lead to those whose it is, and to nobody else that there is one', async () => {
    const { body } = await it_.post('/v1/leads', leadOf('read'));
    const path = `/v1/leads/${body.lead?.id ?? ''}`;
    const statuses = async (key: string) => (await it_.get(path, { key })).status;
    expect(await statuses(app.keys.buyer)).toBe(200);
    expect(await statuses(app.keys.otherAgency)).toBe(404);
    expect(await statuses(app.keys.otherBuyer)).toBe(404);
    for (const other of ['lead_0', app.organizations.agency.id, 'x'.repeat(200), '%00', '%zz']) {
      const answer = await it_.get(`/v1/leads/${other}`);
      expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND']);
      expect(answer.text).not.toContain('xxx');
    }
  });
});

describe('/v1', () => {
  it('refuses callers like /graphql does: keys, permissions, tests of the test key', async () => {
    const none = await it_.post('/v1/leads', leadOf('x'), { key: null });
    expect([none.status, none.body.code, none.headers.get('www-authenticate')]).toEqual([
      401,
      'UNAUTHENTICATED',
      'Bearer',
    ]);
    const bad = await it_.post('/v1/leads', leadOf('x'), { key: `${app.keys.agency}x` });
    expect({ ...bad.body, requestId: '' }).toEqual({ ...none.body, requestId: '' });
    for (const key of [app.keys.buyer, app.keys.admin]) {
      const refused = await it_.post('/v1/leads', leadOf('x'), { key });
      expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN']);
      expect((await it_.post('/v1/leads/batch', { leads: [] }, { key })).status).toBe(403);
    }
    const made = await app.ask<{ createApiKey: { token: string } }>(
      app.keys.agency,
      `mutation { createApiKey(input: { name: "t", mode: TEST, roles: [API_CLIENT], idempotencyKey: "t" }) { token userErrors { message } } }`,
    );
    const tested = await it_.post('/v1/leads', leadOf('x'), { key: made.createApiKey.token });
    expect(tested.body.lead).toMatchObject({ test: true, status: 'SOLD' });
  });

  it('keeps the request id that it is given, and is not found elsewhere', async () => {
    const answer = await it_.post('/v1/leads', '{', { headers: { 'x-request-id': 'my-request-1' } });
    expect([answer.headers.get('x-request-id'), answer.body.requestId]).toEqual([
      'my-request-1',
      'my-request-1',
    ]);
    for (const [method, path] of [
      ['PUT', '/v1/leads'],
      ['GET', '/v1/leads'],
      ['GET', '/v1/nothing'],
    ] as const)
      expect((await it_.get(path, { method })).status).toBe(404);
  });

  it('draws from the buckets of GraphQL, and says when to come again', async () => {
    const small = await startTestApp({
      environment: { LEADGER_LIMIT_LEADS_PER_SECOND: '1', LEADGER_LIMIT_COST_PER_SECOND: '1' },
    });
    // A bucket has one more every second, and on a busy machine seconds pass between two requests.
    const standsStill = performance.now();
    performance.now = () => standsStill;
    try {
      const facade = new OpenFacade(small);
      const ten = { leads: Array.from({ length: 9 }, () => 0) };
      expect((await facade.post('/v1/leads/batch', ten)).headers.get('ratelimit')).toContain('"leads";r=1;');
      const answer = await small.gql<null>(small.keys.agency, graphql, { input: leadOf('a') });
      expect(answer.headers.get('ratelimit')).toContain('"leads";r=0;');
      const throttled = await facade.post('/v1/leads', leadOf('b'));
      expect([throttled.status, throttled.body.code, throttled.headers.get('retry-after')]).toEqual([
        429,
        'THROTTLED',
        '1',
      ]);
      expect(throttled.headers.get('ratelimit-policy')).toBe('"cost";q=10;w=10, "leads";q=10;w=10');
      // What cannot be read costs a point, as it does there.
      expect((await facade.post('/v1/leads', '{')).headers.get('ratelimit')).toContain('"cost";r=9;');
    } finally {
      Reflect.deleteProperty(performance, 'now');
      await small.stop();
    }
  });
});

describe('POST /v1/ping and /v1/post', () => {
  interface Pinged {
    readonly ping: { readonly pingId: string; readonly price: object | null; readonly isBid: boolean } | null;
    readonly replayed: boolean;
  }
  const ping = async (body: object): Promise<Pinged & FacadeAnswer> => {
    const answer = await it_.post('/v1/ping', body);
    return { ...answer, ...(answer.body as unknown as Pinged) };
  };
  const place = { country: 'US', postalCode: '10001' };

  it('say what a lead would bring, take nothing, and then take the lead that was asked about', async () => {
    const before = await leads();
    const asked = await ping({ externalId: 'pinged', vertical, contact: place, score: 50 });
    expect([asked.status, asked.ping]).toMatchObject([
      200,
      {
        price: { amount: '10.00', currency: 'USD' },
        isBid: false,
        expiresAt: expect.any(String),
        entries: [],
      },
    ]);
    expect(await leads()).toBe(before);
    const same = await ping({ externalId: 'pinged', vertical, contact: place, score: 50 });
    expect([same.replayed, same.ping?.pingId]).toEqual([true, asked.ping?.pingId]);
    const whole = { ...leadOf('pinged'), contact: { ...place, email: 'pinged@example.com' }, score: 50 };
    expect(reasons(await it_.post('/v1/post', whole))).toEqual(['REQUIRED pingId']);
    const pingId = asked.ping?.pingId;
    expect(reasons(await it_.post('/v1/post', { ...whole, pingId, score: 51 }))).toEqual([
      'PING_CHANGED score',
    ]);
    const posted = await it_.post('/v1/post', { ...whole, pingId });
    expect([posted.status, posted.body.lead?.status]).toEqual([201, 'SOLD']);
    expect((await it_.post('/v1/post', { ...whole, pingId })).body).toMatchObject({ replayed: true });
    const other = {
      ...leadOf('pinged-2'),
      contact: { ...place, email: 'two@example.com' },
      score: 50,
      pingId,
    };
    expect(reasons(await it_.post('/v1/leads', other))).toEqual(['PING_USED pingId']);
  });

  it('refuse what is about the person and what is no field of a ping, by its place, and take forms', async () => {
    const personal = { externalId: 'p', vertical, contact: { ...place, email: 'a@b.example', phone: '1' } };
    expect(reasons(await ping(personal)).toSorted()).toEqual([
      'INVALID_VALUE contact.email',
      'INVALID_VALUE contact.phone',
    ]);
    expect(reasons(await ping({ externalId: 'p', vertical, contact: place, pingId: 'x' }))).toEqual([
      'INVALID_VALUE pingId',
    ]);
    expect(reasons(await ping({ externalId: 'p', vertical, contact: place, contractId: 'x' }))).toEqual([
      'NOT_FOUND contractId',
    ]);
    const form = new URLSearchParams({ externalId: 'f', vertical, 'contact.country': 'US' }).toString();
    const answer = await it_.post('/v1/ping', form, { type: 'application/x-www-form-urlencoded' });
    expect(answer.status).toBe(200);
  });

  it('answer as pingLead does', async () => {
    const input = { externalId: 'by-graphql', vertical, contact: place };
    const query = `mutation ($input: PingLeadInput!) { pingLead(input: $input) { ping { id price { amount currency } isBid
      expiresAt summary } userErrors { code } } }`;
    const { pingLead } = await app.ask<{ pingLead: { ping: { id: string } } }>(app.keys.agency, query, {
      input,
    });
    const { id: pingId, ...told } = pingLead.ping;
    expect((await ping(input)).ping).toMatchObject({ pingId, ...told });
  });
});
