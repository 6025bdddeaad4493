import type { Transaction } from '#database';
import type { Reader } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import type { Refund, RefundState } from './refund.js';

export interface RefundRecord {
  readonly id: string;
  readonly buyer_id: string;
  readonly book_id: string;
  readonly collection_id: string;
  readonly finance_request_id: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly state: RefundState;
  readonly operation_id: string | null;
  readonly provider_refund_id: string | null;
  readonly funds_id: string | null;
  readonly failed_funds_id: string | null;
  readonly failure_code: string | null;
  readonly requested_at: Date;
  readonly finished_at: Date | null;
}

/** The columns of a refund, for a select over `refunds` under the alias `r`. */
export const refundColumns = `r.id, r.buyer_id, r.book_id, r.collection_id, r.finance_request_id, r.amount_minor,
  r.currency, r.state, r.operation_id, r.provider_refund_id, r.funds_id, r.failed_funds_id, r.failure_code,
  r.requested_at, r.finished_at`;

export function refundOf(row: RefundRecord): Refund {
  return {
    id: row.id,
    buyerId: row.buyer_id,
    bookId: row.book_id,
    collectionId: row.collection_id,
    financeRequestId: row.finance_request_id,
    amountMinor: BigInt(row.amount_minor),
    currency: asCurrency(row.currency),
    state: row.state,
    operationId: row.operation_id,
    providerRefundId: row.provider_refund_id,
    fundsId: row.funds_id,
    failedFundsId: row.failed_funds_id,
    failureCode: row.failure_code,
    requestedAt: row.requested_at,
    finishedAt: row.finished_at,
  };
}

export async function insertRefund(tx: Transaction, refund: Refund, nextLookAt: Date | null): Promise<void> {
  await tx.query(
    `insert into refunds (id, buyer_id, book_id, collection_id, finance_request_id, amount_minor, currency, state,
       operation_id, provider_refund_id, requested_at, next_look_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      refund.id,
      refund.buyerId,
      refund.bookId,
      refund.collectionId,
      refund.financeRequestId,
      refund.amountMinor.toString(),
      refund.currency,
      refund.state,
      refund.operationId,
      refund.providerRefundId,
      refund.requestedAt,
      nextLookAt,
    ],
  );
}

export type RefundChange = Partial<
  Pick<
    Refund,
    'state' | 'operationId' | 'providerRefundId' | 'fundsId' | 'failedFundsId' | 'failureCode' | 'finishedAt'
  >
> & { readonly nextLookAt?: Date | null };

export async function changeRefund(tx: Transaction, refund: Refund, change: RefundChange): Promise<Refund> {
  const { nextLookAt, ...columns } = change;
  const changed = { ...refund, ...columns };
  await tx.query(
    `update refunds set state = $2, operation_id = $3, provider_refund_id = $4, funds_id = $5, failed_funds_id = $6,
       failure_code = $7, finished_at = $8, next_look_at = case when $9 then $10 else next_look_at end
     where id = $1`,
    [
      refund.id,
      changed.state,
      changed.operationId,
      changed.providerRefundId,
      changed.fundsId,
      changed.failedFundsId,
      changed.failureCode,
      changed.finishedAt,
      nextLookAt !== undefined,
      nextLookAt ?? null,
    ],
  );
  return changed;
}

/** By our own id, or by what the provider says. */
export async function findRefund(
  reader: Reader,
  key: { readonly id: string } | { readonly providerRefundId: string; readonly operationId: string | null },
): Promise<Refund | undefined> {
  const [row] = await reader.query<RefundRecord>(
    'id' in key
      ? `select ${refundColumns} from refunds r where r.id = $1`
      : `select ${refundColumns} from refunds r
         where r.provider_refund_id = $1 or (r.provider_refund_id is null and r.operation_id::text = $2)`,
    'id' in key ? [key.id] : [key.providerRefundId, key.operationId],
  );
  return row && refundOf(row);
}

/**
 * The payment of a buyer against which an amount can be given back: the newest of those that have as much left, after
 * what was given back, went back or is contested. Undefined: no single one has.
 */
export async function refundable(
  tx: Transaction,
  wanted: { readonly buyerId: string; readonly currency: CurrencyCode; readonly amountMinor: bigint },
): Promise<{ readonly collectionId: string; readonly chargeId: string } | undefined> {
  const [row] = await tx.query<{ id: string; charge: string }>(
    `select c.id, c.provider_charge_id as charge from collections c
     where c.buyer_id = $1 and c.currency = $2 and c.state = 'SUCCEEDED' and c.provider_charge_id is not null
       and c.received_minor
         - (select coalesce(sum(r.amount_minor), 0) from refunds r where r.collection_id = c.id and r.state <> 'FAILED')
         - (select coalesce(sum(d.amount_minor), 0) from disputes d
            where d.collection_id = c.id and d.state <> 'WON') >= $3
     order by c.id desc limit 1`,
    [wanted.buyerId, wanted.currency, wanted.amountMinor.toString()],
  );
  return row && { collectionId: row.id, chargeId: row.charge };
}
