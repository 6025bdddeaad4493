import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import type { Payload } from '../support/marketplace.js';
import { became, People } from './people.js';

let app: TestApp;
let people: People;

beforeAll(async () => {
  app = await startTestApp();
  people = new People(app);
});
afterAll(async () => await app.stop());
afterEach(async () => await app.verifyInvariants());

type Erased = Payload & {
  readonly erased: number;
  readonly held: readonly { readonly leadId: string; readonly reason: string }[];
};

async function erase(person: object, key: TestKey = 'agency', more: object = {}): Promise<Erased> {
  const selection = 'erased held { leadId reason } hasMore replayed';
  return await people.act<Erased>(key, 'erasePerson', { person, ...more }, selection);
}

async function hold(name: 'placeLegalHold' | 'liftLegalHold', leadId: unknown, more: object = {}) {
  return await people.act<Payload & { lead: object | null }>(
    'agency',
    name,
    { leadId, ...more },
    'lead { id } replayed',
  );
}

const codesOf = ({ userErrors }: Payload) => userErrors.map(({ code, field }) => [code, field?.join('.')]);

/** Every row of every table, as text; bytes are hex in it. */
async function dump(): Promise<string> {
  const tables = await app.database.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await app.database.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n').toLowerCase();
}

/** The ways in which a text may lie in a dump: as it is, as hex, and as base64 at each of its three offsets. */
function waysOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // Without the signs that the neighbours have a part in.
    return shifted.slice(offset === 0 ? 0 : 4, -2);
  });
  return [text, bytes.toString('hex'), ...base64].map((way) => way.toLowerCase());
}

async function found(planted: readonly string[]): Promise<string[]> {
  const everything = await dump();
  return planted.filter((text) => waysOf(text).some((way) => everything.includes(way)));
}

const planted = {
  email: 'Zebulon.Quixworth@planted-mail.example',
  otherEmail: 'zq-private@planted-mail.example',
  phone: '+12025550147',
  givenName: 'Zebulonius',
  familyName: 'Quixworthington',
  street: '17 Plantedstreet',
  ip: '203.0.113.199',
  note: 'Quixworthington asked by phone',
  certificate: 'https://certificates.example/zebulonius',
  consent: 'I, Zebulonius, agree to be called.',
};
/** In whatever way it is spelled: as given, in normal form, as digits. */
const needles = [
  ...Object.values(planted),
  'zebulon.quixworth',
  '2025550147',
  '(202) 555-0147',
  'zebulonius',
  'quixworth',
  'plantedstreet',
];

function plantedLead(vertical: string, more: object = {}): Record<string, unknown> {
  return {
    vertical,
    contact: {
      email: planted.email,
      phone: '+1 (202) 555-0147',
      givenName: planted.givenName,
      familyName: planted.familyName,
      postalCode: '10001',
    },
    attributes: [{ key: 'street', value: planted.street }],
    consent: {
      text: planted.consent,
      capturedAt: app.now().toISOString(),
      ip: planted.ip,
      certificateUrl: planted.certificate,
    },
    ...more,
  };
}

describe('a dump of the database', () => {
  it('has nobody in the clear, by whatever way they came in, and after erasure nobody at all', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    await people.pair('otherAgency', 'otherBuyer', { vertical });
    // What is looked for is found where it is.
    await app.database.query(`create table haystack (bytes bytea, text text)`);
    await app.database.query('insert into haystack values ($1, $2)', [
      Buffer.from(`xx${planted.familyName}yy`),
      Buffer.from(`x${planted.givenName}y`).toString('base64'),
    ]);
    expect(await found(needles)).toEqual([planted.givenName, planted.familyName, 'zebulonius']);
    await app.database.query('drop table haystack');

    for (const name of ['agency', 'buyer'] as const)
      await people.done(
        name,
        'createWebhookEndpoint',
        { url: 'http://127.0.0.1:9/', description: 'all events' },
        'endpoint { id }',
      );
    const sold = await people.submitOne('agency', plantedLead(vertical));
    expect(became(sold)).toBe('SOLD');
    expect(became(await people.submitOne('otherAgency', plantedLead(vertical)))).toMatch(/^DUPLICATE/);
    const test = await people.submitOne('agency', plantedLead(vertical, { test: true }));
    const wrong = plantedLead(vertical, { consent: { capturedAt: '2001-01-01T00:00:00Z' } });
    const own = await people.pair('agency', 'buyer');
    const waiting = await people.submitOne('agency', { ...wrong, vertical: own.vertical });
    expect(became(waiting)).toBe('QUARANTINED');
    await people.submitOne('agency', plantedLead('nobody takes this'));
    await people.submitOne('agency', plantedLead(vertical, { score: 101 }));
    const entries = [
      { who: { phone: planted.phone }, note: planted.note },
      { who: { email: planted.email } },
      { who: { domain: 'planted-mail.example' } },
    ];
    await people.done('admin', 'addSuppressions', { entries }, 'added');
    expect(became(await people.submitOne('otherAgency', plantedLead(own.vertical)))).toMatch(
      /nothing|SUPPRESSED/,
    );
    await people.done(
      'buyer',
      'reportOutcome',
      { leadId: sold.lead?.id, outcome: { stage: { stage: 'CONTACTED' } } },
      'replayed',
    );
    await people.submitOne('agency', plantedLead(vertical, { externalId: 'said twice' }));
    expect(await found(needles)).toEqual([]);

    const erased = await erase(
      { reachedBy: { phone: '+1 202-555-0147', email: planted.otherEmail } },
      'admin',
    );
    expect(erased).toMatchObject({ held: [], userErrors: [] });
    const [left] = await app.database.query<{ leads: string; hashes: string }>(
      `select (select count(*) from leads where person is not null or data_key is not null or input_hash <> '')
          as leads, (select count(*) from person_hashes where lead_id is not null) as hashes`,
    );
    expect(left).toEqual({ leads: '0', hashes: '0' });
    expect(test.lead).not.toBeNull();
    expect(await found(needles)).toEqual([]);
  });
});

describe('an erased person', () => {
  it('is gone for everybody, while the books, the deliveries and the proof of consent stay', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    const lead = plantedLead(vertical, {
      externalId: 'to erase',
      contact: { email: 'gone@example.com', phone: '+12025550148' },
    });
    const { lead: sold } = await people.submitOne('agency', lead);
    const books = async () =>
      await app.database.query(
        `select (select count(*) from charges) as charges, (select sum(amount_minor) from charges) as total,
           (select count(*) from journals) as journals, (select count(*) from deliveries) as deliveries`,
      );
    const before = await books();
    const query = `query ($id: ID!) { lead(id: $id) { status erasedAt contact { email } consent { text }
      attributes { key } deliveries { status } } }`;
    expect(await app.ask(app.keys.buyer, query, { id: sold?.id })).toMatchObject({
      lead: { contact: { email: 'gone@example.com' }, consent: { text: planted.consent } },
    });
    for (const key of ['agency', 'buyer', 'admin'] as const) {
      const proof = `query ($id: ID!) { consentProof(leadId: $id) { text ip } }`;
      const { data, errors } = await app.gql(app.keys[key], proof, { id: sold?.id });
      if (key === 'buyer') expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
      else expect(data).toEqual({ consentProof: { text: planted.consent, ip: planted.ip } });
    }
    const once = { idempotencyKey: 'erase-once' };
    expect(await erase({ leadId: sold?.id }, 'agency', once)).toMatchObject({ erased: 1, replayed: false });
    expect(await erase({ leadId: sold?.id }, 'agency', once)).toMatchObject({ erased: 1, replayed: true });
    expect(await erase({ leadId: sold?.id })).toMatchObject({ erased: 0, userErrors: [] });
    for (const key of ['agency', 'buyer'] as const) {
      expect(await app.ask(app.keys[key], query, { id: sold?.id })).toEqual({
        lead: {
          status: 'ERASED',
          erasedAt: expect.any(String) as string,
          contact: null,
          consent: null,
          attributes: [],
          deliveries: [{ status: 'ACCEPTED' }],
        },
      });
    }
    expect(await books()).toEqual(before);
    const proof = '{ consentProof(leadId: "ID") { text certificateUrl } }'.replace('ID', sold?.id ?? '');
    expect(await app.ask(app.keys.agency, proof)).toEqual({
      consentProof: { text: planted.consent, certificateUrl: planted.certificate },
    });
    // Sent again it is the same lead; who comes anew within the window is a duplicate of nobody that is named.
    expect(await people.submitOne('agency', lead)).toMatchObject({
      lead: { id: sold?.id, status: 'ERASED' },
      replayed: true,
    });
    const again = await people.submitOne('agency', { vertical, contact: { phone: '+12025550148' } });
    expect(became(again)).toBe('DUPLICATE DUPLICATE_LEAD');
    expect(again.userErrors[0]).not.toHaveProperty('existing');
    const returned = { leadId: sold?.id, reason: 'INVALID_PHONE' };
    await people.done('buyer', 'requestReturn', returned, 'return { id } replayed');
    const audit = await app.database.query<{ action: string }>(
      `select action from audit_entries where subject = 'lead:' || (select id from leads where external_id = 'to erase')
       order by recorded_at, id`,
    );
    expect(audit.map(({ action }) => action)).toEqual([
      'consent-proof.read',
      'consent-proof.read',
      'person.erase',
      'consent-proof.read',
    ]);
  });

  it('still counts for the window of the buyer who had them', async () => {
    const { vertical } = await people.pair('agency', 'buyer', { terms: { dedupeWindowDays: 60 } });
    const contact = { email: 'had@example.com' };
    const { lead } = await people.submitOne('agency', { vertical, contact });
    expect(await erase({ leadId: lead?.id })).toMatchObject({ erased: 1 });
    expect(became(await people.submitOne('agency', { vertical, contact }))).toBe('DUPLICATE DUPLICATE_LEAD');
    await app.advanceClock(new Date(app.now().getTime() + 60 * 86_400_000));
    expect(became(await people.submitOne('agency', { vertical, contact }))).toBe('SOLD');
  });

  it('is found by phone or e-mail in the agency’s own leads, by the operator in all', async () => {
    const [one, two] = [await people.pair('agency', 'buyer'), await people.pair('otherAgency', 'otherBuyer')];
    const contact = { email: 'everywhere@example.com' };
    await people.submitOne('agency', { vertical: one.vertical, contact });
    await people.submitOne('otherAgency', { vertical: two.vertical, contact });
    const reachedBy = { email: 'Everywhere+tag@example.com' };
    expect(await erase({ reachedBy })).toMatchObject({ erased: 1 });
    expect(await erase({ reachedBy })).toMatchObject({ erased: 0 });
    expect(await erase({ reachedBy }, 'admin')).toMatchObject({ erased: 1 });
    expect(codesOf(await erase({ reachedBy: {} }))).toEqual([['REQUIRED', 'input.person.reachedBy']]);
    // Nobody is found by a number without its country, and that must not read as if nobody were there.
    expect(codesOf(await erase({ reachedBy: { phone: '(202) 555-0147' } }))).toEqual([
      ['INVALID_VALUE', 'input.person.reachedBy.phone'],
    ]);
    const wrong = await erase({ reachedBy: { phone: 'none', email: 'none' } });
    expect(codesOf(wrong)).toEqual([
      ['INVALID_VALUE', 'input.person.reachedBy.phone'],
      ['INVALID_VALUE', 'input.person.reachedBy.email'],
    ]);
  });

  it('is nobody of another agency, and not one whom a legal hold keeps', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    const { lead } = await people.submitOne('agency', { vertical, contact: { email: 'held@example.com' } });
    for (const id of [lead?.id, 'nonsense', app.organizations.agency.id])
      expect(codesOf(await erase({ leadId: id }, 'otherAgency'))).toEqual([
        ['NOT_FOUND', 'input.person.leadId'],
      ]);
    expect(codesOf(await hold('liftLegalHold', lead?.id))).toEqual([['NOT_ON_HOLD', 'input.leadId']]);
    expect(codesOf(await hold('placeLegalHold', lead?.id, { reason: ' ' }))).toEqual([
      ['INVALID_VALUE', 'input.reason'],
    ]);
    const reason = 'A court has asked for the file.';
    expect(codesOf(await hold('placeLegalHold', lead?.id, { reason }))).toEqual([]);
    expect(codesOf(await hold('placeLegalHold', lead?.id, { reason }))).toEqual([
      ['LEGAL_HOLD', 'input.leadId'],
    ]);
    const refused = await erase({ leadId: lead?.id });
    expect(refused.userErrors).toMatchObject([
      { code: 'LEGAL_HOLD', message: expect.stringContaining(reason) as string },
    ]);
    expect(await erase({ reachedBy: { email: 'held@example.com' } })).toMatchObject({
      erased: 0,
      held: [{ leadId: lead?.id, reason }],
    });
    expect(codesOf(await hold('liftLegalHold', lead?.id))).toEqual([]);
    expect(await erase({ leadId: lead?.id })).toMatchObject({ erased: 1 });
    expect(codesOf(await hold('placeLegalHold', lead?.id, { reason }))).toEqual([
      ['LEAD_ERASED', 'input.leadId'],
    ]);
  });
});

describe('what need not be kept any more', () => {
  it('is forgotten: proofs after five years, hashes of the erased after every window', async () => {
    const { vertical } = await people.pair('agency', 'buyer');
    const { lead } = await people.submitOne(
      'agency',
      plantedLead(vertical, { contact: { email: 'old@example.com' } }),
    );
    const { lead: held } = await people.submitOne(
      'agency',
      plantedLead(vertical, { contact: { email: 'kept@example.com' } }),
    );
    await erase({ leadId: lead?.id });
    await hold('placeLegalHold', held?.id, { reason: 'A dispute.' });
    const counts = async () =>
      await app.database.query(
        `select (select count(*) from consent_proofs p join leads l on l.id = p.lead_id where l.vertical = $1) as proofs,
           (select count(*) from person_hashes where vertical = $1) as hashes`,
        [vertical],
      );
    expect(await counts()).toEqual([{ proofs: '2', hashes: '2' }]);
    await app.advanceClock(new Date(app.now().getTime() + 366 * 86_400_000));
    expect(await counts()).toEqual([{ proofs: '2', hashes: '1' }]);
    await app.advanceClock(new Date(app.now().getTime() + 5 * 366 * 86_400_000));
    expect(await counts()).toEqual([{ proofs: '1', hashes: '1' }]);
  });
});

describe('a contract that asks for consent', () => {
  it('gets no lead without its text and its time', async () => {
    const { vertical } = await people.pair('agency', 'buyer', { terms: { consentRequired: true } });
    const lead = { vertical, externalId: 'consenting', contact: { email: 'consent@example.com' } };
    const capturedAt = app.now().toISOString();
    for (const consent of [undefined, null, {}, { text: ' ', capturedAt }, { text: 'yes' }, { capturedAt }]) {
      const refused = await people.submitOne('agency', { ...lead, consent });
      expect(became(refused)).toBe('nothing CONSENT_MISSING');
      expect(refused.userErrors).toMatchObject([{ field: ['input', 'consent'] }]);
    }
    const given = { text: 'yes', capturedAt };
    expect(became(await people.submitOne('agency', { ...lead, consent: given }))).toBe('SOLD');
  });
});
