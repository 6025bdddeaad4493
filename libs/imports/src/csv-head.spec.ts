import { readHead } from './csv-head.js';

const read = (text: string | Buffer, isWhole = true) =>
  readHead(typeof text === 'string' ? Buffer.from(text) : text, isWhole);

it.each([
  [
    'commas',
    'email,phone\nx',
    { delimiter: ',', columns: ['email', 'phone'], body: { offset: 12, row: 1, line: 1 } },
  ],
  [
    'semicolons',
    'email;"a,b,c"\r\n',
    { delimiter: ';', columns: ['email', 'a,b,c'], body: { offset: 15, row: 1, line: 1 } },
  ],
  [
    'tabs',
    'email\tphone',
    { delimiter: '\t', columns: ['email', 'phone'], body: { offset: 11, row: 1, line: 1 } },
  ],
  ['one column', 'email\n', { delimiter: ',', columns: ['email'] }],
  [
    'a byte order mark',
    '\ufeffemail,phone\n',
    { columns: ['email', 'phone'], body: { offset: 15, row: 1, line: 1 } },
  ],
  [
    'names over two lines',
    '"e\nmail",phone\n',
    { columns: ['e\nmail', 'phone'], body: { offset: 15, row: 1, line: 2 } },
  ],
  ['columns without a name', 'email,,\n', { columns: ['email', '', ''] }],
] as const)('reads a header with %s', (_with, text, expected) => {
  expect(read(text)).toMatchObject({ ok: true, value: expected });
});

it('reads hundreds of columns', () => {
  const names = Array.from({ length: 400 }, (_, k) => `column ${k}`);
  expect(read(`${names.join(',')}\n`)).toMatchObject({ ok: true, value: { columns: names } });
});

it.each([
  ['nothing', '', /empty/],
  ['blank lines', '\n\n  \n', /empty/],
  ['a spreadsheet', Buffer.from('504b030414000600', 'hex'), /Export it as CSV/],
  ['an old spreadsheet', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /Export it as CSV/],
  ['a compressed file', Buffer.from('1f8b0800', 'hex'), /compressed/],
  ['UTF-16', Buffer.from('\ufeffemail', 'utf16le'), /UTF-16.*UTF-8/],
  ['UTF-16 without a mark', Buffer.from('email,phone', 'utf16le'), /UTF-8/],
  ['Latin-1', Buffer.from('email,t\xe9l\n', 'latin1'), /UTF-8/],
  ['data', 'ada@example.com,Ada\n', /looks like data/],
  ['phones', '+1 212 555 0100,Ada\n', /looks like data/],
  ['the same name twice', 'email,phone,Email\n', /Column 3/],
  ['quotes that stay open', '"email,phone\nx,y\n', /quotes/],
  ['quotes in the middle', 'email,ph"one\n', /quotes/],
  ['old line ends', 'email,phone\rx,y\rz,w', /line feeds/],
  ['too many columns', `${'a,'.repeat(1_200)}\n`, /1000 columns/],
  ['a name that is too long', `email,${'x'.repeat(201)}\n`, /200 characters/],
])('refuses %s', (_what, text, message) => {
  const head = read(text);
  expect(head).toMatchObject({ ok: false, refusals: [{ code: 'INVALID_VALUE', field: ['file'] }] });
  const said = head.ok ? '' : (head.refusals[0]?.message ?? '');
  expect(said).toMatch(message);
  expect(said).not.toMatch(/ada/i);
});

it('refuses a first row that has no end in the beginning of a file', () => {
  expect(read('email,'.repeat(40_000), false)).toMatchObject({ ok: false });
});

it('takes the id of a contract in a corrected file for no data, whatever its digits', () => {
  const names = 'email,leadger_row,leadger_reasons,leadger_contract ctr_01234567890123456789012345';
  expect(readHead(Buffer.from(`${names}\nx\n`), true)).toMatchObject({ ok: true });
});
