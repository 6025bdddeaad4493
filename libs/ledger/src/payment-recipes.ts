import { invariant } from '#outcome';
import { bookAccount, buyerAccount } from './account.js';
import type { NewPosting } from './posting.js';
import { type AgencySplit, fromAgency, move } from './recipes.js';

// What happens to money after approval. Each amount is in minor units and not negative; nothing is posted for zero.

/** The buyer's credit pays (a part of) what it owes in the same book. */
export function creditApplied(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(
    buyerAccount('buyer_credit', buyerId),
    buyerAccount('receivable', buyerId),
    positive(amountMinor),
  );
}

/** A buyer's payment arrives in the balance at the provider: the part that pays this book's statements, before the fee. */
export function collected(buyerId: string, grossMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('stripe'), buyerAccount('receivable', buyerId), positive(grossMinor));
}

/** A payment that arrived goes back to the bank: the buyer owes again. */
export function collectionReturned(buyerId: string, grossMinor: bigint): readonly NewPosting[] {
  return move(buyerAccount('receivable', buyerId), bookAccount('stripe'), positive(grossMinor));
}

/** What the provider keeps of a payment; in the operator's book. Negative when it gives a fee back. */
export function providerFee(feeMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('stripe_fees'), bookAccount('stripe'), feeMinor);
}

/** What the provider charges for a dispute; in the operator's book. Negative when it is given back. */
export function disputeFee(feeMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('dispute_fees'), bookAccount('stripe'), feeMinor);
}

/** A payment that came to the operator's bank instead. */
export function paidOutOfBand(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('bank'), buyerAccount('receivable', buyerId), positive(amountMinor));
}

/** The buyer fills up its balance; in the operator's book. */
export function balanceFilled(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('stripe'), buyerAccount('buyer_credit', buyerId), positive(amountMinor));
}

/** A payment that had filled up the balance goes back to the bank; in the operator's book. */
export function fillingReturned(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(buyerAccount('buyer_credit', buyerId), bookAccount('stripe'), positive(amountMinor));
}

/**
 * The buyer's balance, in the operator's book, pays statements in an agency's book: the first posting for the former,
 * the second for the latter. Both together leave the balance at the provider as it was.
 */
export function balanceSpent(
  buyerId: string,
  amountMinor: bigint,
): { readonly operator: readonly NewPosting[]; readonly agency: readonly NewPosting[] } {
  return { operator: fillingReturned(buyerId, amountMinor), agency: collected(buyerId, amountMinor) };
}

/** The hold of a statement is over. */
export function holdReleased(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('held'), bookAccount('payable'), positive(amountMinor));
}

/** Released money that was not sent yet waits again, because its payment is contested. */
export function heldAgain(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('payable'), bookAccount('held'), positive(amountMinor));
}

/** Money that was sent to the agency has gone back to the buyer's bank: it is owed by the agency, and earned once the buyer pays. */
export function heldAgainAfterPayout(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('clawback_due'), bookAccount('held'), positive(amountMinor));
}

/** What the agency owes is taken from what it can be paid, always before a transfer. */
export function clawbackNetted(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('payable'), bookAccount('clawback_due'), positive(amountMinor));
}

/** A transfer is asked for, in the transaction that writes its operation. */
export function transferRequested(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('payable'), bookAccount('in_transit'), positive(amountMinor));
}

export function transferSucceeded(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('in_transit'), bookAccount('stripe'), positive(amountMinor));
}

/** Only for a definite no: what is in doubt stays in transit. */
export function transferFailed(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('in_transit'), bookAccount('payable'), positive(amountMinor));
}

/** Money came back from the agency's account: first what it owes, the rest is payable to it again. */
export function transferReversed(owedMinor: bigint, payableMinor: bigint): readonly NewPosting[] {
  return [
    ...move(bookAccount('stripe'), bookAccount('clawback_due'), positive(owedMinor)),
    ...move(bookAccount('stripe'), bookAccount('payable'), positive(payableMinor)),
  ];
}

/** The buyer's credit is to be given back. */
export function refundDecided(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(
    buyerAccount('buyer_credit', buyerId),
    buyerAccount('refund_due', buyerId),
    positive(amountMinor),
  );
}

export function refundDone(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(buyerAccount('refund_due', buyerId), bookAccount('stripe'), positive(amountMinor));
}

/** It failed before it left: the buyer has its credit again. */
export function refundFailed(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(
    buyerAccount('refund_due', buyerId),
    buyerAccount('buyer_credit', buyerId),
    positive(amountMinor),
  );
}

/** It left and came back: the buyer has its credit again. */
export function refundCameBack(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('stripe'), buyerAccount('buyer_credit', buyerId), positive(amountMinor));
}

/** The bank withdraws what the buyer contests. */
export function disputeOpened(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(buyerAccount('dispute_held', buyerId), bookAccount('stripe'), positive(amountMinor));
}

/** The bank gives it back. */
export function disputeWon(buyerId: string, amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('stripe'), buyerAccount('dispute_held', buyerId), positive(amountMinor));
}

/** It is lost: the agency gives its share back as it was split by `splitFromAgency`, the operator bears its own. */
export function disputeLost(lost: {
  readonly buyerId: string;
  readonly split: AgencySplit;
  readonly operatorMinor: bigint;
}): readonly NewPosting[] {
  const contested = buyerAccount('dispute_held', lost.buyerId);
  return [
    ...fromAgency(lost.split, contested),
    ...move(bookAccount('bad_debt'), contested, positive(lost.operatorMinor)),
  ];
}

/** The buyer will not pay: the operator bears it all, and then takes the agency's share of it back out of what is held. */
export function receivableWrittenOff(off: {
  readonly buyerId: string;
  readonly amountMinor: bigint;
  /** Of it the agency's share that is still held: it was never collected, so it is not paid. */
  readonly heldMinor: bigint;
}): readonly NewPosting[] {
  invariant(off.heldMinor <= off.amountMinor, 'more is taken from the agency than is written off');
  return [
    ...move(bookAccount('bad_debt'), buyerAccount('receivable', off.buyerId), positive(off.amountMinor)),
    ...move(bookAccount('held'), bookAccount('bad_debt'), positive(off.heldMinor)),
  ];
}

/** The agency will not give back what it owes. */
export function clawbackWrittenOff(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('bad_debt'), bookAccount('clawback_due'), positive(amountMinor));
}

/** From the balance at the provider to the operator's bank; negative: a top-up, the other way. In the operator's book. */
export function sentToBank(amountMinor: bigint): readonly NewPosting[] {
  return move(bookAccount('bank'), bookAccount('stripe'), amountMinor);
}

function positive(amountMinor: bigint): bigint {
  invariant(amountMinor >= 0n, 'an amount of a recipe is negative');
  return amountMinor;
}
