import { Database } from '#database';
import type { AccountKind } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import { Injectable } from '@nestjs/common';

export interface BookedPosting {
  readonly ordinal: number;
  readonly debit: AccountKind;
  readonly credit: AccountKind;
  /** Above zero, in minor units. */
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
}

/** A journal with its postings, as a line of a statement or an approval leads to it. */
export interface BookedJournal {
  readonly bookId: string;
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly reverses: string | null;
  readonly effectiveAt: Date;
  readonly recordedAt: Date;
  readonly actorId: string;
  readonly postings: readonly BookedPosting[];
}

interface PostedRecord {
  readonly book_id: string;
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly reverses: string | null;
  readonly effective_at: Date;
  readonly recorded_at: Date;
  readonly actor: string;
  readonly ordinal: number;
  readonly debit: AccountKind;
  readonly credit: AccountKind;
  readonly amount_minor: string;
  readonly currency: string;
}

/** The ledger behind a statement. Not limited to an actor: for those who may read the ledger. */
@Injectable()
export class BookedJournalQueries {
  constructor(private readonly database: Database) {}

  /** The journals of these ids, in no particular order, each with its postings in theirs. */
  async byIds(ids: readonly string[]): Promise<BookedJournal[]> {
    const rows = await this.database.query<PostedRecord>(
      `select j.book_id, j.id, j.kind, j.source, j.reverses, j.effective_at, j.recorded_at, j.actor, p.ordinal,
         d.kind as debit, c.kind as credit, p.amount_minor, p.currency
       from journals j
       join postings p on p.book_id = j.book_id and p.journal_id = j.id
       join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id
       join accounts c on c.book_id = p.book_id and c.id = p.credit_account_id
       where j.book_id in (select id from organizations where kind <> 'BUYER') and j.id = any($1::uuid[])
       order by j.id, p.ordinal`,
      [ids],
    );
    const journals = new Map<string, BookedJournal & { postings: BookedPosting[] }>();
    for (const row of rows) {
      const journal = journals.get(row.id) ?? { ...journalOf(row), postings: [] };
      journal.postings.push(postingOf(row));
      journals.set(row.id, journal);
    }
    return [...journals.values()];
  }
}

function journalOf(row: PostedRecord): Omit<BookedJournal, 'postings'> {
  return {
    bookId: row.book_id,
    id: row.id,
    kind: row.kind,
    source: row.source,
    reverses: row.reverses,
    effectiveAt: row.effective_at,
    recordedAt: row.recorded_at,
    actorId: row.actor,
  };
}

function postingOf(row: PostedRecord): BookedPosting {
  return {
    ordinal: row.ordinal,
    debit: row.debit,
    credit: row.credit,
    amountMinor: BigInt(row.amount_minor),
    currency: asCurrency(row.currency),
  };
}
