import { Database } from '#database';
import type { LocalDate } from '#calendar';
import type { AccountKind } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { kindsInOrder } from './hledger-account.js';
import type { ClosingBalance, LedgerPosting, Named, NamedAccount } from './ledger-posting.js';

/** What of the books is wanted; null is no bound. Days are of UTC, and of when things happened. */
export interface LedgerFilter {
  readonly currency: CurrencyCode | null;
  /** The first day. */
  readonly from: LocalDate | null;
  /** The first day that is no longer wanted. */
  readonly to: LocalDate | null;
}

/** Rows that are in memory at once; with their text about half a megabyte, and ten milliseconds of the processor. */
export const rowsAtOnce = 500;

/** The books as they were at one instant, whatever is booked meanwhile. */
export interface LedgerView {
  /** Every currency that an account of the filter is in, in alphabetical order. */
  currencies(): Promise<readonly CurrencyCode[]>;
  /**
   * Every account that the postings touch, without its currency: in the order of the chart, then by book and buyer. Not
   * those that wait for their first posting: with 60,000 declared accounts hledger took two minutes for what takes it
   * seven seconds with 2,000.
   */
  accounts(): AsyncGenerator<readonly NamedAccount[], void, undefined>;
  /** By when they happened; those of one journal one after another. */
  postings(): AsyncGenerator<readonly LedgerPosting[], void, undefined>;
  /** What the postings of the filter come to, per account and currency, summed up by the database. */
  balances(): AsyncGenerator<readonly ClosingBalance[], void, undefined>;
}

/** Reads the books whole, for those who may read the ledger: not limited to an actor. */
@Injectable()
export class LedgerReader {
  constructor(private readonly database: Database) {}

  /**
   * Runs `read` on one snapshot, in a transaction that holds a connection until the last piece was taken, or until
   * the loop over them is left. A cursor instead of pages by key: the order is that of no index, so each page would
   * sort everything again, and pages of several instants would not add up.
   */
  async *atOneInstant<T>(
    filter: LedgerFilter,
    read: (view: LedgerView) => AsyncGenerator<T, void, undefined>,
  ): AsyncGenerator<T, void, undefined> {
    const runner = this.database.dataSource.createQueryRunner();
    try {
      await runner.connect();
      await runner.startTransaction('REPEATABLE READ');
      // All of it will be read: the plan need not hurry with the first row. And whoever takes the pieces may be gone.
      await runner.query(`set transaction read only`);
      await runner.query(
        `select set_config('cursor_tuple_fraction', '1', true), set_config('idle_in_transaction_session_timeout', '120s', true)`,
      );
      yield* read(new LedgerSnapshot(runner, filter));
    } finally {
      // Nothing was written, so there is nothing to commit either; a lost connection has no transaction any more.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
  }
}

class LedgerSnapshot implements LedgerView {
  private readonly parameters: readonly unknown[];

  constructor(
    private readonly runner: QueryRunner,
    { currency, from, to }: LedgerFilter,
  ) {
    this.parameters = [currency, from === null ? null : startOf(from), to === null ? null : startOf(to)];
  }

  async currencies(): Promise<readonly CurrencyCode[]> {
    const rows: readonly { currency: string }[] = await this.runner.query(
      `select distinct currency from accounts where $1::bpchar is null or currency = $1 order by currency`,
      this.parameters.slice(0, 1),
    );
    return rows.map(({ currency }) => asCurrency(currency));
  }

  async *accounts(): AsyncGenerator<readonly NamedAccount[], void, undefined> {
    const sql = `select ${accountColumns('a', 'account')} from (
        select distinct a.book_id, a.kind, a.party_id from (${sums}) m
        join accounts a on a.book_id = m.book_id and a.id = m.id) a
      ${namesOf('a')} order by array_position($4::text[], a.kind), ${alphabetically('a')}`;
    for await (const rows of this.batches<AccountRecord>('accounts', sql, [...this.parameters, kindsInOrder]))
      yield rows.map(accountOf);
  }

  async *postings(): AsyncGenerator<readonly LedgerPosting[], void, undefined> {
    const sql = `select j.id, j.kind, j.source, j.reverses, j.effective_at, j.recorded_at, j.actor, p.amount_minor,
        p.currency, ${accountColumns('d', 'debit')}, ${accountColumns('c', 'credit')}
      from journals j join postings p on p.book_id = j.book_id and p.journal_id = j.id
      join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id ${namesOf('d')}
      join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id ${namesOf('c')}
      where ${wanted} order by j.effective_at, j.id, j.book_id, p.ordinal`;
    for await (const rows of this.batches<PostingRecord>('journal', sql, this.parameters))
      yield rows.map(postingOf);
  }

  async *balances(): AsyncGenerator<readonly ClosingBalance[], void, undefined> {
    const sql = `select ${accountColumns('a', 'account')}, m.currency, m.amount from (${sums}) m
      join accounts a on a.book_id = m.book_id and a.id = m.id ${namesOf('a')}
      order by array_position($4::text[], a.kind), ${alphabetically('a')}, m.currency`;
    const parameters = [...this.parameters, kindsInOrder];
    for await (const rows of this.batches<BalanceRecord>('balances', sql, parameters)) {
      yield rows.map((row) => ({
        account: accountOf(row),
        currency: asCurrency(row.currency),
        amountMinor: BigInt(row.amount),
      }));
    }
  }

  private async *batches<Row>(
    cursor: string,
    sql: string,
    parameters: readonly unknown[],
  ): AsyncGenerator<readonly Row[], void, undefined> {
    await this.runner.query(`declare ${cursor} no scroll cursor for ${sql}`, [...parameters]);
    for (;;) {
      const rows: readonly Row[] = await this.runner.query(`fetch ${rowsAtOnce} from ${cursor}`);
      if (rows.length > 0) yield rows;
      if (rows.length < rowsAtOnce) break;
    }
    await this.runner.query(`close ${cursor}`);
  }
}

const wanted = `($1::bpchar is null or p.currency = $1) and ($2::timestamptz is null or j.effective_at >= $2)
  and ($3::timestamptz is null or j.effective_at < $3)`;

function sumsOf(account: 'debit_account_id' | 'credit_account_id', sign: '' | '-'): string {
  return `select p.book_id, p.${account} as id, p.currency, sum(${sign}p.amount_minor) as amount
    from journals j join postings p on p.book_id = j.book_id and p.journal_id = j.id where ${wanted} group by 1, 2, 3`;
}

/** Debits minus credits of each account that the wanted postings touch; an account has one currency. */
const sums = `select book_id, id, currency, sum(amount) as amount from (
    ${sumsOf('debit_account_id', '')} union all ${sumsOf('credit_account_id', '-')}) sides group by 1, 2, 3`;

function accountColumns(alias: string, prefix: string): string {
  return `${alias}.kind as ${prefix}_kind, ${alias}.book_id as ${prefix}_book_id, ${alias}_book.name as ${prefix}_book,
    ${alias}.party_id as ${prefix}_buyer_id, ${alias}_buyer.name as ${prefix}_buyer`;
}

function namesOf(alias: string): string {
  return `join organizations ${alias}_book on ${alias}_book.id = ${alias}.book_id
    left join organizations ${alias}_buyer on ${alias}_buyer.id = ${alias}.party_id`;
}

function alphabetically(alias: string): string {
  return `${alias}_book.name, ${alias}.book_id, ${alias}_buyer.name, ${alias}.party_id`;
}

interface AccountRecord {
  readonly account_kind: AccountKind;
  readonly account_book_id: string;
  readonly account_book: string;
  readonly account_buyer_id: string | null;
  readonly account_buyer: string | null;
}

interface BalanceRecord extends AccountRecord {
  readonly currency: string;
  readonly amount: string;
}

interface PostingRecord {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly reverses: string | null;
  readonly effective_at: Date;
  readonly recorded_at: Date;
  readonly actor: string;
  readonly amount_minor: string;
  readonly currency: string;
  readonly debit_kind: AccountKind;
  readonly debit_book_id: string;
  readonly debit_book: string;
  readonly debit_buyer_id: string | null;
  readonly debit_buyer: string | null;
  readonly credit_kind: AccountKind;
  readonly credit_book_id: string;
  readonly credit_book: string;
  readonly credit_buyer_id: string | null;
  readonly credit_buyer: string | null;
}

function named(id: string | null, name: string | null): Named | null {
  return id === null || name === null ? null : { id, name };
}

function accountOf(row: AccountRecord): NamedAccount {
  return {
    kind: row.account_kind,
    book: { id: row.account_book_id, name: row.account_book },
    buyer: named(row.account_buyer_id, row.account_buyer),
  };
}

function postingOf(row: PostingRecord): LedgerPosting {
  return {
    journalId: row.id,
    kind: row.kind,
    source: row.source,
    reverses: row.reverses,
    effectiveAt: row.effective_at,
    recordedAt: row.recorded_at,
    actorId: row.actor,
    debit: {
      kind: row.debit_kind,
      book: { id: row.debit_book_id, name: row.debit_book },
      buyer: named(row.debit_buyer_id, row.debit_buyer),
    },
    credit: {
      kind: row.credit_kind,
      book: { id: row.credit_book_id, name: row.credit_book },
      buyer: named(row.credit_buyer_id, row.credit_buyer),
    },
    amountMinor: BigInt(row.amount_minor),
    currency: asCurrency(row.currency),
  };
}

function startOf(day: LocalDate): Date {
  return new Date(`${day}T00:00:00.000Z`);
}
