import type { ApproversNeeded } from '#approvals';
import { asLocalDate, type LocalDate, type Period, type Schedule } from '#calendar';
import { newId, type Transaction } from '#database';
import { settlementNumber } from '#charges';
import { asCurrency } from '#money';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import type { Settlement, SettlementRef, SettlementState, SettlementTotals } from './settlement.js';
import { contentCtes, headerSql } from './statement-content.js';
import { visibleTo } from '#organizations';

/** A row of `settlements` as the driver hands it over: int8 as text. */
export interface SettlementRecord {
  readonly agency_id: string;
  readonly id: string;
  readonly root_id: string;
  readonly revision: number;
  readonly number: string;
  readonly buyer_id: string;
  readonly currency: string;
  readonly schedule: Schedule;
  readonly time_zone: string;
  readonly period_start: string;
  readonly period_end: string;
  readonly state: SettlementState;
  readonly version: number;
  readonly line_count: number | null;
  readonly agency_minor: string | null;
  readonly fee_minor: string | null;
  readonly corrected_agency_minor: string | null;
  readonly corrected_fee_minor: string | null;
  readonly content_hash: string | null;
  readonly opened_at: Date;
  readonly prepared_by: string | null;
  readonly prepared_at: Date | null;
  readonly submitted_by: string | null;
  readonly submitted_at: Date | null;
  readonly approved_by: string | null;
  readonly approved_at: Date | null;
  readonly first_approved_by: string | null;
  readonly approvals_needed: ApproversNeeded | null;
  readonly approval_journal_id: string | null;
}

/** The columns of a settlement, for a select over `settlements` under the alias `s`. */
export const settlementColumns = `s.agency_id, s.id, s.root_id, s.revision, s.number, s.buyer_id, s.currency, s.schedule,
  s.time_zone, s.period_start::text as period_start, s.period_end::text as period_end, s.state, s.version,
  s.line_count, s.agency_minor, s.fee_minor, s.corrected_agency_minor, s.corrected_fee_minor, s.content_hash,
  s.opened_at, s.prepared_by, s.prepared_at, s.submitted_by, s.submitted_at, s.approved_by, s.approved_at,
  s.first_approved_by, s.approvals_needed, s.approval_journal_id`;

export function settlementOf(row: SettlementRecord): Settlement {
  return {
    agencyId: row.agency_id,
    id: row.id,
    rootId: row.root_id,
    revision: row.revision,
    number: row.number,
    buyerId: row.buyer_id,
    currency: asCurrency(row.currency),
    schedule: row.schedule,
    timeZone: row.time_zone,
    periodStart: asLocalDate(row.period_start),
    periodEnd: asLocalDate(row.period_end),
    state: row.state,
    version: row.version,
    totals: totalsOf(row),
    contentHash: row.content_hash,
    openedAt: row.opened_at,
    preparedBy: row.prepared_by,
    preparedAt: row.prepared_at,
    submittedBy: row.submitted_by,
    submittedAt: row.submitted_at,
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
    firstApprovedBy: row.first_approved_by,
    approvalsNeeded: row.approvals_needed,
    approvalJournalId: row.approval_journal_id,
  };
}

function totalsOf(row: SettlementRecord): SettlementTotals | null {
  const { line_count: lineCount, agency_minor: agency, fee_minor: fee } = row;
  const { corrected_agency_minor: correctedAgency, corrected_fee_minor: correctedFee } = row;
  if (lineCount === null || agency === null || fee === null) return null;
  return {
    lineCount,
    agencyMinor: BigInt(agency),
    feeMinor: BigInt(fee),
    correctedAgencyMinor: BigInt(correctedAgency ?? 0),
    correctedFeeMinor: BigInt(correctedFee ?? 0),
  };
}

/** Which settlements a run is about. */
export interface Run {
  readonly period: Period;
  readonly series: readonly { readonly schedule: Schedule; readonly timeZone: string }[];
  readonly agencyId: string | null;
  readonly buyerId: string | null;
}

// $1 to $6 are the parameters of `runParameters`.
const inRun = `s.period_start = $1::date and s.period_end = $2::date
  and (s.schedule, s.time_zone) in (select * from unnest($3::text[], $4::text[]))
  and ($5::uuid is null or s.agency_id = $5) and ($6::uuid is null or s.buyer_id = $6)`;

function runParameters({ period, series, agencyId, buyerId }: Run): unknown[] {
  return [
    period.start,
    period.end,
    series.map(({ schedule }) => schedule),
    series.map(({ timeZone }) => timeZone),
    agencyId,
    buyerId,
  ];
}

/** A change of state: what it was, what it becomes, and the columns that go with it. */
export interface Change {
  readonly from: Pick<Settlement, 'agencyId' | 'id' | 'state' | 'version'>;
  readonly to: SettlementState;
  readonly actor: Actor;
  readonly at: Date;
  readonly note: string | null;
  /** Of an approval: how it is booked, and who it took. */
  readonly approval?: Pick<Settlement, 'approvalJournalId' | 'approvalsNeeded' | 'firstApprovedBy'>;
}

@Injectable()
export class SettlementStore {
  /** The settlement, locked against everyone who gathers, closes or decides; undefined when it is not the actor's to see. */
  async lock(tx: Transaction, actor: Actor, id: string): Promise<Settlement | undefined> {
    const [row] = await tx.query<SettlementRecord>(
      `select ${settlementColumns} from settlements s where ${visibleTo(actor, 's')} and s.id = $2 for update of s`,
      [actor.organizationId, id],
    );
    return row && settlementOf(row);
  }

  /**
   * Locks the settlements of a run that still gather, in one order for all runs. It waits for those who are inserting
   * charges; what was closed meanwhile by another run drops out when its turn comes.
   */
  async lockOpen(tx: Transaction, run: Run, limit: number): Promise<SettlementRef[]> {
    return await tx.query<SettlementRef>(
      `select s.agency_id as "agencyId", s.id from settlements s where ${inRun} and s.state = 'OPEN'
       order by s.agency_id, s.id limit $7 for update of s`,
      [...runParameters(run), limit],
    );
  }

  /**
   * Closes locked settlements: adds up and hashes their lines and makes them drafts. A statement of its own after the
   * lock, so that it sees the charges of everyone whom the lock waited for.
   */
  async close(tx: Transaction, actor: Actor, now: Date, refs: readonly SettlementRef[]): Promise<void> {
    if (refs.length === 0) return;
    // Compiling the statement would cost more than the whole of a short one. Any plan but the walk along charges_lines
    // would read and sort all that is left of a statement for each chunk of it: a million lines in 3.3 s of processor
    // time instead of 1.4 s.
    await tx.query(
      `select set_config(name, 'off', true)
       from unnest(array['jit', 'enable_bitmapscan', 'enable_seqscan', 'enable_sort']) as s (name)`,
    );
    const closed = await tx.query(
      `with recursive statements as materialized (
         select s.agency_id, s.id, s.root_id, s.currency, s.version, ${headerSql('s')} as header
         from unnest($1::uuid[], $2::uuid[]) as r (agency_id, id)
         join settlements s using (agency_id, id) where s.state = 'OPEN'
         order by s.agency_id, s.id),
       ${contentCtes},
       closed as (
         update settlements s set state = 'DRAFT', version = s.version + 1, line_count = coalesce(c.line_count, 0),
           agency_minor = c.agency_minor, fee_minor = c.fee_minor, corrected_agency_minor = c.corrected_agency_minor,
           corrected_fee_minor = c.corrected_fee_minor, content_hash = c.content_hash, prepared_by = $3,
           prepared_at = $4
         from statements t join content c using (agency_id, root_id)
         where s.agency_id = t.agency_id and s.id = t.id
         returning s.agency_id, s.id, s.version)
       insert into settlement_events (agency_id, settlement_id, version, from_state, to_state, actor, occurred_at)
       select agency_id, id, version, 'OPEN', 'DRAFT', $3, $4 from closed returning settlement_id`,
      [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id), actor.id, now],
    );
    invariant(closed.length === refs.length, 'a locked settlement was not closed');
  }

  /** These settlements as they are in this transaction, in the order of their keys. */
  async read(tx: Transaction, refs: readonly SettlementRef[]): Promise<Settlement[]> {
    const rows = await tx.query<SettlementRecord>(
      `select ${settlementColumns} from unnest($1::uuid[], $2::uuid[]) as r (agency_id, id)
       join settlements s using (agency_id, id) order by s.agency_id, s.id`,
      [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
    );
    return rows.map(settlementOf);
  }

  /** Those of a run that are closed, and live; at most `limit`, in the order of their ids. */
  async closedOf(tx: Transaction, run: Run, limit: number): Promise<SettlementRef[]> {
    return await tx.query<SettlementRef>(
      `select s.agency_id as "agencyId", s.id from settlements s
       where ${inRun} and s.state not in ('OPEN', 'VOIDED') order by s.agency_id, s.id limit $7`,
      [...runParameters(run), limit],
    );
  }

  /** How many of a run still gather. */
  async countOpen(tx: Transaction, run: Run): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `select count(*)::int as count from settlements s where ${inRun} and s.state = 'OPEN'`,
      runParameters(run),
    );
    return row?.count ?? 0;
  }

  /** How many lines there are now; reads the index only. */
  async countLines(
    tx: Transaction,
    { agencyId, rootId }: Pick<Settlement, 'agencyId' | 'rootId'>,
  ): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      'select count(*)::int as count from charges where agency_id = $1 and settlement_id = $2',
      [agencyId, rootId],
    );
    return row?.count ?? 0;
  }

  /** The number of the first statement of the same series before this one that is not approved. */
  async earlierUnapproved(tx: Transaction, settlement: Settlement): Promise<string | undefined> {
    const { agencyId, buyerId, currency, schedule, timeZone, periodStart } = settlement;
    const [row] = await tx.query<{ number: string }>(
      `select number from settlements where agency_id = $1 and buyer_id = $2 and currency = $3 and schedule = $4
         and time_zone = $5 and period_start < $6::date and state in ('OPEN', 'DRAFT', 'IN_REVIEW')
       order by period_start limit 1`,
      [agencyId, buyerId, currency, schedule, timeZone, periodStart],
    );
    return row?.number;
  }

  /** Changes the state of a locked settlement and keeps the event; returns the new version. */
  async change(tx: Transaction, { from, to, actor, at, note, approval }: Change): Promise<number> {
    const { set, parameters } = columnsOf(to, approval);
    const [changed] = await tx.query<{ version: number }>(
      `with changed as (
         update settlements set state = $5, version = version + 1${set}
         where agency_id = $1 and id = $2 and state = $3 and version = $4 returning version)
       insert into settlement_events (agency_id, settlement_id, version, from_state, to_state, actor, note, occurred_at)
       select $1::uuid, $2::uuid, version, $3::text, $5::text, $6::text, $8::text, $7::timestamptz from changed
       returning version`,
      [from.agencyId, from.id, from.state, from.version, to, actor.id, at, note, ...parameters],
    );
    invariant(changed, 'a locked settlement has changed');
    return changed.version;
  }

  /** The revision that follows a voided one: open again, with the same charges, since it has the same root. */
  async insertSuccessor(tx: Transaction, voided: Settlement, now: Date): Promise<SettlementRef> {
    const id = newId();
    await tx.query(
      `insert into settlements (agency_id, id, root_id, revision, number, buyer_id, currency, schedule, time_zone,
         period_start, period_end, state, opened_at)
       select agency_id, $3, root_id, revision + 1, $4, buyer_id, currency, schedule, time_zone, period_start,
         period_end, 'OPEN', $5
       from settlements where agency_id = $1 and id = $2`,
      [voided.agencyId, voided.id, id, settlementNumber(voided.periodStart, id), now],
    );
    return { agencyId: voided.agencyId, id };
  }

  /** The schedules and zones of the contracts concerned, and of what gathers for the period. */
  async seriesInUse(
    tx: Transaction,
    filter: { readonly agencyId: string | null; readonly buyerId: string | null },
    { start, end }: { readonly start: LocalDate; readonly end: LocalDate },
  ): Promise<{ schedule: Schedule; timeZone: string }[]> {
    return await tx.query(
      `select v.settlement_schedule as schedule, v.time_zone as "timeZone" from contracts c
       join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id
       where v.state in ('IN_FORCE', 'SUPERSEDED') and ($1::uuid is null or c.agency_id = $1)
         and ($2::uuid is null or c.buyer_id = $2)
       union
       select s.schedule, s.time_zone from settlements s
       where s.period_start = $3::date and s.period_end = $4::date and s.state = 'OPEN'
         and ($1::uuid is null or s.agency_id = $1) and ($2::uuid is null or s.buyer_id = $2)
       order by 1, 2`,
      [filter.agencyId, filter.buyerId, start, end],
    );
  }

  async organizationExists(tx: Transaction, id: string, kind: 'AGENCY' | 'BUYER'): Promise<boolean> {
    const rows = await tx.query('select 1 from organizations where id = $1 and kind = $2', [id, kind]);
    return rows.length === 1;
  }
}

/** The columns that go with a state; $6 is the actor, $7 the instant, $9 the first of `parameters`. */
function columnsOf(
  to: SettlementState,
  approval: Change['approval'],
): { set: string; parameters: unknown[] } {
  switch (to) {
    case 'IN_REVIEW':
      return { set: ', submitted_by = $6, submitted_at = $7', parameters: [] };
    case 'APPROVED':
      invariant(approval, 'a settlement is approved without its approvals');
      return {
        set: `, approved_by = $6, approved_at = $7, approval_journal_id = $9, approvals_needed = $10,
          first_approved_by = $11`,
        parameters: [approval.approvalJournalId, approval.approvalsNeeded, approval.firstApprovedBy],
      };
    case 'OPEN':
      // It gathers again: what was closed and frozen says nothing about what it will be.
      return {
        set: `, line_count = null, agency_minor = null, fee_minor = null, corrected_agency_minor = null,
          corrected_fee_minor = null, content_hash = null, prepared_by = null, prepared_at = null, submitted_by = null,
          submitted_at = null`,
        parameters: [],
      };
    default:
      return { set: '', parameters: [] };
  }
}
