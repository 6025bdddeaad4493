import type { Transaction } from '#database';
import type { BookCurrency, Reader } from '#ledger';
import { asCurrency, type CurrencyCode } from '#money';
import type { Reversible } from './payout.js';

/** Money that is taken back out of an agency's account at the provider. Minor units. */
export interface Reversal {
  readonly agencyId: string;
  readonly id: string;
  readonly payoutId: string;
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly state: 'REQUESTED' | 'SUCCEEDED' | 'FAILED';
  /** Null: somebody made it in the provider's dashboard. */
  readonly operationId: string | null;
  readonly providerReversalId: string | null;
}

interface ReversalRow extends Omit<Reversal, 'amountMinor' | 'currency'> {
  readonly amount: string;
  readonly currency: string;
}

const columns = `agency_id as "agencyId", id, payout_id as "payoutId", amount_minor as amount, currency, state,
  operation_id as "operationId", provider_reversal_id as "providerReversalId"`;

function reversalOf({ amount, currency, ...row }: ReversalRow): Reversal {
  return { ...row, currency: asCurrency(currency), amountMinor: BigInt(amount) };
}

/** All reversals of a payout; lock the payout first. */
export async function reversalsOfPayout(
  reader: Reader,
  { agencyId, id }: { readonly agencyId: string; readonly id: string },
): Promise<readonly Reversal[]> {
  const rows = await reader.query<ReversalRow>(
    `select ${columns} from transfer_reversals where agency_id = $1 and payout_id = $2 order by id`,
    [agencyId, id],
  );
  return rows.map(reversalOf);
}

/** Undefined: there is none. */
export async function reversalById(
  reader: Reader,
  { agencyId, id }: { readonly agencyId: string; readonly id: string },
): Promise<Reversal | undefined> {
  const [row] = await reader.query<ReversalRow>(
    `select ${columns} from transfer_reversals where agency_id = $1 and id = $2`,
    [agencyId, id],
  );
  return row && reversalOf(row);
}

export type NewReversal = Pick<Reversal, 'agencyId' | 'id' | 'payoutId' | 'amountMinor' | 'currency'> & {
  readonly operationId: string;
};

/** Reversals that are asked for. */
export async function insertReversals(
  tx: Transaction,
  reversals: readonly NewReversal[],
  now: Date,
): Promise<void> {
  await tx.query(
    `insert into transfer_reversals (agency_id, id, payout_id, amount_minor, currency, operation_id, state,
       requested_at)
     select w.*, 'REQUESTED', $7::timestamptz
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bpchar[], $6::uuid[]) as w`,
    [
      reversals.map(({ agencyId }) => agencyId),
      reversals.map(({ id }) => id),
      reversals.map(({ payoutId }) => payoutId),
      reversals.map(({ amountMinor }) => amountMinor.toString()),
      reversals.map(({ currency }) => currency),
      reversals.map(({ operationId }) => operationId),
      now,
    ],
  );
}

/** How a reversal that happened is kept. */
export interface ReversalDone {
  readonly agencyId: string;
  readonly id: string;
  readonly payoutId: string;
  readonly amountMinor: bigint;
  readonly owedMinor: bigint;
  readonly currency: CurrencyCode;
  readonly providerReversalId: string;
  readonly fundsId: string;
  readonly at: Date;
}

/** Keeps one that happened, asked for by us or not, and counts it in its payout; lock that first. */
export async function markReversed(tx: Transaction, reversed: ReversalDone): Promise<void> {
  const { agencyId, id, payoutId, amountMinor, owedMinor, currency, providerReversalId, fundsId, at } =
    reversed;
  await tx.query(
    `insert into transfer_reversals as r (agency_id, id, payout_id, amount_minor, owed_minor, currency, state,
       provider_reversal_id, funds_id, requested_at, finished_at)
     values ($1, $2, $3, $4, $5, $6, 'SUCCEEDED', $7, $8, $9, $9)
     on conflict on constraint transfer_reversals_pkey do update
       set owed_minor = excluded.owed_minor, state = 'SUCCEEDED', failure_code = null,
         provider_reversal_id = excluded.provider_reversal_id, funds_id = excluded.funds_id,
         finished_at = excluded.finished_at`,
    [
      ...[agencyId, id, payoutId, amountMinor.toString(), owedMinor.toString(), currency],
      ...[providerReversalId, fundsId, at],
    ],
  );
  await tx.query(`update payouts set reversed_minor = reversed_minor + $3 where agency_id = $1 and id = $2`, [
    agencyId,
    payoutId,
    amountMinor.toString(),
  ]);
}

/** The provider said no: what the agency owes is netted from what it earns next. */
export async function markReversalFailed(
  tx: Transaction,
  { agencyId, id }: Pick<Reversal, 'agencyId' | 'id'>,
  code: string,
  now: Date,
): Promise<void> {
  await tx.query(
    `update transfer_reversals set state = 'FAILED', failure_code = $3, finished_at = $4
     where agency_id = $1 and id = $2 and state = 'REQUESTED'`,
    [agencyId, id, code, now],
  );
}

/** A correction that left an agency owing, under a contract that takes such money back by reversing transfers. */
export interface ClawbackOrder extends BookCurrency {
  readonly chargeId: string;
  readonly owedMinor: bigint;
}

const lookBack = `interval '400 days'`;

/**
 * Corrections under such contracts that nobody has looked at yet, oldest first, with what they left the agency owing.
 * Only of the last 400 days: what was left longer has been netted.
 */
export async function clawbacksToOrder(
  reader: Reader,
  now: Date,
  limit: number,
): Promise<readonly ClawbackOrder[]> {
  const rows = await reader.query<BookCurrency & { readonly chargeId: string; readonly owed: string }>(
    `select c.agency_id as "bookId", c.currency, c.id as "chargeId", o.owed
     from (select distinct agency_id from contract_versions where clawback_method = 'TRANSFER_REVERSAL') a
     join charges c on c.agency_id = a.agency_id and c.recorded_at >= $1::timestamptz - ${lookBack}
       and c.after_approval and c.payee = 'AGENCY'
     join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.contract_id
       and v.version = c.contract_version and v.clawback_method = 'TRANSFER_REVERSAL'
     cross join lateral (
       select coalesce(sum(p.amount_minor), 0) as owed from postings p
       join accounts d on d.book_id = p.book_id and d.id = p.debit_account_id and d.kind = 'clawback_due'
       where p.book_id = c.agency_id and p.journal_id = c.id) o
     where not exists (
       select from clawback_orders k where k.agency_id = c.agency_id and k.charge_id = c.id)
       -- A transfer on its way may be the one to take it back from.
       and not exists (
         select from payouts p where p.agency_id = c.agency_id and p.currency = c.currency and p.state = 'REQUESTED')
     order by c.recorded_at, c.id limit $2`,
    [now, limit],
  );
  return rows.map(({ owed, ...row }) => ({ ...row, owedMinor: BigInt(owed) }));
}

/** Keeps that these were looked at; those that somebody else has looked at meanwhile are left out of the answer. */
export async function insertOrders(
  tx: Transaction,
  orders: readonly (ClawbackOrder & { readonly reversedMinor: bigint })[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(
    `insert into clawback_orders (agency_id, charge_id, owed_minor, reversed_minor, decided_at)
     select *, $5::timestamptz from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])
     on conflict on constraint clawback_orders_pkey do nothing returning charge_id as id`,
    [
      orders.map(({ bookId }) => bookId),
      orders.map(({ chargeId }) => chargeId),
      orders.map(({ owedMinor }) => owedMinor.toString()),
      orders.map(({ reversedMinor }) => reversedMinor.toString()),
      now,
    ],
  );
  return new Set(rows.map(({ id }) => id));
}

/** A payout that something is left of to reverse. */
export interface ReversiblePayout extends Reversible, BookCurrency {
  readonly transferId: string;
}

/** The last of each book's payouts that money can be taken back out of, newest first; none with a reversal under way. */
export async function reversiblePayouts(
  reader: Reader,
  books: readonly BookCurrency[],
): Promise<readonly ReversiblePayout[]> {
  const rows = await reader.query<BookCurrency & { id: string; transferId: string; left: string }>(
    `select p.agency_id as "bookId", p.currency, p.id, p.provider_transfer_id as "transferId", p.left
     from unnest($1::uuid[], $2::bpchar[]) as w (agency_id, currency)
     cross join lateral (
       select p.*, p.amount_minor - p.reversed_minor as left from payouts p
       where p.agency_id = w.agency_id and p.currency = w.currency and p.state = 'SUCCEEDED'
         and p.reversed_minor < p.amount_minor and not exists (
           select from transfer_reversals r where r.agency_id = p.agency_id and r.payout_id = p.id
             and r.state = 'REQUESTED')
       order by p.id desc limit 20) p
     order by p.id desc`,
    [books.map(({ bookId }) => bookId), books.map(({ currency }) => currency)],
  );
  return rows.map(({ left, ...row }) => ({ ...row, leftMinor: BigInt(left) }));
}

/** Payouts held until the transaction ends, in one order. */
export async function lockPayouts(
  tx: Transaction,
  payouts: readonly { readonly bookId: string; readonly id: string }[],
): Promise<void> {
  await tx.query(
    `select id from payouts where (agency_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))
     order by agency_id, id for no key update`,
    [payouts.map(({ bookId }) => bookId), payouts.map(({ id }) => id)],
  );
}
