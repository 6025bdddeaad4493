import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig } from '#config';
import { LeadQueries } from '#leads';
import type { RawAttribute, RawSchema } from '#verticals';
import { createApp, stopApp } from '../../apps/api/src/create-app.js';
import { createLog } from '../../apps/process/src/log.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { attributes, Operator, somebody, type Submitted, terms, told } from './operator.js';

let app: TestApp;
let operator: Operator;
/** Another process of the same installation, with a memory of its own. */
let other: NestFastifyApplication;
let otherUrl: string;

beforeAll(async () => {
  app = await startTestApp();
  operator = new Operator(app);
  const config = loadConfig({
    DATABASE_URL: app.databaseUrl,
    LEADGER_LOG_LEVEL: 'error',
    LEADGER_POOL_SIZE: '2',
  });
  other = await createApp(config, createLog('error'));
  await other.listen({ host: '127.0.0.1', port: 0 });
  otherUrl = await other.getUrl();
});
afterAll(async () => {
  await stopApp(other, { drain: false });
  await app.stop();
});
afterEach(async () => await app.verifyInvariants());

const area: RawAttribute = { key: 'area', type: 'INTEGER', label: 'Area', required: true };
const schema: RawSchema = {
  attributes: [area, { key: 'roof', type: 'ENUM', label: 'Roof', values: ['Flat', 'Steep'] }],
};

/** The same submission through the other process. */
async function submitElsewhere(input: Record<string, unknown>): Promise<Submitted> {
  const query = `mutation ($input: SubmitLeadInput!) { submitLead(input: $input) {
    lead { id schemaVersion } replayed userErrors { code message field } } }`;
  const lead = { externalId: operator.market.nextKey(), contact: somebody(input['externalId']), ...input };
  const response = await fetch(`${otherUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.keys.agency}` },
    body: JSON.stringify({ query, variables: { input: lead } }),
  });
  return ((await response.json()) as { data: { submitLead: Submitted } }).data.submitLead;
}

async function stored(externalId: string): Promise<unknown> {
  const [row] = await app.database.query<{ agency_id: string; id: string }>(
    'select agency_id, id from leads where external_id = $1',
    [externalId],
  );
  if (!row) return undefined;
  const queries = app.nest.get(LeadQueries, { strict: false });
  const [lead] = await queries.opened([{ agencyId: row.agency_id, id: row.id }]);
  return lead && { contact: lead.contact, attributes: lead.attributes, schema_version: lead.schemaVersion };
}

describe('a lead of a vertical with a schema', () => {
  it('is kept in its normal form, with the version it was checked by', async () => {
    const vertical = await operator.vertical(schema, { defaultCountry: 'DE' });
    const contact = {
      email: ' Ada@EXAMPLE.com',
      phone: '030 1234567',
      givenName: ' Ada ',
      postalCode: 'D-10115',
    };
    const given = {
      externalId: 'normal',
      vertical,
      contact,
      attributes: attributes({ roof: 'FLAT', area: ' 007 ' }),
    };
    const { lead } = await operator.submit(given);
    expect(lead?.schemaVersion).toBe(1);
    expect(await stored('normal')).toEqual({
      contact: {
        email: 'Ada@example.com',
        phone: '+49301234567',
        givenName: 'Ada',
        familyName: null,
        postalCode: '10115',
        country: null,
      },
      attributes: attributes({ roof: 'Flat', area: '7' }),
      schema_version: 1,
    });
    const again = await operator.submit(given);
    expect(again).toMatchObject({ replayed: true, lead: { id: lead?.id, schemaVersion: 1 } });
    const spelled = await operator.submit({ ...given, contact: { ...contact, phone: '+49301234567' } });
    expect(told(spelled)).toEqual(['EXTERNAL_ID_REUSED input.externalId']);
  });

  it('is refused with every reason at once, alone and in a list', async () => {
    const vertical = await operator.vertical({
      ...schema,
      requiredContact: ['PHONE'],
      consentRequired: true,
    });
    const bad = {
      vertical,
      score: 101,
      contact: { email: 'ada', country: 'UK' },
      attributes: attributes({ roof: 'none', colour: 'red' }),
    };
    const expected = [
      'INVALID_VALUE input.score',
      'INVALID_VALUE input.contact.country',
      'INVALID_VALUE input.contact.email',
      'INVALID_VALUE input.attributes.0.value',
      'INVALID_VALUE input.attributes.1.key',
      'REQUIRED input.attributes.area',
      'REQUIRED input.contact.phone',
      'REQUIRED input.consent.text',
      'REQUIRED input.consent.capturedAt',
    ];
    const refused = await operator.submit(bad);
    expect(told(refused)).toEqual(expected);
    expect(JSON.stringify(refused)).not.toContain('"red"');
    const good = {
      ...bad,
      score: 1,
      contact: { phone: '+1 555 010 0000' },
      attributes: attributes({ area: '1' }),
      consent: { text: 'yes', capturedAt: app.now().toISOString() },
    };
    const { results } = await operator.market.act<{ results: Submitted[] }>(
      'agency',
      'submitLeads',
      {
        leads: [bad, good, { ...good, vertical: 'no vertical of anybody' }].map((lead, n) => ({
          ...lead,
          externalId: `list ${n}`,
        })),
      },
      'results { lead { id schemaVersion } replayed userErrors { code field } }',
      false,
    );
    expect(results.map(told)).toEqual([
      expected.map((each) => each.replace('input.', 'input.leads.0.')),
      [],
      ['NO_MATCHING_CONTRACT input.leads.2.vertical'],
    ]);
    expect(results[1]?.lead?.schemaVersion).toBe(1);
    expect(await stored('list 0')).toBeUndefined();
  });

  it('is taken as ever where no schema, or no vertical, is defined', async () => {
    const free = { attributes: attributes({ any: ' thing ' }) };
    const defined = await operator.vertical(null);
    const { vertical: undefinedOne } = await operator.market.contract({
      ...terms,
    });
    for (const vertical of [defined, undefinedOne]) {
      const { lead } = await operator.submit({ vertical, externalId: vertical, ...free });
      expect(lead?.schemaVersion).toBeNull();
      expect(await stored(vertical)).toMatchObject({ ...free, schema_version: null });
    }
  });
});

describe('a new version', () => {
  it('acts at once in every process, whether it takes less or more', async () => {
    const vertical = await operator.vertical(schema);
    const bare = { vertical, attributes: [] };
    const full = { vertical, attributes: attributes({ area: '1' }) };
    // Both processes know version 1 from now on.
    for (const submit of [
      submitElsewhere,
      async (lead: Record<string, unknown>) => await operator.submit(lead),
    ]) {
      expect(told(await submit(full))).toEqual([]);
      expect(told(await submit(bare))).toEqual(['REQUIRED input.attributes.area']);
    }
    await operator.publish(vertical, { attributes: [{ ...area, required: false }] });
    expect(await submitElsewhere(bare)).toMatchObject({ lead: { schemaVersion: 2 }, userErrors: [] });
    await operator.publish(vertical, { attributes: [{ ...area, min: '100' }] }, { graceDays: 0 });
    expect(told(await submitElsewhere(full))).toEqual(['INVALID_VALUE input.attributes.0.value']);
    expect(told(await submitElsewhere(bare))).toEqual(['REQUIRED input.attributes.area']);
    const large = { vertical, attributes: attributes({ area: '100' }) };
    expect(await submitElsewhere(large)).toMatchObject({ lead: { schemaVersion: 3 } });
    expect(await operator.submit(large)).toMatchObject({ lead: { schemaVersion: 3 } });
  });

  it('of a vertical that was not defined until now acts at once as well', async () => {
    const { vertical } = await operator.market.contract(terms);
    const national = { vertical, contact: { phone: '(212) 555-01' } };
    expect(told(await submitElsewhere(national))).toEqual([]);
    await operator.define({ key: vertical, defaultCountry: 'US' });
    expect(told(await submitElsewhere(national))).toEqual(['INVALID_VALUE input.contact.phone']);
    const whole = { ...national, contact: { phone: '(212) 555-0100' }, externalId: 'national' };
    expect(told(await submitElsewhere(whole))).toEqual([]);
    expect(await stored('national')).toMatchObject({ contact: { phone: '+12125550100' } });
  });

  it('leaves older ones their time, and says by which one a lead was taken', async () => {
    const vertical = await operator.vertical(schema);
    const old = { vertical, attributes: attributes({ area: '1' }) };
    await operator.submit(old);
    await operator.publish(vertical, { ...schema, consentRequired: true }, { graceDays: 2 });
    expect(await operator.submit(old)).toMatchObject({ lead: { schemaVersion: 1 } });
    const consent = { text: 'yes', capturedAt: app.now().toISOString() };
    expect(await operator.submit({ ...old, consent })).toMatchObject({ lead: { schemaVersion: 2 } });
    // What neither takes is told as the newest says it.
    expect(told(await operator.submit({ vertical }))).toEqual([
      'REQUIRED input.attributes.area',
      'REQUIRED input.consent.text',
      'REQUIRED input.consent.capturedAt',
    ]);
    await app.advanceClock(new Date(app.now().getTime() + 2 * 86_400_000 + 1_000));
    expect(told(await operator.submit(old))).toEqual([
      'REQUIRED input.consent.text',
      'REQUIRED input.consent.capturedAt',
    ]);
  });

  it('without grace ends every version before it', async () => {
    const vertical = await operator.vertical(schema);
    const old = { vertical, attributes: attributes({ area: '1' }) };
    await operator.publish(vertical, { ...schema, requiredContact: ['PHONE'] }, { graceDays: 30 });
    expect(await operator.submit(old)).toMatchObject({ lead: { schemaVersion: 1 } });
    await operator.publish(vertical, { ...schema, requiredContact: ['PHONE', 'COUNTRY'] }, { graceDays: 0 });
    expect(told(await operator.submit(old))).toEqual([
      'REQUIRED input.contact.phone',
      'REQUIRED input.contact.country',
    ]);
  });

  it('as the first can leave time to those who send what they like', async () => {
    const vertical = await operator.vertical(null);
    await operator.publish(vertical, schema, { graceDays: 1 });
    expect(await operator.submit({ vertical })).toMatchObject({ lead: { schemaVersion: null } });
    expect(await operator.submit({ vertical, attributes: attributes({ area: '1' }) })).toMatchObject({
      lead: { schemaVersion: 1 },
    });
  });

  it('does not make a lead that was taken before another one', async () => {
    const vertical = await operator.vertical(schema);
    const lead = { externalId: 'before', vertical, attributes: attributes({ area: '1' }) };
    const first = await operator.submit(lead);
    await operator.publish(vertical, { ...schema, consentRequired: true }, { graceDays: 0 });
    expect(await operator.submit(lead)).toEqual({ ...first, replayed: true });
    expect(await submitElsewhere(lead)).toEqual({ ...first, replayed: true });
    const consent = { text: 'yes', capturedAt: app.now().toISOString() };
    const changed = await operator.submit({ ...lead, consent });
    expect(told(changed)).toEqual(['EXTERNAL_ID_REUSED input.externalId']);
    // One that would be refused under any name is told why.
    expect(told(await operator.submit({ ...lead, consent, attributes: [] }))).toEqual([
      'REQUIRED input.attributes.area',
    ]);
  });

  it('published while leads arrive takes each by one version or the other', async () => {
    const vertical = await operator.vertical(schema);
    const lead = (n: number) => ({
      vertical,
      externalId: `race ${n}`,
      attributes: attributes({ area: String(n) }),
    });
    const submissions = Array.from({ length: 60 }, async (_, n) =>
      n % 2 === 0 ? await operator.submit(lead(n)) : await submitElsewhere(lead(n)),
    );
    const [published, ...answers] = await Promise.all([
      operator.publish(vertical, { attributes: [{ ...area, max: '29' }] }, { graceDays: 0 }),
      ...submissions,
    ]);
    expect(published.userErrors).toEqual([]);
    const [counted] = await app.database.query<{ wrong: string; taken: string }>(
      `select count(*) as taken, count(*) filter (
           where schema_version = 2 and (attributes->0->>'value')::int > 29) as wrong
         from leads where vertical = $1`,
      [vertical],
    );
    const taken = answers.filter((answer) => answer.lead !== null).length;
    expect(counted).toEqual({ wrong: '0', taken: String(taken) });
    expect(new Set(answers.flatMap(told))).toEqual(
      new Set(taken === 60 ? [] : ['INVALID_VALUE input.attributes.0.value']),
    );
  });
});

describe('test leads', () => {
  it('get the answer they ask for, and touch nothing that counts', async () => {
    const vertical = await operator.vertical(null);
    const counted = async () =>
      await app.database.query(
        'select (select count(*) from charges) as charges, (select count(*) from journals) as journals',
      );
    const before = await counted();
    const ask = async (contact: object, test = true) => await operator.submit({ vertical, test, contact });
    expect(told(await ask({ email: 'accepted@leads.test' }))).toEqual([]);
    expect(told(await ask({ email: 'Rejected@Leads.Test' }))).toEqual([
      'INVALID_VALUE input.contact.phone',
      'INVALID_AMOUNT input.source.cost.amount',
    ]);
    expect(told(await ask({ phone: '+12125550100', postalCode: '00005' }))).toEqual([
      'INSUFFICIENT_BALANCE input.vertical',
    ]);
    expect(await counted()).toEqual(before);
    // A live lead asks for nothing, whatever its address.
    expect(told(await ask({ email: 'rejected@leads.test' }, false))).toEqual([]);
  });
});
