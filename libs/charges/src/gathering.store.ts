import { asLocalDate, type LocalDate, localDateOf, type Period, periodContaining } from '#calendar';
import { newId, type Transaction } from '#database';
import { invariant } from '#outcome';
import { gatheringPeriod, type SettlementSeries, settlementNumber } from './gathering.js';

export interface Gathering {
  /** The first revision, which charges name. */
  readonly rootId: string;
  readonly periodStart: LocalDate;
}

/** The settlement in which a charge lies, locked against closing until the transaction ends. */
export interface Gathered {
  readonly rootId: string;
  readonly open: boolean;
  /** APPROVED or any later state: its lines are never edited again. */
  readonly approved: boolean;
  readonly period: Period;
}

/**
 * Finds or opens the settlement that takes a charge of this series, from the period `own` on. A settlement is open
 * from its first charge on; whoever inserts a charge holds a KEY SHARE lock on the open row, and closing takes
 * FOR UPDATE, so a closed settlement never gains a line and closing writes nothing per line.
 */
export async function gather(
  tx: Transaction,
  series: SettlementSeries,
  own: Period,
  now: Date,
): Promise<Gathering> {
  // Each further round means that another transaction closed or opened the period meanwhile; a run of them ends.
  for (let round = 0; round < 20; round += 1) {
    const live = await liveFrom(tx, series, own.start);
    const period = gatheringPeriod(series.schedule, own, {
      open: new Set(live.filter(({ state }) => state === 'OPEN').map(({ start }) => start)),
      closed: new Set(live.filter(({ state }) => state !== 'OPEN').map(({ start }) => start)),
      present: periodContaining(series.schedule, localDateOf(now, series.timeZone)),
    });
    const open = live.find(({ start }) => start === period.start);
    if (!open) await openSettlement(tx, series, period, now);
    else if (await holdOpen(tx, series.agencyId, open.id)) {
      return { rootId: open.rootId, periodStart: period.start };
    }
  }
  invariant(false, 'no settlement stays open long enough to take a charge');
}

/** The settlements that hold the given charges, kept in their present state until the transaction ends. */
export async function holdSettlements(
  tx: Transaction,
  agencyId: string,
  rootIds: readonly string[],
): Promise<ReadonlyMap<string, Gathered>> {
  const roots = new Set(rootIds);
  // A revision that is voided while this waits for it drops out, and its successor is not seen before the next round.
  for (let round = 0; round < 20; round += 1) {
    const held = await holdLive(tx, agencyId, [...roots]);
    if (held.size === roots.size) return held;
  }
  invariant(false, 'a charge lies in no settlement, or in one that is voided again and again');
}

async function holdLive(
  tx: Transaction,
  agencyId: string,
  rootIds: readonly string[],
): Promise<ReadonlyMap<string, Gathered>> {
  const rows = await tx.query<{ root_id: string; state: string; start: string; end: string }>(
    `select root_id, state, period_start::text as start, period_end::text as end from settlements
     where agency_id = $1 and root_id = any($2) and state <> 'VOIDED' order by id for share`,
    [agencyId, rootIds],
  );
  return new Map(
    rows.map((row) => [
      row.root_id,
      {
        rootId: row.root_id,
        open: row.state === 'OPEN',
        approved: !['OPEN', 'DRAFT', 'IN_REVIEW'].includes(row.state),
        period: { start: asLocalDate(row.start), end: asLocalDate(row.end) },
      },
    ]),
  );
}

async function liveFrom(
  tx: Transaction,
  series: SettlementSeries,
  start: LocalDate,
): Promise<{ id: string; rootId: string; state: string; start: string }[]> {
  return await tx.query(
    `select id, root_id as "rootId", state, period_start::text as start from settlements
     where agency_id = $1 and buyer_id = $2 and currency = $3 and schedule = $4 and time_zone = $5
       and period_start >= $6::date and state <> 'VOIDED'
     order by period_start`,
    [series.agencyId, series.buyerId, series.currency, series.schedule, series.timeZone, start],
  );
}

async function openSettlement(
  tx: Transaction,
  series: SettlementSeries,
  period: Period,
  now: Date,
): Promise<void> {
  const id = newId();
  await tx.query(
    `insert into settlements (agency_id, id, root_id, revision, number, buyer_id, currency, schedule, time_zone,
       period_start, period_end, state, opened_at)
     values ($1, $2, $2, 1, $3, $4, $5, $6, $7, $8, $9, 'OPEN', $10)
     on conflict on constraint settlements_period_key do nothing`,
    [
      series.agencyId,
      id,
      settlementNumber(period.start, id),
      series.buyerId,
      series.currency,
      series.schedule,
      series.timeZone,
      period.start,
      period.end,
      now,
    ],
  );
}

/** False when it was closed since it was read: FOR KEY SHARE waits for the closing and checks the state again. */
async function holdOpen(tx: Transaction, agencyId: string, id: string): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from settlements where agency_id = $1 and id = $2 and state = 'OPEN' for key share`,
    [agencyId, id],
  );
  return rows.length === 1;
}
