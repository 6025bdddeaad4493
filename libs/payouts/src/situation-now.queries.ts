import type { BookCurrency, Reader } from '#ledger';
import { type PayoutCircumstances, situationsOf } from './book-situation.queries.js';
import { unpaidRounds } from './hold.store.js';
import { excludedOf, isSendable, unpaidOf } from './pay-agencies.action.js';
import type { BookSituation } from './plan.js';
import { sharesOf } from './share.queries.js';

/** What decides what these books would be paid now; nothing is locked or changed. */
export async function situationsNow(
  reader: Reader,
  books: readonly BookCurrency[],
  circumstances: PayoutCircumstances,
): Promise<readonly BookSituation[]> {
  const rounds = await unpaidRounds(reader, books);
  const shares = new Map((await sharesOf(reader, rounds)).map((share) => [share.id, share]));
  const isFree = ({ id }: { readonly id: string }): boolean => {
    const share = shares.get(id);
    return share !== undefined && isSendable(share);
  };
  const released = {
    unpaid: rounds.filter(isFree).map(unpaidOf),
    excluded: rounds.filter((round) => !isFree(round)).map(excludedOf),
  };
  return await situationsOf(reader, books, released, circumstances);
}
