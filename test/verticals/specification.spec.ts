import { forcedAnswers } from '#leads';
import { sampleVerticals } from '#verticals';
import { startTestApp, type TestApp } from '../support/app.js';
import { attributes, Operator, type Submitted, terms, told } from './operator.js';

let app: TestApp;
let operator: Operator;

beforeAll(async () => {
  app = await startTestApp();
  operator = new Operator(app);
  for (const { key, name, defaultCountry, schema } of sampleVerticals) {
    for (const payload of [
      await operator.define({ key, name, defaultCountry }),
      await operator.publish(key, schema),
    ])
      if (payload.userErrors.length > 0) throw new Error(JSON.stringify(payload.userErrors));
    await contractFor(key);
  }
});
afterAll(async () => await app.stop());

async function contractFor(vertical: string): Promise<void> {
  const { organizations } = app;
  const { contract } = await operator.market.done<{ contract: { id: string } }>(
    'agency',
    'proposeContract',
    {
      agencyId: organizations.agency.id,
      buyerId: organizations.buyer.id,
      vertical,
      terms: { ...terms, timeZone: 'UTC' },
    },
    'contract { id }',
  );
  await operator.market.done('buyer', 'acceptContract', { contractId: contract.id, version: 1 }, 'replayed');
}

async function specificationOf(key: string): Promise<string> {
  const { vertical } = await app.ask<{ vertical: { leadSpecification: string } }>(
    app.keys.agency,
    'query ($key: String!) { vertical(key: $key) { leadSpecification } }',
    { key },
  );
  return vertical.leadSpecification;
}

const exampleIn = (page: string): string => /```graphql\n([^]*?)\n```/.exec(page)?.[1] ?? '';

/** The two examples in JSON: a body for /v1/leads, and one for /graphql. */
function bodiesIn(page: string): readonly [string, string] {
  const [plain = '', withVariables = ''] = [...page.matchAll(/```json\n([^]*?)\n```/g)].map(
    ([, text = '']) => text,
  );
  return [plain, withVariables];
}

async function post(
  path: string,
  body: string,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${app.keys.agency}`, 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, body: await response.json() };
}

/** Every reason on the page, as the table has it, without the backslashes. */
function reasonsIn(page: string): readonly { code: string; field: string; message: string }[] {
  return page.split('\n').flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll(/\\(.)/g, '$1'));
    const [, code = '', field = '', message = ''] = cells;
    return /^`[A-Z_]+`$/.test(code) && cells.length === 6
      ? [{ code: code.slice(1, -1), field: field.slice(1, -1), message }]
      : [];
  });
}

describe('the specification page', () => {
  it.each(sampleVerticals)('of $key has an example that is taken as it stands', async ({ key, schema }) => {
    const page = await specificationOf(key);
    const example = exampleIn(page);
    expect(example).toContain('submitLead');
    const before = await app.database.query('select count(*) from charges');
    const { submitLead } = await app.ask<{ submitLead: Submitted }>(app.keys.agency, example);
    expect(submitLead).toMatchObject({ replayed: false, lead: { schemaVersion: 1 }, userErrors: [] });
    expect((await app.ask<{ submitLead: Submitted }>(app.keys.agency, example)).submitLead.replayed).toBe(
      true,
    );
    // The same lead in the other two ways: each as it stands on the page gives the first answer.
    const [plain, withVariables] = bodiesIn(page);
    expect(await post('/v1/leads', plain)).toMatchObject({
      status: 200,
      body: { replayed: true, userErrors: [], lead: { schemaVersion: 1, vertical: key } },
    });
    expect(await post('/graphql', withVariables)).toMatchObject({
      status: 200,
      body: { data: { submitLead: { replayed: true, userErrors: [], lead: { schemaVersion: 1 } } } },
    });
    expect(await app.database.query('select count(*) from charges')).toEqual(before);
    for (const attribute of schema.attributes ?? []) expect(page).toContain(`\`${attribute.key}\``);
  });

  it('has examples each of which is taken as the first', async () => {
    for (const which of [0, 1] as const) {
      const { key, name, defaultCountry, schema } = sampleVerticals[which] ?? {
        key: '',
        name: '',
        schema: {},
      };
      const own = `${key}-${which}`;
      await operator.define({ key: own, name, defaultCountry: defaultCountry ?? null });
      await operator.publish(own, schema);
      await contractFor(own);
      const body = bodiesIn(await specificationOf(own))[which];
      const { status, body: told } = await post(which === 0 ? '/v1/leads' : '/graphql', body);
      expect(status).toBe(which === 0 ? 201 : 200);
      expect(JSON.stringify(told)).toMatch(/"replayed":false/);
      expect(JSON.stringify(told)).toMatch(/"userErrors":\[\]/);
    }
  });

  it('says what every status means that a test lead can be given, and gives it', async () => {
    const key = 'legal-advice';
    const page = await specificationOf(key);
    const states = new Map<string, string>();
    for (const { local, refusals } of forcedAnswers) {
      const lead = {
        ...{ externalId: `forced-${local}`, vertical: key, test: true },
        contact: { email: `${local}@leads.test` },
        attributes: attributes({ matter: 'family law' }),
      };
      const { body } = await post('/v1/leads', JSON.stringify(lead));
      const told = body as {
        lead: { status: string } | null;
        userErrors: { code: string; field: string[] }[];
      };
      states.set(local, told.lead?.status ?? 'none');
      expect(told.userErrors.map(({ code, field }) => [code, field.join('.')])).toEqual(
        refusals.map(({ code, field }) => [code, field.join('.')]),
      );
      expect(page).toContain(`\`${local}@leads.test\``);
    }
    expect(Object.fromEntries(states)).toMatchObject({
      accepted: 'SOLD',
      duplicate: 'DUPLICATE',
      suppressed: 'SUPPRESSED',
      quarantined: 'QUARANTINED',
      unsold: 'UNSOLD',
      rejected: 'none',
    });
    for (const state of [
      'SOLD',
      'ACCEPTED',
      'UNSOLD',
      'DUPLICATE',
      'SUPPRESSED',
      'QUARANTINED',
      'REJECTED',
      'RETURNED',
      'ERASED',
    ])
      expect(page).toMatch(new RegExp(`^\\| \`${state}\` \\|`, 'm'));
  });

  it('of a vertical without a schema has one as well', async () => {
    const { vertical } = await operator.market.contract(terms);
    await operator.define({ key: vertical, defaultCountry: 'GB' });
    const { submitLead } = await app.ask<{ submitLead: Submitted }>(
      app.keys.agency,
      exampleIn(await specificationOf(vertical)),
    );
    expect(submitLead).toMatchObject({ lead: { schemaVersion: null }, userErrors: [] });
  });

  it('lists every reason that a lead can be refused for', async () => {
    const key = 'heat-pumps';
    const reasons = reasonsIn(await specificationOf(key));
    expect(reasons.length).toBeGreaterThan(60);
    const wrong: readonly Record<string, unknown>[] = [
      {},
      { contact: {}, score: 101, externalId: ' ', vertical: ' ' },
      { contact: { phone: 'none', email: 'a', country: 'XX', postalCode: '1' } },
      { contact: { phone: 'none', email: '\ud800', postalCode: '1', country: 'DE' } },
      { contact: { givenName: 'x'.repeat(201), phone: '1', familyName: '\0', country: 'USA' } },
      {
        attributes: attributes({
          heatingSystem: 'x',
          livingArea: '1',
          ownsHome: '?',
          wantedBy: 'soon',
          monthlyBill: '-1',
        }),
      },
      { attributes: attributes({ remarks: 'x'.repeat(501), nothing: '1', '': '1' }) },
      { attributes: [...attributes({ remarks: 'a' }), ...attributes({ remarks: 'b' })] },
      { attributes: Array.from({ length: 101 }, (_, n) => ({ key: `a${n}`, value: '' })) },
      { source: { channel: 'x'.repeat(201), subId: '\0', cost: { amount: '-1', currency: 'USD' } } },
      { source: { cost: { amount: '1', currency: 'ZZZ' } }, consent: { text: 'x'.repeat(10_001), ip: '\0' } },
      { vertical: 'nowhere', contact: { email: 'ada@example.com' } },
      { vertical: 'nowhere', contractId: 'nonsense' },
      ...['rejected', 'duplicate', 'no-contract', 'contract-paused', 'no-balance'].map((local) => ({
        vertical: 'legal-advice',
        test: true,
        contact: { email: `${local}@leads.test` },
        attributes: attributes({ matter: 'family law' }),
      })),
    ];
    const unlisted: unknown[] = [];
    const seen = new Set<string>();
    for (const change of wrong) {
      const { userErrors } = await operator.submit({ vertical: key, ...change });
      expect(userErrors.length).toBeGreaterThan(0);
      for (const { code, message, field } of userErrors) {
        const place = (field ?? [])
          .slice(1)
          .map((part) => (/^\d+$/.test(part) ? 'N' : part))
          .join('.');
        const postalCode = message.replace(
          /^Postal codes of .. look like .*(, where)/,
          'Postal codes of {country} look like {shapes}$1',
        );
        const isListed = reasons.some(
          (reason) => reason.code === code && reason.field === place && reason.message === postalCode,
        );
        seen.add(`${code} ${place}`);
        if (!isListed) unlisted.push({ code, place, message });
      }
    }
    expect(unlisted).toEqual([]);
    expect(seen.size).toBeGreaterThan(25);
  });

  it('shows the operator’s words as words', async () => {
    const nasty = '<script>alert(1)</script> | ` [x](y) *b* "q" \\';
    await operator.define({ key: `k ${nasty}`, name: nasty });
    const label = { key: nasty, label: nasty, description: nasty };
    await operator.publish(`k ${nasty}`, {
      attributes: [
        { ...label, type: 'ENUM', values: [nasty] },
        { ...label, key: 'text', type: 'TEXT', example: nasty },
      ],
    });
    const page = await specificationOf(`k ${nasty}`);
    const outside = page.replaceAll(/```(?:graphql|json)[^]*?```/g, '');
    expect(outside).not.toMatch(/(?<!\\)<script/);
    const columns = outside.split('\n').filter((line) => /ENUM|\bTEXT\b/.test(line));
    for (const line of columns) expect(line.split(/(?<!\\)\|/)).toHaveLength(8);
    await contractFor(`k ${nasty}`);
    const { submitLead } = await app.ask<{ submitLead: Submitted }>(app.keys.agency, exampleIn(page));
    expect(told(submitLead)).toEqual([]);
  });
});

describe('GET /verticals/:key', () => {
  const get = async (key: string, token: string | null) =>
    await fetch(`${app.url}/verticals/${encodeURIComponent(key)}`, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
    });

  it('is the same page as Markdown, for everyone who has a key', async () => {
    for (const key of ['agency', 'buyer', 'auditor'] as const) {
      const response = await get('heat-pumps', app.keys[key]);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
      expect(await response.text()).toBe(await specificationOf('heat-pumps'));
    }
  });

  it('tells nothing without a key, and nothing of what there is not', async () => {
    for (const key of ['heat-pumps', 'nothing']) expect((await get(key, null)).status).toBe(401);
    for (const key of ['nothing', '%00', '\0', '../health/live', "' or 1=1 --", 'x'.repeat(5_000)]) {
      const response = await get(key, app.keys.agency);
      expect([404, 414]).toContain(response.status);
      expect(await response.text()).not.toContain('1=1');
    }
  });
});
