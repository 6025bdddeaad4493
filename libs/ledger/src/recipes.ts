import { invariant } from '#outcome';
import { type AccountRef, bookAccount, buyerAccount } from './account.js';
import { mirrorOf, type NewPosting } from './posting.js';

/** Who earns a charge: the agency, or the operator as its platform fee. */
export type Payee = 'AGENCY' | 'OPERATOR';

/** Where money that an agency gives back comes from. Minor units, none negative; together the amount asked for. */
export interface AgencySplit {
  readonly heldMinor: bigint;
  readonly payableMinor: bigint;
  /** What neither covers: from now on the agency owes it. */
  readonly clawbackDueMinor: bigint;
}

/** What an agency's book has at hand to give back from; a negative balance counts as nothing. Minor units. */
export interface AgencyFunds {
  readonly heldMinor: bigint;
  readonly payableMinor: bigint;
}

/** Takes an amount from held money first, then from payable, and leaves the rest as owed. Throws for a negative amount. */
export function takeFromAgency(
  funds: AgencyFunds,
  amountMinor: bigint,
): { split: AgencySplit; left: AgencyFunds } {
  invariant(amountMinor >= 0n, 'an amount to take is negative');
  const heldMinor = smaller(notBelowZero(funds.heldMinor), amountMinor);
  const payableMinor = smaller(notBelowZero(funds.payableMinor), amountMinor - heldMinor);
  return {
    split: { heldMinor, payableMinor, clawbackDueMinor: amountMinor - heldMinor - payableMinor },
    left: { heldMinor: funds.heldMinor - heldMinor, payableMinor: funds.payableMinor - payableMinor },
  };
}

/**
 * A charge before its settlement is approved: owed by the buyer, not yet billed, and earned in review. A negative
 * amount (a deal restated downwards) posts the other way round. Minor units, not zero.
 */
export function chargeAccrued(charge: {
  readonly payee: Payee;
  readonly buyerId: string;
  readonly amountMinor: bigint;
}): readonly NewPosting[] {
  const earned = bookAccount(charge.payee === 'AGENCY' ? 'accrued' : 'fee_deferred');
  return move(buyerAccount('unbilled', charge.buyerId), earned, charge.amountMinor);
}

/** A charge that is no longer owed and whose settlement is not approved yet: the exact mirror of its journal. */
export function chargeReversed(original: readonly NewPosting[]): readonly NewPosting[] {
  return mirrorOf(original);
}

/**
 * Less is owed than an approved statement says: the buyer gets credit, out of the agency's money as it was split by
 * `splitFromAgency`. `split` is above zero in sum.
 */
export function agencyShareCorrected(correction: {
  readonly buyerId: string;
  readonly split: AgencySplit;
}): readonly NewPosting[] {
  return fromAgency(correction.split, buyerAccount('buyer_credit', correction.buyerId));
}

/** The same for the operator's fee. Minor units, above zero. */
export function feeShareCorrected(correction: {
  readonly buyerId: string;
  readonly amountMinor: bigint;
}): readonly NewPosting[] {
  invariant(correction.amountMinor > 0n, 'a correction must be above zero');
  return move(
    bookAccount('fee_revenue'),
    buyerAccount('buyer_credit', correction.buyerId),
    correction.amountMinor,
  );
}

/** Shares of a statement, without the lines that correct statements approved earlier: those are booked already. */
export interface ApprovedShares {
  readonly buyerId: string;
  /** A, the agency's share; negative when more was taken back than charged. Minor units. */
  readonly agencyMinor: bigint;
  /** F, the operator's fee; may be negative. Minor units. */
  readonly feeMinor: bigint;
  /** Where |A| comes from when A is negative: `splitFromAgency` of it; else not used. */
  readonly split?: AgencySplit;
  /** Credit from corrections that this statement applies: at most what it bills. Minor units, not negative. */
  readonly creditAppliedMinor: bigint;
}

/**
 * A statement is approved: X = A + F is billed, and both shares leave review. What is negative goes the other way:
 * X becomes the buyer's credit, A comes out of the agency's money. Empty for a statement that comes to nothing.
 */
export function settlementApproved(shares: ApprovedShares): readonly NewPosting[] {
  const { buyerId, agencyMinor, feeMinor, split, creditAppliedMinor } = shares;
  const unbilled = buyerAccount('unbilled', buyerId);
  const receivable = buyerAccount('receivable', buyerId);
  const buyerCredit = buyerAccount('buyer_credit', buyerId);
  const billedMinor = agencyMinor + feeMinor;
  invariant(creditAppliedMinor >= 0n, 'applied credit is negative');
  invariant(creditAppliedMinor <= notBelowZero(billedMinor), 'more credit is applied than is billed');
  const billed =
    billedMinor >= 0n ? move(receivable, unbilled, billedMinor) : move(unbilled, buyerCredit, -billedMinor);
  return [
    ...billed,
    ...agencyShareApproved(agencyMinor, split),
    ...move(bookAccount('fee_deferred'), bookAccount('fee_revenue'), feeMinor),
    ...move(buyerCredit, receivable, creditAppliedMinor),
  ];
}

function agencyShareApproved(agencyMinor: bigint, split: AgencySplit | undefined): readonly NewPosting[] {
  const accrued = bookAccount('accrued');
  if (agencyMinor >= 0n) return move(accrued, bookAccount('held'), agencyMinor);
  invariant(split, 'a negative agency share needs to know where it comes from');
  const { heldMinor, payableMinor, clawbackDueMinor } = split;
  invariant(
    heldMinor + payableMinor + clawbackDueMinor === -agencyMinor,
    'a split does not add up to its amount',
  );
  return fromAgency(split, accrued);
}

/** Money of the agency goes to another account, as it was split. */
export function fromAgency(split: AgencySplit, to: AccountRef): readonly NewPosting[] {
  const { heldMinor, payableMinor, clawbackDueMinor } = split;
  invariant(heldMinor >= 0n && payableMinor >= 0n && clawbackDueMinor >= 0n, 'a part of a split is negative');
  return [
    ...move(bookAccount('held'), to, heldMinor),
    ...move(bookAccount('payable'), to, payableMinor),
    ...move(bookAccount('clawback_due'), to, clawbackDueMinor),
  ];
}

/** No posting for zero, swapped sides for a negative amount. */
export function move(debit: AccountRef, credit: AccountRef, amountMinor: bigint): readonly NewPosting[] {
  if (amountMinor === 0n) return [];
  return amountMinor > 0n
    ? [{ debit, credit, amountMinor }]
    : mirrorOf([{ debit, credit, amountMinor: -amountMinor }]);
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function notBelowZero(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}
