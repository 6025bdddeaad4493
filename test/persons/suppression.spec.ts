import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import type { UserError } from '../support/marketplace.js';
import { became, People } from './people.js';

let app: TestApp;
let people: People;

beforeAll(async () => {
  app = await startTestApp();
  people = new People(app);
});
afterAll(async () => await app.stop());
afterEach(async () => await app.verifyInvariants());

interface Added {
  readonly added: number;
  readonly changed: number;
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}

async function add(key: TestKey, entries: readonly object[], more: object = {}): Promise<Added> {
  return await people.act<Added>(key, 'addSuppressions', { entries, ...more }, 'added changed replayed');
}

async function remove(key: TestKey, who: readonly object[]): Promise<{ removed: number }> {
  return await people.done<{ removed: number }>(key, 'removeSuppressions', { who }, 'removed replayed');
}

async function list(key: TestKey) {
  const { suppressions } = await app.ask<{
    suppressions: { nodes: { id: string; kind: string; note: string | null }[]; count: number };
  }>(app.keys[key], '{ suppressions(first: 100) { nodes { id kind note } count } }');
  return suppressions;
}

const counted = async () =>
  await app.database.query(
    'select (select count(*) from charges) as charges, (select count(*) from deliveries) as deliveries',
  );

describe('who must not be contacted', () => {
  it('is stopped for the agency that says so, by phone, e-mail or domain, and costs nobody anything', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    await people.pair('otherAgency', 'otherBuyer', { vertical });
    await add('agency', [
      { who: { phone: '+1 (212) 555-7001' } },
      { who: { email: 'Stop.Me+now@gmail.com' } },
      { who: { domain: 'Stopped.example' } },
    ]);
    const before = await counted();
    for (const contact of [
      { phone: '+12125557001' },
      { email: 'stopme@googlemail.com' },
      { email: 'anybody@stopped.example' },
    ]) {
      const lead = { vertical, contact, externalId: `stopped ${JSON.stringify(contact)}` };
      const stopped = await people.submitOne('agency', lead);
      expect(became(stopped)).toBe('SUPPRESSED LEAD_SUPPRESSED');
      expect(await people.submitOne('agency', lead)).toEqual({ ...stopped, replayed: true });
    }
    expect(await counted()).toEqual(before);
    // Below the domain is another domain, and another agency says nothing.
    const below = { vertical, contact: { email: 'anybody@below.stopped.example' } };
    expect(became(await people.submitOne('agency', below))).toBe('SOLD');
    const theirs = { vertical, contact: { phone: '+12125557001' } };
    expect(became(await people.submitOne('otherAgency', theirs))).toBe('SOLD');
  });

  it('is stopped for everybody by the operator, and for its own contracts by a buyer', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    await people.pair('otherAgency', 'otherBuyer', { vertical });
    await add('admin', [{ who: { phone: '+12125557002' } }]);
    await add('otherBuyer', [{ who: { phone: '+12125557003' } }]);
    const everybody = { vertical, contact: { phone: '+12125557002' } };
    const buyers = { vertical, contact: { phone: '+12125557003' } };
    expect(became(await people.submitOne('agency', everybody))).toMatch(/^SUPPRESSED/);
    expect(became(await people.submitOne('otherAgency', everybody))).toMatch(/^SUPPRESSED/);
    expect(became(await people.submitOne('otherAgency', buyers))).toMatch(/^SUPPRESSED/);
    // Nor are they given away as tests.
    for (const [key, lead] of [
      ['agency', everybody],
      ['otherAgency', buyers],
    ] as const)
      expect(became(await people.submitOne(key, { ...lead, test: true }))).toMatch(/^SUPPRESSED/);
    // One who was stopped was not had.
    expect(became(await people.submitOne('agency', buyers))).toBe('SOLD');
  });

  it('comes through again when the entry ends or is taken away', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    const expiresAt = new Date(app.now().getTime() + 3_600_000).toISOString();
    await add('agency', [
      { who: { email: 'for-an-hour@example.com' }, expiresAt },
      { who: { email: 'for-good@example.com' } },
    ]);
    const soon = { vertical, contact: { email: 'for-an-hour@example.com' } };
    const good = { vertical, contact: { email: 'for-good@example.com' } };
    for (const lead of [soon, good])
      expect(became(await people.submitOne('agency', lead))).toMatch(/^SUPPRESSED/);
    await app.advanceClock(new Date(app.now().getTime() + 3_600_000));
    expect(became(await people.submitOne('agency', soon))).toBe('SOLD');
    expect(
      await remove('agency', [{ email: 'FOR-GOOD@example.com' }, { phone: '+12125550000' }]),
    ).toMatchObject({
      removed: 1,
    });
    expect(became(await people.submitOne('agency', good))).toBe('SOLD');
  });

  it('may ask a test lead what the answer looks like', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    const ask = async (local: string) =>
      await people.submitOne('agency', { vertical, test: true, contact: { email: `${local}@leads.test` } });
    expect(became(await ask('suppressed'))).toBe('SUPPRESSED LEAD_SUPPRESSED');
    expect(became(await ask('duplicate'))).toBe('DUPLICATE DUPLICATE_LEAD');
    const quarantined = await ask('quarantined');
    expect(became(quarantined)).toBe('QUARANTINED');
    expect(quarantined.lead?.quarantineReason).not.toBeNull();
  });
});

describe('a list', () => {
  it('is seen by its own organization alone, without whom it is about', async () => {
    await add('buyer', [{ who: { phone: '+12125557010' }, note: 'Mr. Kwiatkowski asked' }]);
    const own = await list('buyer');
    expect(own.nodes).toMatchObject([{ kind: 'PHONE', note: 'Mr. Kwiatkowski asked' }]);
    expect(own.count).toBe(1);
    expect((await list('otherBuyer')).nodes.map(({ note }) => note)).not.toContain('Mr. Kwiatkowski asked');
    const [entry] = own.nodes;
    const query = 'query ($id: ID!) { node(id: $id) { id } }';
    expect(await app.ask(app.keys.buyer, query, { id: entry?.id })).toEqual({ node: { id: entry?.id } });
    for (const key of ['otherBuyer', 'agency', 'admin'] as const) {
      // The operator sees that there is one, and not what was noted down.
      const seen = 'query ($id: ID!) { node(id: $id) { ... on Suppression { kind note } } }';
      expect(await app.ask(app.keys[key], seen, { id: entry?.id })).toEqual({
        node: key === 'admin' ? { kind: 'PHONE', note: null } : null,
      });
      const foreign = { who: [{ suppressionId: entry?.id }] };
      expect(await people.act(key, 'removeSuppressions', foreign, 'removed replayed')).toMatchObject({
        removed: 0,
        userErrors: [{ code: 'NOT_FOUND', field: ['input', 'who', '0', 'suppressionId'] }],
      });
    }
    expect(await remove('buyer', [{ suppressionId: entry?.id }])).toMatchObject({ removed: 1 });
    expect((await list('buyer')).nodes).toEqual([]);
  });

  it('takes all entries of a call or none, each once, and the same call once', async () => {
    const good = { who: { email: 'one@example.com' } };
    const bad = [
      { who: { phone: '212 555 7000' } },
      { who: { email: 'nobody' } },
      { who: { domain: 'a b' } },
    ];
    const refused = await add('agency', [good, ...bad, { ...good, note: 'x'.repeat(201) }]);
    expect(refused.userErrors.map(({ code, field }) => `${code} ${field?.join('.') ?? ''}`)).toEqual([
      'INVALID_VALUE input.entries.1.who.phone',
      'INVALID_VALUE input.entries.2.who.email',
      'INVALID_VALUE input.entries.3.who.domain',
      'INVALID_VALUE input.entries.4.note',
    ]);
    const many = Array.from({ length: 1_001 }, (_, n) => ({ who: { email: `${n}@example.com` } }));
    expect((await add('agency', many)).userErrors).toMatchObject([{ code: 'TOO_MANY' }]);
    expect((await add('agency', [])).userErrors).toMatchObject([{ code: 'REQUIRED' }]);
    const key = { idempotencyKey: 'the-same-call' };
    const first = await add('agency', many.slice(1), key);
    expect(first).toMatchObject({ added: 1_000, changed: 0, replayed: false, userErrors: [] });
    expect(await add('agency', many.slice(1), key)).toMatchObject({ added: 1_000, replayed: true });
    const other = await add('agency', many.slice(2), key);
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
    const again = [{ who: { email: '1@example.com' } }, { who: { email: '1@EXAMPLE.com' } }];
    expect(await add('agency', again)).toMatchObject({ added: 0, changed: 1 });
  });
});
