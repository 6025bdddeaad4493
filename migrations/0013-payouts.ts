// Why: an agency's money is held with a reason and a date, and what is sent to it is known cent by cent.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The agencies' accounts at the provider, holds, payouts, reversals, and what went on to their banks. */
export class Payouts1760000000013 implements MigrationInterface {
  name = 'Payouts1760000000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table payment_accounts (
        agency_id uuid constraint payment_accounts_pkey primary key
          constraint payment_accounts_agency_fkey references organizations (id),
        provider_account_id text,
        -- How many times the provider was asked for it: what it refused is asked for under a new key.
        attempt integer not null default 1 constraint payment_accounts_attempt_check check (attempt > 0),
        operation_id uuid,
        state text not null constraint payment_accounts_state_check check (state in (
          'CREATING', 'ONBOARDING', 'ACTIVE', 'RESTRICTED', 'REJECTED')),
        transfers_active boolean not null default false,
        payouts_enabled boolean not null default false,
        -- What is missing, as the provider names it: [{field, dueAt, overdue, errorCode}].
        requirements jsonb not null default '[]',
        -- Why the provider would not make it.
        failure_code text,
        checked_at timestamptz,
        next_look_at timestamptz,
        -- When its bank payouts are looked at next; null while there is nothing to look for.
        next_bank_look_at timestamptz,
        changed_at timestamptz not null,
        constraint payment_accounts_provider_check check (state = 'CREATING' or provider_account_id is not null)
      );
      create index payment_accounts_provider on payment_accounts (provider_account_id);
      create index payment_accounts_unfinished on payment_accounts (next_look_at) where next_look_at is not null;
      create index payment_accounts_bank on payment_accounts (next_bank_look_at) where next_bank_look_at is not null;

      -- A settlement's money in waiting. A new round begins when a dispute or a returned debit takes it back into waiting.
      create table holds (
        agency_id uuid not null,
        settlement_id uuid not null,
        round integer not null constraint holds_round_check check (round > 0),
        currency char(3) not null,
        -- What this round put into waiting.
        amount_minor bigint not null constraint holds_amount_check check (amount_minor >= 0),
        -- What corrections, lost disputes and write-offs had taken from the settlement before the round began: what
        -- they take from then on is taken from its amount.
        taken_before_minor bigint not null constraint holds_taken_check check (taken_before_minor >= 0),
        -- Null while the buyer has not paid (again).
        held_from timestamptz,
        held_until timestamptz,
        overridden_by text,
        override_approved_by text,
        released_at timestamptz,
        -- Less than the amount when corrections have taken from it.
        released_minor bigint constraint holds_released_check check (released_minor between 0 and amount_minor),
        -- Released, and before all of it was sent taken back into waiting: the rest waits in the next round.
        undone_at timestamptz,
        -- All that was released was sent, or netted against what the agency owed.
        paid_at timestamptz,
        constraint holds_pkey primary key (agency_id, settlement_id, round),
        constraint holds_settlement_fkey foreign key (agency_id, settlement_id) references settlements (agency_id, id),
        constraint holds_period_check check ((held_from is null) = (held_until is null)),
        constraint holds_release_check check (
          (released_at is null) = (released_minor is null) and (released_at is null or held_until is not null)),
        constraint holds_end_check check (num_nonnulls(undone_at, paid_at) <= 1
          and (released_at is not null or num_nonnulls(undone_at, paid_at) = 0)),
        constraint holds_four_eyes_check check ((overridden_by is null) = (override_approved_by is null)
          and override_approved_by <> overridden_by)
      );
      create unique index holds_one_waiting on holds (agency_id, settlement_id) where released_at is null;
      create index holds_due on holds (held_until, agency_id, settlement_id) where released_at is null;
      create index holds_unpaid on holds (agency_id, currency)
        where released_at is not null and undone_at is null and paid_at is null;

      create table payouts (
        agency_id uuid not null constraint payouts_agency_fkey references organizations (id),
        id uuid not null,
        number text not null,
        currency char(3) not null,
        -- What is sent; zero: all of it was netted against what the agency owed.
        amount_minor bigint not null constraint payouts_amount_check check (amount_minor >= 0),
        -- The parts of it: released by its settlements, less what was netted, plus what else was payable, which is
        -- below zero when corrections had taken from it.
        released_minor bigint not null constraint payouts_released_check check (released_minor >= 0),
        netted_minor bigint not null constraint payouts_netted_check check (netted_minor >= 0),
        carried_minor bigint not null,
        attempt integer not null constraint payouts_attempt_check check (attempt > 0),
        state text not null constraint payouts_state_check check (state in (
          'REQUESTED', 'SUCCEEDED', 'FAILED', 'NETTED')),
        provider_account_id text,
        operation_id uuid,
        provider_transfer_id text,
        destination_payment_id text,
        source_charge_id text,
        funds_id text,
        reversed_minor bigint not null default 0,
        failure_code text,
        -- When it may be tried again after a failure, if nothing changes before.
        retry_at timestamptz,
        bank_payout_id uuid,
        requested_at timestamptz not null,
        finished_at timestamptz,
        next_look_at timestamptz,
        constraint payouts_pkey primary key (agency_id, id),
        constraint payouts_number_key unique (agency_id, number),
        constraint payouts_sum_check check (amount_minor = released_minor - netted_minor + carried_minor),
        constraint payouts_netted_state_check check ((state = 'NETTED') = (amount_minor = 0)),
        constraint payouts_reversed_check check (reversed_minor between 0 and amount_minor),
        constraint payouts_finish_check check ((state = 'REQUESTED') = (finished_at is null)),
        constraint payouts_transfer_check check (
          (state = 'SUCCEEDED') = (provider_transfer_id is not null and funds_id is not null)),
        constraint payouts_operation_check check ((state = 'NETTED') = (operation_id is null)),
        constraint payouts_failure_check check (
          (state = 'FAILED') = (failure_code is not null) and (state = 'FAILED') = (retry_at is not null))
      );
      -- One transfer on its way for an agency and currency: twenty runs at once pay once.
      create unique index payouts_one_live on payouts (agency_id, currency) where state = 'REQUESTED';
      create index payouts_state on payouts (state, id);
      create index payouts_latest on payouts (agency_id, currency, id);
      create index payouts_transfer on payouts (provider_transfer_id) where provider_transfer_id is not null;
      create index payouts_destination on payouts (agency_id, destination_payment_id)
        where destination_payment_id is not null;
      create index payouts_unfinished on payouts (next_look_at) where next_look_at is not null;

      create table payout_settlements (
        agency_id uuid not null,
        payout_id uuid not null,
        settlement_id uuid not null,
        round integer not null,
        -- Of what the round released: a sum of more than eight digits goes in several payouts.
        released_minor bigint not null constraint payout_settlements_released_check check (released_minor >= 0),
        constraint payout_settlements_pkey primary key (agency_id, payout_id, settlement_id),
        constraint payout_settlements_payout_fkey foreign key (agency_id, payout_id) references payouts (agency_id, id),
        constraint payout_settlements_hold_fkey foreign key (agency_id, settlement_id, round)
          references holds (agency_id, settlement_id, round)
      );
      create index payout_settlements_settlement on payout_settlements (agency_id, settlement_id);

      -- Agencies with released money that is not sent: when to look at them next, in the order in which they wait.
      create table payout_dues (
        agency_id uuid not null constraint payout_dues_agency_fkey references organizations (id),
        currency char(3) not null,
        -- When the oldest of it was released.
        since timestamptz not null,
        look_at timestamptz not null,
        constraint payout_dues_pkey primary key (agency_id, currency)
      );
      create index payout_dues_next on payout_dues (look_at);

      create table transfer_reversals (
        agency_id uuid not null,
        id uuid not null,
        payout_id uuid not null,
        amount_minor bigint not null constraint transfer_reversals_amount_check check (amount_minor > 0),
        -- Of it what settled a debt of the agency; the rest is payable to it again.
        owed_minor bigint constraint transfer_reversals_owed_check check (owed_minor between 0 and amount_minor),
        currency char(3) not null,
        state text not null constraint transfer_reversals_state_check check (state in (
          'REQUESTED', 'SUCCEEDED', 'FAILED')),
        -- Null: somebody made it in the provider's dashboard.
        operation_id uuid,
        provider_reversal_id text,
        funds_id text,
        failure_code text,
        requested_at timestamptz not null,
        finished_at timestamptz,
        constraint transfer_reversals_pkey primary key (agency_id, id),
        constraint transfer_reversals_provider_key unique (agency_id, provider_reversal_id),
        constraint transfer_reversals_payout_fkey foreign key (agency_id, payout_id) references payouts (agency_id, id),
        constraint transfer_reversals_finish_check check ((state = 'REQUESTED') = (finished_at is null)),
        constraint transfer_reversals_success_check check ((state = 'SUCCEEDED')
          = (provider_reversal_id is not null and funds_id is not null and owed_minor is not null)),
        constraint transfer_reversals_operation_check check (state = 'SUCCEEDED' or operation_id is not null)
      );
      create index transfer_reversals_payout on transfer_reversals (agency_id, payout_id);
      create index transfer_reversals_operation on transfer_reversals (operation_id) where operation_id is not null;
      create unique index transfer_reversals_one_live on transfer_reversals (agency_id, payout_id)
        where state = 'REQUESTED';

      -- Corrections under contracts that take money back by reversing transfers: each is looked at once.
      create table clawback_orders (
        agency_id uuid not null,
        charge_id uuid not null,
        -- What of it the agency was left owing, and how much of that reversals were asked for.
        owed_minor bigint not null constraint clawback_orders_owed_check check (owed_minor >= 0),
        reversed_minor bigint not null constraint clawback_orders_reversed_check check (
          reversed_minor between 0 and owed_minor),
        decided_at timestamptz not null,
        constraint clawback_orders_pkey primary key (agency_id, charge_id),
        constraint clawback_orders_charge_fkey foreign key (agency_id, charge_id) references charges (agency_id, id)
      );
      create index settlements_under_way on settlements (state, id) where state not in ('OPEN', 'PAID', 'VOIDED');
      create index settlements_owed on settlements (agency_id, currency) where state in (
        'APPROVED', 'COLLECTING', 'COLLECTED', 'HOLDING', 'COLLECTION_FAILED', 'TRANSFER_FAILED', 'WRITTEN_OFF');
      create index charges_corrections on charges (agency_id, recorded_at)
        where after_approval and payee = 'AGENCY';
      create index contract_versions_reversing on contract_versions (agency_id, contract_id, version)
        where clawback_method = 'TRANSFER_REVERSAL';

      create table bank_payouts (
        agency_id uuid not null constraint bank_payouts_agency_fkey references organizations (id),
        id uuid not null,
        provider_payout_id text not null,
        amount_minor bigint not null,
        currency char(3) not null,
        state text not null constraint bank_payouts_state_check check (state in (
          'PENDING', 'IN_TRANSIT', 'PAID', 'FAILED', 'CANCELED')),
        arrives_at timestamptz not null,
        failure_code text,
        first_seen_at timestamptz not null,
        changed_at timestamptz not null,
        next_look_at timestamptz,
        constraint bank_payouts_pkey primary key (agency_id, id),
        constraint bank_payouts_provider_key unique (agency_id, provider_payout_id)
      );
      create index bank_payouts_unfinished on bank_payouts (next_look_at) where next_look_at is not null;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
