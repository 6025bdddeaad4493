import { type CurrencyCode, currencyOf, formatAmount } from '#money';
import { accountName, kindDirective, kindsInOrder, plainName } from './hledger-account.js';
import type { ClosingBalance, LedgerPosting, NamedAccount } from './ledger-posting.js';
import { type ShowId, shownActor, shownSource } from './shown-id.js';

const tags = ['id', 'kind', 'source', 'effective', 'recorded', 'actor', 'reverses'] as const;
/** Who the balance check is by. */
const ourselves = 'Leadger';

export interface HledgerHead {
  /** What the file holds, in a sentence. */
  readonly what: string;
  readonly currencies: readonly CurrencyCode[];
}

/** The beginning of a file, up to its accounts: how numbers are written, and every name that hledger can check. */
export function hledgerHead({ what, currencies }: HledgerHead): string {
  return [
    `; ${what}`,
    '; Debits are positive and credits negative, so liabilities and revenues show with a minus.',
    '',
    'decimal-mark .',
    ...currencies.map(commodityDirective),
    ...tags.map((tag) => `tag ${tag}`),
    `payee ${ourselves}`,
    ...kindsInOrder.map(kindDirective),
    '',
  ].join('\n');
}

// hledger wants the decimal mark shown even where no digits follow it.
function commodityDirective(currency: CurrencyCode): string {
  return `commodity 1000.${'0'.repeat(currencyOf(currency).isoExponent)} ${currency}`;
}

/** Names accounts, and the books that they lie in as payees. */
export function accountDirectives(accounts: readonly NamedAccount[], showId: ShowId): string {
  const payees = new Set(accounts.map(({ book }) => plainName(book.name)));
  return [
    ...[...payees].map((payee) => `payee ${payee}`),
    ...accounts.map((account) => `account ${accountName(account, showId)}`),
    '',
  ].join('\n');
}

/** Counts what was written, for the last line of the file. */
export interface Written {
  readonly transactions: number;
  readonly postings: number;
  /** The journal of the last posting, whose next posting needs no new head. */
  readonly journalId: string | null;
  readonly bookId: string | null;
  /** YYYY-MM-DD. */
  readonly lastDay: string | null;
}

export const nothingWritten: Written = {
  transactions: 0,
  postings: 0,
  journalId: null,
  bookId: null,
  lastDay: null,
};

/** Postings of journals, in order, as transactions; a journal may begin in one call and go on in the next. */
export function transactionsText(
  postings: readonly LedgerPosting[],
  before: Written,
  showId: ShowId,
): { readonly text: string; readonly written: Written } {
  const lines: string[] = [];
  let { transactions, journalId, bookId, lastDay } = before;
  for (const posting of postings) {
    if (posting.journalId !== journalId || posting.debit.book.id !== bookId) {
      transactions += 1;
      journalId = posting.journalId;
      bookId = posting.debit.book.id;
      lastDay = dayOf(posting.effectiveAt);
      lines.push('', headOf(posting, showId));
    }
    const { debit, credit, amountMinor, currency } = posting;
    lines.push(postingLine(accountName(debit, showId), formatAmount(amountMinor, currency), currency));
    lines.push(postingLine(accountName(credit, showId), formatAmount(-amountMinor, currency), currency));
  }
  const written = {
    transactions,
    journalId,
    bookId,
    lastDay,
    postings: before.postings + 2 * postings.length,
  };
  return { text: lines.map((line) => `${line}\n`).join(''), written };
}

function headOf(posting: LedgerPosting, showId: ShowId): string {
  const { journalId, kind, source, effectiveAt, recordedAt, actorId, reverses } = posting;
  const values: Readonly<Record<(typeof tags)[number], string | null>> = {
    id: showId('journal', journalId),
    kind,
    source: shownSource(source, showId),
    effective: effectiveAt.toISOString(),
    recorded: recordedAt.toISOString(),
    actor: shownActor(actorId, showId),
    reverses: reverses === null ? null : showId('journal', reverses),
  };
  const shown = tags.flatMap((tag) => {
    const value = values[tag];
    return value === null ? [] : [`${tag}:${tagValue(value)}`];
  });
  const description = `${plainName(posting.debit.book.name)} | ${plainName(kind)}`;
  return `${dayOf(effectiveAt)} ${description}  ; ${shown.join(', ')}`;
}

/** A comma would end the value, a bracket begin a date of the posting. */
function tagValue(value: string): string {
  return value.replaceAll(/[^\p{L}\p{M}\p{N}.:_+/-]+/gu, ' ').trim();
}

function postingLine(account: string, amount: string, currency: CurrencyCode): string {
  return `    ${account}  ${amount} ${currency}`;
}

/** The day in UTC, which is the transaction's date. */
function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

/** A transaction that moves nothing and asserts what every account comes to: hledger checks each time it reads the file. */
export function balanceCheckHead(lastDay: string): string {
  return `\n${lastDay} ${ourselves} | balance check\n`;
}

export function balanceCheckLines(balances: readonly ClosingBalance[], showId: ShowId): string {
  return balances
    .map(({ account, amountMinor, currency }) => {
      const asserted = `${formatAmount(0n, currency)} ${currency} = ${formatAmount(amountMinor, currency)}`;
      return `${postingLine(accountName(account, showId), asserted, currency)}\n`;
    })
    .join('');
}

/** The last line: a file without it was cut short. */
export function hledgerEnd({ transactions, postings }: Written): string {
  return `\n; End of export: ${transactions} transactions, ${postings} postings.\n`;
}
