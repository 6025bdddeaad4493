// Why: charges are born into an open settlement, so the settlement exists before its first charge.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** Settlements of one agency, buyer, currency, schedule and zone for one period, and the history of their states. */
export class Settlements1760000000004 implements MigrationInterface {
  name = 'Settlements1760000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table settlements (
        agency_id uuid not null constraint settlements_agency_fkey references organizations (id),
        id uuid not null,
        -- Charges name the first revision. A voided settlement is followed by a new revision with the same root,
        -- which therefore holds the same charges without touching one of them.
        root_id uuid not null,
        revision integer not null constraint settlements_revision_check check (revision > 0),
        number text not null,
        buyer_id uuid not null constraint settlements_buyer_fkey references organizations (id),
        currency char(3) not null,
        schedule text not null constraint settlements_schedule_check check (
          schedule in ('DAILY', 'WEEKLY', 'SEMI_MONTHLY', 'MONTHLY')),
        time_zone text not null,
        period_start date not null,
        period_end date not null,
        state text not null constraint settlements_state_check check (state in (
          'OPEN', 'DRAFT', 'IN_REVIEW', 'APPROVED', 'COLLECTING', 'COLLECTED', 'HOLDING', 'TRANSFERRING', 'PAID',
          'COLLECTION_FAILED', 'TRANSFER_FAILED', 'VOIDED', 'WRITTEN_OFF')),
        version integer not null default 1,
        line_count integer,
        agency_minor bigint,
        fee_minor bigint,
        -- The part of both totals that corrects statements approved earlier and is booked already.
        corrected_agency_minor bigint,
        corrected_fee_minor bigint,
        content_hash text,
        opened_at timestamptz not null,
        prepared_by text,
        prepared_at timestamptz,
        submitted_by text,
        submitted_at timestamptz,
        approved_by text,
        approved_at timestamptz,
        approval_journal_id uuid,
        constraint settlements_pkey primary key (agency_id, id),
        constraint settlements_number_key unique (agency_id, number),
        constraint settlements_period_key unique
          (agency_id, buyer_id, currency, schedule, time_zone, period_start, revision),
        constraint settlements_root_fkey foreign key (agency_id, root_id) references settlements (agency_id, id),
        constraint settlements_root_check check ((revision = 1) = (root_id = id)),
        constraint settlements_period_check check (period_start < period_end),
        -- Four eyes, whatever the program does.
        constraint settlements_four_eyes_check check (
          approved_by is null or (approved_by <> prepared_by and approved_by <> submitted_by)),
        constraint settlements_closed_check check (
          state in ('OPEN', 'VOIDED') or (line_count is not null and agency_minor is not null
            and fee_minor is not null and corrected_agency_minor is not null and corrected_fee_minor is not null
            and content_hash is not null and prepared_by is not null and prepared_at is not null)),
        constraint settlements_reviewed_check check (
          state in ('OPEN', 'DRAFT', 'VOIDED') or (submitted_by is not null and submitted_at is not null)),
        constraint settlements_approved_check check (
          (state not in ('OPEN', 'DRAFT', 'IN_REVIEW', 'VOIDED'))
            = (approved_by is not null and approved_at is not null))
      );
      create unique index settlements_one_live on settlements (agency_id, root_id) where state <> 'VOIDED';
      create index settlements_buyer on settlements (buyer_id, id);
      create index settlements_period on settlements (period_start, period_end, schedule);

      create table settlement_events (
        agency_id uuid not null,
        settlement_id uuid not null,
        -- The version that the change led to.
        version integer not null,
        from_state text,
        to_state text not null,
        actor text not null,
        note text,
        occurred_at timestamptz not null,
        constraint settlement_events_pkey primary key (agency_id, settlement_id, version),
        constraint settlement_events_settlement_fkey foreign key (agency_id, settlement_id)
          references settlements (agency_id, id)
      );
    `);
    await refuseChanges(runner, 'settlement_events');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
