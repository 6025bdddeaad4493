import fc from 'fast-check';
import { checkSubmission, type LeadSubmission } from './check-submission.js';

const path = ['input'];
const valid: LeadSubmission = {
  externalId: 'A-1',
  vertical: 'solar',
  contractId: null,
  test: false,
  contact: { email: 'ada@example.com' },
};

function refusalsOf(submission: LeadSubmission): (readonly [string, string | undefined])[] {
  const outcome = checkSubmission(submission, path);
  return outcome.ok ? [] : outcome.refusals.map(({ code, field }) => [code, field?.join('.')] as const);
}

describe('checkSubmission', () => {
  it('brings a submission into its normal form', () => {
    const outcome = checkSubmission({ ...valid, source: { cost: { amount: '4', currency: 'USD' } } }, path);
    expect(outcome).toMatchObject({
      ok: true,
      value: {
        contact: { email: 'ada@example.com', phone: null, country: null },
        attributes: [],
        source: { channel: null, cost: { amountMinor: 400n, currency: 'USD' } },
        consent: null,
        score: null,
      },
    });
  });

  const cases: readonly (readonly [string, Partial<LeadSubmission>, string, string])[] = [
    ['no externalId', { externalId: '  ' }, 'REQUIRED', 'input.externalId'],
    ['a long externalId', { externalId: 'x'.repeat(201) }, 'INVALID_VALUE', 'input.externalId'],
    ['a NUL', { externalId: 'a\0b' }, 'INVALID_VALUE', 'input.externalId'],
    ['a lone surrogate', { externalId: 'a\ud800b' }, 'INVALID_VALUE', 'input.externalId'],
    ['a reversed pair', { externalId: '\udc00\ud800' }, 'INVALID_VALUE', 'input.externalId'],
    ['nobody to contact', { contact: { givenName: 'Ada' } }, 'REQUIRED', 'input.contact'],
    ['no e-mail address', { contact: { email: 'ada' } }, 'INVALID_VALUE', 'input.contact.email'],
    [
      'a country in words',
      { contact: { phone: '1', country: 'us' } },
      'INVALID_VALUE',
      'input.contact.country',
    ],
    ['a score of 101', { score: 101 }, 'INVALID_VALUE', 'input.score'],
    [
      'a megabyte of name',
      { contact: { phone: '1', givenName: 'x'.repeat(1_000_000) } },
      'INVALID_VALUE',
      'input.contact.givenName',
    ],
    [
      'a key twice',
      {
        attributes: [
          { key: 'a', value: '1' },
          { key: 'a', value: '2' },
        ],
      },
      'INVALID_VALUE',
      'input.attributes.1.key',
    ],
    [
      'an unknown currency',
      { source: { cost: { amount: '1', currency: 'USX' } } },
      'INVALID_CURRENCY',
      'input.source.cost.currency',
    ],
  ];
  it.each(cases)('refuses %s', (_name, change, code, field) => {
    expect(refusalsOf({ ...valid, ...change })).toEqual([[code, field]]);
  });

  it.each(['-1', '0.001', '1e3', ' 5 ', '5,00', '٥', '', '1e18', '1000000000000000000'])(
    'refuses the amount %j',
    (amount) => {
      const source = { cost: { amount, currency: 'USD' } };
      expect(refusalsOf({ ...valid, source })).toEqual([['INVALID_AMOUNT', 'input.source.cost.amount']]);
    },
  );

  it('tells everything that is wrong at once', () => {
    expect(refusalsOf({ ...valid, externalId: '', score: -1, contact: {} })).toHaveLength(3);
  });

  it('takes any storable text as text and repeats no refused value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const outcome = checkSubmission({ ...valid, contact: { phone: '1', givenName: text } }, path);
        if (outcome.ok) expect(outcome.value.contact.givenName).toBe(text === '' ? null : text);
        else if (text.length > 3)
          expect(JSON.stringify(outcome.refusals)).not.toContain(JSON.stringify(text).slice(1, -1));
      }),
    );
  });
});
