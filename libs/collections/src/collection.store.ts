import type { Transaction } from '#database';
import type { Reader } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import { invariant } from '#outcome';
import {
  type Collection,
  type CollectionMethod,
  type CollectionPart,
  type CollectionState,
  liveStates,
  type Part,
} from './collection.js';

export interface CollectionRecord {
  readonly id: string;
  readonly buyer_id: string;
  readonly invoice_id: string | null;
  readonly method: CollectionMethod;
  readonly attempt: number;
  readonly state: CollectionState;
  readonly amount_minor: string;
  readonly currency: string;
  readonly operation_id: string | null;
  readonly provider_payment_id: string | null;
  readonly provider_charge_id: string | null;
  readonly provider_invoice_id: string | null;
  readonly hosted_url: string | null;
  readonly failure_code: string | null;
  readonly decline_code: string | null;
  readonly fee_minor: string | null;
  readonly received_minor: string;
  readonly credited_minor: string;
  readonly funds_id: string | null;
  readonly returned_funds_id: string | null;
  readonly reference: string | null;
  readonly requested_at: Date;
  readonly succeeded_at: Date | null;
  readonly available_at: Date | null;
  readonly finished_at: Date | null;
  readonly requested_by: string;
  readonly approved_by: string | null;
  readonly cancel_requested_at: Date | null;
  readonly cancel_tries: number;
}

/** The columns of a collection, for a select over `collections` under the alias `c`. */
export const collectionColumns = `c.id, c.buyer_id, c.invoice_id, c.method, c.attempt, c.state, c.amount_minor, c.currency,
  c.operation_id, c.provider_payment_id, c.provider_charge_id, c.provider_invoice_id, c.hosted_url, c.failure_code,
  c.decline_code, c.fee_minor, c.received_minor, c.credited_minor, c.funds_id, c.returned_funds_id, c.reference,
  c.requested_at, c.succeeded_at, c.available_at, c.finished_at, c.requested_by, c.approved_by, c.cancel_requested_at,
  c.cancel_tries`;

export function collectionOf(row: CollectionRecord): Collection {
  return {
    id: row.id,
    buyerId: row.buyer_id,
    invoiceId: row.invoice_id,
    method: row.method,
    attempt: row.attempt,
    state: row.state,
    amountMinor: BigInt(row.amount_minor),
    currency: asCurrency(row.currency),
    operationId: row.operation_id,
    providerPaymentId: row.provider_payment_id,
    providerChargeId: row.provider_charge_id,
    providerInvoiceId: row.provider_invoice_id,
    hostedUrl: row.hosted_url,
    failureCode: row.failure_code,
    declineCode: row.decline_code,
    feeMinor: row.fee_minor === null ? null : BigInt(row.fee_minor),
    receivedMinor: BigInt(row.received_minor),
    creditedMinor: BigInt(row.credited_minor),
    fundsId: row.funds_id,
    returnedFundsId: row.returned_funds_id,
    reference: row.reference,
    requestedAt: row.requested_at,
    succeededAt: row.succeeded_at,
    availableAt: row.available_at,
    finishedAt: row.finished_at,
    requestedBy: row.requested_by,
    approvedBy: row.approved_by,
    cancelRequestedAt: row.cancel_requested_at,
    cancelTries: row.cancel_tries,
  };
}

export interface NewCollection {
  readonly id: string;
  readonly buyerId: string;
  readonly invoiceId: string | null;
  readonly method: CollectionMethod;
  readonly attempt: number;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly requestedAt: Date;
  readonly requestedBy: string;
  readonly approvedBy?: string;
  readonly reference?: string;
}

export async function insertCollection(
  tx: Transaction,
  collection: NewCollection,
  parts: readonly Part[],
): Promise<Collection> {
  const [row] = await tx.query<CollectionRecord>(
    `insert into collections as c (id, buyer_id, invoice_id, method, attempt, state, amount_minor, currency,
       requested_at, requested_by, approved_by, reference)
     values ($1, $2, $3, $4, $5, 'REQUESTED', $6, $7, $8, $9, $10, $11) returning ${collectionColumns}`,
    [
      collection.id,
      collection.buyerId,
      collection.invoiceId,
      collection.method,
      collection.attempt,
      collection.amountMinor.toString(),
      collection.currency,
      collection.requestedAt,
      collection.requestedBy,
      collection.approvedBy ?? null,
      collection.reference ?? null,
    ],
  );
  invariant(row, 'a collection was not written');
  await insertParts(tx, collection.id, parts, true);
  return collectionOf(row);
}

async function insertParts(
  tx: Transaction,
  id: string,
  parts: readonly Part[],
  live: boolean,
): Promise<void> {
  if (parts.length === 0) return;
  await tx.query(
    `insert into collection_parts (agency_id, collection_id, settlement_id, from_minor, amount_minor, live)
     select p.agency_id, $1, p.id, p.from_minor, p.amount_minor, $6
     from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[]) as p (agency_id, id, from_minor, amount_minor)`,
    [
      id,
      parts.map(({ agencyId }) => agencyId),
      parts.map((part) => part.id),
      parts.map(({ fromMinor }) => fromMinor.toString()),
      parts.map(({ amountMinor }) => amountMinor.toString()),
      live,
    ],
  );
}

/** Which cents it is about from now on, and which it no longer pays. */
export async function replaceParts(
  tx: Transaction,
  collectionId: string,
  { live, dead }: { readonly live: readonly Part[]; readonly dead: readonly Part[] },
): Promise<void> {
  await tx.query('delete from collection_parts where collection_id = $1', [collectionId]);
  await insertParts(tx, collectionId, live, true);
  await insertParts(tx, collectionId, dead, false);
}

/** Of collections, by agency, settlement and place. */
export async function partsOf(
  reader: Reader,
  collectionIds: readonly string[],
): Promise<readonly CollectionPart[]> {
  const rows = await reader.query<{
    agency_id: string;
    collection_id: string;
    settlement_id: string;
    from_minor: string;
    amount_minor: string;
    live: boolean;
    state: CollectionState;
  }>(
    `select p.agency_id, p.collection_id, p.settlement_id, p.from_minor, p.amount_minor, p.live, c.state
     from collection_parts p join collections c on c.id = p.collection_id
     join settlements s on s.agency_id = p.agency_id and s.id = p.settlement_id
     where p.collection_id = any ($1::uuid[]) order by s.number, p.agency_id, p.settlement_id, p.from_minor`,
    [collectionIds],
  );
  return rows.map((row) => ({
    agencyId: row.agency_id,
    id: row.settlement_id,
    collectionId: row.collection_id,
    collectionState: row.state,
    fromMinor: BigInt(row.from_minor),
    amountMinor: BigInt(row.amount_minor),
    live: row.live,
  }));
}

/** It pays none of its cents any more. */
export async function endParts(tx: Transaction, collectionId: string): Promise<void> {
  await tx.query('update collection_parts set live = false where collection_id = $1', [collectionId]);
}

/** By what the provider, or one of our operations, says it is about. */
export type CollectionKey =
  | { readonly id: string }
  | { readonly paymentId: string; readonly operationId: string | null }
  | { readonly providerInvoiceId: string; readonly operationId: string | null }
  | { readonly chargeId: string };

/** Not locked: to find out whose it is, before the buyer's profile is locked and it is read again. */
export async function findCollection(reader: Reader, key: CollectionKey): Promise<Collection | undefined> {
  const [condition, parameters] = conditionOf(key);
  const rows = await reader.query<CollectionRecord>(
    `select ${collectionColumns} from collections c where ${condition} limit 2`,
    parameters,
  );
  invariant(rows.length <= 1, 'two collections are of one payment');
  return rows[0] && collectionOf(rows[0]);
}

function conditionOf(key: CollectionKey): [string, unknown[]] {
  if ('id' in key) return ['c.id = $1', [key.id]];
  if ('chargeId' in key) return ['c.provider_charge_id = $1', [key.chargeId]];
  // News of it can come before the answer to the operation that made it is written down.
  const byOperation = (column: string): string =>
    `(${column} = $1 or (${column} is null and c.operation_id = $2::uuid))`;
  return 'paymentId' in key
    ? [byOperation('c.provider_payment_id'), [key.paymentId, uuidOrNull(key.operationId)]]
    : [byOperation('c.provider_invoice_id'), [key.providerInvoiceId, uuidOrNull(key.operationId)]];
}

/** Metadata at the provider may have been written by anybody there. */
function uuidOrNull(text: string | null): string | null {
  return text !== null && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : null;
}

/** Columns of a collection that change on its way; what is not named stays. */
export type CollectionChange = Partial<
  Pick<
    Collection,
    | 'state'
    | 'operationId'
    | 'providerPaymentId'
    | 'providerChargeId'
    | 'providerInvoiceId'
    | 'hostedUrl'
    | 'failureCode'
    | 'declineCode'
    | 'feeMinor'
    | 'receivedMinor'
    | 'creditedMinor'
    | 'fundsId'
    | 'returnedFundsId'
    | 'succeededAt'
    | 'availableAt'
    | 'finishedAt'
  >
> & { readonly nextLookAt?: Date | null };

export async function changeCollection(
  tx: Transaction,
  collection: Collection,
  change: CollectionChange,
): Promise<Collection> {
  const { nextLookAt, ...columns } = change;
  const changed = { ...collection, ...columns };
  await tx.query(
    `update collections set state = $2, operation_id = $3, provider_payment_id = $4, provider_charge_id = $5,
       provider_invoice_id = $6, hosted_url = $7, failure_code = $8, decline_code = $9, fee_minor = $10,
       received_minor = $11, credited_minor = $12, funds_id = $13, returned_funds_id = $14, succeeded_at = $15,
       available_at = $16, finished_at = $17, next_look_at = case when $18 then $19 else next_look_at end
     where id = $1`,
    [
      collection.id,
      changed.state,
      changed.operationId,
      changed.providerPaymentId,
      changed.providerChargeId,
      changed.providerInvoiceId,
      changed.hostedUrl,
      changed.failureCode,
      changed.declineCode,
      changed.feeMinor?.toString() ?? null,
      changed.receivedMinor.toString(),
      changed.creditedMinor.toString(),
      changed.fundsId,
      changed.returnedFundsId,
      changed.succeededAt,
      changed.availableAt,
      changed.finishedAt,
      nextLookAt !== undefined,
      nextLookAt ?? null,
    ],
  );
  return changed;
}

/** Somebody wants it stopped, or (with a code) we do, because it cannot succeed. `sent`: the provider is asked to. */
export async function requestCancel(
  tx: Transaction,
  collection: Collection,
  asked: { readonly by: string; readonly at: Date; readonly code: string | null; readonly sent: boolean },
): Promise<Collection> {
  const tries = collection.cancelTries + (asked.sent ? 1 : 0);
  await tx.query(
    `update collections set cancel_requested_at = coalesce(cancel_requested_at, $2),
       cancel_requested_by = coalesce(cancel_requested_by, $3), failure_code = coalesce(failure_code, $4),
       cancel_tries = $5
     where id = $1`,
    [collection.id, asked.at, asked.by, asked.code, tries],
  );
  const { failureCode, cancelRequestedAt } = collection;
  return {
    ...collection,
    failureCode: failureCode ?? asked.code,
    cancelRequestedAt: cancelRequestedAt ?? asked.at,
    cancelTries: tries,
  };
}

/** The provider would not stop it: it goes on. */
export async function forgetCancel(tx: Transaction, id: string): Promise<void> {
  await tx.query(
    `update collections set cancel_requested_at = null, cancel_requested_by = null, failure_code = null where id = $1`,
    [id],
  );
}

/** Whether somebody wants it stopped: asked before it is sent. */
export async function isCancelRequested(reader: Reader, operationId: string): Promise<boolean> {
  const rows = await reader.query(
    'select 1 from collections where operation_id = $1 and cancel_requested_at is not null',
    [operationId],
  );
  return rows.length > 0;
}

/** The collection of an invoice that is under way; undefined: none is. */
export async function liveOfInvoice(tx: Transaction, invoiceId: string): Promise<Collection | undefined> {
  const [row] = await tx.query<CollectionRecord>(
    `select ${collectionColumns} from collections c where c.invoice_id = $1 and c.state = any ($2)`,
    [invoiceId, liveStates],
  );
  return row && collectionOf(row);
}

/** The top-up of a buyer that is under way. */
export async function liveTopUp(
  tx: Transaction,
  buyerId: string,
  currency: CurrencyCode,
): Promise<Collection | undefined> {
  const [row] = await tx.query<CollectionRecord>(
    `select ${collectionColumns} from collections c
     where c.buyer_id = $1 and c.currency = $2 and c.invoice_id is null and c.state = any ($3)`,
    [buyerId, currency, liveStates],
  );
  return row && collectionOf(row);
}

export async function countTopUps(tx: Transaction, buyerId: string, currency: CurrencyCode): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::int as count from collections where buyer_id = $1 and currency = $2 and invoice_id is null`,
    [buyerId, currency],
  );
  return row?.count ?? 0;
}
