import type { Transaction } from '#database';
import type { BookCurrency, Reader } from '#ledger';
import type { SettlementRef } from '#settlements';
import type { Release } from './hold.js';
import { isPartlyPaidSql } from './share-sql.js';

/** Where a round of a settlement begins to wait, and until when. */
export interface HoldStart extends SettlementRef {
  readonly round: number;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly takenBeforeMinor: bigint;
  /** Both null: the buyer has not paid (again). */
  readonly heldFrom: Date | null;
  readonly heldUntil: Date | null;
}

/** When the buyer had paid a settlement, and how long its money is held then by the terms of its lines. */
export interface Collected extends SettlementRef {
  readonly collectedAt: Date;
  readonly holdDays: number;
}

/**
 * Settlements whose hold is to begin: collected, and not released before without being taken back; and those that were
 * written off in part, for the part that was paid.
 */
export async function collectedToHold(reader: Reader, limit: number): Promise<readonly SettlementRef[]> {
  return await reader.query<SettlementRef>(
    `select s.agency_id as "agencyId", s.id from settlements s
     left join lateral (
       select h.released_at, h.held_until from holds h where h.agency_id = s.agency_id and h.settlement_id = s.id
       order by h.round desc limit 1) h on true
     where (s.state = 'COLLECTED' and h.released_at is null)
       or (s.state = 'WRITTEN_OFF' and h.released_at is null and h.held_until is null
         and ${isPartlyPaidSql('s.agency_id', 's.id')})
     order by s.id limit $1`,
    [limit],
  );
}

/** Of settlements whose charges are written: when they were collected last, and the longest hold of their lines' terms. */
export async function collectedAt(
  reader: Reader,
  refs: readonly SettlementRef[],
): Promise<readonly Collected[]> {
  if (refs.length === 0) return [];
  return await reader.query<Collected>(
    `select s.agency_id as "agencyId", s.id, t.hold_days as "holdDays",
       coalesce(e.occurred_at, p.succeeded_at, s.approved_at) as "collectedAt"
     from unnest($1::uuid[], $2::uuid[]) as w (agency_id, id)
     join settlements s on s.agency_id = w.agency_id and s.id = w.id
     left join lateral (
       select occurred_at from settlement_events e
       where e.agency_id = s.agency_id and e.settlement_id = s.id and e.to_state = 'COLLECTED'
       order by e.version desc limit 1) e on true
     left join lateral (
       select max(c.succeeded_at) as succeeded_at from collection_parts p join collections c on c.id = p.collection_id
         and c.state = 'SUCCEEDED'
       where p.agency_id = s.agency_id and p.settlement_id = s.id and p.live) p on true
     cross join lateral (
       select coalesce(max(v.hold_days), 0) as hold_days from (
         select distinct c.contract_id, c.contract_version from charges c
         where c.agency_id = s.agency_id and c.settlement_id = s.root_id) c
       join contract_versions v on v.agency_id = s.agency_id and v.contract_id = c.contract_id
         and v.version = c.contract_version) t`,
    columnsOf(refs),
  );
}

/** Writes rounds that wait; of one that waits already only its dates change, and an override of them is over. */
export async function startHolds(tx: Transaction, starts: readonly HoldStart[]): Promise<void> {
  if (starts.length === 0) return;
  await tx.query(
    `insert into holds (agency_id, settlement_id, round, currency, amount_minor, taken_before_minor, held_from,
       held_until)
     select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::bpchar[], $5::bigint[], $6::bigint[],
       $7::timestamptz[], $8::timestamptz[])
     on conflict (agency_id, settlement_id) where released_at is null do update
       set held_from = excluded.held_from, held_until = excluded.held_until, overridden_by = null,
         override_approved_by = null`,
    [
      ...columnsOf(starts),
      starts.map(({ round }) => round),
      starts.map(({ currency }) => currency),
      starts.map(({ amountMinor }) => amountMinor.toString()),
      starts.map(({ takenBeforeMinor }) => takenBeforeMinor.toString()),
      starts.map(({ heldFrom }) => heldFrom),
      starts.map(({ heldUntil }) => heldUntil),
    ],
  );
}

/** Settlements whose hold is over, the longest over first. What is not paid for or contested is left out. */
export async function holdsThatAreOver(
  reader: Reader,
  now: Date,
  limit: number,
): Promise<readonly SettlementRef[]> {
  return await reader.query<SettlementRef>(
    `select h.agency_id as "agencyId", h.settlement_id as id from holds h
     join settlements s on s.agency_id = h.agency_id and s.id = h.settlement_id
     where h.released_at is null and h.held_until <= $1
       and (s.state = 'HOLDING' or (s.state = 'WRITTEN_OFF'
         and ${isPartlyPaidSql('s.agency_id', 's.id')}))
       and not exists (
         select from dispute_parts p where p.agency_id = h.agency_id and p.settlement_id = h.settlement_id
           and p.state = 'OPEN')
     order by h.held_until, h.settlement_id limit $2`,
    [now, limit],
  );
}

/** Marks waiting rounds as released. Throws nothing: who locks the settlement and its accounts is alone. */
export async function markReleased(tx: Transaction, releases: readonly Release[], now: Date): Promise<void> {
  await tx.query(
    `update holds h set released_at = $4, released_minor = r.minor
     from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as r (agency_id, id, minor)
     where h.agency_id = r.agency_id and h.settlement_id = r.id and h.released_at is null`,
    [...columnsOf(releases), releases.map(({ releasedMinor }) => releasedMinor.toString()), now],
  );
}

/**
 * Settlements with released money that may have to go back into waiting: a dispute was opened before it was sent, or the
 * buyer's payment has gone. What is on its way is left out, until that has ended.
 */
export async function toTakeBack(reader: Reader, limit: number): Promise<readonly SettlementRef[]> {
  return await reader.query<SettlementRef>(
    `select s.agency_id as "agencyId", s.id from (
       select p.agency_id, p.settlement_id as id from disputes d
       join dispute_parts p on p.dispute_id = d.id and p.state = 'OPEN'
       join holds h on h.agency_id = p.agency_id and h.settlement_id = p.settlement_id and h.released_at is not null
         and h.undone_at is null and h.paid_at is null
       where d.state = 'OPEN'
       union
       select s.agency_id, s.id from settlements s
       cross join lateral (
         select h.released_at from holds h where h.agency_id = s.agency_id and h.settlement_id = s.id
         order by h.round desc limit 1) h
       where s.state in ('COLLECTION_FAILED', 'COLLECTING', 'COLLECTED') and h.released_at is not null) s
     join settlements t on t.agency_id = s.agency_id and t.id = s.id and t.state not in ('TRANSFERRING', 'PAID')
     order by s.id limit $1`,
    [limit],
  );
}

/** Ends released rounds that were not sent in full: the next round has their money. */
export async function markUndone(
  tx: Transaction,
  rounds: readonly (SettlementRef & { readonly round: number })[],
  now: Date,
): Promise<void> {
  await tx.query(
    `update holds h set undone_at = $4 from unnest($1::uuid[], $2::uuid[], $3::int[]) as r (agency_id, id, round)
     where h.agency_id = r.agency_id and h.settlement_id = r.id and h.round = r.round and h.paid_at is null`,
    [...columnsOf(rounds), rounds.map(({ round }) => round), now],
  );
}

/** Marks released rounds as paid whose portions were all sent or netted; gives their settlements. */
export async function markPaid(
  tx: Transaction,
  refs: readonly SettlementRef[],
  now: Date,
): Promise<readonly SettlementRef[]> {
  return await tx.query<SettlementRef>(
    `update holds h set paid_at = $3
     where (h.agency_id, h.settlement_id) in (select * from unnest($1::uuid[], $2::uuid[]))
       and h.released_at is not null and h.undone_at is null and h.paid_at is null
       and h.released_minor = (
         select sum(x.released_minor) from payout_settlements x
         join payouts p on p.agency_id = x.agency_id and p.id = x.payout_id and p.state in ('SUCCEEDED', 'NETTED')
         where x.agency_id = h.agency_id and x.settlement_id = h.settlement_id and x.round = h.round)
     returning h.agency_id as "agencyId", h.settlement_id as id`,
    [...columnsOf(refs), now],
  );
}

/** A released round with what of it earlier payouts carried. Minor units. */
export interface UnpaidRound extends SettlementRef {
  readonly currency: string;
  readonly round: number;
  readonly releasedMinor: bigint;
  /** Sent or netted, for certain. */
  readonly sentMinor: bigint;
  readonly releasedAt: Date;
}

const sentSql = `(select coalesce(sum(x.released_minor), 0) from payout_settlements x
   join payouts p on p.agency_id = x.agency_id and p.id = x.payout_id and p.state in ('SUCCEEDED', 'NETTED')
   where x.agency_id = h.agency_id and x.settlement_id = h.settlement_id and x.round = h.round)`;

/** The released rounds of these books that are not paid in full. */
export async function unpaidRounds(
  reader: Reader,
  books: readonly BookCurrency[],
): Promise<readonly UnpaidRound[]> {
  return await roundsWhere(
    reader,
    `(h.agency_id, h.currency) in (select * from unnest($1::uuid[], $2::bpchar[]))
     and h.released_at is not null and h.undone_at is null and h.paid_at is null`,
    [books.map(({ bookId }) => bookId), books.map(({ currency }) => currency)],
  );
}

/** What was sent of these rounds, paid in full or not. */
export async function releasedRounds(
  reader: Reader,
  rounds: readonly (SettlementRef & { readonly round: number })[],
): Promise<readonly UnpaidRound[]> {
  return await roundsWhere(
    reader,
    `(h.agency_id, h.settlement_id, h.round) in (select * from unnest($1::uuid[], $2::uuid[], $3::int[]))
     and h.released_at is not null`,
    [...columnsOf(rounds), rounds.map(({ round }) => round)],
  );
}

async function roundsWhere(
  reader: Reader,
  condition: string,
  parameters: readonly unknown[],
): Promise<readonly UnpaidRound[]> {
  const rows = await reader.query<{
    agencyId: string;
    id: string;
    currency: string;
    round: number;
    released: string;
    sent: string;
    releasedAt: Date;
  }>(
    `select h.agency_id as "agencyId", h.settlement_id as id, h.currency, h.round, h.released_minor as released,
       ${sentSql} as sent, h.released_at as "releasedAt"
     from holds h where ${condition} order by h.released_at, h.settlement_id`,
    parameters,
  );
  return rows.map(({ released, sent, ...row }) => ({
    ...row,
    releasedMinor: BigInt(released),
    sentMinor: BigInt(sent),
  }));
}

function columnsOf(refs: readonly SettlementRef[]): [string[], string[]] {
  return [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)];
}
