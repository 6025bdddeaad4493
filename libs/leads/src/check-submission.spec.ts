import { hash } from 'node:crypto';
import fc from 'fast-check';
import { type LeadRules, noRules } from '#verticals';
import { checkSubmission, type LeadSubmission, readSubmission } from './check-submission.js';
import { forcedAnswers, testDomain } from './forced-answer.js';

const path = ['input'];
const now = new Date('2026-10-01T08:00:00Z');
const valid: LeadSubmission = {
  externalId: 'A-1',
  vertical: 'solar',
  contractId: null,
  test: false,
  contact: { email: 'ada@example.com' },
};

function check(submission: LeadSubmission, rules: LeadRules = noRules) {
  return checkSubmission(readSubmission(submission, path), rules, { path, now });
}

function refusalsOf(submission: LeadSubmission): (readonly [string, string | undefined])[] {
  const outcome = check(submission);
  return outcome.ok ? [] : outcome.refusals.map(({ code, field }) => [code, field?.join('.')] as const);
}

describe('checkSubmission', () => {
  it('brings a submission into its normal form', () => {
    const outcome = check({ ...valid, source: { cost: { amount: '4', currency: 'USD' } } });
    expect(outcome).toMatchObject({
      ok: true,
      value: {
        contact: { email: 'ada@example.com', phone: null, country: null },
        attributes: [],
        source: { channel: null, cost: { amountMinor: 400n, currency: 'USD' } },
        consent: null,
        score: null,
        schemaVersion: null,
      },
    });
  });

  it('writes a contact as others need it, and keeps how it was given', () => {
    const contact = {
      email: ' Ada@EXAMPLE.com ',
      phone: '(212) 555-0100',
      givenName: ' Ada ',
      familyName: '  ',
      postalCode: '100011234',
      country: 'US',
    };
    const normal = {
      email: 'Ada@example.com',
      phone: '+12125550100',
      givenName: 'Ada',
      familyName: null,
      postalCode: '10001-1234',
      country: 'US',
    };
    expect(check({ ...valid, contact })).toMatchObject({ ok: true, value: { contact: normal } });
    expect(readSubmission({ ...valid, contact }, path).given.contact).toEqual(contact);
  });

  // The hash of a submission is stored: if its text changed, every lead sent again after an upgrade were another one.
  it('reads a submission into the text whose hash older releases stored', () => {
    const whole: LeadSubmission = {
      ...valid,
      contact: { email: 'ada@example.com', phone: '+1 212 555 0100', country: 'US' },
      attributes: [{ key: 'roof', value: ' flat ' }],
      source: { channel: 'search', cost: { amount: '4.00', currency: 'USD' } },
      consent: { text: 'I agree', capturedAt: now, ip: '192.0.2.1' },
      score: 71,
    };
    const text = JSON.stringify(readSubmission(whole, path).given, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    expect(hash('sha256', text, 'hex')).toBe(
      '6542db5a95eec362188aba56281dfc1b19f987d6d4f7f4d35bfb762d4f6e5212',
    );
  });

  const cases: readonly (readonly [string, Partial<LeadSubmission>, string, string])[] = [
    ['no externalId', { externalId: '  ' }, 'REQUIRED', 'input.externalId'],
    ['a long externalId', { externalId: 'x'.repeat(201) }, 'INVALID_VALUE', 'input.externalId'],
    ['a NUL', { externalId: 'a\0b' }, 'INVALID_VALUE', 'input.externalId'],
    ['a lone surrogate', { externalId: 'a\ud800b' }, 'INVALID_VALUE', 'input.externalId'],
    ['a reversed pair', { externalId: '\udc00\ud800' }, 'INVALID_VALUE', 'input.externalId'],
    ['nobody to contact', { contact: { givenName: 'Ada' } }, 'REQUIRED', 'input.contact'],
    ['spaces as a contact', { contact: { email: ' ', phone: '\u2003' } }, 'REQUIRED', 'input.contact'],
    ['no e-mail address', { contact: { email: 'ada' } }, 'INVALID_VALUE', 'input.contact.email'],
    [
      'a country in words',
      { contact: { phone: '1', country: 'us' } },
      'INVALID_VALUE',
      'input.contact.country',
    ],
    ['no country', { contact: { phone: '1', country: 'UK' } }, 'INVALID_VALUE', 'input.contact.country'],
    ['a word as a phone', { contact: { phone: 'none' } }, 'INVALID_VALUE', 'input.contact.phone'],
    ['a short phone', { contact: { phone: '+1 212 555' } }, 'INVALID_VALUE', 'input.contact.phone'],
    [
      'a code of another country',
      { contact: { email: 'ada@example.com', country: 'GB', postalCode: '10001' } },
      'INVALID_VALUE',
      'input.contact.postalCode',
    ],
    ['a score of 101', { score: 101 }, 'INVALID_VALUE', 'input.score'],
    [
      'a megabyte of name',
      { contact: { phone: '5550100', givenName: 'x'.repeat(1_000_000) } },
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

  it('tells of a text that cannot be stored once, and of all else beside it', () => {
    const contact = { email: 'a', phone: 'none\0', country: 'XX' };
    expect(refusalsOf({ ...valid, contact })).toEqual([
      ['INVALID_VALUE', 'input.contact.phone'],
      ['INVALID_VALUE', 'input.contact.country'],
      ['INVALID_VALUE', 'input.contact.email'],
    ]);
  });

  it('takes any storable text as text and repeats no refused value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const outcome = check({ ...valid, contact: { phone: '5550100', givenName: text } });
        if (outcome.ok) expect(outcome.value.contact.givenName).toBe(text.trim() || null);
        else if (text.length > 3)
          expect(JSON.stringify(outcome.refusals)).not.toContain(JSON.stringify(text).slice(1, -1));
      }),
    );
  });
});

describe('a test lead', () => {
  const asked = (contact: LeadSubmission['contact'], test = true) => refusalsOf({ ...valid, test, contact });

  it.each(forcedAnswers)(
    'of $local@leads.test or $postalCode gets its answer',
    ({ local, postalCode, refusals, state }) => {
      // One that is kept is no refusal here: what is told beside it comes with its state.
      const told = state === undefined ? refusals : [];
      const expected = told.map(({ code, field }) => [code, ['input', ...field].join('.')]);
      const email = `${local}@${testDomain}`;
      expect(asked({ email })).toEqual(expected);
      expect(asked({ email: email.toUpperCase() })).toEqual(expected);
      expect(asked({ email: 'ada@example.com', postalCode })).toEqual(expected);
      expect(asked({ email }, false)).toEqual([]);
      expect(check({ ...valid, test: true, contact: { email } })).toMatchObject(
        told.length > 0 ? { ok: false } : { ok: true, value: { forcedState: state ?? null } },
      );
      expect(asked({ email: 'ada@example.com', postalCode }, false)).toEqual([]);
    },
  );

  it('is held to the rules first', () => {
    expect(asked({ email: `accepted@${testDomain}`, phone: 'none' })).toEqual([
      ['INVALID_VALUE', 'input.contact.phone'],
    ]);
  });
});
