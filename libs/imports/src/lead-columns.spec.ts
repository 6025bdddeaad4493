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
