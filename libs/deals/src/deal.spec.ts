import { asCurrency, currencyCodes, formatAmount, maxAmountMinor } from '#money';
import fc from 'fast-check';
import {
  comparableMoney,
  type Deal,
  insideClawbackWindow,
  readDealAmount,
  refusalOfCancellation,
  refusalOfRepeat,
  refusalOfRestatement,
} from './deal.js';

const usd = asCurrency('USD');
const closedAt = new Date('2026-03-10T12:00:00.000Z');
const deal: Deal = {
  agencyId: 'a',
  id: 'd',
  deliveryId: 'v',
  leadId: 'l',
  buyerId: 'b',
  contractId: 'c',
  reference: 'CRM-1',
  amountMinor: 200_000n,
  currency: usd,
  state: 'WON',
  version: 1,
  closedAt,
  reportedAt: closedAt,
};
const field = ['input', 'outcome', 'won', 'dealReference'];

describe('a deal amount', () => {
  it.each([
    ['0', 'INVALID_AMOUNT'],
    ['-1', 'INVALID_AMOUNT'],
    ['0.001', 'INVALID_AMOUNT'],
    ['1000000000000000000', 'INVALID_AMOUNT'],
    ['1e3', 'INVALID_AMOUNT'],
    [' 5 ', 'INVALID_AMOUNT'],
    ['5,00', 'INVALID_AMOUNT'],
    ['٥', 'INVALID_AMOUNT'],
    ['', 'INVALID_AMOUNT'],
  ])('of %j is refused, by its path and not by its value', (amount, code) => {
    const read = readDealAmount({ amount, currency: 'USD' }, usd, ['input', 'amount']);
    expect(read).toEqual({
      ok: false,
      refusals: [expect.objectContaining({ code, field: ['input', 'amount', 'amount'] })],
    });
  });

  it('beyond the largest one is refused, and says which that is', () => {
    const read = readDealAmount({ amount: '10000000000000.00', currency: 'USD' }, usd, []);
    expect(read).toMatchObject({
      refusals: [{ code: 'INVALID_AMOUNT', message: expect.stringContaining('below 10^15 minor units') }],
    });
  });

  it.each([
    ['EUR', 'CURRENCY_MISMATCH'],
    ['XXQ', 'INVALID_CURRENCY'],
    ['usd', 'INVALID_CURRENCY'],
    ['', 'INVALID_CURRENCY'],
  ])('in %j is refused for a contract in USD', (currency, code) => {
    const read = readDealAmount({ amount: '5.00', currency }, usd, ['input', 'amount']);
    expect(read).toEqual({
      ok: false,
      refusals: [expect.objectContaining({ code, field: ['input', 'amount', 'currency'] })],
    });
  });

  it('is read exactly in every currency', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...currencyCodes),
        fc.bigInt({ min: 1n, max: maxAmountMinor }),
        (currency, minor) => {
          const amount = formatAmount(minor, currency);
          expect(readDealAmount({ amount, currency }, currency, [])).toEqual({ ok: true, value: minor });
        },
      ),
    );
  });
});

describe('a second report of the same deal', () => {
  const same = { deliveryId: 'v', amountMinor: 200_000n, closedAt };

  it('says nothing new when it is the same, with or without its closing time', () => {
    expect(refusalOfRepeat(deal, same, field)).toBeUndefined();
    expect(refusalOfRepeat(deal, { ...same, closedAt: null }, field)).toBeUndefined();
    expect(refusalOfRepeat(deal, { ...same, closedAt: new Date(closedAt) }, field)).toBeUndefined();
  });

  it.each([
    ['another amount', deal, { ...same, amountMinor: 150_000n }],
    ['another closing time', deal, { ...same, closedAt: new Date('2026-03-11T12:00:00Z') }],
    ['another lead', deal, { ...same, deliveryId: 'w' }],
    ['a refunded deal', { ...deal, state: 'REFUNDED' as const }, same],
    ['a canceled deal', { ...deal, state: 'CANCELED' as const }, same],
    ['another deal without a reference', { ...deal, reference: null }, { ...same, amountMinor: 1n }],
  ])('is refused for %s, and names the earlier deal', (_what, earlier, report) => {
    expect(refusalOfRepeat(earlier, report, field)).toMatchObject({
      code: 'DEAL_REFERENCE_REUSED',
      field,
      data: { existingId: 'd' },
    });
  });
});

it('a reference of another lead is said to be one, whatever became of that deal', () => {
  const report = { deliveryId: 'w', amountMinor: 200_000n, closedAt };
  for (const state of ['WON', 'CANCELED'] as const) {
    expect(refusalOfRepeat({ ...deal, state }, report, field)?.message).toBe(
      'This reference names a deal of another lead of the contract. Give this deal a reference of its own.',
    );
  }
});

it.each([
  ['100', 'USD', '100.00'],
  ['100.0', 'USD', '100.00'],
  ['100', 'JPY', '100'],
  ['1e2', 'USD', '1e2'],
  ['100', 'usd', '100'],
])('%j in %s is compared as %j', (amount, currency, compared) => {
  expect(comparableMoney({ amount, currency })).toEqual({ amount: compared, currency });
});

describe('the clawback window', () => {
  const dayMs = 86_400_000;
  const end = closedAt.getTime() + 90 * dayMs;

  it('ends exactly so many days of 24 hours after closing', () => {
    expect(insideClawbackWindow(closedAt, 90, new Date(end))).toBe(true);
    expect(insideClawbackWindow(closedAt, 90, new Date(end + 1))).toBe(false);
    expect(insideClawbackWindow(closedAt, 0, closedAt)).toBe(true);
    expect(insideClawbackWindow(closedAt, 0, new Date(closedAt.getTime() + 1))).toBe(false);
  });

  it('is spelled as people do', () => {
    const late = new Date(closedAt.getTime() + 3 * dayMs);
    expect(refusalOfCancellation(deal, 1, late)?.message).toContain(', 1 day after the deal closed,');
    expect(refusalOfCancellation(deal, 2, late)?.message).toContain(', 2 days after the deal closed,');
  });

  it('bounds lowering and taking back, and not raising', () => {
    const late = new Date(end + 1);
    expect(refusalOfRestatement(deal, 150_000n, 90, new Date(end))).toBeUndefined();
    expect(refusalOfRestatement(deal, 150_000n, 90, late)?.code).toBe('CLAWBACK_WINDOW_CLOSED');
    expect(refusalOfRestatement(deal, 250_000n, 90, late)).toBeUndefined();
    expect(refusalOfCancellation(deal, 90, new Date(end))).toBeUndefined();
    expect(refusalOfCancellation(deal, 90, late)?.code).toBe('CLAWBACK_WINDOW_CLOSED');
  });

  it('does not matter to a restatement that changes nothing, which is refused', () => {
    expect(refusalOfRestatement(deal, 200_000n, 90, closedAt)?.code).toBe('INVALID_AMOUNT');
  });
});
