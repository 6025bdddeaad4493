import type { LeadColumn, LeadField } from './lead-columns.js';
import { type RowSettings, submissionOf } from './row-submission.js';

function settingsFor(fields: readonly (LeadField | null)[], more: Partial<RowSettings> = {}): RowSettings {
  const columns = fields.map((field, index): LeadColumn => ({ name: `column ${index}`, field }));
  const base = {
    vertical: 'solar',
    contractId: null,
    test: false,
    namePrefix: 'import-1',
    isCorrected: false,
  };
  return { ...base, columns, ...more };
}

it('a row becomes the submission that the API would get', () => {
  const cells = new Map<LeadField, string>([
    ['externalId', ' A-1 '],
    ['test', 'yes'],
    ['score', '71'],
    ['contact.email', 'ada@example.com'],
    ['attributes.roof', 'flat'],
    ['source.channel', 'search'],
    ['source.cost.amount', '4.00'],
    ['source.cost.currency', 'USD'],
    ['consent.text', 'I agree'],
    ['consent.capturedAt', '2026-01-31 12:00:00+01:00'],
  ]);
  expect(submissionOf([...cells.values()], 7, settingsFor([...cells.keys()]))).toEqual({
    ok: true,
    value: {
      externalId: 'A-1',
      vertical: 'solar',
      contractId: null,
      test: true,
      contact: {
        email: 'ada@example.com',
        phone: null,
        givenName: null,
        familyName: null,
        postalCode: null,
        country: null,
      },
      attributes: [{ key: 'roof', value: 'flat' }],
      source: { channel: 'search', campaign: null, subId: null, cost: { amount: '4.00', currency: 'USD' } },
      consent: {
        text: 'I agree',
        capturedAt: new Date('2026-01-31T11:00:00Z'),
        ip: null,
        certificateUrl: null,
      },
      score: 71,
    },
  });
});

it('a row without a name of its own is named after the file and its number', () => {
  const settings = settingsFor(['contact.email', 'source.channel', null]);
  expect(submissionOf(['a@example.com', '', 'x', ' '], 7, settings)).toMatchObject({
    ok: true,
    value: {
      externalId: 'import-1-7',
      test: false,
      source: null,
      consent: null,
      attributes: [],
      score: null,
    },
  });
  // Where others have names, a missing one is refused and not made up.
  expect(submissionOf([''], 7, settingsFor(['externalId']))).toMatchObject({
    ok: true,
    value: { externalId: '' },
  });
});

it.each<[string, LeadField, string]>([
  ['a score that is none', 'score', '7.5'],
  ['a score above all', 'score', '101'],
  ['a flag that is none', 'test', 'perhaps'],
  ['a time without an offset', 'consent.capturedAt', '2026-03-31T12:00:00'],
  ['a day that is none', 'consent.capturedAt', '2026-02-30T12:00:00Z'],
  ['an hour that is none', 'consent.capturedAt', '2026-02-20T25:00:00Z'],
])('refuses %s, and does not repeat it', (_what, field, cell) => {
  const read = submissionOf([cell], 2, settingsFor([field]));
  expect(read).toMatchObject({ ok: false, refusals: [{ code: 'INVALID_VALUE', field: field.split('.') }] });
  expect(JSON.stringify(read)).not.toContain(cell);
});

it('refuses rows with more cells than there are columns, and takes those with fewer', () => {
  const settings = settingsFor(['contact.email', 'contact.phone']);
  expect(submissionOf(['a@example.com', '', 'more'], 2, settings)).toMatchObject({
    ok: false,
    refusals: [{ field: ['row'] }],
  });
  // Spreadsheets leave out what is empty at the end.
  expect(submissionOf(['a@example.com'], 2, settings)).toMatchObject({
    ok: true,
    value: { contact: { email: 'a@example.com', phone: null } },
  });
});

it('cells of a corrected download are what they were before it', () => {
  const fields: LeadField[] = ['contact.givenName', 'contact.familyName', 'contact.phone'];
  const corrected = settingsFor(fields, { isCorrected: true });
  const row = ["'=1+1", "'t Hart", '+12125550100'];
  expect(submissionOf(row, 2, corrected)).toMatchObject({
    value: { contact: { givenName: '=1+1', familyName: "'t Hart", phone: '+12125550100' } },
  });
  expect(submissionOf(row, 2, settingsFor(fields))).toMatchObject({
    value: { contact: { givenName: "'=1+1" } },
  });
});
