import { createDataSource, Database, newId, type Transaction, UnitOfWork } from '#database';
import {
  advanceCheckpoint,
  type NewJournal,
  type NewPosting,
  type PostedJournal,
  postJournals,
} from '#ledger';
import { done, type Outcome } from '#outcome';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { createTestDatabase } from '../support/database.js';

/** A ledger in a database of its own, with one agency, one buyer and the operator, and nothing booked. */
export interface OpenLedger {
  readonly url: string;
  readonly dataSource: DataSource;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly agencyId: string;
  readonly otherAgencyId: string;
  readonly buyerId: string;
  readonly operatorId: string;
  readonly close: () => Promise<void>;
}

export const booker = { id: 'system:test' };
export const noon = new Date('2026-05-04T12:00:00.000Z');

export async function openLedger(): Promise<OpenLedger> {
  const { url, drop } = await createTestDatabase();
  const dataSource = await createDataSource({ url, poolSize: 24 }).initialize();
  const database = new Database(dataSource);
  const ids = { agencyId: newId(), otherAgencyId: newId(), buyerId: newId(), operatorId: newId() };
  await database.query(
    `insert into organizations (id, kind, name, created_at) values ($1, 'AGENCY', 'Ads', $5),
       ($2, 'AGENCY', 'More ads', $5), ($3, 'BUYER', 'Roofs', $5), ($4, 'OPERATOR', 'Operator', $5)`,
    [ids.agencyId, ids.otherAgencyId, ids.buyerId, ids.operatorId, noon],
  );
  const close = async (): Promise<void> => {
    await dataSource.destroy();
    await drop();
  };
  return { url, dataSource, database, unitOfWork: new UnitOfWork(dataSource), ...ids, close };
}

/** A journal of the first agency in US dollars, of a key of its own unless it is given one. */
export function journal(
  ledger: OpenLedger,
  postings: readonly NewPosting[],
  more: Partial<NewJournal> = {},
): NewJournal {
  const id = newId();
  return {
    bookId: ledger.agencyId,
    id,
    kind: 'CHARGE',
    source: `charge:${id}`,
    idempotencyKey: `test:${id}`,
    currency: 'USD',
    effectiveAt: noon,
    reverses: null,
    postings,
    ...more,
  };
}

/** Books journals in a transaction of their own. */
export async function book(
  ledger: OpenLedger,
  ...journals: readonly NewJournal[]
): Promise<Outcome<readonly PostedJournal[]>> {
  return await ledger.unitOfWork.run((tx: Transaction) => postJournals(tx, booker, noon, journals));
}

/** The one value of a done outcome; throws what was refused. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusals.map(({ code }) => code).join(', '));
  return outcome.value;
}

export async function count(ledger: OpenLedger, table: string): Promise<number> {
  const [row] = await ledger.database.query<{ n: string }>(`select count(*) as n from ${table}`);
  return Number(row?.n);
}

/**
 * Moves a book's checkpoint past everything that is booked. Transaction ids are the whole server's: what another suite
 * has open at that moment holds the edge back, until it commits.
 */
export async function checkpointAll(ledger: OpenLedger, bookId: string = ledger.agencyId): Promise<void> {
  for (;;) {
    await ledger.unitOfWork.run(async (tx) => done(await advanceCheckpoint(tx, bookId, noon)));
    const [row] = await ledger.database.query<{ is_past: boolean }>(
      `select through_xid > coalesce((select max(xid) from postings where book_id = $1), '0') as is_past
       from ledger_checkpoints where book_id = $1`,
      [bookId],
    );
    if (row?.is_past) return;
    await pause(5);
  }
}
