import fc from 'fast-check';
import {
  accountKey,
  accountKinds,
  accountsOfContract,
  balanceOf,
  bookAccount,
  buyerAccount,
  type AccountKind,
} from './account.js';
import { mirrorOf, type NewPosting } from './posting.js';
import { ledgerRecipesMarkdown } from './recipes-page.js';
import {
  agencyShareCorrected,
  chargeAccrued,
  chargeReversed,
  feeShareCorrected,
  settlementApproved,
  takeFromAgency,
} from './recipes.js';

const buyerId = '0190a0b0-0000-7000-8000-000000000001';

/** Postings as `debit/credit amount`, short enough to compare with the table of the design. */
function shown(postings: readonly NewPosting[]): string[] {
  return postings.map(({ debit, credit, amountMinor }) => `${debit.kind}/${credit.kind} ${amountMinor}`);
}

/** What each account ends with, in the direction of its normal side. */
function balances(...journals: (readonly NewPosting[])[]): Partial<Record<AccountKind, bigint>> {
  const sums = new Map<AccountKind, { debits: bigint; credits: bigint }>();
  const sumOf = (kind: AccountKind) => {
    const sum = sums.get(kind) ?? { debits: 0n, credits: 0n };
    sums.set(kind, sum);
    return sum;
  };
  for (const { debit, credit, amountMinor } of journals.flat()) {
    sumOf(debit.kind).debits += amountMinor;
    sumOf(credit.kind).credits += amountMinor;
  }
  return Object.fromEntries(
    [...sums].map(([kind, { debits, credits }]) => [kind, balanceOf(kind, debits, credits)]),
  );
}

const amount = fc.bigInt({ min: 1n, max: 10n ** 15n });
const anyAmount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });

describe('accounts', () => {
  it('are kept per buyer or per book, and know it', () => {
    expect(accountKey(buyerAccount('unbilled', buyerId))).toBe(`unbilled:${buyerId}`);
    expect(accountKey(bookAccount('held'))).toBe('held');
    expect(() => buyerAccount('held', buyerId)).toThrow('not kept per buyer');
    expect(() => bookAccount('unbilled')).toThrow('kept per buyer');
  });

  it('of a contract are all that its recipes touch', () => {
    const known = new Set(accountsOfContract(buyerId).map(accountKey));
    const split = { heldMinor: 1n, payableMinor: 1n, clawbackDueMinor: 1n };
    const touched = [
      ...chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor: 1n }),
      ...chargeAccrued({ payee: 'OPERATOR', buyerId, amountMinor: 1n }),
      ...settlementApproved({ buyerId, agencyMinor: 5n, feeMinor: 1n, creditAppliedMinor: 1n }),
      ...agencyShareCorrected({ buyerId, split }),
      ...feeShareCorrected({ buyerId, amountMinor: 1n }),
    ].flatMap(({ debit, credit }) => [accountKey(debit), accountKey(credit)]);
    expect([...new Set(touched)].sort()).toEqual([...known].sort());
  });
});

describe('recipes', () => {
  it('accrue a charge, the other way round when it is negative', () => {
    expect(shown(chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor: 1000n }))).toEqual([
      'unbilled/accrued 1000',
    ]);
    expect(shown(chargeAccrued({ payee: 'OPERATOR', buyerId, amountMinor: 20n }))).toEqual([
      'unbilled/fee_deferred 20',
    ]);
    expect(shown(chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor: -5n }))).toEqual([
      'accrued/unbilled 5',
    ]);
  });

  it('approve a settlement', () => {
    // A = 2000, F = 40, X = 2040; the buyer had 15 of credit
    const approved = settlementApproved({
      buyerId,
      agencyMinor: 2000n,
      feeMinor: 40n,
      creditAppliedMinor: 15n,
    });
    expect(shown(approved)).toEqual([
      'receivable/unbilled 2040',
      'accrued/held 2000',
      'fee_deferred/fee_revenue 40',
      'buyer_credit/receivable 15',
    ]);
    expect(settlementApproved({ buyerId, agencyMinor: 0n, feeMinor: 0n, creditAppliedMinor: 0n })).toEqual(
      [],
    );
  });

  it('approve a settlement that takes back more than it charges', () => {
    const split = { heldMinor: 60n, payableMinor: 30n, clawbackDueMinor: 10n };
    const approved = settlementApproved({
      buyerId,
      agencyMinor: -100n,
      feeMinor: -2n,
      split,
      creditAppliedMinor: 0n,
    });
    expect(shown(approved)).toEqual([
      'unbilled/buyer_credit 102',
      'held/accrued 60',
      'payable/accrued 30',
      'clawback_due/accrued 10',
      'fee_revenue/fee_deferred 2',
    ]);
  });

  it('refuse what cannot be meant', () => {
    const shares = { buyerId, agencyMinor: -100n, feeMinor: 0n, creditAppliedMinor: 0n };
    expect(() => settlementApproved(shares)).toThrow('needs to know where it comes from');
    const split = { heldMinor: 60n, payableMinor: 30n, clawbackDueMinor: 9n };
    expect(() => settlementApproved({ ...shares, split })).toThrow('does not add up');
    expect(() => settlementApproved({ ...shares, agencyMinor: 5n, creditAppliedMinor: 6n })).toThrow(
      'more credit',
    );
    expect(() => settlementApproved({ ...shares, agencyMinor: 5n, creditAppliedMinor: -1n })).toThrow(
      'negative',
    );
    expect(() => feeShareCorrected({ buyerId, amountMinor: 0n })).toThrow('above zero');
    expect(() => takeFromAgency({ heldMinor: 1n, payableMinor: 1n }, -1n)).toThrow('negative');
  });

  it('leave nothing of a charge that is taken back, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(anyAmount.filter((it) => it !== 0n)), (amounts) => {
        const charges = amounts.map((amountMinor) =>
          chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor }),
        );
        const left = balances(...charges, ...charges.toReversed().map(chargeReversed));
        expect(Object.values(left).every((balance) => balance === 0n)).toBe(true);
      }),
    );
  });

  it('leave nothing unbilled or in review of an approved settlement', () => {
    fc.assert(
      fc.property(anyAmount, anyAmount, amount, amount, (agencyMinor, feeMinor, heldMinor, payableMinor) => {
        const taken =
          agencyMinor < 0n ? takeFromAgency({ heldMinor, payableMinor }, -agencyMinor).split : undefined;
        const left = balances(
          chargeAccrued({ payee: 'AGENCY', buyerId, amountMinor: agencyMinor }),
          chargeAccrued({ payee: 'OPERATOR', buyerId, amountMinor: feeMinor }),
          settlementApproved({
            buyerId,
            agencyMinor,
            feeMinor,
            ...(taken ? { split: taken } : {}),
            creditAppliedMinor: 0n,
          }),
        );
        const {
          unbilled = 0n,
          accrued = 0n,
          fee_deferred: deferred = 0n,
          receivable = 0n,
          buyer_credit: credit = 0n,
        } = left;
        expect([unbilled, accrued, deferred]).toEqual([0n, 0n, 0n]);
        expect(receivable - credit).toBe(agencyMinor + feeMinor);
      }),
    );
  });

  it('take exactly what is asked for, and no more than there is', () => {
    fc.assert(
      fc.property(anyAmount, anyAmount, amount, (heldMinor, payableMinor, amountMinor) => {
        const { split, left } = takeFromAgency({ heldMinor, payableMinor }, amountMinor);
        expect(split.heldMinor + split.payableMinor + split.clawbackDueMinor).toBe(amountMinor);
        expect(left.heldMinor).toBe(heldMinor - split.heldMinor);
        if (split.heldMinor > 0n) expect(left.heldMinor >= 0n).toBe(true);
        if (split.payableMinor > 0n) expect(left.heldMinor <= 0n && left.payableMinor >= 0n).toBe(true);
        if (split.clawbackDueMinor > 0n) expect(left.payableMinor <= 0n).toBe(true);
      }),
    );
  });

  it('mirror a mirror to the original', () => {
    const postings = settlementApproved({ buyerId, agencyMinor: 5n, feeMinor: 1n, creditAppliedMinor: 2n });
    expect(mirrorOf(mirrorOf(postings))).toEqual(postings);
  });
});

describe('the page of recipes', () => {
  const page = ledgerRecipesMarkdown();

  it('tells every account and what the recipes post', () => {
    for (const kind of Object.keys(accountKinds)) expect(page).toContain(`| \`${kind}\` |`);
    expect(page).toContain(
      '`receivable` / `unbilled` X<br>`accrued` / `held` A<br>`fee_deferred` / `fee_revenue` F<br>`buyer_credit` / `receivable` C',
    );
    expect(page).toContain('`unbilled` / `buyer_credit` −X<br>`held` / `accrued` H');
    expect(page).not.toMatch(/\d{2,}/);
  });
});
