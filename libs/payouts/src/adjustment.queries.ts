import { correctedJoin } from '#charges';
import type { ChargeComponent } from '#contracts';
import { Database } from '#database';
import type { SettlementRef } from '#settlements';
import { Injectable } from '@nestjs/common';
import type { Adjustment, AdjustmentReason } from './adjustment.js';

interface AdjustmentRow {
  readonly agency_id: string;
  readonly id: string;
  readonly reason: AdjustmentReason;
  readonly amount: string;
  readonly agency: string;
  readonly at: Date;
  readonly number: string | null;
  readonly components: readonly ChargeComponent[];
  readonly count: number;
}

/** What was taken from settlements after their approval, or added, and why. */
@Injectable()
export class AdjustmentQueries {
  constructor(private readonly database: Database) {}

  /**
   * Of these settlements, as far as they are approved, the oldest first; one statement however many they are. Corrections
   * are summed up by the statement that lists them. Not limited to an actor: give settlements that the actor was shown.
   */
  async ofSettlements(refs: readonly SettlementRef[]): Promise<readonly Adjustment[]> {
    const rows = await this.database.query<AdjustmentRow>(
      `with wanted as (
         select s.agency_id, s.id, s.root_id, s.approved_at from settlements s
         where (s.agency_id, s.id) in (select * from unnest($1::uuid[], $2::uuid[])) and s.approved_at is not null),
       bounds as materialized (
         select agency_id, min(approved_at) - interval '1 day' as since from wanted group by agency_id),
       found as (${corrections} union all ${disputes} union all ${writeOffs})
       select * from found where amount <> 0 or agency <> 0 order by at, id, reason, number`,
      [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
    );
    return rows.map((row) => ({
      agencyId: row.agency_id,
      id: row.id,
      reason: row.reason,
      amountMinor: BigInt(row.amount),
      agencyMinor: BigInt(row.agency),
      at: row.at,
      number: row.number,
      components: row.components,
      count: row.count,
    }));
  }
}

const corrections = `
  select w.agency_id, w.id, 'CORRECTION' as reason, c.amount, c.agency, c.at, lists.number, c.components, c.count
  from (
    select c.agency_id, corrected.root_id, c.settlement_id, sum(c.amount_minor) as amount,
      coalesce(sum(c.amount_minor) filter (where c.payee = 'AGENCY'), 0) as agency, max(c.recorded_at) as at,
      array_agg(distinct c.component) as components, count(distinct c.source_id)::int as count
    from bounds b
    join charges c on c.agency_id = b.agency_id and c.recorded_at >= b.since and c.after_approval
    ${correctedJoin('c')}
    group by c.agency_id, corrected.root_id, c.settlement_id) c
  join wanted w on w.agency_id = c.agency_id and w.root_id = c.root_id
  cross join lateral (
    select l.number from settlements l where l.agency_id = c.agency_id and l.root_id = c.settlement_id
    order by l.revision desc limit 1) lists`;

const disputes = `
  select w.agency_id, w.id, 'DISPUTE_LOST', p.returned_minor - p.amount_minor, -p.agency_minor,
    coalesce(d.closed_at, d.opened_at), null, array[]::text[], 1
  from wanted w
  join dispute_parts p on p.agency_id = w.agency_id and p.settlement_id = w.id and p.state = 'LOST'
  join disputes d on d.id = p.dispute_id`;

// Nothing follows a write-off, so there is one at most.
const writeOffs = `
  select w.agency_id, w.id, 'WRITTEN_OFF', -i.written_off_minor, -i.written_off_agency_minor, e.at, null,
    array[]::text[], 1
  from wanted w
  join invoice_settlements i on i.agency_id = w.agency_id and i.settlement_id = w.id and i.written_off_minor > 0
  cross join lateral (
    select max(e.occurred_at) as at from settlement_events e
    where e.agency_id = w.agency_id and e.settlement_id = w.id and e.to_state = 'WRITTEN_OFF') e`;
