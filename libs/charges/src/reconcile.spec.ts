import fc from 'fast-check';
import { asLocalDate } from '#calendar';
import { type ContractTerms, type DealFact, type DeliveryFacts, price } from '#contracts';
import { asCurrency } from '#money';
import { type Charge, journalKeyOf, keyOf } from './charge.js';
import { type ChargeStep, reconcile } from './reconcile.js';

const usd = asCurrency('USD');
const deliveredAt = new Date('2026-03-02T12:00:00Z');
const later = (days: number): Date => new Date(deliveredAt.getTime() + days * 86_400_000);

function termsWith(change: Partial<ContractTerms>): ContractTerms {
  return {
    baseRate: { amountMinor: 1_000n, currency: usd },
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
    consentRequired: false,
    dedupeWindowDays: null,
    outcomeSlaDays: 30,
    contactSlaSeconds: null,
    contactSlaReroute: false,
    platformFeeRatePpm: 0,
    ...change,
  };
}

const noFacts: DeliveryFacts = {
  deliveryId: 'delivery',
  deliveredAt,
  test: false,
  qualifiedAt: null,
  returnedAt: null,
  bidMinor: null,
  deals: [],
};

/** A book of charges in memory: what the action does with the steps, without settlements and journals. */
class Book {
  readonly charges: Charge[] = [];

  constructor(private readonly terms: ContractTerms) {}

  bill(facts: DeliveryFacts, now = later(1)): ChargeStep[] {
    const steps = reconcile({
      deliveryId: facts.deliveryId,
      wanted: price(this.terms, facts).charges,
      existing: this.charges,
      returned: facts.returnedAt !== null,
      now,
    });
    for (const { corrects: _corrects, ...step } of steps) {
      this.charges.push({
        ...step,
        agencyId: 'agency',
        id: `charge-${this.charges.length}`,
        settlementId: 'settlement',
        deliveryId: facts.deliveryId,
        leadId: 'lead',
        contractId: 'contract',
        contractVersion: 1,
        afterApproval: false,
        latePeriodStart: asLocalDate('2026-03-01'),
        recordedAt: now,
      });
    }
    return steps;
  }

  totalMinor(): bigint {
    return this.charges.reduce((sum, charge) => sum + charge.amountMinor, 0n);
  }
}

const deal = (change: Partial<DealFact> = {}): DealFact => ({
  dealId: 'deal',
  amountMinor: 200_000n,
  closedAt: later(10),
  live: true,
  ...change,
});

describe('reconcile', () => {
  it('charges what is owed and not yet charged', () => {
    const steps = new Book(termsWith({})).bill({ ...noFacts, deals: [deal()] });
    expect(steps.map(({ component, amountMinor }) => [component, amountMinor])).toEqual([
      ['BASE', 1_000n],
      ['COMMISSION_PER_DEAL', 40_000n],
    ]);
  });

  it('restates by the delta only', () => {
    const book = new Book(termsWith({}));
    book.bill({ ...noFacts, deals: [deal()] });
    const steps = book.bill({ ...noFacts, deals: [deal({ amountMinor: 150_000n })] });
    // 20 % of 1,500.00 is 300.00, and 400.00 was charged.
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({ component: 'RESTATEMENT', amountMinor: -10_000n, inputMinor: 150_000n });
  });

  it('mirrors a restated deal charge by charge when it is canceled', () => {
    const book = new Book(termsWith({}));
    book.bill({ ...noFacts, deals: [deal()] });
    book.bill({ ...noFacts, deals: [deal({ amountMinor: 150_000n })] });
    const steps = book.bill({ ...noFacts, deals: [deal({ amountMinor: 150_000n, live: false })] });
    expect(steps.map(({ component, amountMinor }) => [component, amountMinor])).toEqual([
      ['CLAWBACK', -40_000n],
      ['CLAWBACK', 10_000n],
    ]);
    expect(book.totalMinor()).toBe(1_000n);
  });

  it('mirrors everything live when the lead is returned', () => {
    const book = new Book(termsWith({ platformFeeRatePpm: 30_000 }));
    book.bill({ ...noFacts, deals: [deal()] });
    const steps = book.bill({ ...noFacts, deals: [deal()], returnedAt: later(3) });
    expect(steps.map(({ component }) => component)).toEqual(Array(4).fill('RETURN_CREDIT'));
    expect(book.totalMinor()).toBe(0n);
  });

  it('charges a qualification anew after it was withdrawn, under the next revision', () => {
    const book = new Book(termsWith({ commissionBasis: 'PER_LEAD', commissionTrigger: 'QUALIFIED' }));
    book.bill({ ...noFacts, qualifiedAt: later(1) });
    book.bill({ ...noFacts, qualifiedAt: null });
    const [step] = book.bill({ ...noFacts, qualifiedAt: later(2) });
    expect(step).toMatchObject({ component: 'COMMISSION_PER_LEAD', revision: 3, amountMinor: 200n });
  });
});

const anyTerms = fc
  .record({
    commissionBasis: fc.constantFrom('NONE', 'PER_LEAD', 'PER_DEAL'),
    commissionRatePpm: fc.integer({ min: 0, max: 1_000_000 }),
    perLeadTrigger: fc.constantFrom('QUALIFIED', 'CONVERTED'),
    platformFeeRatePpm: fc.constantFrom(0, 1, 30_000, 1_000_000),
    baseMinor: fc.bigInt({ min: 1n, max: 100_000n }),
  })
  .map(({ baseMinor, perLeadTrigger, ...terms }) =>
    termsWith({
      ...terms,
      baseRate: { amountMinor: baseMinor, currency: usd },
      commissionTrigger: terms.commissionBasis === 'PER_DEAL' ? 'CONVERTED' : perLeadTrigger,
    }),
  );

const anyFacts = fc
  .record({
    qualified: fc.boolean(),
    returned: fc.boolean(),
    deals: fc.uniqueArray(
      fc.record({
        dealId: fc.constantFrom('a', 'b', 'c'),
        amountMinor: fc.bigInt({ min: 1n, max: 1_000_000n }),
        closedAt: fc.integer({ min: 0, max: 120 }).map(later),
        live: fc.boolean(),
      }),
      { selector: ({ dealId }) => dealId, maxLength: 3 },
    ),
  })
  .map(({ qualified, returned, deals }): DeliveryFacts => ({
    ...noFacts,
    qualifiedAt: qualified ? later(1) : null,
    returnedAt: returned ? later(2) : null,
    deals,
  }));

describe('any sequence of facts', () => {
  it('leaves exactly what the last facts make owed, key by key', () => {
    fc.assert(
      fc.property(anyTerms, fc.array(anyFacts, { minLength: 1, maxLength: 12 }), (terms, sequence) => {
        const book = new Book(terms);
        for (const facts of sequence) {
          book.bill(facts);
          const owed = new Map<string, bigint>();
          for (const charge of book.charges) {
            owed.set(keyOf(charge), (owed.get(keyOf(charge)) ?? 0n) + charge.amountMinor);
          }
          const wanted = new Map(
            price(terms, facts).charges.map((charge) => [
              keyOf({ ...charge, deliveryId: facts.deliveryId }),
              charge.amountMinor,
            ]),
          );
          for (const [key, amountMinor] of owed) expect(amountMinor).toBe(wanted.get(key) ?? 0n);
          for (const key of wanted.keys()) expect(owed.has(key)).toBe(true);
        }
      }),
    );
  });

  it('writes nothing when the same facts are billed again', () => {
    fc.assert(
      fc.property(anyTerms, fc.array(anyFacts, { minLength: 1, maxLength: 6 }), (terms, sequence) => {
        const book = new Book(terms);
        for (const facts of sequence) {
          book.bill(facts);
          expect(book.bill(facts)).toEqual([]);
        }
      }),
    );
  });

  it('reverses a charge at most once and exactly, and never reuses a revision or a journal key', () => {
    fc.assert(
      fc.property(anyTerms, fc.array(anyFacts, { minLength: 1, maxLength: 12 }), (terms, sequence) => {
        const book = new Book(terms);
        for (const facts of sequence) book.bill(facts);
        const byId = new Map(book.charges.map((charge) => [charge.id, charge]));
        const reversals = book.charges.filter(({ reverses }) => reverses !== null);
        expect(new Set(reversals.map(({ reverses }) => reverses)).size).toBe(reversals.length);
        for (const reversal of reversals) {
          expect(reversal.amountMinor).toBe(-(byId.get(reversal.reverses ?? '')?.amountMinor ?? 0n));
        }
        const revisions = book.charges.map((charge) => `${keyOf(charge)}:${charge.revision}`);
        expect(new Set(revisions).size).toBe(revisions.length);
        const journals = book.charges.map(journalKeyOf);
        expect(new Set(journals).size).toBe(journals.length);
        for (const { amountMinor } of book.charges) expect(amountMinor).not.toBe(0n);
      }),
    );
  });
});
