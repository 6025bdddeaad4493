import type { Transaction } from '#database';
import type { CurrencyCode } from '#money';
import { invariant } from '#outcome';
import type { FinanceRequest, FinanceRequestState } from './finance-request.js';
import type { FinanceRequestKind, FinanceRequestPayload } from './handlers.js';

export const financeRequestColumns = `r.book_id, r.id, r.kind, r.payload, r.content_hash, r.amount_minor, r.currency, r.reason,
  r.state, r.requested_by, r.requested_at, r.decided_by, r.decided_at, r.note`;

export type NewFinanceRequest = Omit<FinanceRequest, 'state' | 'decidedBy' | 'decidedAt' | 'note'>;

export async function insertFinanceRequest(tx: Transaction, request: NewFinanceRequest): Promise<void> {
  await tx.query(
    `insert into finance_requests (book_id, id, kind, payload, content_hash, amount_minor, currency, reason, state,
       requested_by, requested_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'REQUESTED', $9, $10)`,
    [
      request.bookId,
      request.id,
      request.kind,
      JSON.stringify(request.payload),
      request.contentHash,
      request.amountMinor.toString(),
      request.currency,
      request.reason,
      request.requestedBy,
      request.requestedAt,
    ],
  );
}

/** Locked until the end of the transaction; undefined when there is none. */
export async function lockFinanceRequest(tx: Transaction, id: string): Promise<FinanceRequest | undefined> {
  const [row] = await tx.query<FinanceRequestRow>(
    `select ${financeRequestColumns} from finance_requests r where r.id = $1 for no key update`,
    [id],
  );
  return row && toFinanceRequest(row);
}

export async function decideFinanceRequest(
  tx: Transaction,
  { bookId, id }: Pick<FinanceRequest, 'bookId' | 'id'>,
  decision: {
    readonly state: Exclude<FinanceRequestState, 'REQUESTED'>;
    readonly by: string;
    readonly at: Date;
    readonly note: string | null;
  },
): Promise<void> {
  const { state, by, at, note } = decision;
  const rows = await tx.query(
    `update finance_requests set state = $3, decided_by = $4, decided_at = $5, note = $6
     where book_id = $1 and id = $2 and state = 'REQUESTED' returning id`,
    [bookId, id, state, by, at, note],
  );
  invariant(rows.length === 1, 'a finance request was decided while it was locked');
}

export interface FinanceRequestRow {
  readonly book_id: string;
  readonly id: string;
  readonly kind: FinanceRequestKind;
  readonly payload: FinanceRequestPayload;
  readonly content_hash: string;
  readonly amount_minor: string;
  readonly currency: CurrencyCode;
  readonly reason: string;
  readonly state: FinanceRequestState;
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
  readonly note: string | null;
}

export function toFinanceRequest(row: FinanceRequestRow): FinanceRequest {
  return {
    bookId: row.book_id,
    id: row.id,
    kind: row.kind,
    payload: row.payload,
    contentHash: row.content_hash,
    amountMinor: BigInt(row.amount_minor),
    currency: row.currency,
    reason: row.reason,
    state: row.state,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    note: row.note,
  };
}
