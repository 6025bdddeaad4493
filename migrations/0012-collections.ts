// Why: an approved statement is worth what is collected for it, and every try at collecting is kept.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How each buyer pays, what it is asked to pay, every try at taking it, and what goes back. */
export class Collections1760000000012 implements MigrationInterface {
  name = 'Collections1760000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table billing_profiles (
        buyer_id uuid constraint billing_profiles_pkey primary key
          constraint billing_profiles_buyer_fkey references organizations (id),
        -- AUTOPAY: the saved method. INVOICE: the buyer pays by the due date. PREPAID: out of its balance.
        terms text not null constraint billing_profiles_terms_check check (terms in ('AUTOPAY', 'INVOICE', 'PREPAID')),
        net_terms_days integer not null constraint billing_profiles_net_check check (net_terms_days between 0 and 180),
        currency char(3) not null,
        -- The most that may be owed, billed or not, beyond what is prepaid; null: no limit.
        credit_limit_minor bigint constraint billing_profiles_credit_check check (credit_limit_minor >= 0),
        -- Below this the balance is filled up by the recharge amount; null: not by itself.
        recharge_below_minor bigint,
        recharge_minor bigint constraint billing_profiles_recharge_check check (recharge_minor > 0),
        billing_email text,
        provider_buyer_id text constraint billing_profiles_provider_key unique,
        -- The operation that makes the buyer there, while it is not over; how many there were, and how the last one failed.
        provider_operation_id uuid,
        provider_tries integer not null default 0,
        provider_failure_code text,
        -- The provider knows an address to which it can send invoices.
        provider_has_email boolean not null default false,
        provider_setup_id text,
        method_id text,
        method_kind text constraint billing_profiles_method_kind_check check (method_kind in ('CARD', 'BANK_DEBIT')),
        method_brand text,
        method_last4 text,
        method_expires text,
        method_usable boolean not null default false,
        method_saved_at timestamptz,
        -- A decline that the same method would meet again; only a new one, or a person, tries after it.
        method_refused_code text,
        -- The last one that was taken off, so that older news of it does not bring it back.
        ended_method_id text,
        recharge_next_at timestamptz,
        recharge_failures integer not null default 0,
        recharge_failure_code text,
        credit_blocked_at timestamptz,
        credit_checked_at timestamptz,
        next_look_at timestamptz,
        -- 0 until somebody has set something.
        version integer not null default 0,
        changed_at timestamptz not null,
        constraint billing_profiles_recharge_pair check ((recharge_below_minor is null) = (recharge_minor is null)),
        constraint billing_profiles_method_check check ((method_id is null) = (method_kind is null)
          and (not method_usable or method_id is not null))
      );
      create index billing_profiles_unfinished on billing_profiles (next_look_at) where next_look_at is not null;
      create index billing_profiles_credit on billing_profiles (credit_checked_at nulls first)
        where credit_limit_minor is not null or terms = 'PREPAID' or credit_blocked_at is not null;
      create index billing_profiles_recharge on billing_profiles (recharge_next_at nulls first)
        where recharge_minor is not null and method_usable;
      create index settlements_to_bill on settlements (buyer_id, currency) where state = 'APPROVED';

      create table invoices (
        id uuid constraint invoices_pkey primary key,
        number text not null constraint invoices_number_key unique,
        buyer_id uuid not null constraint invoices_buyer_fkey references organizations (id),
        currency char(3) not null,
        -- What is to be paid, after the buyer's credit; zero when that covers all of it.
        amount_minor bigint not null constraint invoices_amount_check check (amount_minor >= 0),
        state text not null constraint invoices_state_check check (state in ('OPEN', 'PAID', 'UNCOLLECTIBLE')),
        due_at timestamptz not null,
        -- When the next try is due; null: none is planned.
        next_try_at timestamptz,
        -- How often it was tried at all, and how often in a row it failed with the same method.
        tries integer not null default 0,
        failures integer not null default 0,
        -- The next try is a page on which the buyer pays: its bank wants to ask, or all other tries are used up.
        pay_on_page boolean not null default false,
        last_failure_code text,
        issued_at timestamptz not null,
        paid_at timestamptz,
        version integer not null default 1
      );
      create index invoices_buyer on invoices (buyer_id, id);
      create index invoices_state on invoices (state, id);
      create index invoices_due on invoices (next_try_at) where state = 'OPEN' and next_try_at is not null;
      create index invoices_overdue on invoices (due_at) where state = 'OPEN' and last_failure_code is null;

      create table invoice_settlements (
        agency_id uuid not null,
        settlement_id uuid not null,
        invoice_id uuid not null,
        -- What the statement comes to, the credit of the buyer that pays a part of it, and what is left to collect.
        due_minor bigint not null constraint invoice_settlements_due_check check (due_minor > 0),
        credit_minor bigint not null constraint invoice_settlements_credit_check check (credit_minor >= 0),
        amount_minor bigint not null constraint invoice_settlements_amount_check check (
          amount_minor >= 0 and amount_minor = due_minor - credit_minor),
        -- What was given up of it, and the agency's share of that.
        written_off_minor bigint not null default 0,
        written_off_agency_minor bigint not null default 0,
        constraint invoice_settlements_off_check check (
          written_off_minor between 0 and amount_minor and written_off_agency_minor between 0 and written_off_minor),
        constraint invoice_settlements_pkey primary key (agency_id, settlement_id),
        constraint invoice_settlements_settlement_fkey foreign key (agency_id, settlement_id)
          references settlements (agency_id, id)
      );
      create index invoice_settlements_invoice on invoice_settlements (invoice_id);

      create table collections (
        id uuid constraint collections_pkey primary key,
        buyer_id uuid not null constraint collections_buyer_fkey references organizations (id),
        -- Null: the buyer fills up its balance.
        invoice_id uuid constraint collections_invoice_fkey references invoices (id),
        method text not null constraint collections_method_check check (method in (
          'CARD', 'BANK_DEBIT', 'HOSTED_INVOICE', 'BALANCE', 'OUT_OF_BAND')),
        attempt integer not null,
        state text not null constraint collections_state_check check (state in (
          'REQUESTED', 'PROCESSING', 'NEEDS_ACTION', 'SUCCEEDED', 'FAILED', 'CANCELED', 'RETURNED')),
        amount_minor bigint not null constraint collections_amount_check check (amount_minor > 0),
        currency char(3) not null,
        operation_id uuid constraint collections_operation_fkey references stripe_operations (id),
        provider_payment_id text,
        provider_charge_id text,
        provider_invoice_id text,
        hosted_url text,
        failure_code text,
        decline_code text,
        fee_minor bigint,
        -- What has come in and not gone back; of it what no statement took and the buyer's balance got.
        received_minor bigint not null default 0 constraint collections_received_check check (received_minor >= 0),
        credited_minor bigint not null default 0 constraint collections_credited_check check (
          credited_minor between 0 and received_minor),
        -- The movement that brought the money, and the one that took it back.
        funds_id text,
        returned_funds_id text,
        reference text,
        requested_at timestamptz not null,
        succeeded_at timestamptz,
        available_at timestamptz,
        finished_at timestamptz,
        next_look_at timestamptz,
        requested_by text not null,
        approved_by text,
        -- Somebody wants it stopped; what was paid all the same is paid.
        cancel_requested_at timestamptz,
        cancel_requested_by text,
        cancel_tries integer not null default 0,
        constraint collections_four_eyes_check check (
          method <> 'OUT_OF_BAND' or (approved_by is not null and approved_by <> requested_by)),
        constraint collections_success_check check (
          (state in ('SUCCEEDED', 'RETURNED')) = (succeeded_at is not null))
      );
      -- One try at a time, so that an invoice is never paid twice.
      create unique index collections_one_live on collections (invoice_id)
        where state in ('REQUESTED', 'PROCESSING', 'NEEDS_ACTION') and invoice_id is not null;
      create unique index collections_one_recharge on collections (buyer_id, currency)
        where state in ('REQUESTED', 'PROCESSING', 'NEEDS_ACTION') and invoice_id is null;
      create unique index collections_payment_key on collections (provider_payment_id)
        where provider_payment_id is not null;
      create unique index collections_charge_key on collections (provider_charge_id)
        where provider_charge_id is not null;
      create unique index collections_provider_invoice_key on collections (provider_invoice_id)
        where provider_invoice_id is not null;
      create unique index collections_funds_key on collections (funds_id) where funds_id is not null;
      create index collections_invoice on collections (invoice_id, id);
      create index collections_buyer on collections (buyer_id, id);
      create index collections_unfinished on collections (next_look_at) where next_look_at is not null;

      -- Which cents of which settlement a collection pays: [from, from + amount). Live parts never overlap.
      create table collection_parts (
        agency_id uuid not null,
        collection_id uuid not null,
        settlement_id uuid not null,
        from_minor bigint not null constraint collection_parts_from_check check (from_minor >= 0),
        amount_minor bigint not null constraint collection_parts_amount_check check (amount_minor > 0),
        live boolean not null,
        constraint collection_parts_pkey primary key (agency_id, collection_id, settlement_id, from_minor),
        constraint collection_parts_settlement_fkey foreign key (agency_id, settlement_id)
          references settlements (agency_id, id)
      );
      create unique index collection_parts_once on collection_parts (agency_id, settlement_id, from_minor) where live;
      create index collection_parts_collection on collection_parts (collection_id);

      create table refunds (
        id uuid constraint refunds_pkey primary key,
        buyer_id uuid not null constraint refunds_buyer_fkey references organizations (id),
        -- Out of whose book the buyer's credit is given back.
        book_id uuid not null constraint refunds_book_fkey references organizations (id),
        collection_id uuid not null constraint refunds_collection_fkey references collections (id),
        finance_request_id uuid,
        amount_minor bigint not null constraint refunds_amount_check check (amount_minor > 0),
        currency char(3) not null,
        state text not null constraint refunds_state_check check (state in (
          'REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED')),
        operation_id uuid constraint refunds_operation_fkey references stripe_operations (id),
        provider_refund_id text constraint refunds_provider_key unique,
        funds_id text constraint refunds_funds_key unique,
        failed_funds_id text,
        failure_code text,
        requested_at timestamptz not null,
        finished_at timestamptz,
        next_look_at timestamptz
      );
      create index refunds_collection on refunds (collection_id);
      create index refunds_buyer on refunds (buyer_id, id);
      create index refunds_unfinished on refunds (next_look_at) where next_look_at is not null;

      create table disputes (
        id uuid constraint disputes_pkey primary key,
        provider_dispute_id text not null constraint disputes_provider_key unique,
        provider_charge_id text not null,
        -- Null while the charge is not known to be one of ours: news come in any order.
        collection_id uuid constraint disputes_collection_fkey references collections (id),
        buyer_id uuid constraint disputes_buyer_fkey references organizations (id),
        amount_minor bigint not null constraint disputes_amount_check check (amount_minor > 0),
        currency char(3) not null,
        state text not null constraint disputes_state_check check (state in ('INQUIRY', 'OPEN', 'WON', 'LOST')),
        -- RETURN: a bank debit came back; the buyer still owes. DISPUTE: the buyer contests what it paid.
        nature text not null constraint disputes_nature_check check (nature in ('DISPUTE', 'RETURN')),
        reason text not null,
        -- The movements that are booked, so that each is booked once.
        movement_ids text[] not null default '{}',
        -- What of it concerns no statement but the buyer's balance, what of that came back, and how it ended.
        balance_minor bigint not null default 0 constraint disputes_balance_check check (balance_minor >= 0),
        balance_returned_minor bigint not null default 0,
        balance_state text constraint disputes_balance_state_check check (balance_state in ('OPEN', 'WON', 'LOST')),
        evidence_due_at timestamptz,
        opened_at timestamptz not null,
        closed_at timestamptz,
        next_look_at timestamptz,
        constraint disputes_balance_returned_check check (balance_returned_minor between 0 and balance_minor),
        constraint disputes_balance_pair_check check ((balance_state is null) = (balance_minor = 0)),
        constraint disputes_buyer_pair_check check ((collection_id is null) = (buyer_id is null))
      );
      create index disputes_charge on disputes (provider_charge_id);
      create index disputes_collection on disputes (collection_id);
      create index disputes_state on disputes (state, id);
      create index disputes_unfinished on disputes (next_look_at) where next_look_at is not null;

      -- What of it concerns which settlement; the agency's share is what a lost dispute takes from the agency.
      create table dispute_parts (
        agency_id uuid not null,
        dispute_id uuid not null,
        settlement_id uuid not null,
        amount_minor bigint not null constraint dispute_parts_amount_check check (amount_minor > 0),
        -- What of it came back; while it is open, the rest is withdrawn.
        returned_minor bigint not null default 0 constraint dispute_parts_returned_check check (
          returned_minor between 0 and amount_minor),
        agency_minor bigint not null constraint dispute_parts_agency_check check (agency_minor between 0 and amount_minor),
        state text not null constraint dispute_parts_state_check check (state in ('OPEN', 'WON', 'LOST')),
        constraint dispute_parts_pkey primary key (agency_id, dispute_id, settlement_id),
        constraint dispute_parts_settlement_fkey foreign key (agency_id, settlement_id)
          references settlements (agency_id, id)
      );
      create index dispute_parts_settlement on dispute_parts (agency_id, settlement_id);
      create index dispute_parts_dispute on dispute_parts (dispute_id);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
