import type { AccountKind } from '#ledger';
import { type CurrencyCode, formatAmount } from '#money';
import { amount, type Column, text } from './csv.js';
import { type ShowId, shownActor, shownSource } from './shown-id.js';

/** An organization as books name it. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** An account of any currency: its kind, whose book it lies in, and the buyer for kinds that are kept per buyer. */
export interface NamedAccount {
  readonly kind: AccountKind;
  readonly book: Named;
  readonly buyer: Named | null;
}

/** One posting with the journal that it belongs to. */
export interface LedgerPosting {
  readonly journalId: string;
  readonly kind: string;
  readonly source: string;
  readonly reverses: string | null;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly actorId: string;
  readonly debit: NamedAccount;
  /** In the same book as the debit. */
  readonly credit: NamedAccount;
  /** Above zero. */
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
}

/** What an account comes to: debits minus credits, in minor units. */
export interface ClosingBalance {
  readonly account: NamedAccount;
  readonly currency: CurrencyCode;
  readonly amountMinor: bigint;
}

/** The columns of the journal. Only grow at the end: people's spreadsheets count them. */
export function postingColumns(showId: ShowId): readonly Column<LedgerPosting>[] {
  const buyerOf = ({ debit, credit }: LedgerPosting): Named | null => debit.buyer ?? credit.buyer;
  return [
    text('journal_id', ({ journalId }) => showId('journal', journalId)),
    text('recorded_at', ({ recordedAt }) => recordedAt.toISOString()),
    text('effective_at', ({ effectiveAt }) => effectiveAt.toISOString()),
    text('book', ({ debit }) => debit.book.name),
    text('book_id', ({ debit }) => showId('organization', debit.book.id)),
    text('kind', ({ kind }) => kind),
    text('source', ({ source }) => shownSource(source, showId)),
    text('debit_account', ({ debit }) => debit.kind),
    text('credit_account', ({ credit }) => credit.kind),
    text('buyer', (posting) => buyerOf(posting)?.name ?? null),
    text('buyer_id', (posting) => {
      const buyer = buyerOf(posting);
      return buyer && showId('organization', buyer.id);
    }),
    amount('amount', ({ amountMinor, currency }) => formatAmount(amountMinor, currency)),
    text('currency', ({ currency }) => currency),
    text('actor', ({ actorId }) => shownActor(actorId, showId)),
    text('reverses', ({ reverses }) => (reverses === null ? null : showId('journal', reverses))),
  ];
}
