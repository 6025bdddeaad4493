/** A file of leads from its upload to its report. */
import { OpenFacade } from '../facade/open-facade.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace } from '../support/marketplace.js';
import { fileOf, header, Importing, newPeople, terms } from './importing.js';

let app: TestApp;
let it_: Importing;
let vertical: string;
let market: Marketplace;

beforeAll(async () => {
  app = await startTestApp();
  it_ = new Importing(app);
  it_.work();
  market = new Marketplace(app);
}, 60_000);
beforeEach(async () => {
  ({ vertical } = await market.contract(terms));
});
afterAll(async () => {
  await it_.stop();
  await app.verifyInvariants();
  await app.stop();
});

const allTaken = (taken: number) => ({
  taken,
  duplicates: 0,
  suppressed: 0,
  quarantined: 0,
  alreadyTaken: 0,
  refused: 0,
});

it('takes every row of a file, and says what became of each', async () => {
  const id = await it_.uploaded(fileOf(newPeople(450)), { vertical, start: 'true', fileName: 'autumn.csv' });
  const shown = await it_.ended(id);
  expect(shown).toMatchObject({
    status: 'COMPLETED',
    dryRun: false,
    test: false,
    fileName: 'autumn.csv',
    mappingSource: 'GUESSED',
    rowsDone: 450,
    rowsTotal: 450,
    bytesDone: shown.bytesTotal,
    remainingSeconds: null,
    counts: allTaken(450),
  });
  expect(shown.mapping.map(({ field }) => field)).toEqual([
    'contact.email',
    'contact.givenName',
    'contact.familyName',
  ]);
  expect(shown.rowsPerSecond).toBeGreaterThan(0);
  const rows = await it_.rows(id);
  expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 450 }, (_, k) => k + 2));
  expect(new Set(rows.map(({ leadId }) => leadId)).size).toBe(450);
  expect(await it_.leadCount(vertical)).toBe(450);
  const { lead } = await app.ask<{ lead: { contact: { givenName: string }; status: string } }>(
    app.keys.agency,
    'query ($id: ID!) { lead(id: $id) { status contact { givenName } } }',
    { id: rows[0]?.leadId },
  );
  expect(lead).toMatchObject({
    status: 'SOLD',
    contact: { givenName: expect.stringContaining('Given') as string },
  });
  // The file is gone; what is left is what became of it.
  const pieces = await app.database.query(
    'select 1 from import_chunks c join lead_imports i on i.id = c.import_id where i.vertical = $1',
    [vertical],
  );
  expect(pieces).toEqual([]);
});

it('the same file twice is the same import, and adds nothing', async () => {
  const file = fileOf(newPeople(3));
  const [first, second] = await Promise.all([
    it_.upload(file, { vertical, start: 'true' }),
    it_.upload(file, { vertical, start: 'true' }),
  ]);
  expect(new Set([first.import?.id, second.import?.id]).size).toBe(1);
  expect([first.status, second.status].toSorted()).toEqual([200, 201]);
  await it_.ended(first.import?.id ?? '');
  expect(await it_.upload(file, { vertical, start: 'true' })).toMatchObject({
    status: 200,
    replayed: true,
    import: { id: first.import?.id, status: 'COMPLETED' },
  });
  expect(await it_.leadCount(vertical)).toBe(3);
});

it('rows keep their names in a file that is sent again after it was cancelled', async () => {
  const file = fileOf(newPeople(5));
  const id = await it_.uploaded(file, { vertical, start: 'true' });
  await it_.ended(id);
  await app.database.query(
    `update lead_imports set state = 'CANCELLED' where state = 'COMPLETED' and vertical = $1`,
    [vertical],
  );
  const again = await it_.ended(await it_.uploaded(file, { vertical, start: 'true' }));
  expect(again.id).not.toBe(id);
  expect(again.counts).toMatchObject({ taken: 0, alreadyTaken: 5, refused: 0 });
  expect(await it_.leadCount(vertical)).toBe(5);
});

it('a dry run reports the same and takes nothing, and may be followed by the real one', async () => {
  const [one = '', two = '', three = ''] = newPeople(3);
  const file = fileOf([one, two, one, 'nobody,A,B', three]);
  const id = await it_.uploaded(file, { vertical, dryRun: 'true' });
  const checked = await it_.ended(id);
  expect(checked).toMatchObject({
    status: 'CHECKED',
    dryRun: true,
    counts: { taken: 3, duplicates: 1, refused: 1 },
  });
  expect(await it_.leadCount(vertical)).toBe(0);
  const foreseen = await it_.rows(id);
  expect(foreseen.map(({ row, result }) => [row, result])).toEqual([
    [2, 'TAKEN'],
    [3, 'TAKEN'],
    [4, 'DUPLICATE'],
    [5, 'REFUSED'],
    [6, 'TAKEN'],
  ]);
  const started = await it_.act('startLeadImport', { importId: id });
  expect(started.userErrors).toEqual([]);
  const done = await it_.ended(id);
  expect(done).toMatchObject({ status: 'COMPLETED', dryRun: false, counts: checked.counts });
  const real = await it_.rows(id);
  expect(real.map(({ row, result, refusals }) => [row, result, refusals])).toEqual(
    foreseen.map(({ row, result, refusals }) => [row, result, refusals]),
  );
  expect(await it_.leadCount(vertical)).toBe(4);
});

it('waits until it is started, and remembers what columns are', async () => {
  const names = 'who,call,campaign';
  const rows = newPeople(2).map((row, k) => `${row.split(',')[0] ?? ''},,spring ${k}`);
  const first = await it_.upload(fileOf(rows, names), { vertical });
  const importId = first.import?.id ?? '';
  expect(first.import).toMatchObject({ status: 'READY', mappingSource: 'GUESSED', mappingName: null });
  expect((await it_.act('startLeadImport', { importId })).userErrors).toMatchObject([
    { code: 'REQUIRED', field: ['input', 'importId'] },
  ]);
  expect(await it_.upload(fileOf(rows, names), { vertical, start: 'true' })).toMatchObject({
    status: 422,
    import: { id: importId, status: 'READY' },
    userErrors: [{ code: 'REQUIRED', field: ['mapping'] }],
  });
  const wrong = [
    { column: 'nobody', field: 'contact.email' },
    { column: 'call', field: 'telephone' },
  ];
  expect((await it_.act('saveImportMapping', { importId, columns: wrong })).userErrors).toMatchObject([
    { code: 'INVALID_VALUE', field: ['input', 'columns', '0', 'column'] },
    { code: 'INVALID_VALUE', field: ['input', 'columns', '1', 'field'] },
  ]);
  const columns = [
    { column: 'WHO', field: 'contact.email' },
    { column: 'call', field: 'contact.phone' },
    { column: 'campaign', field: 'source.campaign' },
  ];
  const saved = await it_.act('saveImportMapping', { importId, name: 'spring file', columns });
  expect(saved).toMatchObject({
    userErrors: [],
    leadImport: { mappingName: 'spring file', mappingSource: 'CHOSEN' },
  });
  await it_.act('startLeadImport', { importId });
  expect((await it_.ended(importId)).counts).toEqual(allTaken(2));
  // In another order of columns, and with other people.
  const [next = ''] = newPeople(1);
  const second = await it_.upload(fileOf([`summer,${next.split(',')[0] ?? ''},`], 'Campaign,who,call'), {
    vertical,
    start: 'true',
  });
  expect(second.import).toMatchObject({ mappingSource: 'REMEMBERED', mappingName: 'spring file' });
  expect((await it_.ended(second.import?.id ?? '')).counts).toEqual(allTaken(1));
  // By name for other columns; and of nobody.
  const named = await it_.upload(fileOf(['x'], 'who'), { vertical, mapping: 'spring file' });
  expect([named.status, named.userErrors]).toMatchObject([422, [{ field: ['mapping'] }]]);
  const none = await it_.upload(fileOf(['x'], 'who'), { vertical, mapping: 'no such' });
  expect([none.status, none.userErrors]).toMatchObject([422, [{ code: 'NOT_FOUND', field: ['mapping'] }]]);
});

it('refused rows are given back with their reasons, and are taken once they are corrected', async () => {
  const [good = '', late = ''] = newPeople(2);
  const rows = [
    good,
    'not an address,=HYPERLINK(1),"Smith, ""Bob"""',
    `${late.split(',')[0] ?? ''},Late,Row,one too many`,
    'a "quote,inside,x',
  ];
  const names = `${header},Phone`;
  const file = `${names}\n${good},\n${rows[1] ?? ''},+12125550100\n${rows[2] ?? ''},more\n${rows[3] ?? ''}\n`;
  const id = await it_.uploaded(file, { vertical, start: 'true' });
  const shown = await it_.ended(id);
  expect(shown.counts).toMatchObject({ taken: 1, refused: 3 });
  const failed = await it_.failedRows(id);
  expect(
    failed.map(({ row, refusals }) => [row, refusals.map(({ code, field }) => `${code} ${field}`)]),
  ).toEqual([
    [3, ['INVALID_VALUE contact.email']],
    [4, ['INVALID_VALUE row']],
    [5, ['INVALID_VALUE row']],
  ]);
  expect(JSON.stringify(failed)).not.toMatch(/not an address|Smith|quote,inside/);
  const { status, text } = await it_.failedCsv(id);
  expect(status).toBe(200);
  const [head, first = ''] = text.split('\r\n');
  expect(head).toBe('E-Mail,First Name,Last Name,Phone,leadger_row,leadger_reasons');
  expect(first).toMatch(/^not an address,'=HYPERLINK\(1\),"Smith, ""Bob""",\+12125550100,3,/);
  // Somebody corrects the address and takes the others out.
  const corrected = `${head ?? ''}\r\n${first.replace('not an address', late.split(',')[0] ?? '')}\r\n`;
  const again = await it_.ended(await it_.uploaded(corrected, { vertical, start: 'true' }));
  expect(again.counts).toEqual(allTaken(1));
  const [{ leadId } = { leadId: '' }] = await it_.rows(again.id);
  const { lead } = await app.ask<{ lead: { contact: object } }>(
    app.keys.agency,
    'query ($id: ID!) { lead(id: $id) { contact { givenName familyName phone } } }',
    { id: leadId },
  );
  expect(lead.contact).toEqual({
    givenName: '=HYPERLINK(1)',
    familyName: 'Smith, "Bob"',
    phone: '+12125550100',
  });
});

it('is cancelled with what was taken', async () => {
  const id = await it_.uploaded(fileOf(newPeople(2_000)), { vertical });
  const letGo = await it_.holdInTheMidst(vertical);
  await it_.act('startLeadImport', { importId: id });
  await it_.until(id, ({ rowsDone }) => rowsDone > 0);
  expect((await it_.act('cancelLeadImport', { importId: id })).userErrors).toEqual([]);
  await letGo();
  const shown = await it_.ended(id);
  expect(shown.status).toBe('CANCELLED');
  expect(shown.rowsDone).toBeLessThan(2_000);
  // What was on its way when it was cancelled is in the report as well.
  expect(await it_.leadCount(vertical)).toBe(shown.counts.taken);
  expect((await it_.act('startLeadImport', { importId: id })).userErrors).toMatchObject([
    { code: 'ILLEGAL_TRANSITION' },
  ]);
});

it('answers as the OpenAPI document says', async () => {
  const facade = new OpenFacade(app);
  const sent = facade.validator({ $ref: '#/components/schemas/ImportSent' });
  const answers = [
    await it_.upload(fileOf(newPeople(1)), { vertical }),
    await it_.upload(fileOf(['x'], 'x'), { vertical, start: 'true' }),
    await it_.upload('', { vertical }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 422, 422]);
  for (const { status: _status, ...body } of answers) expect([sent(body), sent.errors]).toEqual([true, null]);
  const id = answers[0]?.import?.id ?? '';
  expect((await facade.get(`/v1/imports/${id}`)).status).toBe(200);
  expect((await facade.get('/v1/imports/nothing')).status).toBe(404);
});

it('nobody else finds an import', async () => {
  const id = await it_.uploaded(fileOf(newPeople(1)), { vertical });
  for (const key of ['otherAgency', 'buyer', 'admin'] as const) {
    const headers = { authorization: `Bearer ${app.keys[key]}` };
    for (const path of ['', '/failed.csv']) {
      const { status } = await fetch(`${app.url}/v1/imports/${id}${path}`, { headers });
      expect([key, path, status]).toEqual([key, path, key === 'otherAgency' ? 404 : 403]);
    }
  }
  const missing = await it_.act('startLeadImport', { importId: id }, 'otherAgency');
  expect(missing.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  // The same file of another agency is another import.
  const shown = await fetch(`${app.url}/v1/imports/${id}`, {
    headers: { authorization: `Bearer ${app.keys.agency}` },
  });
  expect(await shown.json()).toMatchObject({ import: { id, status: 'READY' } });
});

it('a test key imports test leads, which touch no money, and sees no others', async () => {
  const { createApiKey } = await app.ask<{ createApiKey: { token: string } }>(
    app.keys.agency,
    `mutation { createApiKey(input: { name: "tests", mode: TEST, roles: [API_CLIENT], idempotencyKey: "import-test-key" }) {
      token userErrors { code message } } }`,
  );
  const live = await it_.uploaded(fileOf(newPeople(1)), { vertical });
  const file = fileOf(['accepted@leads.test,A,B', 'duplicate@leads.test,A,B', 'rejected@leads.test,A,B']);
  const sent = await it_.upload(file, { vertical, start: 'true' }, { key: createApiKey });
  expect(sent).toMatchObject({ status: 201, import: { test: true } });
  const shown = await it_.ended(sent.import?.id ?? '');
  expect(shown.counts).toMatchObject({ taken: 1, duplicates: 1, refused: 1 });
  const headers = { authorization: `Bearer ${createApiKey.token}` };
  expect((await fetch(`${app.url}/v1/imports/${live}`, { headers })).status).toBe(404);
  const charged = await app.database.query(
    `select 1 from charges c join deliveries d on d.agency_id = c.agency_id and d.id = c.delivery_id
     join leads l on l.agency_id = d.agency_id and l.id = d.lead_id where l.vertical = $1`,
    [vertical],
  );
  expect(charged).toEqual([]);
});

it('nothing of a file is in the database in the clear, while it waits and after it', async () => {
  const secret = 'Zaphodine';
  const row = `${secret.toLowerCase()}@imported.example,${secret},Beeblebrox`;
  const id = await it_.uploaded(
    fileOf(
      [row, `no address of ${secret},${secret},x`],
      `${header},${secret}Column`.replace(`,${secret}Column`, ''),
    ),
    {
      vertical,
    },
  );
  const dump = async (): Promise<string> => {
    const tables = [
      'lead_imports',
      'import_chunks',
      'import_batches',
      'import_failed_rows',
      'import_mappings',
    ];
    const texts = await Promise.all(
      tables.map(
        async (table) => await app.database.query(`select to_jsonb(t)::text as text from ${table} t`),
      ),
    );
    return JSON.stringify(texts);
  };
  const forms = [
    secret,
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('base64').slice(0, 10),
  ];
  for (const form of forms) expect(await dump()).not.toContain(form);
  await it_.act('startLeadImport', { importId: id });
  expect((await it_.ended(id)).counts).toMatchObject({ taken: 1, refused: 1 });
  for (const form of forms) expect(await dump()).not.toContain(form);
});
