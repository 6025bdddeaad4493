// Why: a lead is priced forever with the terms in force when it was delivered, so terms are immutable versions.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Contracts between an agency and a buyer, and their immutable versions. */
export class Contracts1760000000002 implements MigrationInterface {
  name = 'Contracts1760000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table contracts (
        agency_id uuid not null constraint contracts_agency_fkey references organizations (id),
        id uuid not null,
        buyer_id uuid not null constraint contracts_buyer_fkey references organizations (id),
        vertical text not null constraint contracts_vertical_check check (char_length(vertical) between 1 and 64),
        state text not null constraint contracts_state_check check (
          state in ('DRAFT', 'PROPOSED', 'ACTIVE', 'PAUSED', 'EXPIRED', 'TERMINATED')),
        -- Counts every change of the contract; guards edits and lets intake notice a change under its feet.
        row_version integer not null default 1,
        latest_version integer not null,
        in_force_version integer,
        -- Whoever paused must resume: a buyer's pause is not the agency's to end.
        paused_by_organization_id uuid constraint contracts_pauser_fkey references organizations (id),
        created_at timestamptz not null,
        changed_at timestamptz not null,
        constraint contracts_pkey primary key (agency_id, id),
        constraint contracts_paused_check check ((state = 'PAUSED') = (paused_by_organization_id is not null)),
        constraint contracts_in_force_check check (state not in ('ACTIVE', 'PAUSED') or in_force_version is not null)
      );
      create index contracts_id on contracts (id);
      create index contracts_buyer on contracts (buyer_id, id);
      create index contracts_active on contracts (agency_id, vertical) where state = 'ACTIVE';

      create table contract_versions (
        agency_id uuid not null,
        contract_id uuid not null,
        version integer not null constraint contract_versions_version_check check (version > 0),
        state text not null constraint contract_versions_state_check check (
          state in ('PROPOSED', 'IN_FORCE', 'SUPERSEDED', 'DECLINED')),
        base_rate_minor bigint not null constraint contract_versions_base_rate_check check (base_rate_minor > 0),
        currency char(3) not null,
        commission_basis text not null constraint contract_versions_basis_check check (
          commission_basis in ('NONE', 'PER_LEAD', 'PER_DEAL')),
        commission_rate_ppm integer not null constraint contract_versions_rate_check check (
          commission_rate_ppm between 0 and 1000000),
        commission_trigger text not null constraint contract_versions_trigger_check check (
          commission_trigger in ('QUALIFIED', 'CONVERTED')),
        time_zone text not null,
        settlement_schedule text not null constraint contract_versions_schedule_check check (
          settlement_schedule in ('DAILY', 'WEEKLY', 'SEMI_MONTHLY', 'MONTHLY')),
        return_window_days integer not null constraint contract_versions_return_window_check check (
          return_window_days between 0 and 365),
        attribution_window_days integer not null constraint contract_versions_attribution_check check (
          attribution_window_days between 0 and 3650),
        hold_days integer not null constraint contract_versions_hold_check check (hold_days between 0 and 365),
        clawback_window_days integer not null constraint contract_versions_clawback_check check (
          clawback_window_days between 0 and 3650),
        outcome_sla_days integer not null constraint contract_versions_sla_check check (
          outcome_sla_days between 0 and 365),
        platform_fee_rate_ppm integer not null constraint contract_versions_fee_check check (
          platform_fee_rate_ppm between 0 and 1000000),
        proposed_by_organization_id uuid not null
          constraint contract_versions_proposer_fkey references organizations (id),
        proposed_by text not null,
        proposed_at timestamptz not null,
        answered_by text,
        answered_at timestamptz,
        effective_from timestamptz,
        effective_to timestamptz,
        constraint contract_versions_pkey primary key (agency_id, contract_id, version),
        constraint contract_versions_contract_fkey foreign key (agency_id, contract_id)
          references contracts (agency_id, id),
        constraint contract_versions_per_deal_check check (
          commission_basis <> 'PER_DEAL' or commission_trigger = 'CONVERTED'),
        constraint contract_versions_effective_check check (
          (state in ('IN_FORCE', 'SUPERSEDED')) = (effective_from is not null)
          and (state = 'SUPERSEDED') = (effective_to is not null))
      );
      create unique index contract_versions_one_in_force on contract_versions (agency_id, contract_id)
        where state = 'IN_FORCE';
      create unique index contract_versions_one_proposed on contract_versions (agency_id, contract_id)
        where state = 'PROPOSED';

      -- Terms never change once written: whatever is edited besides the answer and the dates is refused.
      create function keep_contract_terms() returns trigger language plpgsql as $$
      begin
        if (to_jsonb(new) - array['state', 'answered_by', 'answered_at', 'effective_from', 'effective_to'])
           is distinct from
           (to_jsonb(old) - array['state', 'answered_by', 'answered_at', 'effective_from', 'effective_to']) then
          raise exception 'contract terms are immutable: propose a new version' using errcode = 'restrict_violation';
        end if;
        return new;
      end $$;
      create trigger contract_versions_immutable before update on contract_versions
        for each row execute function keep_contract_terms();
      alter table contract_versions enable always trigger contract_versions_immutable;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
