// Why: each side learns of every business fact once, in an order that can be followed, and by messages to its own systems.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** The feed of events; webhook endpoints with their secrets, and the queue and log of what is sent to them. */
export class Events1760000000022 implements MigrationInterface {
  name = 'Events1760000000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      -- What transaction ids are counted from, so that positions in the feed go on rising after a restore into another
      -- cluster, whose transaction ids begin anew.
      create table event_clock (
        singleton boolean not null default true constraint event_clock_pkey primary key
          constraint event_clock_check check (singleton),
        base bigint not null constraint event_clock_base_check check (base >= 0)
      );
      insert into event_clock (base) values (0);

      -- The first 48 bits of the ids of the events of this transaction.
      create function event_prefix() returns text language sql stable as $$
        select lpad(to_hex(pg_current_xact_id()::text::bigint + base), 12, '0') from event_clock
      $$;
      -- Below it nothing is added any more: every transaction whose events would lie there has ended. Transaction ids are
      -- those of the whole cluster; those that are known to run in another database hold nothing back here.
      create function event_floor(elsewhere xid[]) returns uuid language sql stable as $$
        select (lpad(to_hex(coalesce(
            (select min(x::text::bigint) from pg_snapshot_xip(pg_current_snapshot()) as x
             where x::xid <> all (elsewhere)),
            pg_snapshot_xmax(pg_current_snapshot())::text::bigint) + base), 12, '0')
          || repeat('0', 20))::uuid
        from event_clock
      $$;

      -- One row for each fact, whoever may see it. A row for each who may see it was measured at twice the time and
      -- nearly three times the log (250 leads a statement: 24 against 48 microseconds and 860 against 2,370 bytes a
      -- lead, beside the lead itself). No foreign keys, for the same reason: a fact's own row has them.
      create table events (
        -- Whose book it is about: the agency, where one is concerned.
        organization_id uuid not null,
        -- Position in the feed: 48 bits of transaction, 16 of type, 64 of subject.
        id uuid not null,
        -- The other side.
        counterparty_id uuid,
        type text not null,
        -- What it is about; its kind follows from the type.
        subject_id uuid not null,
        test boolean not null,
        -- Ids, amounts and states. Never a person's data.
        payload jsonb not null,
        occurred_at timestamptz not null,
        constraint events_pkey primary key (organization_id, id)
      );
      create index events_counterparty on events (counterparty_id, id) where counterparty_id is not null;
      create index events_all on events (id);
      -- For who asks for some types only. Delivered leads are too many to be rare, and cost no index entry here.
      create index events_type on events (organization_id, type, id) where type <> 'lead.delivered';
      create index events_counterparty_type on events (counterparty_id, type, id)
        where counterparty_id is not null and type <> 'lead.delivered';
      create index events_all_type on events (type, id) where type <> 'lead.delivered';
      -- For test keys, which see those of test leads only.
      create index events_test on events (organization_id, id) where test;
      create index events_counterparty_test on events (counterparty_id, id) where counterparty_id is not null and test;
      create index events_all_test on events (id) where test;

      create table webhook_endpoints (
        id uuid constraint webhook_endpoints_pkey primary key,
        organization_id uuid not null constraint webhook_endpoints_organization_fkey references organizations (id),
        url text not null constraint webhook_endpoints_url_check check (char_length(url) between 1 and 2100),
        description text not null constraint webhook_endpoints_description_check
          check (char_length(description) between 1 and 200),
        -- Null: every type, those that come later included.
        types text[] constraint webhook_endpoints_types_check check (cardinality(types) > 0),
        state text not null constraint webhook_endpoints_state_check check (state in ('ENABLED', 'DISABLED', 'DELETED')),
        -- PERSON: somebody did. GONE: the endpoint answered 410.
        disabled_because text constraint webhook_endpoints_because_check check (disabled_because in ('PERSON', 'GONE')),
        created_by text not null,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        -- The circuit breaker, in real time: failures in a row, how often in a row it opened, and until when it is open.
        failures integer not null default 0,
        opened integer not null default 0,
        open_until timestamptz,
        constraint webhook_endpoints_disabled_check check ((state = 'DISABLED') = (disabled_because is not null))
      );
      create index webhook_endpoints_organization on webhook_endpoints (organization_id, id);

      create table webhook_secrets (
        endpoint_id uuid not null constraint webhook_secrets_endpoint_fkey references webhook_endpoints (id),
        number integer not null constraint webhook_secrets_number_check check (number > 0),
        -- What messages are signed with, so it cannot be a hash. No query of the API reads it.
        secret bytea not null constraint webhook_secrets_secret_check check (octet_length(secret) between 24 and 64),
        created_at timestamptz not null,
        -- Real time. Null: until it is replaced.
        expires_at timestamptz,
        constraint webhook_secrets_pkey primary key (endpoint_id, number)
      );
      create unique index webhook_secrets_one_current on webhook_secrets (endpoint_id) where expires_at is null;

      -- One message to one endpoint: queue and log. All times are real time, not the sandbox's.
      create table webhook_deliveries (
        id uuid constraint webhook_deliveries_pkey primary key,
        endpoint_id uuid not null constraint webhook_deliveries_endpoint_fkey references webhook_endpoints (id),
        -- Of a sample: an id of its own.
        event_id uuid not null,
        -- The event's organization_id; null for a sample.
        event_home_id uuid,
        type text not null,
        state text not null constraint webhook_deliveries_state_check
          check (state in ('WAITING', 'DELIVERED', 'DEAD', 'CANCELED')),
        -- Since it was queued last, and in all.
        tries integer not null default 0,
        attempts integer not null default 0,
        -- While it is being sent: until when nobody else takes it.
        next_try_at timestamptz not null,
        give_up_at timestamptz not null,
        -- Counts who took it: only the last may write down how it went.
        fence bigint not null default 0,
        last_failure text,
        created_at timestamptz not null,
        finished_at timestamptz,
        constraint webhook_deliveries_event_key unique (endpoint_id, event_id),
        constraint webhook_deliveries_finished_check check ((state = 'WAITING') = (finished_at is null))
      );
      create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_try_at) where state = 'WAITING';
      create index webhook_deliveries_listed on webhook_deliveries (endpoint_id, id);
      create index webhook_deliveries_dead on webhook_deliveries (endpoint_id, id) where state = 'DEAD';

      create table webhook_attempts (
        delivery_id uuid not null constraint webhook_attempts_delivery_fkey
          references webhook_deliveries (id) on delete cascade,
        -- A number that is missing is a try whose end nobody saw.
        number integer not null,
        started_at timestamptz not null,
        duration_ms integer not null,
        status smallint,
        failure text,
        body_hash bytea not null,
        answer_bytes integer not null,
        -- Of samples only: another answer may tell of a person.
        answer_start text,
        constraint webhook_attempts_pkey primary key (delivery_id, number)
      );
    `);
    await refuseChanges(runner, 'events');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
