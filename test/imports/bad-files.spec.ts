/** Files that are wrong: each gets an answer that says what to do, nothing is repeated, and nothing is left of it. */
import { request } from 'node:http';
import { startTestApp, type TestApp } from '../support/app.js';
import { Marketplace } from '../support/marketplace.js';
import { fileOf, header, Importing, newPeople, terms } from './importing.js';

const maxBytes = 400_000;
let app: TestApp;
let it_: Importing;
let vertical: string;

beforeAll(async () => {
  app = await startTestApp({ environment: { LEADGER_LIMIT_IMPORT_BYTES: String(maxBytes) } });
  it_ = new Importing(app);
  ({ vertical } = await new Marketplace(app).contract(terms));
  it_.work();
}, 60_000);
afterAll(async () => {
  await it_.stop();
  await app.verifyInvariants();
  await app.stop();
});

const word = 'zq7secret';
const kept = async (): Promise<number> => {
  const [row] = await app.database.query<{ count: number }>(
    `select (select count(*) from lead_imports where state <> 'COMPLETED')::int
       + (select count(*) from import_chunks)::int as count`,
  );
  return row?.count ?? -1;
};

it.each<[string, string | Buffer, RegExp]>([
  ['nothing', '', /empty/],
  ['a header alone', `${header}\r\n`, /no rows/],
  ['a header over empty rows', `${header}\r\n\r\n ,,\n""\n`, /no rows/],
  ['a spreadsheet', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.from(word)]), /Export it as CSV/],
  ['UTF-16', Buffer.from(`\ufeffemail,${word}`, 'utf16le'), /UTF-16/],
  ['no header', `${word}@example.com,Ada\n`, /looks like data/],
  ['the same column twice', `${word},${word}\nx,y\n`, /Column 2/],
  ['binary data', Buffer.from([0, 1, 2, 3, 255]), /UTF-8/],
])('%s is refused', async (_what, file, message) => {
  const before = await kept();
  const answer = await it_.upload(file, { vertical, start: 'true' });
  expect(answer).toMatchObject({
    status: 422,
    import: null,
    userErrors: [{ code: 'INVALID_VALUE', field: ['file'] }],
  });
  expect(answer.userErrors[0]?.message).toMatch(message);
  expect(JSON.stringify(answer)).not.toContain(word);
  expect(await kept()).toBe(before);
});

it.each<[string, Record<string, string>, number, string]>([
  ['no vertical', {}, 422, 'vertical'],
  ['a vertical that is none', { vertical: `${word}\0` }, 422, 'vertical'],
  ['a parameter that is not known', { vertical: 'solar', [word]: '1' }, 400, ''],
  ['a flag that is none', { vertical: 'solar', dryRun: word }, 400, ''],
])('%s is refused', async (_what, parameters, status, field) => {
  const answer = await it_.upload(fileOf(newPeople(1)), parameters);
  expect(answer.status).toBe(status);
  if (field !== '') expect(answer.userErrors).toMatchObject([{ field: [field] }]);
  expect(JSON.stringify(answer)).not.toContain(word);
});

it.each(['multipart/form-data; boundary=x', 'application/json'])('%s is no file', async (type) => {
  const answer = await it_.upload(fileOf(newPeople(1)), { vertical }, { headers: { 'content-type': type } });
  expect(answer).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
});

it('a file that is too large is refused, whether it says so before or not', async () => {
  const file = fileOf(newPeople(9_000));
  expect(file.length).toBeGreaterThan(maxBytes);
  expect(await it_.upload(file, { vertical })).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
  const before = await kept();
  const { status, body } = await sendInPieces([file.slice(0, 300_000), file.slice(300_000)]);
  expect([status, JSON.parse(body)]).toMatchObject([
    413,
    { userErrors: [{ code: 'TOO_MANY', field: ['file'] }] },
  ]);
  expect(await kept()).toBe(before);
});

it('an upload that breaks off leaves nothing', async () => {
  const before = await kept();
  await expect(
    sendInPieces([fileOf(newPeople(7_000)).slice(0, 300_000)], { breakOff: true }),
  ).rejects.toThrow();
  while ((await kept()) !== before) await new Promise(setImmediate);
});

it('rows that cannot be read are refused by their numbers, and the others are taken', async () => {
  const [one, two, three, four] = newPeople(4);
  const file = Buffer.concat([
    Buffer.from(`\ufeff"E-Mail";First Name;Last Name\r\n${one?.replaceAll(',', ';') ?? ''}\r\n\r\n`),
    Buffer.from(`${word}@x.example;M\xfcller;B\r\n`, 'latin1'),
    Buffer.from(`${word};"a"b;c\r\n`),
    Buffer.from(`${two?.replaceAll(',', ';') ?? ''}\r\n;;\r\n`),
    Buffer.from(`${three?.split(',')[0] ?? ''};"Two\r\nlines";"with ""quotes"" and ;"\r\n`),
    Buffer.from(`${word};${'x'.repeat(270_000)};y\r\n`),
    Buffer.from(`${word}\0@x.example;NUL;y\r\n`),
    Buffer.from(four?.replaceAll(',', ';') ?? ''),
  ]);
  const id = await it_.uploaded(file, { vertical, start: 'true' });
  const shown = await it_.ended(id);
  expect(shown).toMatchObject({
    status: 'COMPLETED',
    counts: { taken: 4, refused: 4 },
    bytesDone: file.length,
  });
  const rows = await it_.rows(id);
  expect(
    rows.map(({ row, result, refusals }) => [row, result, refusals.map(({ field }) => field).join()]),
  ).toEqual([
    [2, 'TAKEN', ''],
    [4, 'REFUSED', 'row'],
    [5, 'REFUSED', 'row'],
    [6, 'TAKEN', ''],
    [8, 'TAKEN', ''],
    [9, 'REFUSED', 'row'],
    [10, 'REFUSED', 'contact.email'],
    [11, 'TAKEN', ''],
  ]);
  expect(JSON.stringify(rows)).not.toContain(word);
});

it('quotes over several lines that are never closed end it at their line', async () => {
  const [one = '', two = '', three = ''] = newPeople(3);
  const id = await it_.uploaded(fileOf([one, `x,"${word}`, two, `y,"b"`, three]), {
    vertical,
    start: 'true',
  });
  const shown = await it_.until(id, ({ status }) => status === 'FAILED');
  expect(shown).toMatchObject({
    failure: { reason: 'QUOTES_NOT_CLOSED', line: 3 },
    counts: { taken: 1, refused: 0 },
  });
  // A corrected one is another file.
  const again = await it_.uploaded(fileOf([one, two, three]), { vertical, start: 'true' });
  expect((await it_.ended(again)).counts).toMatchObject({ taken: 2, duplicates: 1 });
});

it('takes three hundred columns, of which few mean something', async () => {
  const names = Array.from({ length: 300 }, (_, k) => (k === 250 ? 'email' : `column ${k}`));
  const [person = ''] = newPeople(1);
  const cells = names.map((name) => (name === 'email' ? (person.split(',')[0] ?? '') : 'x'));
  const id = await it_.uploaded(fileOf([cells.join(',')], names.join(',')), { vertical, start: 'true' });
  expect((await it_.ended(id)).counts).toMatchObject({ taken: 1, refused: 0 });
});

/** In chunks, without saying how much will come. */
async function sendInPieces(
  parts: readonly string[],
  { breakOff = false } = {},
): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      `${app.url}/v1/imports?vertical=${encodeURIComponent(vertical)}`,
      { method: 'POST', headers: { authorization: `Bearer ${app.keys.agency}` } },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    sent.on('error', reject);
    for (const part of parts) sent.write(part);
    if (!breakOff) return void sent.end();
    const look = async (): Promise<void> => {
      for (;;) {
        const rows = await app.database.query(
          `select 1 from lead_imports where state = 'UPLOADING' and chunks > 0`,
        );
        if (rows.length > 0) return;
        await new Promise(setImmediate);
      }
    };
    // Some of it is there when the connection goes.
    look().then(() => sent.destroy(new Error('broken off')), reject);
  });
}
