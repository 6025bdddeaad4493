import { collectionInvariants } from '#collections';
import { handoverInvariants } from '#handover';
import type { LedgerInvariant } from '#ledger';
import { paymentInvariants } from '#payments';
import { payoutInvariants } from '#payouts';
import { bookInvariants } from '#settlements';

/** Everything that must hold in the books, of all libraries. */
export const allInvariants: readonly LedgerInvariant[] = [
  ...bookInvariants,
  ...paymentInvariants,
  ...collectionInvariants,
  ...payoutInvariants,
  ...handoverInvariants,
];
