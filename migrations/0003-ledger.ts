// Why: every money figure shown anywhere comes from these rows, so they are only ever added to.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The double-entry ledger. A posting names both sides, so a journal that does not balance cannot be written;
 * composite keys tie the currency of both accounts; triggers refuse edits, for the owner and a superuser too.
 */
export class Ledger1760000000003 implements MigrationInterface {
  name = 'Ledger1760000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
      end $$;

      create table accounts (
        -- One book per agency, one for the operator's own money.
        book_id uuid not null constraint accounts_book_fkey references organizations (id),
        id uuid not null,
        kind text not null constraint accounts_kind_check check (kind in (
          'unbilled', 'receivable', 'stripe', 'bank', 'dispute_held', 'clawback_due', 'accrued', 'held', 'reserve',
          'payable', 'in_transit', 'buyer_credit', 'refund_due', 'fee_deferred', 'fee_revenue', 'stripe_fees',
          'dispute_fees', 'bad_debt', 'goodwill')),
        currency char(3) not null,
        -- The buyer, for accounts that are kept per buyer.
        party_id uuid constraint accounts_party_fkey references organizations (id),
        constraint accounts_pkey primary key (book_id, id),
        constraint accounts_currency_key unique (book_id, id, currency),
        constraint accounts_kind_key unique nulls not distinct (book_id, kind, currency, party_id),
        constraint accounts_party_check check (
          (kind in ('unbilled', 'receivable', 'dispute_held', 'buyer_credit', 'refund_due')) = (party_id is not null))
      );

      create table journals (
        book_id uuid not null constraint journals_book_fkey references organizations (id),
        id uuid not null,
        kind text not null,
        -- What it came from, as type:id; the ledger knows no more of the business than this.
        source text not null,
        idempotency_key text not null,
        input_hash bytea not null,
        reverses uuid,
        effective_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        constraint journals_pkey primary key (book_id, id),
        constraint journals_idempotency_key unique (book_id, idempotency_key),
        constraint journals_reverses_fkey foreign key (book_id, reverses) references journals (book_id, id)
      );
      -- A journal is reversed at most once.
      create unique index journals_reversed_once on journals (book_id, reverses) where reverses is not null;

      create table postings (
        book_id uuid not null,
        journal_id uuid not null,
        ordinal smallint not null constraint postings_ordinal_check check (ordinal > 0),
        debit_account_id uuid not null,
        credit_account_id uuid not null,
        amount_minor bigint not null constraint postings_amount_check check (amount_minor > 0),
        currency char(3) not null,
        -- Commit order is not id order: a checkpoint may only pass rows older than every open transaction.
        xid xid8 not null default pg_current_xact_id(),
        constraint postings_pkey primary key (book_id, journal_id, ordinal),
        constraint postings_journal_fkey foreign key (book_id, journal_id) references journals (book_id, id),
        constraint postings_debit_fkey foreign key (book_id, debit_account_id, currency)
          references accounts (book_id, id, currency),
        constraint postings_credit_fkey foreign key (book_id, credit_account_id, currency)
          references accounts (book_id, id, currency),
        constraint postings_sides_check check (debit_account_id <> credit_account_id)
      );
      create index postings_since_checkpoint on postings (book_id, xid);

      -- Balances up to a transaction; what came later is added up. Rebuilt at will, never the source of truth.
      create table ledger_checkpoints (
        book_id uuid constraint ledger_checkpoints_pkey primary key
          constraint ledger_checkpoints_book_fkey references organizations (id),
        through_xid xid8 not null,
        taken_at timestamptz not null
      );
      create table ledger_checkpoint_balances (
        book_id uuid not null constraint ledger_checkpoint_balances_fkey
          references ledger_checkpoints (book_id) on delete cascade,
        account_id uuid not null,
        debits_minor numeric not null,
        credits_minor numeric not null,
        constraint ledger_checkpoint_balances_pkey primary key (book_id, account_id)
      );
    `);
    for (const table of ['accounts', 'journals', 'postings']) await refuseChanges(runner, table);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}

/** Makes a table append-only for everyone. ENABLE ALWAYS: also in a session that plays a replica. */
export async function refuseChanges(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`
    create trigger ${table}_append_only before update or delete on ${table}
      for each row execute function refuse_change();
    create trigger ${table}_no_truncate before truncate on ${table}
      for each statement execute function refuse_change();
    alter table ${table} enable always trigger ${table}_append_only;
    alter table ${table} enable always trigger ${table}_no_truncate;
  `);
}
