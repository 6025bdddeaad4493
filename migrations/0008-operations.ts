// Why: an act happens once however often it is sent, and who did it can be told afterwards.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** Idempotency keys, the audit trail and the sandbox clock. */
export class Operations1760000000008 implements MigrationInterface {
  name = 'Operations1760000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table idempotency_keys (
        organization_id uuid not null,
        key text not null constraint idempotency_keys_key_check check (char_length(key) between 1 and 200),
        operation text not null,
        input_hash bytea not null,
        -- Ids of what the act made or changed, enough to give the first answer again.
        result jsonb,
        created_at timestamptz not null,
        constraint idempotency_keys_pkey primary key (organization_id, key)
      );
      create index idempotency_keys_age on idempotency_keys (created_at);

      create table audit_entries (
        organization_id uuid not null,
        id uuid not null,
        actor text not null,
        action text not null,
        -- Typed id of what was acted on, as type:id.
        subject text not null,
        before_hash bytea,
        after_hash bytea,
        request_id text,
        recorded_at timestamptz not null,
        constraint audit_entries_pkey primary key (organization_id, id)
      );
      create index audit_entries_subject on audit_entries (subject, id);

      create table sandbox_clock (
        singleton boolean not null default true constraint sandbox_clock_pkey primary key
          constraint sandbox_clock_check check (singleton),
        -- Milliseconds by which the sandbox is ahead of the real time.
        offset_ms bigint not null constraint sandbox_clock_offset_check check (offset_ms >= 0)
      );
      insert into sandbox_clock (singleton, offset_ms) values (true, 0);
    `);
    await refuseChanges(runner, 'audit_entries');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
