// Why: a lead is sold when its buyer has taken it, so how it is handed over, each try of it, and how soon it is called are kept.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where buyers receive their leads, what is on its way there and how each try went; the clock from acceptance to contact. */
export class Handover1760000000025 implements MigrationInterface {
  name = 'Handover1760000000025';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table destinations (
        id uuid constraint destinations_pkey primary key,
        buyer_id uuid not null constraint destinations_buyer_fkey references organizations (id),
        kind text not null constraint destinations_kind_check check (kind in ('WEBHOOK', 'EMAIL')),
        name text not null constraint destinations_name_check check (char_length(name) between 1 and 200),
        -- Where to and in what form; without the values of headers.
        settings jsonb not null,
        -- Values of headers by name. Some are passwords, so no query of the API reads them.
        header_values jsonb not null,
        state text not null constraint destinations_state_check check (state in ('ENABLED', 'DISABLED', 'DELETED')),
        -- PERSON: somebody did. GONE: it answered 410.
        disabled_because text constraint destinations_because_check check (disabled_because in ('PERSON', 'GONE')),
        -- For contracts of the buyer that name no other.
        is_default boolean not null,
        version integer not null constraint destinations_version_check check (version > 0),
        created_by text not null,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        -- The circuit breaker, in real time.
        failures integer not null default 0,
        opened integer not null default 0,
        open_until timestamptz,
        constraint destinations_disabled_check check ((state = 'DISABLED') = (disabled_because is not null)),
        constraint destinations_default_check check (not (is_default and state = 'DELETED'))
      );
      create index destinations_buyer on destinations (buyer_id, id);
      create unique index destinations_one_default on destinations (buyer_id) where is_default;

      -- What each version said, so that the log of a try can tell in what form the lead went.
      create table destination_versions (
        destination_id uuid not null constraint destination_versions_destination_fkey references destinations (id),
        version integer not null,
        settings jsonb not null,
        created_by text not null,
        created_at timestamptz not null,
        constraint destination_versions_pkey primary key (destination_id, version)
      );

      create table destination_secrets (
        destination_id uuid not null constraint destination_secrets_destination_fkey references destinations (id),
        number integer not null constraint destination_secrets_number_check check (number > 0),
        -- What messages are signed with, so it cannot be a hash. No query of the API reads it.
        secret bytea not null constraint destination_secrets_secret_check
          check (octet_length(secret) between 24 and 64),
        created_at timestamptz not null,
        -- Real time. Null: until it is replaced.
        expires_at timestamptz,
        constraint destination_secrets_pkey primary key (destination_id, number)
      );
      create unique index destination_secrets_one_current on destination_secrets (destination_id)
        where expires_at is null;

      -- A contract whose leads go elsewhere than the others of its buyer.
      create table contract_destinations (
        agency_id uuid not null,
        contract_id uuid not null,
        destination_id uuid not null constraint contract_destinations_destination_fkey references destinations (id),
        constraint contract_destinations_pkey primary key (agency_id, contract_id),
        constraint contract_destinations_contract_fkey foreign key (agency_id, contract_id)
          references contracts (agency_id, id)
      );
      create index contract_destinations_destination on contract_destinations (destination_id);

      -- One lead on its way to one destination: queue and log. All times are real time, not the sandbox's. No foreign key to
      -- the delivery: it is spread over machines by agency, and the queue is not.
      create table handovers (
        -- The delivery's; of a sample an id of its own.
        id uuid constraint handovers_pkey primary key,
        -- Null for a sample.
        agency_id uuid,
        destination_id uuid not null constraint handovers_destination_fkey references destinations (id),
        -- FIRST: its end is the delivery's. AGAIN: the buyer has the lead and asked for it once more. SAMPLE: made up.
        kind text not null constraint handovers_kind_check check (kind in ('FIRST', 'AGAIN', 'SAMPLE')),
        state text not null constraint handovers_state_check check (state in ('WAITING', 'DONE')),
        -- Since it was queued last, and in all.
        tries integer not null default 0,
        attempts integer not null default 0,
        next_try_at timestamptz not null,
        -- While it is being sent: until when nobody else takes it.
        leased_until timestamptz,
        give_up_at timestamptz not null,
        -- Counts who took it: only the last may write down how it went.
        fence bigint not null default 0,
        last_failure text,
        -- What was sent, of a sample; of a real lead it would be the person's.
        sample_request jsonb,
        created_at timestamptz not null,
        finished_at timestamptz,
        constraint handovers_sample_check check ((kind = 'SAMPLE') = (agency_id is null)),
        constraint handovers_request_check check ((kind = 'SAMPLE') = (sample_request is not null)),
        constraint handovers_finished_check check ((state = 'WAITING') = (finished_at is null))
      );
      create index handovers_due on handovers (destination_id, next_try_at) where state = 'WAITING';
      create index handovers_late on handovers (give_up_at) where state = 'WAITING';
      create index handovers_finished on handovers (finished_at) where state = 'DONE';

      create table delivery_attempts (
        handover_id uuid not null constraint delivery_attempts_handover_fkey
          references handovers (id) on delete cascade,
        -- A number that is missing is a try whose end nobody saw.
        number integer not null,
        destination_id uuid not null,
        destination_version integer not null,
        started_at timestamptz not null,
        duration_ms integer not null,
        status smallint,
        failure text,
        -- What the answer said: ACCEPTED, REJECTED or DUPLICATE; null when it said nothing.
        verdict text constraint delivery_attempts_verdict_check check (verdict in ('ACCEPTED', 'REJECTED', 'DUPLICATE')),
        -- A word of the receiver that looks like a code and is nothing of the person's.
        reason text,
        body_bytes integer not null,
        answer_bytes integer not null,
        -- Of samples only: another answer may tell of a person.
        answer_start text,
        constraint delivery_attempts_pkey primary key (handover_id, number)
      );

      alter table contract_versions add column contact_sla_seconds integer
        constraint contract_versions_contact_sla_check check (contact_sla_seconds between 30 and 2592000);
      alter table deliveries
        add column first_attempt_at timestamptz,
        add column first_contact_at timestamptz,
        -- Null: the terms set no time.
        add column contact_due_at timestamptz,
        -- When it was told that the time had run out.
        add column contact_overdue_at timestamptz;
      create index deliveries_contact_due on deliveries (contact_due_at)
        where contact_due_at is not null and contact_overdue_at is null and first_contact_at is null
          and state = 'ACCEPTED' and stage in ('NEW', 'ATTEMPTED', 'UNREACHABLE');
      create index deliveries_overdue on deliveries (agency_id, id)
        where contact_overdue_at is not null and first_contact_at is null and state = 'ACCEPTED';
      create index deliveries_overdue_buyer on deliveries (buyer_id, id)
        where contact_overdue_at is not null and first_contact_at is null and state = 'ACCEPTED';
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
