import { newId, type Transaction } from '#database';
import { type NewJournal, type NewPosting, postJournals } from '#ledger';
import { systemActor } from '#organizations';
import { invariant } from '#outcome';

/** Who holds, releases and pays: nobody in person. */
export const payoutActor = systemActor('payouts');

export interface Booking {
  readonly bookId: string;
  readonly currency: string;
  readonly kind: string;
  /** As type:id; of what touches the balance at the provider, `stripe:` and the id of the movement. */
  readonly source: string;
  readonly key: string;
  readonly at: Date;
  readonly postings: readonly NewPosting[];
}

/** Books what has postings; what was booked before under the same key is left as it is. Throws when that was something else. */
export async function book(tx: Transaction, bookings: readonly Booking[], now: Date): Promise<void> {
  const journals = bookings
    .filter(({ postings }) => postings.length > 0)
    .map(({ bookId, currency, kind, source, key, at, postings }): NewJournal => ({
      ...{ bookId, id: newId(), kind, source, idempotencyKey: key, currency },
      ...{ effectiveAt: at, reverses: null, postings },
    }));
  const posted = await postJournals(tx, payoutActor, now, journals);
  invariant(posted.ok, 'a payout was booked before with other content');
}
