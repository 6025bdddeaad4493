import type { Database } from '#database';
import { type Actor, may } from '#organizations';
import { done, type Outcome, refuse } from '#outcome';
import { SettlementLineQueries, SettlementQueries } from '#settlements';
import { Injectable } from '@nestjs/common';
import { type Column, csvHeader, csvRows } from './csv.js';
import { csvType, type ExportFile, fileName, hledgerType } from './export-file.js';
import {
  accountDirectives,
  balanceCheckHead,
  balanceCheckLines,
  hledgerEnd,
  hledgerHead,
  nothingWritten,
  transactionsText,
  type Written,
} from './hledger.js';
import { type LedgerFilter, LedgerReader, type LedgerView } from './ledger-reader.queries.js';
import { postingColumns } from './ledger-posting.js';
import { type PayoutFilter, PayoutReader } from './payout-reader.queries.js';
import { payoutColumns } from './payout-row.js';
import type { ShowId } from './shown-id.js';
import { statementColumns } from './statement-line.js';
import { StatementReader } from './statement-reader.queries.js';

/** What accountants take away. Files are read as they are written: see {@link ExportFile}. */
@Injectable()
export class Exports {
  constructor(
    private readonly settlements: SettlementQueries,
    private readonly statements: StatementReader,
    private readonly ledger: LedgerReader,
    private readonly payoutReader: PayoutReader,
  ) {}

  /**
   * A row per line of a statement that the actor sees. NOT_FOUND for a missing and for a foreign one; NOT_PERMITTED
   * without settlements:read and with a test key, which sees no money.
   */
  async statement(actor: Actor, settlementId: string, showId: ShowId): Promise<Outcome<ExportFile>> {
    if (actor.mode === 'test' || !may(actor, 'settlements:read')) return refuse('NOT_PERMITTED');
    const [settlement] = await this.settlements.byIds(actor, [settlementId]);
    if (!settlement) return refuse('NOT_FOUND', { field: ['id'] });
    // What may still change must not be taken for what was agreed.
    const standing = settlement.approvedAt === null ? 'not-approved' : null;
    // A voided statement has no lines: the revision after it holds them.
    const batches = settlement.state === 'VOIDED' ? none() : this.statements.batches(settlement);
    return done({
      name: fileName(['statement', settlement.number, standing], 'csv'),
      type: csvType,
      pieces: csvPieces(statementColumns(showId), batches),
    });
  }

  /** A row per posting. NOT_PERMITTED without ledger:read and with a test key; INVALID_VALUE for days in the wrong order. */
  journalCsv(actor: Actor, filter: LedgerFilter, showId: ShowId): Outcome<ExportFile> {
    const pieces = this.ledger.atOneInstant(filter, (view) =>
      csvPieces(postingColumns(showId), view.postings()),
    );
    return journalFile(actor, filter, { extension: 'csv', type: csvType, pieces });
  }

  /**
   * A row per payout that the actor sees, failed ones included. NOT_PERMITTED without payouts:read and with a test key;
   * INVALID_VALUE for days in the wrong order.
   */
  payouts(actor: Actor, filter: PayoutFilter, showId: ShowId): Outcome<ExportFile> {
    if (actor.mode === 'test' || !may(actor, 'payouts:read')) return refuse('NOT_PERMITTED');
    const { from, to } = filter;
    const wrong = daysInWrongOrder(filter);
    if (wrong) return wrong;
    return done({
      name: fileName(['payouts', from && `from-${from}`, to && `to-${to}`], 'csv'),
      type: csvType,
      pieces: csvPieces(payoutColumns(showId), this.payoutReader.batches(actor, filter)),
    });
  }

  /** The same books for hledger, with every name declared; from their beginning on also with a check of every balance. */
  journalHledger(actor: Actor, filter: LedgerFilter, showId: ShowId): Outcome<ExportFile> {
    const pieces = this.ledger.atOneInstant(filter, (view) => hledgerPieces(view, filter, showId));
    return journalFile(actor, filter, { extension: 'journal', type: hledgerType, pieces });
  }
}

/** The same outside a Nest application, on a database that is connected. */
export function exportsOf(database: Database): Exports {
  const statements = new StatementReader(database, new SettlementLineQueries(database));
  return new Exports(
    new SettlementQueries(database),
    statements,
    new LedgerReader(database),
    new PayoutReader(database),
  );
}

function journalFile(
  actor: Actor,
  { currency, from, to }: LedgerFilter,
  file: Pick<ExportFile, 'type' | 'pieces'> & { readonly extension: string },
): Outcome<ExportFile> {
  if (actor.mode === 'test' || !may(actor, 'ledger:read')) return refuse('NOT_PERMITTED');
  const wrong = daysInWrongOrder({ from, to });
  if (wrong) return wrong;
  const { extension, type, pieces } = file;
  const name = fileName(['journal', currency, from && `from-${from}`, to && `to-${to}`], extension);
  return done({ name, type, pieces });
}

function daysInWrongOrder({ from, to }: PayoutFilter): Outcome<never> | undefined {
  if (from === null || to === null || from < to) return undefined;
  return refuse('INVALID_VALUE', {
    field: ['to'],
    message: 'to is the first day after those that are wanted: it must lie after from.',
  });
}

async function* none(): AsyncGenerator<never, void, undefined> {}

/** The header goes with the first rows: what fails while they are read fails before anything was given out. */
async function* csvPieces<Row>(
  columns: readonly Column<Row>[],
  batches: AsyncGenerator<readonly Row[], void, undefined>,
): AsyncGenerator<string, void, undefined> {
  let header = csvHeader(columns);
  for await (const rows of batches) {
    yield header + csvRows(columns, rows);
    header = '';
  }
  if (header !== '') yield header;
}

async function* hledgerPieces(
  view: LedgerView,
  filter: LedgerFilter,
  showId: ShowId,
): AsyncGenerator<string, void, undefined> {
  const postings = view.postings();
  // Asked for before the first piece: sorting everything is what takes long, and may fail.
  let batch = await postings.next();
  yield hledgerHead({ what: sentenceOf(filter), currencies: await view.currencies() });
  for await (const accounts of view.accounts()) yield accountDirectives(accounts, showId);
  let written = nothingWritten;
  for (; !batch.done; batch = await postings.next()) {
    const { text, written: now } = transactionsText(batch.value, written, showId);
    written = now;
    yield text;
  }
  yield* balanceCheck(view, filter, written, showId);
  yield hledgerEnd(written);
}

/** Not for a file that begins in the midst: read after the one before it, its balances are not those of its own postings. */
async function* balanceCheck(
  view: LedgerView,
  { from }: LedgerFilter,
  { lastDay }: Written,
  showId: ShowId,
): AsyncGenerator<string, void, undefined> {
  if (from !== null || lastDay === null) return;
  yield balanceCheckHead(lastDay);
  for await (const balances of view.balances()) yield balanceCheckLines(balances, showId);
}

function sentenceOf({ currency, from, to }: LedgerFilter): string {
  const days = [from && ` from ${from} on`, to && ` before ${to}`].filter((part) => part !== null).join('');
  return `The books of Leadger${currency === null ? '' : ` in ${currency}`}: what happened${days || ' at any time'} (UTC).`;
}
