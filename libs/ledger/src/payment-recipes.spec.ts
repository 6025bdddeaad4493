import fc from 'fast-check';
import { type AccountKind, balanceOf } from './account.js';
import {
  balanceFilled,
  balanceSpent,
  clawbackNetted,
  clawbackWrittenOff,
  collected,
  collectionReturned,
  creditApplied,
  disputeFee,
  disputeLost,
  disputeOpened,
  disputeWon,
  fillingReturned,
  heldAgain,
  heldAgainAfterPayout,
  holdReleased,
  paidOutOfBand,
  providerFee,
  receivableWrittenOff,
  refundCameBack,
  refundDecided,
  refundDone,
  refundFailed,
  sentToBank,
  transferFailed,
  transferRequested,
  transferReversed,
  transferSucceeded,
} from './payment-recipes.js';
import type { NewPosting } from './posting.js';
import { ledgerRecipesMarkdown } from './recipes-page.js';
import { settlementApproved, takeFromAgency } from './recipes.js';

const buyerId = '0190a0b0-0000-7000-8000-000000000001';

/** Postings as `debit/credit amount`, short enough to compare with the table of the design. */
function shown(postings: readonly NewPosting[]): string[] {
  return postings.map(({ debit, credit, amountMinor }) => `${debit.kind}/${credit.kind} ${amountMinor}`);
}

/** What each account ends with, in the direction of its normal side; zeros are left out. */
function balances(...journals: (readonly NewPosting[])[]): Partial<Record<AccountKind, bigint>> {
  const sums = new Map<AccountKind, bigint>();
  const add = (kind: AccountKind, debits: bigint, credits: bigint): void => {
    sums.set(kind, (sums.get(kind) ?? 0n) + balanceOf(kind, debits, credits));
  };
  for (const { debit, credit, amountMinor } of journals.flat()) {
    add(debit.kind, amountMinor, 0n);
    add(credit.kind, 0n, amountMinor);
  }
  return Object.fromEntries([...sums].filter(([, balance]) => balance !== 0n));
}

const split = { heldMinor: 4n, payableMinor: 3n, clawbackDueMinor: 2n };

it.each([
  ['a payment arrives', collected(buyerId, 9n), ['stripe/receivable 9']],
  ['it goes back', collectionReturned(buyerId, 9n), ['receivable/stripe 9']],
  ['credit pays', creditApplied(buyerId, 9n), ['buyer_credit/receivable 9']],
  ['it came another way', paidOutOfBand(buyerId, 9n), ['bank/receivable 9']],
  ['a fee is kept', providerFee(9n), ['stripe_fees/stripe 9']],
  ['a fee is given back', providerFee(-9n), ['stripe/stripe_fees 9']],
  ['a dispute costs something', disputeFee(9n), ['dispute_fees/stripe 9']],
  ['its fee is given back', disputeFee(-9n), ['stripe/dispute_fees 9']],
  ['a balance is filled up', balanceFilled(buyerId, 9n), ['stripe/buyer_credit 9']],
  ['what filled it up goes back', fillingReturned(buyerId, 9n), ['buyer_credit/stripe 9']],
  ['a hold is over', holdReleased(9n), ['held/payable 9']],
  ['released money waits again', heldAgain(9n), ['payable/held 9']],
  ['sent money is owed and waits again', heldAgainAfterPayout(9n), ['clawback_due/held 9']],
  ['what is owed is netted', clawbackNetted(9n), ['payable/clawback_due 9']],
  ['a transfer is asked for', transferRequested(9n), ['payable/in_transit 9']],
  ['it is done', transferSucceeded(9n), ['in_transit/stripe 9']],
  ['it is refused', transferFailed(9n), ['in_transit/payable 9']],
  ['it is reversed', transferReversed(2n, 7n), ['stripe/clawback_due 2', 'stripe/payable 7']],
  ['it is reversed and nothing was owed', transferReversed(0n, 7n), ['stripe/payable 7']],
  ['a debt is given up', clawbackWrittenOff(9n), ['bad_debt/clawback_due 9']],
  ['a refund is decided', refundDecided(buyerId, 9n), ['buyer_credit/refund_due 9']],
  ['it is done', refundDone(buyerId, 9n), ['refund_due/stripe 9']],
  ['it fails', refundFailed(buyerId, 9n), ['refund_due/buyer_credit 9']],
  ['it comes back', refundCameBack(buyerId, 9n), ['stripe/buyer_credit 9']],
  ['a payment is contested', disputeOpened(buyerId, 9n), ['dispute_held/stripe 9']],
  ['that is won', disputeWon(buyerId, 9n), ['stripe/dispute_held 9']],
  [
    'that is lost',
    disputeLost({ buyerId, split, operatorMinor: 1n }),
    [
      'held/dispute_held 4',
      'payable/dispute_held 3',
      'clawback_due/dispute_held 2',
      'bad_debt/dispute_held 1',
    ],
  ],
  [
    'a bill is given up',
    receivableWrittenOff({ buyerId, amountMinor: 9n, heldMinor: 4n }),
    ['bad_debt/receivable 9', 'held/bad_debt 4'],
  ],
  ['money goes to the bank', sentToBank(9n), ['bank/stripe 9']],
  ['money comes from the bank', sentToBank(-9n), ['stripe/bank 9']],
])('when %s', (_, postings, expected) => {
  expect(shown(postings)).toEqual(expected);
});

it('post nothing for nothing', () => {
  expect([...collected(buyerId, 0n), ...holdReleased(0n), ...transferReversed(0n, 0n)]).toEqual([]);
});

it('refuse what cannot be meant', () => {
  expect(() => holdReleased(-1n)).toThrow('negative');
  expect(() => transferRequested(-1n)).toThrow('negative');
  expect(() => collected(buyerId, -1n)).toThrow('negative');
  expect(() => receivableWrittenOff({ buyerId, amountMinor: 1n, heldMinor: 2n })).toThrow('more is taken');
});

describe('from approval to the bank', () => {
  const amount = fc.bigInt({ min: 1n, max: 10n ** 12n });
  const approved = (agencyMinor: bigint, feeMinor: bigint): readonly NewPosting[] =>
    settlementApproved({ buyerId, agencyMinor, feeMinor, creditAppliedMinor: 0n });
  /** What approval alone leaves, which the charges before it have put there. */
  const accrued = ({
    unbilled: _unbilled,
    accrued: _accrued,
    fee_deferred: _fee,
    ...rest
  }: Partial<Record<AccountKind, bigint>>) => rest;

  it('leaves the fee, and nothing in between', () => {
    fc.assert(
      fc.property(amount, amount, amount, (agencyMinor, feeMinor, costMinor) => {
        const left = balances(
          approved(agencyMinor, feeMinor),
          collected(buyerId, agencyMinor + feeMinor),
          providerFee(costMinor),
          holdReleased(agencyMinor),
          transferRequested(agencyMinor),
          transferSucceeded(agencyMinor),
        );
        const stripe = feeMinor - costMinor;
        expect(accrued(left)).toEqual({
          fee_revenue: feeMinor,
          stripe_fees: costMinor,
          ...(stripe === 0n ? {} : { stripe }),
        });
      }),
    );
  });

  it('comes to the same when the payment is returned after the payout, and paid again', () => {
    fc.assert(
      fc.property(amount, amount, (agencyMinor, feeMinor) => {
        const gross = agencyMinor + feeMinor;
        const once = [
          approved(agencyMinor, feeMinor),
          collected(buyerId, gross),
          holdReleased(agencyMinor),
          transferRequested(agencyMinor),
          transferSucceeded(agencyMinor),
        ];
        const again = [
          collectionReturned(buyerId, gross),
          heldAgainAfterPayout(agencyMinor),
          collected(buyerId, gross),
          holdReleased(agencyMinor),
          clawbackNetted(agencyMinor),
        ];
        expect(balances(...once, ...again)).toEqual(balances(...once));
      }),
    );
  });

  it('leaves a lost dispute with the agency and the operator, each for its share', () => {
    fc.assert(
      fc.property(amount, amount, (agencyMinor, feeMinor) => {
        const gross = agencyMinor + feeMinor;
        const taken = takeFromAgency({ heldMinor: agencyMinor, payableMinor: 0n }, agencyMinor).split;
        const left = balances(
          approved(agencyMinor, feeMinor),
          collected(buyerId, gross),
          disputeOpened(buyerId, gross),
          disputeLost({ buyerId, split: taken, operatorMinor: feeMinor }),
        );
        expect(accrued(left)).toEqual({ fee_revenue: feeMinor, bad_debt: feeMinor });
      }),
    );
  });

  it('spends a balance without moving money at the provider', () => {
    const { operator, agency } = balanceSpent(buyerId, 9n);
    expect(shown(operator)).toEqual(['buyer_credit/stripe 9']);
    expect(shown(agency)).toEqual(['stripe/receivable 9']);
    expect(balances(operator, agency).stripe).toBeUndefined();
  });
});

it("stand on the page, the operator's own marked as such", () => {
  const page = ledgerRecipesMarkdown();
  expect(page).toContain('| A transfer is asked for | `payable` / `in_transit` P | `payout:{id}:request` |');
  expect(page).toContain(
    "| What the provider keeps of it (in the operator's book) | `stripe_fees` / `stripe` E |",
  );
  expect(page).toContain(
    '`held` / `dispute_held` H<br>`payable` / `dispute_held` P<br>`clawback_due` / `dispute_held` O',
  );
});
