import { invariant } from '#outcome';

/** On which side an account grows. */
export type Side = 'DEBIT' | 'CREDIT';

interface AccountKindInfo {
  readonly normal: Side;
  /** BUYER: one for each buyer of the book. BOOK: one for the book. */
  readonly per: 'BUYER' | 'BOOK';
  /** False: a balance against the normal side is an error of ours, which invariant I3 finds. */
  readonly mayBeNegative: boolean;
  readonly meaning: string;
}

/**
 * The chart of accounts. `unbilled`, `accrued` and `fee_deferred` may be negative: a claw-back of a statement that
 * is still in review lies in a later period than what it takes back. Other invariants state them exactly.
 */
export const accountKinds = {
  unbilled: debit('BUYER', 'charged, not yet in an approved settlement', { mayBeNegative: true }),
  receivable: debit('BUYER', 'approved and billed'),
  stripe: debit('BOOK', "the operator's balance at the payment provider", { mayBeNegative: true }),
  bank: debit('BOOK', "the operator's bank", { mayBeNegative: true }),
  dispute_held: debit('BUYER', 'withdrawn by an open card dispute'),
  clawback_due: debit('BOOK', 'the agency owes it back'),
  accrued: credit('BOOK', 'earned by the agency, in review', { mayBeNegative: true }),
  held: credit('BOOK', 'approved, inside the hold'),
  reserve: credit('BOOK', 'rolling reserve'),
  payable: credit('BOOK', 'can be paid to the agency now'),
  in_transit: credit('BOOK', 'transfer asked for, result not yet certain'),
  buyer_credit: credit('BUYER', 'prepayment, overpayment or credit of the buyer'),
  refund_due: credit('BUYER', 'refund decided, not yet done'),
  fee_deferred: credit('BOOK', "the operator's fee before approval", { mayBeNegative: true }),
  fee_revenue: credit('BOOK', "the operator's fee after approval", { mayBeNegative: true }),
  stripe_fees: debit('BOOK', 'costs of the payment provider', { mayBeNegative: true }),
  dispute_fees: debit('BOOK', 'costs of disputes', { mayBeNegative: true }),
  bad_debt: debit('BOOK', 'written off', { mayBeNegative: true }),
  goodwill: debit('BOOK', 'given away', { mayBeNegative: true }),
} as const satisfies Record<string, AccountKindInfo>;

export type AccountKind = keyof typeof accountKinds;

/** An account of a book in the currency of its journal; `partyId` is the buyer for kinds kept per buyer, else null. */
export interface AccountRef {
  readonly kind: AccountKind;
  readonly partyId: string | null;
}

/** The account of the book itself. Throws when the kind is kept per buyer. */
export function bookAccount(kind: AccountKind): AccountRef {
  invariant(accountKinds[kind].per === 'BOOK', `${kind} is kept per buyer`);
  return { kind, partyId: null };
}

/** The account of one buyer in the book. Throws when the kind is not kept per buyer. */
export function buyerAccount(kind: AccountKind, buyerId: string): AccountRef {
  invariant(accountKinds[kind].per === 'BUYER', `${kind} is not kept per buyer`);
  return { kind, partyId: buyerId };
}

/** What identifies an account inside one book and currency, as text: the key of the map of `ensureAccounts`. */
export function accountKey(ref: AccountRef): string {
  return ref.partyId === null ? ref.kind : `${ref.kind}:${ref.partyId}`;
}

/**
 * Every account that intake, settlements and corrections of one buyer touch. Made when a contract is accepted, so
 * that the hot path finds them and never has to make one.
 */
export function accountsOfContract(buyerId: string): readonly AccountRef[] {
  return [
    buyerAccount('unbilled', buyerId),
    buyerAccount('receivable', buyerId),
    buyerAccount('buyer_credit', buyerId),
    bookAccount('accrued'),
    bookAccount('held'),
    bookAccount('payable'),
    bookAccount('clawback_due'),
    bookAccount('fee_deferred'),
    bookAccount('fee_revenue'),
  ];
}

/** A balance in the direction of the account's normal side, from what was debited and credited in all. */
export function balanceOf(kind: AccountKind, debitsMinor: bigint, creditsMinor: bigint): bigint {
  return accountKinds[kind].normal === 'DEBIT' ? debitsMinor - creditsMinor : creditsMinor - debitsMinor;
}

function debit(
  per: 'BUYER' | 'BOOK',
  meaning: string,
  options: { mayBeNegative?: boolean } = {},
): AccountKindInfo {
  return { normal: 'DEBIT', per, mayBeNegative: options.mayBeNegative ?? false, meaning };
}

function credit(
  per: 'BUYER' | 'BOOK',
  meaning: string,
  options: { mayBeNegative?: boolean } = {},
): AccountKindInfo {
  return { normal: 'CREDIT', per, mayBeNegative: options.mayBeNegative ?? false, meaning };
}
