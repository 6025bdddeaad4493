// Why: money at the provider moves by operations that are written before they are sent, and is checked against its own account statement.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** The outbox of operations, the inbox of events, the mirror of the provider's balance, and what people request together. */
export class Payments1760000000011 implements MigrationInterface {
  name = 'Payments1760000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table stripe_operations (
        id uuid constraint stripe_operations_pkey primary key,
        kind text not null constraint stripe_operations_kind_check check (kind in (
          'BUYER_CREATE', 'ACCOUNT_CREATE', 'PAYMENT', 'INVOICE', 'PAYMENT_CANCEL', 'INVOICE_VOID', 'TRANSFER',
          'TRANSFER_REVERSAL', 'REFUND')),
        -- What it is for, as type:id.
        subject text not null,
        book_id uuid not null constraint stripe_operations_book_fkey references organizations (id),
        idempotency_key text not null constraint stripe_operations_key unique,
        -- What is sent, byte for byte the same at every try.
        body jsonb not null,
        -- What it moves; null when it moves nothing.
        amount_minor bigint constraint stripe_operations_amount_check check (amount_minor > 0),
        currency char(3),
        state text not null constraint stripe_operations_state_check check (state in (
          'READY', 'SENDING', 'UNKNOWN', 'SUCCEEDED', 'REFUSED', 'STOPPED')),
        tries integer not null default 0,
        -- Of an operation in doubt: whether an earlier try may have acted.
        in_doubt boolean not null default false,
        first_sent_at timestamptz,
        next_try_at timestamptz not null,
        last_code text,
        object_id text,
        -- Real time, not the sandbox's: a clock that is advanced takes nobody's lease away.
        leased_until timestamptz,
        fence bigint not null default 0,
        -- Leases in a row that nobody gave back: what ends the process each time is not tried for ever.
        lost_leases smallint not null default 0,
        created_at timestamptz not null,
        finished_at timestamptz,
        constraint stripe_operations_lease_check check ((state = 'SENDING') = (leased_until is not null)),
        constraint stripe_operations_finish_check check (
          (state in ('SUCCEEDED', 'REFUSED')) = (finished_at is not null)),
        constraint stripe_operations_money_check check ((amount_minor is null) = (currency is null)),
        constraint stripe_operations_doubt_check check (not in_doubt or first_sent_at is not null)
      );
      create index stripe_operations_due on stripe_operations (next_try_at)
        where state in ('READY', 'UNKNOWN', 'SENDING');
      create index stripe_operations_subject on stripe_operations (subject);
      create index stripe_operations_listed on stripe_operations (state, id);
      create index stripe_operations_object on stripe_operations (object_id) where object_id is not null;

      -- What is sent is frozen, and what is over stays over: whatever the program does.
      create function refuse_operation_change() returns trigger language plpgsql as $$
      begin
        if tg_op = 'DELETE' then
          raise exception 'operations are kept' using errcode = 'restrict_violation';
        end if;
        if (old.id, old.kind, old.subject, old.book_id, old.idempotency_key, old.body, old.amount_minor, old.currency,
            old.created_at) is distinct from
            (new.id, new.kind, new.subject, new.book_id, new.idempotency_key, new.body, new.amount_minor, new.currency,
            new.created_at) then
          raise exception 'what an operation sends is frozen' using errcode = 'restrict_violation';
        end if;
        if old.state in ('SUCCEEDED', 'REFUSED') and new.state <> old.state then
          raise exception 'an operation that is over does not begin again' using errcode = 'restrict_violation';
        end if;
        return new;
      end $$;
      create trigger stripe_operations_frozen before update or delete on stripe_operations
        for each row execute function refuse_operation_change();

      create table stripe_events (
        id text constraint stripe_events_pkey primary key,
        type text not null,
        account_id text,
        object_kind text,
        object_id text,
        livemode boolean not null,
        state text not null constraint stripe_events_state_check check (state in (
          'RECEIVED', 'APPLIED', 'IGNORED', 'FAILED')),
        tries integer not null default 0,
        next_try_at timestamptz not null,
        last_code text,
        created_at timestamptz not null,
        received_at timestamptz not null,
        finished_at timestamptz
      );
      create index stripe_events_due on stripe_events (next_try_at) where state = 'RECEIVED';
      create index stripe_events_listed on stripe_events (state, received_at);

      -- The provider's own account statement. booked: each line is booked once, under source 'stripe:<id>'.
      create table balance_transactions (
        id text constraint balance_transactions_pkey primary key,
        type text not null,
        source_id text,
        amount_minor bigint not null,
        fee_minor bigint not null,
        net_minor bigint not null,
        currency char(3) not null,
        created_at timestamptz not null,
        available_at timestamptz not null,
        -- When it was first seen by us.
        seen_at timestamptz not null,
        constraint balance_transactions_net_check check (net_minor = amount_minor - fee_minor)
      );
      create index balance_transactions_created on balance_transactions (created_at, id);
      create index balance_transactions_currency on balance_transactions (currency);
      create index journals_of_funds on journals (source) where source like 'stripe:%';

      create table reconciliations (
        id uuid constraint reconciliations_pkey primary key,
        finished_at timestamptz not null,
        -- Movements of the provider that were new to us.
        found integer not null,
        -- Zero: every account matches to the cent.
        difference_count integer not null,
        differences jsonb not null,
        -- What was compared, account by account.
        accounts jsonb not null
      );
      create index reconciliations_finished on reconciliations (finished_at);

      -- A book, or the operator's balance in a currency, that does not match: nothing leaves it until it does.
      create table account_freezes (
        id uuid constraint account_freezes_pkey primary key,
        book_id uuid not null constraint account_freezes_book_fkey references organizations (id),
        currency char(3) not null,
        reason text not null,
        frozen_at timestamptz not null,
        lifted_at timestamptz
      );
      create unique index account_freezes_one_live on account_freezes (book_id, currency) where lifted_at is null;

      -- One row. stopped: the emergency stop for what is not sent yet. breaker: our key is refused.
      create table payment_control (
        id boolean constraint payment_control_pkey primary key default true
          constraint payment_control_one_row check (id),
        stopped_at timestamptz,
        stopped_by text,
        stop_reason text,
        breaker_opened_at timestamptz,
        breaker_code text,
        -- Real time: from when on one operation may find out whether the key is taken again.
        breaker_probe_after timestamptz,
        -- What happened at the provider up to here is the opening balance; null: it was not looked at yet.
        funds_opened_at timestamptz,
        -- Those of that very second that are in it: the provider tells no parts of seconds.
        funds_opened_ids text[] not null default '{}',
        -- Movements before this instant were all seen.
        funds_seen_until timestamptz,
        constraint payment_control_stop_check check ((stopped_at is null) = (stopped_by is null))
      );
      insert into payment_control (id) values (true);

      -- What two people decide together: a write-off, a refund, money that came another way, a hold that is lifted.
      create table finance_requests (
        book_id uuid not null constraint finance_requests_book_fkey references organizations (id),
        id uuid not null,
        kind text not null constraint finance_requests_kind_check check (kind in (
          'WRITE_OFF', 'CLAWBACK_WRITE_OFF', 'HOLD_OVERRIDE', 'OUT_OF_BAND_PAYMENT', 'REFUND', 'BOOK_MOVEMENT')),
        payload jsonb not null,
        content_hash text not null,
        amount_minor bigint not null constraint finance_requests_amount_check check (amount_minor > 0),
        currency char(3) not null,
        reason text not null,
        state text not null constraint finance_requests_state_check check (state in (
          'REQUESTED', 'DONE', 'DENIED', 'WITHDRAWN')),
        requested_by text not null,
        requested_at timestamptz not null,
        decided_by text,
        decided_at timestamptz,
        note text,
        constraint finance_requests_pkey primary key (book_id, id),
        constraint finance_requests_four_eyes_check check (state <> 'DONE' or decided_by <> requested_by),
        constraint finance_requests_decided_check check (
          (state = 'REQUESTED') = (decided_by is null) and (decided_by is null) = (decided_at is null))
      );
      create index finance_requests_id on finance_requests (id);
      create index finance_requests_listed on finance_requests (state, id);
    `);
    await refuseChanges(runner, 'balance_transactions');
    await refuseChanges(runner, 'reconciliations');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
