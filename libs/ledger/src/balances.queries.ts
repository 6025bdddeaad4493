import type { Transaction } from '#database';
import { type AccountKind, type AccountRef, balanceOf } from './account.js';
import { accountTotals, checkpointsInForce } from './ledger-sql.js';
import { type AgencySplit, takeFromAgency } from './recipes.js';

/** What can answer a question: a Transaction, or the Database for reads outside one. */
export interface Reader {
  query<T>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
}

export interface AccountBalance extends AccountRef {
  readonly accountId: string;
  readonly currency: string;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  /** In the direction of the account's normal side. */
  readonly balanceMinor: bigint;
}

/**
 * The balances of a book's accounts, of all of them or of the given kinds and currency, by id. A checkpoint and what
 * was posted since, in one statement, so that both are seen at the same instant; open transactions count not at all.
 */
export async function balancesOfBook(
  reader: Reader,
  bookId: string,
  filter: { readonly kinds?: readonly AccountKind[]; readonly currency?: string } = {},
): Promise<readonly AccountBalance[]> {
  const rows = await reader.query<BalanceRow>(
    `with edge as (${checkpointsInForce} and book_id = $1),
     wanted as (
       select id, kind, currency, party_id from accounts
       where book_id = $1 and ($2::text[] is null or kind = any ($2)) and ($3::bpchar is null or currency = $3)),
     moved as (
       select debit_account_id as account_id, amount_minor::numeric as debits, 0::numeric as credits from postings
       where book_id = $1 and xid >= coalesce((select through_xid from edge), '0')
         and debit_account_id in (select id from wanted)
       union all
       select credit_account_id, 0, amount_minor from postings
       where book_id = $1 and xid >= coalesce((select through_xid from edge), '0')
         and credit_account_id in (select id from wanted)
       union all
       select account_id, debits_minor, credits_minor from ledger_checkpoint_balances
       where book_id = $1 and exists (select from edge))
     select w.id, w.kind, w.currency, w.party_id, coalesce(sum(m.debits), 0) as debits, coalesce(sum(m.credits), 0) as credits
     from wanted w left join moved m on m.account_id = w.id
     group by w.id, w.kind, w.currency, w.party_id order by w.id`,
    [bookId, filter.kinds ?? null, filter.currency ?? null],
  );
  return rows.map((row) => ({
    accountId: row.id,
    kind: row.kind,
    partyId: row.party_id,
    currency: row.currency,
    debitsMinor: BigInt(row.debits),
    creditsMinor: BigInt(row.credits),
    balanceMinor: balanceOf(row.kind, BigInt(row.debits), BigInt(row.credits)),
  }));
}

/**
 * Locks a book's accounts of these kinds until the end of the transaction, then tells their balances: nobody else
 * who asks this way can take from them meanwhile. Call it before posting to them. Ids ascending, so that two callers
 * never wait in a circle; `no key update`, because a full lock would also stop every posting that only adds, whose
 * foreign keys look at these rows.
 */
export async function lockAndBalance(
  tx: Transaction,
  bookId: string,
  kinds: readonly AccountKind[],
  currency: string,
): Promise<readonly AccountBalance[]> {
  await tx.query(
    `select id from accounts where book_id = $1 and kind = any ($2::text[]) and currency = $3
     order by id for no key update`,
    [bookId, kinds, currency],
  );
  // A statement of its own: its snapshot sees what those committed whom the lock waited for.
  return await balancesOfBook(tx, bookId, { kinds, currency });
}

/**
 * Where an amount comes from that the agency of this book gives back: from what is held, then from what is payable,
 * and the rest it owes. Locks both accounts until the end of the transaction. Minor units, not negative. Post it
 * before the next split of the same book, which would otherwise count the same money again; for several at once
 * use {@link lockAndBalance} and `takeFromAgency`.
 */
export async function splitFromAgency(
  tx: Transaction,
  bookId: string,
  currency: string,
  amountMinor: bigint,
): Promise<AgencySplit> {
  const balances = await lockAndBalance(tx, bookId, ['held', 'payable'], currency);
  const balanceIn = (kind: AccountKind): bigint =>
    balances.find((balance) => balance.kind === kind)?.balanceMinor ?? 0n;
  const funds = { heldMinor: balanceIn('held'), payableMinor: balanceIn('payable') };
  return takeFromAgency(funds, amountMinor).split;
}

export interface TrialBalance {
  readonly currency: string;
  /** Σ debits = Σ credits, or the books are broken. */
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  readonly kinds: readonly KindBalance[];
}

/** All accounts of one kind, over all books and buyers. */
export interface KindBalance {
  readonly kind: AccountKind;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  /** In the direction of the kind's normal side. */
  readonly balanceMinor: bigint;
}

/** The trial balance per currency, of all books or of one; from checkpoints and what was posted since. Minor units. */
export async function trialBalances(
  reader: Reader,
  filter: { readonly currency?: string; readonly bookId?: string } = {},
): Promise<readonly TrialBalance[]> {
  const rows = await reader.query<{ currency: string; kind: AccountKind; debits: string; credits: string }>(
    `with ${accountTotals('$1::uuid is null or book_id = $1')}
     select a.currency, a.kind, sum(t.debits) as debits, sum(t.credits) as credits
     from accounts a join totals t on t.book_id = a.book_id and t.account_id = a.id
     where $2::bpchar is null or a.currency = $2
     group by a.currency, a.kind order by a.currency, a.kind`,
    [filter.bookId ?? null, filter.currency ?? null],
  );
  const currencies = [...new Set(rows.map(({ currency }) => currency))];
  return currencies.map((currency) => {
    const kinds = rows.filter((row) => row.currency === currency).map(kindBalance);
    return {
      currency,
      debitsMinor: kinds.reduce((sum, { debitsMinor }) => sum + debitsMinor, 0n),
      creditsMinor: kinds.reduce((sum, { creditsMinor }) => sum + creditsMinor, 0n),
      kinds,
    };
  });
}

interface BalanceRow {
  readonly id: string;
  readonly kind: AccountKind;
  readonly currency: string;
  readonly party_id: string | null;
  readonly debits: string;
  readonly credits: string;
}

function kindBalance(row: { kind: AccountKind; debits: string; credits: string }): KindBalance {
  const debitsMinor = BigInt(row.debits);
  const creditsMinor = BigInt(row.credits);
  return {
    kind: row.kind,
    debitsMinor,
    creditsMinor,
    balanceMinor: balanceOf(row.kind, debitsMinor, creditsMinor),
  };
}
