import { balancesOfBooks, type BookCurrency, type Reader } from '#ledger';
import { asCurrency } from '#money';
import { accountsOf } from './payment-account.store.js';
import { minimumOf, type Unpaid } from './payout.js';
import { frozenBooks, latestPayouts, reversalsUnderWay, singleCharges } from './payout.store.js';
import type { BookSituation, SourceCharge } from './plan.js';
import { isIn, isSameBook } from './release-holds.action.js';

/** What is the same for all books at the moment. */
export interface PayoutCircumstances {
  readonly minimumPayout: string;
  readonly halt: 'OFF' | 'STOPPED' | null;
  /** The provider's balance that can be sent, by currency; null: not known. */
  readonly available: ReadonlyMap<string, bigint> | null;
}

/** Money that is payable and may not be sent now: it stays where it is. Minor units, by book. */
export type Excluded = BookCurrency & { readonly amountMinor: bigint };

/** Everything that decides what each of these books is paid, in a few statements however many they are. */
export async function situationsOf(
  reader: Reader,
  books: readonly BookCurrency[],
  released: {
    readonly unpaid: readonly (Unpaid & { readonly currency: string })[];
    readonly excluded: readonly Excluded[];
  },
  { minimumPayout, halt, available }: PayoutCircumstances,
): Promise<readonly BookSituation[]> {
  const balances = await balancesOfBooks(reader, books, ['payable', 'clawback_due']);
  const accounts = new Map(
    (await accountsOf(reader, [...new Set(books.map(({ bookId }) => bookId))])).map((each) => [
      each.agencyId,
      each,
    ]),
  );
  const latest = await latestPayouts(reader, books);
  const reversing = await reversalsUnderWay(reader, books);
  const frozen = await frozenBooks(reader, books);
  const charges = await singleCharges(reader, released.unpaid);
  return books.map((book) => {
    const balance = (kind: string): bigint =>
      balances.find((each) => each.kind === kind && isSameBook(each, book))?.balanceMinor ?? 0n;
    const excludedMinor = released.excluded
      .filter((each) => isSameBook(each, book))
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
    const currency = asCurrency(book.currency);
    const unpaid = released.unpaid.filter((each) =>
      isIn({ ...each, currency: asCurrency(each.currency) }, book),
    );
    return {
      agencyId: book.bookId,
      currency,
      payableMinor: balance('payable') - excludedMinor,
      clawbackDueMinor: balance('clawback_due'),
      reversingMinor: reversing.find((each) => isSameBook(each, book))?.amountMinor ?? 0n,
      minimumMinor: minimumOf(minimumPayout, currency),
      unpaid,
      account: accounts.get(book.bookId) ?? null,
      latest: latest.find((each) => isSameBook(each, book)) ?? null,
      halt: frozen.some((each) => isSameBook(each, book)) ? 'FROZEN' : halt,
      source: sourceOf(unpaid, charges),
      availableMinor: available === null ? null : (available.get(currency) ?? 0n),
    };
  });
}

/** The one charge that pays all of it; null when there are several, or one is not known. */
function sourceOf(
  unpaid: readonly Unpaid[],
  charges: ReadonlyMap<string, SourceCharge>,
): SourceCharge | null {
  const [first, ...others] = unpaid.map(({ id }) => charges.get(id) ?? null);
  if (!first || others.some((each) => each?.chargeId !== first.chargeId)) return null;
  return first;
}
