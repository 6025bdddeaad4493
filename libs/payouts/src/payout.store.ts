import type { Transaction } from '#database';
import type { BookCurrency, Reader } from '#ledger';
import { asCurrency } from '#money';
import type { SettlementRef } from '#settlements';
import type { Payout, PayoutState, Portion } from './payout.js';
import type { LatestPayout, SourceCharge } from './plan.js';

export const payoutColumns = `p.agency_id, p.id, p.number, p.currency, p.amount_minor, p.released_minor, p.netted_minor,
  p.carried_minor, p.attempt, p.state, p.provider_account_id, p.operation_id, p.provider_transfer_id,
  p.destination_payment_id, p.reversed_minor, p.failure_code, p.bank_payout_id, p.requested_at, p.finished_at`;

export interface PayoutRow {
  readonly agency_id: string;
  readonly id: string;
  readonly number: string;
  readonly currency: string;
  readonly amount_minor: string;
  readonly released_minor: string;
  readonly netted_minor: string;
  readonly carried_minor: string;
  readonly attempt: number;
  readonly state: PayoutState;
  readonly provider_account_id: string | null;
  readonly operation_id: string | null;
  readonly provider_transfer_id: string | null;
  readonly destination_payment_id: string | null;
  readonly reversed_minor: string;
  readonly failure_code: string | null;
  readonly bank_payout_id: string | null;
  readonly requested_at: Date;
  readonly finished_at: Date | null;
}

/** Row to domain type. */
export function payoutOf(row: PayoutRow): Payout {
  return {
    agencyId: row.agency_id,
    id: row.id,
    number: row.number,
    currency: asCurrency(row.currency),
    amountMinor: BigInt(row.amount_minor),
    releasedMinor: BigInt(row.released_minor),
    nettedMinor: BigInt(row.netted_minor),
    carriedMinor: BigInt(row.carried_minor),
    attempt: row.attempt,
    state: row.state,
    providerAccountId: row.provider_account_id,
    operationId: row.operation_id,
    providerTransferId: row.provider_transfer_id,
    destinationPaymentId: row.destination_payment_id,
    reversedMinor: BigInt(row.reversed_minor),
    failureCode: row.failure_code,
    bankPayoutId: row.bank_payout_id,
    requestedAt: row.requested_at,
    finishedAt: row.finished_at,
  };
}

export interface NewPayout extends Pick<
  Payout,
  | 'agencyId'
  | 'id'
  | 'number'
  | 'currency'
  | 'amountMinor'
  | 'releasedMinor'
  | 'nettedMinor'
  | 'carriedMinor'
  | 'attempt'
  | 'providerAccountId'
  | 'operationId'
> {
  readonly sourceChargeId: string | null;
  readonly portions: readonly Portion[];
}

/** Writes payouts with what they carry: NETTED ones that send nothing, REQUESTED ones otherwise. */
export async function insertPayouts(
  tx: Transaction,
  payouts: readonly NewPayout[],
  now: Date,
): Promise<void> {
  if (payouts.length === 0) return;
  const minor = (of: (payout: NewPayout) => bigint): string[] => payouts.map((each) => of(each).toString());
  await tx.query(
    `insert into payouts (agency_id, id, number, currency, amount_minor, released_minor, netted_minor, carried_minor,
       attempt, provider_account_id, operation_id, source_charge_id, state, requested_at, finished_at)
     select w.*, case when amount = 0 then 'NETTED' else 'REQUESTED' end, $13::timestamptz,
       case when amount = 0 then $13::timestamptz end
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bpchar[], $5::bigint[], $6::bigint[], $7::bigint[],
       $8::bigint[], $9::int[], $10::text[], $11::uuid[], $12::text[])
       as w (agency_id, id, number, currency, amount, released, netted, carried, attempt, account, operation, charge)`,
    [
      payouts.map(({ agencyId }) => agencyId),
      payouts.map(({ id }) => id),
      payouts.map(({ number }) => number),
      payouts.map(({ currency }) => currency),
      minor(({ amountMinor }) => amountMinor),
      minor(({ releasedMinor }) => releasedMinor),
      minor(({ nettedMinor }) => nettedMinor),
      minor(({ carriedMinor }) => carriedMinor),
      payouts.map(({ attempt }) => attempt),
      payouts.map(({ providerAccountId }) => providerAccountId),
      payouts.map(({ operationId }) => operationId),
      payouts.map(({ sourceChargeId }) => sourceChargeId),
      now,
    ],
  );
  const rows = payouts.flatMap(({ id: payoutId, portions }) =>
    portions.map((portion) => ({ ...portion, payoutId })),
  );
  await tx.query(
    `insert into payout_settlements (agency_id, payout_id, settlement_id, round, released_minor)
     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::bigint[])`,
    [
      rows.map(({ agencyId }) => agencyId),
      rows.map(({ payoutId }) => payoutId),
      rows.map(({ id }) => id),
      rows.map(({ round }) => round),
      rows.map(({ releasedMinor }) => releasedMinor.toString()),
    ],
  );
}

type PayoutKey = Pick<Payout, 'agencyId' | 'id'>;

/** Held until the transaction ends; lock its settlements first. */
export async function lockPayout(tx: Transaction, { agencyId, id }: PayoutKey): Promise<Payout | undefined> {
  const [row] = await tx.query<PayoutRow>(
    `select ${payoutColumns} from payouts p where p.agency_id = $1 and p.id = $2 for no key update`,
    [agencyId, id],
  );
  return row && payoutOf(row);
}

/** Which payout a transfer of the provider is; undefined: none of ours. */
export async function payoutOfTransfer(reader: Reader, transferId: string): Promise<PayoutKey | undefined> {
  const [row] = await reader.query<PayoutKey>(
    `select agency_id as "agencyId", id from payouts where provider_transfer_id = $1`,
    [transferId],
  );
  return row;
}

/** The settlements that a payout carries. They never change. */
export async function settlementsOfPayout(
  reader: Reader,
  { agencyId, id }: PayoutKey,
): Promise<readonly SettlementRef[]> {
  return await reader.query<SettlementRef>(
    `select agency_id as "agencyId", settlement_id as id from payout_settlements
     where agency_id = $1 and payout_id = $2`,
    [agencyId, id],
  );
}

export async function markSucceeded(
  tx: Transaction,
  { agencyId, id }: PayoutKey,
  sent: {
    readonly transferId: string;
    readonly destinationPaymentId: string | null;
    readonly fundsId: string;
    readonly nextLookAt: Date;
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(
    `update payouts set state = 'SUCCEEDED', provider_transfer_id = $3, destination_payment_id = $4, funds_id = $5,
       next_look_at = $6, finished_at = $7
     where agency_id = $1 and id = $2`,
    [agencyId, id, sent.transferId, sent.destinationPaymentId, sent.fundsId, sent.nextLookAt, sent.now],
  );
}

export async function markFailed(
  tx: Transaction,
  { agencyId, id }: PayoutKey,
  failed: { readonly code: string; readonly retryAt: Date; readonly now: Date },
): Promise<void> {
  await tx.query(
    `update payouts set state = 'FAILED', failure_code = $3, retry_at = $4, finished_at = $5
     where agency_id = $1 and id = $2`,
    [agencyId, id, failed.code, failed.retryAt, failed.now],
  );
}

function columnsOf(books: readonly BookCurrency[]): [string[], string[]] {
  return [books.map(({ bookId }) => bookId), books.map(({ currency }) => currency)];
}

/** The last payout of each of these books, netted ones left out: a failure stands until something is sent. */
export async function latestPayouts(
  reader: Reader,
  books: readonly BookCurrency[],
): Promise<readonly (BookCurrency & LatestPayout)[]> {
  return await reader.query<BookCurrency & LatestPayout>(
    `select p.agency_id as "bookId", p.currency, p.state, p.attempt, p.failure_code as "failureCode",
       p.finished_at as "finishedAt", p.retry_at as "retryAt"
     from unnest($1::uuid[], $2::bpchar[]) as w (agency_id, currency)
     cross join lateral (
       select * from payouts p where p.agency_id = w.agency_id and p.currency = w.currency and p.state <> 'NETTED'
       order by p.id desc limit 1) p`,
    columnsOf(books),
  );
}

/** What reversals under way are to bring, by book. Minor units. */
export async function reversalsUnderWay(
  reader: Reader,
  books: readonly BookCurrency[],
): Promise<readonly (BookCurrency & { readonly amountMinor: bigint })[]> {
  const rows = await reader.query<BookCurrency & { readonly amount: string }>(
    `select agency_id as "bookId", currency, sum(amount_minor) as amount from transfer_reversals
     where state = 'REQUESTED' and (agency_id, currency) in (select * from unnest($1::uuid[], $2::bpchar[]))
     group by agency_id, currency`,
    columnsOf(books),
  );
  return rows.map(({ bookId, currency, amount }) => ({ bookId, currency, amountMinor: BigInt(amount) }));
}

/** Books whose money does not match what the provider says: nothing leaves them. All of a currency when the operator's does not. */
export async function frozenBooks(
  reader: Reader,
  books: readonly BookCurrency[],
): Promise<readonly BookCurrency[]> {
  return await reader.query<BookCurrency>(
    `select w.agency_id as "bookId", w.currency from unnest($1::uuid[], $2::bpchar[]) as w (agency_id, currency)
     where exists (
       select from account_freezes f where f.lifted_at is null and f.currency = w.currency
         and (f.book_id = w.agency_id or f.book_id in (select id from organizations where kind = 'OPERATOR')))`,
    columnsOf(books),
  );
}

/** What pays each of these settlements, where it is one charge alone. */
export async function singleCharges(
  reader: Reader,
  refs: readonly SettlementRef[],
): Promise<ReadonlyMap<string, SourceCharge>> {
  if (refs.length === 0) return new Map();
  const rows = await reader.query<{ id: string; charge: string; amount: string; available: Date }>(
    `select p.settlement_id as id, min(c.provider_charge_id) as charge, min(c.amount_minor) as amount,
       max(c.available_at) as available
     from collection_parts p join collections c on c.id = p.collection_id and c.state = 'SUCCEEDED'
     left join invoice_settlements i on i.agency_id = p.agency_id and i.settlement_id = p.settlement_id
     where (p.agency_id, p.settlement_id) in (select * from unnest($1::uuid[], $2::uuid[])) and p.live
     group by p.agency_id, p.settlement_id
     having count(distinct c.id) = 1 and count(c.provider_charge_id) = count(*) and count(c.available_at) = count(*)
       and bool_and(coalesce(i.credit_minor, 0) = 0)`,
    [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
  );
  return new Map(
    rows.map(({ id, charge, amount, available }) => [
      id,
      { chargeId: charge, amountMinor: BigInt(amount), availableAt: available },
    ]),
  );
}

/** What is asked for and not decided, by currency: the provider's balance may still have it. Minor units. */
export async function amountsUnderWay(reader: Reader): Promise<ReadonlyMap<string, bigint>> {
  const rows = await reader.query<{ currency: string; amount: string }>(
    `select currency, sum(amount_minor) as amount from payouts
     where state = 'REQUESTED' and source_charge_id is null group by currency`,
  );
  return new Map(rows.map(({ currency, amount }) => [currency, BigInt(amount)]));
}
