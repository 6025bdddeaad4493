import { chooseColumns, guessColumns } from './lead-columns.js';

it('guesses what columns are by their names, each field once', () => {
  const names = [
    'E-mail Address',
    'Phone #',
    'First_Name',
    'Vorname',
    'ZIP',
    'utm_source',
    'Consent Timestamp',
    'TrustedForm URL',
    'contact.country',
    'Lead ID',
    'Roof Type',
    'attributes.bill',
    'Notes',
    'leadger_row',
    '',
  ];
  const guessed = guessColumns(names, ['roof_type', 'bill', 'owner']);
  expect(guessed.map(({ field }) => field)).toEqual([
    'contact.email',
    'contact.phone',
    'contact.givenName',
    null,
    'contact.postalCode',
    'source.channel',
    'consent.capturedAt',
    'consent.certificateUrl',
    'contact.country',
    'externalId',
    'attributes.roof_type',
    'attributes.bill',
    null,
    null,
    null,
  ]);
  expect(guessed.map(({ name }) => name)).toEqual(names);
});

it('an attribute of the vertical goes before what a name usually means', () => {
  expect(guessColumns(['Source', 'Score'], ['source'])).toEqual([
    { name: 'Source', field: 'attributes.source' },
    { name: 'Score', field: 'score' },
  ]);
});

it('refuses what does not fit, by its place', () => {
  const chosen = chooseColumns(
    ['a', 'b', 'c'],
    [
      { column: 'A', field: 'contact.email' },
      { column: 'a', field: 'contact.phone' },
      { column: 'b', field: 'contact.email' },
      { column: 'd', field: 'nonsense' },
    ],
  );
  expect(chosen).toMatchObject({
    ok: false,
    refusals: [
      { field: ['input', 'columns', '1', 'column'] },
      { field: ['input', 'columns', '2', 'field'] },
      { field: ['input', 'columns', '3', 'column'] },
      { field: ['input', 'columns', '3', 'field'] },
    ],
  });
  expect(chooseColumns(['a'], [{ column: 'a', field: 'score' }])).toMatchObject({
    ok: false,
    refusals: [{ code: 'REQUIRED', field: ['input', 'columns'] }],
  });
});

it('the more exact name wins, whatever the order', () => {
  const fieldsOf = (...names: string[]): unknown => guessColumns(names, []).map(({ field }) => field);
  expect(fieldsOf('Consent', 'Consent Text')).toEqual([null, 'consent.text']);
  expect(fieldsOf('Consent')).toEqual([null]);
  expect(fieldsOf('Source', 'utm_source', 'source.channel')).toEqual([null, null, 'source.channel']);
  expect(fieldsOf('ID', 'Lead ID')).toEqual([null, 'externalId']);
  expect(guessColumns(['Roof', 'attributes.roof'], ['roof']).map(({ field }) => field)).toEqual([
    null,
    'attributes.roof',
  ]);
});

it('no column is taken for the test flag but by its whole name', () => {
  const names = ['Test', 'test', 'Is Test', 'Test Lead', 'lead.test'];
  expect(guessColumns(names, []).map(({ field }) => field)).toEqual([null, null, null, null, 'test']);
});

it('takes attributes by their whole names where the vertical has no schema', () => {
  const names = ['attributes.roof_type', 'Attributes.Bill', 'roof', 'attributes.no blanks', 'attributes.'];
  expect(guessColumns(names, null).map(({ field }) => field)).toEqual([
    'attributes.roof_type',
    'attributes.Bill',
    null,
    null,
    null,
  ]);
  expect(guessColumns(['attributes.other'], ['roof'])).toEqual([{ name: 'attributes.other', field: null }]);
});
