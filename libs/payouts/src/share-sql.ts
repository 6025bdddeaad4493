import { correctedJoin } from '#charges';

/**
 * CTEs that tell of settlements what their agency share is and where it stands. `wanted` is a select of their columns
 * agency_id, id, root_id, buyer_id, number, currency, state, approved_at, agency_minor and corrected_agency_minor; give
 * approved settlements only. They end in `shares`, with a row for each.
 *
 * taken_minor is what was taken from the agency for the settlement's own sake: corrections of its lines after approval,
 * disputes that were lost, and its part of what was written off.
 */
export function shareCtes(wanted: string): string {
  return `wanted as (${wanted}),
    bounds as materialized (
      -- A correction may have told the time before it waited for the approval that it follows.
      select agency_id, min(approved_at) - interval '1 day' as since from wanted group by agency_id),
    corrections as (
      select c.agency_id, corrected.root_id, -c.amount_minor as minor
      from bounds b
      join charges c on c.agency_id = b.agency_id and c.recorded_at >= b.since and c.after_approval
        and c.payee = 'AGENCY'
      ${correctedJoin('c')}),
    corrected as (
      select agency_id, root_id, sum(minor) as minor from corrections group by agency_id, root_id),
    lost as (
      select p.agency_id, p.settlement_id, sum(p.agency_minor) as minor from wanted w
      join dispute_parts p on p.agency_id = w.agency_id and p.settlement_id = w.id and p.state = 'LOST'
      group by p.agency_id, p.settlement_id),
    contested as (
      select p.agency_id, p.settlement_id, min(d.opened_at) as since from wanted w
      join dispute_parts p on p.agency_id = w.agency_id and p.settlement_id = w.id and p.state = 'OPEN'
      join disputes d on d.id = p.dispute_id
      group by p.agency_id, p.settlement_id),
    shares as (
      select w.*, greatest(w.agency_minor - w.corrected_agency_minor, 0) as share_minor,
        coalesce(c.minor, 0) + coalesce(l.minor, 0) + coalesce(i.written_off_agency_minor, 0) as taken_minor,
        coalesce(c.minor, 0) > 0 as is_corrected, coalesce(l.minor, 0) > 0 as is_lost,
        coalesce(i.written_off_agency_minor, 0) > 0 as is_written_off,
        o.since as disputed_since, coalesce(i.due_minor, 0) as billed_minor,
        coalesce(i.amount_minor - i.written_off_minor, 0) - paid.minor as missing_minor,
        h.round, h.amount_minor, h.taken_before_minor, h.held_from, h.held_until, h.overridden_by,
        h.override_approved_by, h.released_at, h.released_minor, h.undone_at, h.paid_at
      from wanted w
      left join corrected c on c.agency_id = w.agency_id and c.root_id = w.root_id
      left join lost l on l.agency_id = w.agency_id and l.settlement_id = w.id
      left join contested o on o.agency_id = w.agency_id and o.settlement_id = w.id
      left join invoice_settlements i on i.agency_id = w.agency_id and i.settlement_id = w.id
      cross join lateral (
        select coalesce(sum(p.amount_minor), 0) as minor from collection_parts p
        join collections c on c.id = p.collection_id and c.state = 'SUCCEEDED'
        where i.settlement_id is not null and p.agency_id = w.agency_id and p.settlement_id = w.id and p.live) paid
      left join lateral (
        select * from holds h where h.agency_id = w.agency_id and h.settlement_id = w.id
        order by h.round desc limit 1) h on true)`;
}

/** Whether some of a settlement is paid; takes the SQL names of its agency and id. */
export function isPartlyPaidSql(agencyId: string, id: string): string {
  return `exists (select from collection_parts p join collections c on c.id = p.collection_id and c.state = 'SUCCEEDED'
    where p.agency_id = ${agencyId} and p.settlement_id = ${id} and p.live)`;
}

/** The columns that {@link shareCtes} needs, of `settlements s`. */
export const wantedColumns = `s.agency_id, s.id, s.root_id, s.buyer_id, s.number, s.currency, s.state, s.approved_at,
  s.agency_minor, s.corrected_agency_minor`;

/** States in which an agency share waits, unless it is released; quoted, for `in (…)`. */
export const waitingStates = `'APPROVED', 'COLLECTING', 'COLLECTED', 'HOLDING', 'COLLECTION_FAILED', 'TRANSFER_FAILED', 'WRITTEN_OFF'`;

/** What a row of `shares` still waits for: `expectedOf` in SQL, and nothing once it is released. */
export const expectedSql = `(case when released_at is not null then 0 else least(coalesce(amount_minor, share_minor),
  greatest(coalesce(amount_minor, share_minor) - (taken_minor - coalesce(taken_before_minor, 0)), 0)) end)`;
