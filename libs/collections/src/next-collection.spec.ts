import { asCurrency, toStripeAmount } from '#money';
import fc from 'fast-check';
import { type BillingProfile, defaultProfile, type SavedMethod } from './billing-profile.js';
import { collectible, nextCollection, type ToCollect } from './next-collection.js';

const usd = asCurrency('USD');
const now = new Date('2027-01-01T00:00:00Z');
const card: SavedMethod = {
  ...{ id: 'pm_1', kind: 'CARD', brand: 'visa', last4: '4242', expires: null, usable: true },
  ...{ savedAt: now, refusedCode: null },
};

function profile(wanted: Partial<BillingProfile>): BillingProfile {
  return { ...defaultProfile('b', usd), providerBuyerId: 'cus_1', providerHasEmail: true, ...wanted };
}

function next(of: Partial<BillingProfile>, wanted: Partial<ToCollect> = {}) {
  return nextCollection({
    profile: profile(of),
    currency: usd,
    openMinor: 10_000n,
    balanceMinor: 0n,
    hasEmail: true,
    payOnPage: false,
    byPerson: false,
    dueAt: new Date('2027-01-15T00:00:00Z'),
    now,
    ...wanted,
  });
}

describe('the next collection', () => {
  const all = { amountMinor: 10_000n };
  it.each([
    ['charges the saved method', { method: card }, {}, { by: 'METHOD', ...all, method: card }],
    ['waits without one', {}, {}, { by: 'NOTHING', code: 'method_missing' }],
    [
      'waits with one that cannot be used',
      { method: { ...card, usable: false } },
      {},
      { by: 'NOTHING', code: 'method_missing' },
    ],
    [
      'waits with one that was refused',
      { method: { ...card, refusedCode: 'lost_card' } },
      {},
      { by: 'NOTHING', code: 'method_missing' },
    ],
    [
      'takes the balance first',
      { method: card },
      { balanceMinor: 4_000n },
      { by: 'BALANCE', amountMinor: 4_000n },
    ],
    [
      'takes no more of the balance than is open',
      { method: card },
      { balanceMinor: 40_000n },
      { by: 'BALANCE', ...all },
    ],
    [
      'is a page by the due date with terms',
      { terms: 'INVOICE', method: card },
      {},
      { by: 'PAGE', ...all, daysUntilDue: 14 },
    ],
    [
      'is a page that is due at once after the due date',
      { terms: 'INVOICE' },
      { dueAt: now },
      { by: 'PAGE', ...all, daysUntilDue: 0 },
    ],
    [
      'is a page where the bank wants to ask',
      { method: card },
      { payOnPage: true, dueAt: now },
      { by: 'PAGE', ...all, daysUntilDue: 7 },
    ],
    [
      'charges the method of who prepays',
      { terms: 'PREPAID', method: card },
      {},
      { by: 'METHOD', ...all, method: card },
    ],
    [
      'is a page for who prepays and has none',
      { terms: 'PREPAID' },
      {},
      { by: 'PAGE', ...all, daysUntilDue: 14 },
    ],
    ['has the buyer made first', { terms: 'INVOICE', providerBuyerId: null }, {}, { by: 'BUYER_FIRST' }],
    [
      'has the buyer made anew when there is an address now',
      { terms: 'INVOICE', providerHasEmail: false },
      {},
      { by: 'BUYER_FIRST' },
    ],
    [
      'is none without an address',
      { terms: 'INVOICE', providerHasEmail: false },
      { hasEmail: false },
      { by: 'NOTHING', code: 'email_missing' },
    ],
    [
      'waits for the buyer that is being made',
      { terms: 'INVOICE', providerOperationId: 'op' },
      {},
      { by: 'BUYER_FIRST' },
    ],
    [
      'is none for a buyer that was refused',
      { terms: 'INVOICE', providerBuyerId: null, providerFailureCode: 'x' },
      {},
      { by: 'NOTHING', code: 'buyer_refused' },
    ],
  ] as const)('%s', (_, of, wanted, expected) => {
    expect(next(of, wanted)).toEqual(expected);
  });

  it('by a person tries what was refused before', () => {
    const refused = { ...card, refusedCode: 'lost_card' };
    expect(next({ method: refused }, { byPerson: true })).toMatchObject({ by: 'METHOD' });
    const of = { terms: 'INVOICE', providerBuyerId: null, providerFailureCode: 'x' } as const;
    expect(next(of, { byPerson: true })).toEqual({ by: 'BUYER_FIRST' });
  });

  it('leaves no rest that is too small to be collected', () => {
    // 100.00 open and 99.80 prepaid: 1.00 is left for the card.
    expect(next({ method: card }, { balanceMinor: 9_980n })).toEqual({ by: 'BALANCE', amountMinor: 9_900n });
    expect(next({ method: card }, { openMinor: 90n, balanceMinor: 50n })).toMatchObject({ by: 'METHOD' });
  });
});

describe('what can be collected at once', () => {
  it.each([
    ['USD', 10_000n, 10_000n],
    ['USD', 99_999_999n, 99_999_999n],
    ['USD', 250_000_000n, 99_999_999n],
    // One cent more than fits would be left: 99 cents less are taken.
    ['USD', 100_000_000n, 99_999_899n],
    ['JPY', 1_000n, 1_000n],
    // Ten fils are the smallest step: 5 of 1.005 are left.
    ['KWD', 1_005n, 1_000n],
    ['KWD', 5n, 0n],
    ['ISK', 7n, 7n],
    // Stripe takes Malagasy ariary without the two decimals that ISO has.
    ['MGA', 12_345n, 12_300n],
    ['BOV', 100n, 0n],
  ])('of %s %s is %s', (currency, open, amount) => {
    expect(collectible(open, asCurrency(currency))).toBe(amount);
  });

  it('is always something that the provider takes, and comes to an end', () => {
    const currency = fc.constantFrom('USD', 'JPY', 'KWD', 'ISK', 'UGX', 'MGA', 'BHD', 'EUR');
    fc.assert(
      fc.property(currency, fc.bigInt(1n, 10n ** 12n), (code, open) => {
        const of = asCurrency(code);
        const amountMinor = collectible(open, of);
        expect(amountMinor >= 0n && amountMinor <= open).toBe(true);
        if (amountMinor > 0n)
          expect(toStripeAmount({ amountMinor, currency: of })).toMatchObject({ ok: true });
      }),
    );
  });
});
