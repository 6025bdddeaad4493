import type { RefusalCode } from '#outcome';
import { type RawTerms, parseVertical, validateTerms } from './validate-terms.js';

function rawOf(over: Partial<RawTerms> = {}): RawTerms {
  return {
    baseRate: { amount: '10.00', currency: 'USD' },
    commissionBasis: 'PER_DEAL',
    commissionRatePpm: 200_000,
    commissionTrigger: 'CONVERTED',
    timeZone: 'America/New_York',
    ...over,
  };
}

/** Code and path below input.terms of each refusal. */
function refusalsOf(raw: RawTerms): [RefusalCode, string][] {
  const outcome = validateTerms(raw);
  if (outcome.ok) return [];
  return outcome.refusals.map(({ code, field }) => {
    expect(field?.slice(0, 2)).toEqual(['input', 'terms']);
    return [code, (field ?? []).slice(2).join('.')];
  });
}

describe('validateTerms', () => {
  it('takes valid terms and fills in the defaults', () => {
    expect(validateTerms(rawOf({ holdDays: null }))).toEqual({
      ok: true,
      value: {
        baseRate: { amountMinor: 1000n, currency: 'USD' },
        commissionBasis: 'PER_DEAL',
        commissionRatePpm: 200_000,
        commissionTrigger: 'CONVERTED',
        timeZone: 'America/New_York',
        settlementSchedule: 'MONTHLY',
        returnWindowDays: 7,
        attributionWindowDays: 90,
        holdDays: 14,
        clawbackWindowDays: 90,
        clawbackMethod: 'NETTING',
        outcomeSlaDays: 30,
        contactSlaSeconds: null,
        contactSlaReroute: false,
        platformFeeRatePpm: 0,
        consentRequired: false,
        dedupeWindowDays: null,
      },
    });
  });

  it.each([
    '0',
    '0.00',
    '-1',
    '0.001',
    '1000000000000000000',
    '1e3',
    ' 5 ',
    '5,00',
    '٥',
    '',
    '.5',
    '+1',
    'NaN',
  ])('refuses the amount %j', (amount) => {
    expect(refusalsOf(rawOf({ baseRate: { amount, currency: 'USD' } }))).toEqual([
      ['INVALID_AMOUNT', 'baseRate.amount'],
    ]);
  });

  it.each([
    ['JPY', '1000', true],
    ['JPY', '1000.0', false],
    ['KWD', '10.001', true],
    ['KWD', '10.0001', false],
  ])('reads %s %s by the digits of the currency', (currency, amount, valid) => {
    expect(validateTerms(rawOf({ baseRate: { amount, currency } })).ok).toBe(valid);
  });

  it.each<[Partial<RawTerms>, RefusalCode, string]>([
    [{ baseRate: { amount: '10.00', currency: 'usd' } }, 'INVALID_CURRENCY', 'baseRate.currency'],
    [{ baseRate: { amount: '10.00', currency: 'ZZZ' } }, 'INVALID_CURRENCY', 'baseRate.currency'],
    [{ commissionBasis: 'PER_CALL' }, 'INVALID_VALUE', 'commissionBasis'],
    [{ commissionTrigger: 'WON' }, 'INVALID_VALUE', 'commissionTrigger'],
    [{ commissionRatePpm: -1 }, 'INVALID_VALUE', 'commissionRatePpm'],
    [{ commissionRatePpm: 1_000_001 }, 'INVALID_VALUE', 'commissionRatePpm'],
    [{ commissionRatePpm: 0.5 }, 'INVALID_VALUE', 'commissionRatePpm'],
    [{ platformFeeRatePpm: 1_000_001 }, 'INVALID_VALUE', 'platformFeeRatePpm'],
    [{ timeZone: 'Berlin' }, 'INVALID_TIME_ZONE', 'timeZone'],
    [{ timeZone: '+02:00' }, 'INVALID_TIME_ZONE', 'timeZone'],
    [{ timeZone: 'EST' }, 'INVALID_TIME_ZONE', 'timeZone'],
    [{ settlementSchedule: 'YEARLY' }, 'INVALID_VALUE', 'settlementSchedule'],
    [{ returnWindowDays: 366 }, 'INVALID_VALUE', 'returnWindowDays'],
    [{ returnWindowDays: -1 }, 'INVALID_VALUE', 'returnWindowDays'],
    [{ attributionWindowDays: 3651 }, 'INVALID_VALUE', 'attributionWindowDays'],
    [{ holdDays: 366 }, 'INVALID_VALUE', 'holdDays'],
    [{ clawbackWindowDays: 3651 }, 'INVALID_VALUE', 'clawbackWindowDays'],
    [{ clawbackMethod: 'REVERSAL' }, 'INVALID_VALUE', 'clawbackMethod'],
    [{ clawbackMethod: '' }, 'INVALID_VALUE', 'clawbackMethod'],
    [{ outcomeSlaDays: 366 }, 'INVALID_VALUE', 'outcomeSlaDays'],
    [{ outcomeSlaDays: Number.NaN }, 'INVALID_VALUE', 'outcomeSlaDays'],
    [{ contactSlaSeconds: 29 }, 'INVALID_VALUE', 'contactSlaSeconds'],
    [{ contactSlaSeconds: 2_592_001 }, 'INVALID_VALUE', 'contactSlaSeconds'],
    [{ contactSlaSeconds: 60.5 }, 'INVALID_VALUE', 'contactSlaSeconds'],
    [{ contactSlaReroute: true }, 'INVALID_TERMS', 'contactSlaReroute'],
    [{ commissionTrigger: 'QUALIFIED' }, 'INVALID_TERMS', 'commissionTrigger'],
  ])('refuses %j', (over, code, field) => {
    expect(refusalsOf(rawOf(over))).toEqual([[code, field]]);
  });

  it.each<Partial<RawTerms>>([
    { commissionRatePpm: 1_000_000 },
    { commissionRatePpm: 0 },
    // Without a commission the rate has no effect.
    { commissionBasis: 'NONE', commissionRatePpm: 200_000, commissionTrigger: 'QUALIFIED' },
    { commissionBasis: 'PER_LEAD', commissionTrigger: 'QUALIFIED' },
    { returnWindowDays: 0, holdDays: 0, attributionWindowDays: 0, clawbackWindowDays: 0, outcomeSlaDays: 0 },
    { contactSlaSeconds: 30 },
    { contactSlaSeconds: 30, contactSlaReroute: true },
    { contactSlaSeconds: 2_592_000 },
    { returnWindowDays: 365, attributionWindowDays: 3650, clawbackWindowDays: 3650 },
    { timeZone: 'UTC', settlementSchedule: 'SEMI_MONTHLY' },
  ])('takes %j', (over) => {
    expect(validateTerms(rawOf(over)).ok).toBe(true);
  });

  it('keeps the way in which money is taken back', () => {
    const outcome = validateTerms(rawOf({ clawbackMethod: 'TRANSFER_REVERSAL' }));
    expect(outcome).toMatchObject({ value: { clawbackMethod: 'TRANSFER_REVERSAL' } });
  });

  it('reports everything at once, and repeats no value', () => {
    const raw = rawOf({
      baseRate: { amount: 'evil-amount', currency: 'USD' },
      commissionTrigger: 'QUALIFIED',
      commissionRatePpm: 7_777_777,
      timeZone: 'Evil/Zone',
      holdDays: 8888,
    });
    expect(refusalsOf(raw)).toEqual([
      ['INVALID_AMOUNT', 'baseRate.amount'],
      ['INVALID_VALUE', 'commissionRatePpm'],
      ['INVALID_VALUE', 'holdDays'],
      ['INVALID_TIME_ZONE', 'timeZone'],
      ['INVALID_TERMS', 'commissionTrigger'],
    ]);
    expect(JSON.stringify(validateTerms(raw))).not.toMatch(/evil|7777|8888/i);
  });
});

describe('parseVertical', () => {
  it.each([
    ['solar', 'solar'],
    ['  home insurance ', 'home insurance'],
    ['Ökostrom 🌞', 'Ökostrom 🌞'],
    ['🌞'.repeat(64), '🌞'.repeat(64)],
    ['', undefined],
    ['   ', undefined],
    ['x'.repeat(65), undefined],
    ['a\u0000b', undefined],
    ['a\nb', undefined],
    ['a\u009fb', undefined],
    ['a\ud800b', undefined],
  ])('%j', (text, expected) => {
    expect(parseVertical(text)).toBe(expected);
  });
});
