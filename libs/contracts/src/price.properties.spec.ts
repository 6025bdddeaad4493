import { addDaysExact } from '#calendar';
import { currencyCodes, money } from '#money';
import fc from 'fast-check';
import { price } from './price.js';
import type { DealFact, DeliveryFacts, Price, PricedCharge } from './priced-charge.js';
import { type ContractTerms, termDefaults } from './terms.js';

const deliveredAt = new Date('2026-10-05T14:00:00Z');
const amount = fc.bigInt({ min: 1n, max: 10n ** 15n - 1n });
const rate = fc.integer({ min: 0, max: 1_000_000 });
const instant = fc.integer({ min: -5, max: 200 }).map((days) => addDaysExact(deliveredAt, days));

const terms: fc.Arbitrary<ContractTerms> = fc
  .record({
    amountMinor: amount,
    currency: fc.constantFrom(...currencyCodes),
    shape: fc.constantFrom(
      { commissionBasis: 'NONE', commissionTrigger: 'CONVERTED' } as const,
      { commissionBasis: 'PER_LEAD', commissionTrigger: 'QUALIFIED' } as const,
      { commissionBasis: 'PER_LEAD', commissionTrigger: 'CONVERTED' } as const,
      { commissionBasis: 'PER_DEAL', commissionTrigger: 'CONVERTED' } as const,
    ),
    commissionRatePpm: rate,
    platformFeeRatePpm: rate,
    attributionWindowDays: fc.integer({ min: 0, max: 120 }),
  })
  .map(({ amountMinor, currency, shape, ...rest }) => ({
    ...termDefaults,
    baseRate: money(amountMinor, currency),
    timeZone: 'UTC',
    ...shape,
    ...rest,
    ...(shape.commissionBasis === 'NONE' ? { commissionRatePpm: 0 } : {}),
  }));

const deals: fc.Arbitrary<DealFact[]> = fc
  .array(fc.record({ amountMinor: amount, closedAt: instant, live: fc.boolean() }), { maxLength: 6 })
  .map((list) => list.map((deal, index) => ({ ...deal, dealId: `deal-${index}` })));

const facts: fc.Arbitrary<DeliveryFacts> = fc.record({
  deliveryId: fc.constant('delivery'),
  deliveredAt: fc.constant(deliveredAt),
  test: fc.constantFrom(false, false, false, true),
  qualifiedAt: fc.option(instant),
  bidMinor: fc.option(fc.bigInt({ min: 1n, max: 10n ** 9n }), { freq: 2 }),
  returnedAt: fc.constantFrom(null, null, null, addDaysExact(deliveredAt, 3)),
  deals,
});

function keyOf(charge: PricedCharge): string {
  return [charge.dealId ?? 'delivery', charge.part, charge.payee].join(' ');
}

/** What a ledger that only ever books differences owes after a change of facts; what it owes nothing for it does not name. */
function book(owed: Map<string, bigint>, next: Price): Map<string, bigint> {
  const wanted = new Map(next.charges.map((charge) => [keyOf(charge), charge.amountMinor]));
  const result = new Map(owed);
  for (const key of new Set([...owed.keys(), ...wanted.keys()])) {
    const delta = (wanted.get(key) ?? 0n) - (owed.get(key) ?? 0n);
    const after = (owed.get(key) ?? 0n) + delta;
    if (after === 0n) result.delete(key);
    else result.set(key, after);
  }
  return result;
}

function sum(owed: Map<string, bigint>): bigint {
  return [...owed.values()].reduce((total, one) => total + one, 0n);
}

describe('price, for any terms and facts', () => {
  it('names each charge once, with an amount above zero', () => {
    fc.assert(
      fc.property(terms, facts, (anyTerms, anyFacts) => {
        const { charges } = price(anyTerms, anyFacts);
        expect(new Set(charges.map(keyOf)).size).toBe(charges.length);
        for (const charge of charges) {
          expect(charge.amountMinor).toBeGreaterThan(0n);
          expect(charge.currency).toBe(anyTerms.baseRate.currency);
          expect(charge.effectiveAt.getTime()).toBeGreaterThanOrEqual(deliveredAt.getTime());
        }
      }),
    );
  });

  it('does not depend on the order of the deals', () => {
    const shuffled = facts.chain((one) =>
      fc
        .shuffledSubarray([...one.deals], { minLength: one.deals.length })
        .map((other) => ({ one, other: { ...one, deals: other } })),
    );
    fc.assert(
      fc.property(terms, shuffled, (anyTerms, { one, other }) => {
        expect(price(anyTerms, other)).toEqual(price(anyTerms, one));
      }),
    );
  });

  it('owes nothing once all is reversed', () => {
    fc.assert(
      fc.property(terms, facts, (anyTerms, anyFacts) => {
        const owed = book(new Map(), price(anyTerms, anyFacts));
        const returned = price(anyTerms, { ...anyFacts, returnedAt: deliveredAt });
        expect(sum(book(owed, returned))).toBe(0n);
      }),
    );
  });

  it('owes the same whether a deal is restated once or twice', () => {
    fc.assert(
      fc.property(terms, facts, amount, amount, (anyTerms, anyFacts, first, second) => {
        const restated = (amountMinor: bigint): Price =>
          price(anyTerms, { ...anyFacts, deals: anyFacts.deals.map((deal) => ({ ...deal, amountMinor })) });
        const start = book(new Map(), price(anyTerms, anyFacts));
        expect(book(book(start, restated(first)), restated(second))).toEqual(book(start, restated(second)));
        expect(book(start, restated(second))).toEqual(book(book(start, restated(second)), restated(second)));
      }),
    );
  });

  it('owes a platform fee of no more than the charge it is on', () => {
    fc.assert(
      fc.property(terms, facts, (anyTerms, anyFacts) => {
        for (const charge of price(anyTerms, anyFacts).charges) {
          expect(charge.amountMinor).toBeLessThanOrEqual(charge.inputMinor);
        }
      }),
    );
  });
});
