import { addDaysExact } from '#calendar';
import { asCurrency, formatAmount, money } from '#money';
import { price } from './price.js';
import type { DealFact, DeliveryFacts, PricedCharge } from './priced-charge.js';
import { type ContractTerms, termDefaults } from './terms.js';

const usd = asCurrency('USD');
const deliveredAt = new Date('2026-10-05T14:00:00Z');
const closedAt = new Date('2026-10-20T09:00:00Z');

function termsOf(over: Partial<ContractTerms> = {}): ContractTerms {
  return {
    ...termDefaults,
    baseRate: money(1000n, usd),
    commissionBasis: 'NONE',
    commissionRatePpm: 0,
    commissionTrigger: 'CONVERTED',
    timeZone: 'America/New_York',
    ...over,
  };
}

const perLead = { commissionBasis: 'PER_LEAD', commissionRatePpm: 200_000 } as const;
const perLeadQualified = { ...perLead, commissionTrigger: 'QUALIFIED' } as const;
const perLeadConverted = { ...perLead, commissionTrigger: 'CONVERTED' } as const;
const perDeal = {
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
} as const;

function factsOf(over: Partial<DeliveryFacts> = {}): DeliveryFacts {
  return {
    deliveryId: 'delivery',
    deliveredAt,
    test: false,
    qualifiedAt: null,
    returnedAt: null,
    bidMinor: null,
    deals: [],
    ...over,
  };
}

function dealOf(over: Partial<DealFact> = {}): DealFact {
  return { dealId: 'deal', amountMinor: 200_000n, closedAt, live: true, ...over };
}

/** 100 leads: the first `good` of them with the given facts, the rest without an outcome. */
function month(good: number, facts: Partial<DeliveryFacts>): DeliveryFacts[] {
  return Array.from({ length: 100 }, (_, index) =>
    factsOf({ deliveryId: `delivery-${index}`, ...(index < good ? facts : {}) }),
  );
}

function totalOf(charges: readonly PricedCharge[]): bigint {
  return charges.reduce((sum, charge) => sum + charge.amountMinor, 0n);
}

function monthTotal(terms: ContractTerms, deliveries: readonly DeliveryFacts[]): string {
  const total = deliveries.reduce((sum, facts) => sum + totalOf(price(terms, facts).charges), 0n);
  return formatAmount(total, terms.baseRate.currency);
}

const qualified = { qualifiedAt: closedAt };
const won = { qualifiedAt: closedAt, deals: [dealOf()] };
const returnedAt = new Date('2026-10-09T10:00:00Z');

function changed(deliveries: readonly DeliveryFacts[], index: number, over: Partial<DeliveryFacts>) {
  return deliveries.map((facts, at) => (at === index ? { ...facts, ...over } : facts));
}

describe('the worked month: 100 leads, base $10.00, 20 %, deals of $2,000.00', () => {
  const cases: readonly [string, Partial<ContractTerms>, DeliveryFacts[], string][] = [
    // 100 × 10.00
    ['G1 flat', {}, month(20, won), '1000.00'],
    // 80 × 10.00 + 20 × (10.00 + 2.00)
    ['G2 per lead', perLeadQualified, month(20, qualified), '1040.00'],
    // 80 × 10.00 + 20 × (10.00 + 400.00)
    ['G3 per deal', perDeal, month(20, won), '9000.00'],
    // 100 × 10.00 + 15 × 2.00
    ['G4 per lead, 15 convert', perLeadConverted, month(15, won), '1030.00'],
    // 100 × 10.00 + 15 × 400.00
    ['G5 per deal, 15 close', perDeal, month(15, won), '7000.00'],
    // 9,000.00 − 10.00
    ['G6 a standard lead returned', perDeal, changed(month(20, won), 99, { returnedAt }), '8990.00'],
    // 9,000.00 − (10.00 + 400.00)
    ['G7 a closed lead returned', perDeal, changed(month(20, won), 0, { returnedAt }), '8590.00'],
    // 9,000.00 − 400.00: the base stays
    [
      'G8 a deal refunded',
      perDeal,
      changed(month(20, won), 0, { deals: [dealOf({ live: false })] }),
      '8600.00',
    ],
    // 9,000.00 − 400.00 + 300.00
    [
      'G9 a deal restated to 1,500',
      perDeal,
      changed(month(20, won), 0, { deals: [dealOf({ amountMinor: 150_000n })] }),
      '8900.00',
    ],
  ];

  it.each(cases)('%s', (_name, terms, deliveries, expected) => {
    expect(monthTotal(termsOf(terms), deliveries)).toBe(expected);
  });

  it('G8: the refund takes back exactly the commission of 400.00', () => {
    const terms = termsOf(perDeal);
    const before = price(terms, factsOf(won)).charges;
    const after = price(terms, factsOf({ ...won, deals: [dealOf({ live: false })] })).charges;
    expect(totalOf(after) - totalOf(before)).toBe(-40_000n);
    expect(after.map((charge) => charge.component)).toEqual(['BASE']);
  });
});

describe('the worked month in currencies without and with three decimals', () => {
  const jpy = asCurrency('JPY');
  const kwd = asCurrency('KWD');
  const cases: readonly [string, ContractTerms, DeliveryFacts[], string][] = [
    // base ¥1,000: 80 × 1,000 + 20 × (1,000 + 200)
    [
      'G2 in JPY',
      termsOf({ ...perLeadQualified, baseRate: money(1000n, jpy) }),
      month(20, qualified),
      '104000',
    ],
    // deals of ¥200,000: 80 × 1,000 + 20 × (1,000 + 40,000)
    ['G3 in JPY', termsOf({ ...perDeal, baseRate: money(1000n, jpy) }), month(20, won), '900000'],
    // base 10.000: 80 × 10.000 + 20 × (10.000 + 2.000)
    [
      'G2 in KWD',
      termsOf({ ...perLeadQualified, baseRate: money(10_000n, kwd) }),
      month(20, qualified),
      '1040.000',
    ],
    // deals of 2,000.000: 80 × 10.000 + 20 × (10.000 + 400.000)
    [
      'G3 in KWD',
      termsOf({ ...perDeal, baseRate: money(10_000n, kwd) }),
      month(20, { deals: [dealOf({ amountMinor: 2_000_000n })] }),
      '9000.000',
    ],
  ];

  it.each(cases)('%s', (_name, terms, deliveries, expected) => {
    expect(monthTotal(terms, deliveries)).toBe(expected);
  });
});

describe('price', () => {
  it('charges the base at delivery, as it stands in the contract', () => {
    expect(price(termsOf(), factsOf())).toEqual({
      charges: [
        {
          part: 'BASE',
          payee: 'AGENCY',
          component: 'BASE',
          dealId: null,
          amountMinor: 1000n,
          currency: 'USD',
          inputMinor: 1000n,
          ratePpm: null,
          effectiveAt: deliveredAt,
        },
      ],
      notes: [],
    });
  });

  it.each([
    ['a test lead', { test: true }, 'A test lead is never charged.'],
    ['a returned lead', { returnedAt }, 'The lead was returned: nothing is owed for it.'],
  ])('charges nothing for %s, and says so', (_name, over, text) => {
    expect(price(termsOf(perDeal), factsOf({ ...won, ...over }))).toEqual({
      charges: [],
      notes: [{ dealId: null, text }],
    });
  });

  it('charges a commission per lead on the base rate, for the delivery, when it qualifies', () => {
    const { charges } = price(termsOf(perLeadQualified), factsOf(qualified));
    expect(charges[1]).toEqual({
      part: 'COMMISSION',
      payee: 'AGENCY',
      component: 'COMMISSION_PER_LEAD',
      dealId: null,
      amountMinor: 200n,
      currency: 'USD',
      inputMinor: 1000n,
      ratePpm: 200_000,
      effectiveAt: closedAt,
    });
  });

  it('charges a commission per lead once, at the earliest live deal', () => {
    const later = addDaysExact(closedAt, 3);
    const deals = [
      dealOf({ dealId: 'c', closedAt: later }),
      dealOf({ dealId: 'a', live: false, closedAt: deliveredAt }),
      dealOf({ dealId: 'b' }),
    ];
    const { charges, notes } = price(termsOf(perLeadConverted), factsOf({ deals }));
    expect(charges.map(({ component, effectiveAt }) => [component, effectiveAt])).toEqual([
      ['BASE', deliveredAt],
      ['COMMISSION_PER_LEAD', closedAt],
    ]);
    expect(notes).toEqual([
      {
        dealId: 'c',
        text: 'The commission is owed once per lead and rests on an earlier deal: this one adds none.',
      },
    ]);
  });

  it('charges every live deal of a lead by itself', () => {
    const deals = [dealOf({ dealId: 'b', amountMinor: 50_000n }), dealOf({ dealId: 'a' })];
    const { charges } = price(termsOf(perDeal), factsOf({ deals }));
    expect(charges.map(({ dealId, amountMinor }) => [dealId, amountMinor])).toEqual([
      [null, 1000n],
      ['a', 40_000n],
      ['b', 10_000n],
    ]);
  });

  it.each([
    ['in the last millisecond of', 90 * 86_400_000, 1],
    ['one millisecond after', 90 * 86_400_000 + 1, 0],
  ])('a deal closed %s the attribution window', (_name, afterMs, commissions) => {
    const late = dealOf({ closedAt: new Date(deliveredAt.getTime() + afterMs) });
    for (const basis of [perDeal, perLeadConverted]) {
      expect(price(termsOf(basis), factsOf({ deals: [late] })).charges).toHaveLength(1 + commissions);
    }
  });

  it('says why a late deal has no price', () => {
    const late = dealOf({ closedAt: addDaysExact(deliveredAt, 91) });
    expect(price(termsOf(perDeal), factsOf({ deals: [late] })).notes).toEqual([
      {
        dealId: 'deal',
        text: 'Closed 91 days after delivery, outside the attribution window of 90 days: no commission.',
      },
    ]);
  });

  it('dates a fact from before the delivery at the delivery', () => {
    const early = addDaysExact(deliveredAt, -2);
    const deals = [dealOf({ closedAt: early })];
    for (const basis of [perDeal, perLeadConverted, perLeadQualified]) {
      const { charges } = price(termsOf(basis), factsOf({ qualifiedAt: early, deals }));
      expect(charges[1]?.effectiveAt).toEqual(deliveredAt);
    }
  });

  it.each([
    ['no commission', {}, won, [['deal', 'The contract pays no commission.']]],
    ['no commission', {}, qualified, [[null, 'The contract pays no commission.']]],
    [
      'a rate of zero',
      { ...perDeal, commissionRatePpm: 0 },
      won,
      [['deal', 'The commission rate is 0 %: no commission.']],
    ],
    [
      'a commission for deals, and a lead that is only qualified',
      perDeal,
      qualified,
      [[null, 'The commission is owed when a deal is won: a qualified lead alone adds none.']],
    ],
    [
      'a commission for qualified leads, and a deal',
      perLeadQualified,
      { deals: [dealOf()] },
      [['deal', 'The commission is owed once per lead, when it qualifies: a deal adds none.']],
    ],
    [
      'an amount that rounds to zero', // 2 × 20 % = 0.4 minor units
      perDeal,
      { deals: [dealOf({ amountMinor: 2n })] },
      [['deal', '20 % of $0.02 is 0.004, which rounds half-even to zero: no commission.']],
    ],
  ] as const)('notes %s', (_name, terms, facts, expected) => {
    const { charges, notes } = price(termsOf(terms), factsOf(facts));
    expect(charges.map((charge) => charge.component)).toEqual(['BASE']);
    expect(notes.map(({ dealId, text }) => [dealId, text])).toEqual(expected);
  });

  it('rounds each line half-even', () => {
    const amounts = [7n, 12n, 13n, 33n];
    const deals = amounts.map((amountMinor, index) => dealOf({ dealId: `${index}`, amountMinor }));
    const { charges } = price(termsOf(perDeal), factsOf({ deals }));
    // 1.4 → 1, 2.4 → 2, 2.6 → 3, 6.6 → 7
    expect(charges.slice(1).map((charge) => charge.amountMinor)).toEqual([1n, 2n, 3n, 7n]);
    // A tie goes to the even neighbour: 5 × 50 % = 2.5 → 2, 7 × 50 % = 3.5 → 4
    const half = termsOf({ ...perDeal, commissionRatePpm: 500_000 });
    const ties = [dealOf({ dealId: 'a', amountMinor: 5n }), dealOf({ dealId: 'b', amountMinor: 7n })];
    expect(
      price(half, factsOf({ deals: ties }))
        .charges.slice(1)
        .map((charge) => charge.amountMinor),
    ).toEqual([2n, 4n]);
  });

  it('adds the platform fee to each charge, rounded by itself', () => {
    const terms = termsOf({ ...perDeal, baseRate: money(1050n, usd), platformFeeRatePpm: 50_000 });
    const { charges } = price(terms, factsOf(won));
    // 5 % of 10.50 = 0.525 → 0.52; 5 % of 400.00 = 20.00
    expect(
      charges.map(({ part, payee, dealId, amountMinor, inputMinor, ratePpm }) => ({
        part,
        payee,
        dealId,
        amountMinor,
        inputMinor,
        ratePpm,
      })),
    ).toEqual([
      { part: 'BASE', payee: 'AGENCY', dealId: null, amountMinor: 1050n, inputMinor: 1050n, ratePpm: null },
      { part: 'BASE', payee: 'OPERATOR', dealId: null, amountMinor: 52n, inputMinor: 1050n, ratePpm: 50_000 },
      {
        part: 'COMMISSION',
        payee: 'AGENCY',
        dealId: 'deal',
        amountMinor: 40_000n,
        inputMinor: 200_000n,
        ratePpm: 200_000,
      },
      {
        part: 'COMMISSION',
        payee: 'OPERATOR',
        dealId: 'deal',
        amountMinor: 2000n,
        inputMinor: 40_000n,
        ratePpm: 50_000,
      },
    ]);
  });

  it('notes a platform fee that rounds to zero', () => {
    const terms = termsOf({ baseRate: money(2n, usd), platformFeeRatePpm: 100_000 });
    expect(price(terms, factsOf()).notes).toEqual([
      { dealId: null, text: 'The platform fee of 10 % of $0.02 rounds half-even to zero: no fee.' },
    ]);
  });
});
