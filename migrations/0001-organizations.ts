// Why: everyone who acts is a user or a key of an organization, and each is looked up on every request.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organizations, users and API keys: small tables, reference tables when the data is spread over machines. */
export class Organizations1760000000001 implements MigrationInterface {
  name = 'Organizations1760000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table organizations (
        id uuid constraint organizations_pkey primary key,
        kind text not null constraint organizations_kind_check check (kind in ('AGENCY', 'BUYER', 'OPERATOR')),
        name text not null constraint organizations_name_check check (char_length(name) between 1 and 200),
        created_at timestamptz not null
      );
      -- One operator runs one installation; finance acts for it.
      create unique index organizations_one_operator on organizations (kind) where kind = 'OPERATOR';

      create table users (
        id uuid constraint users_pkey primary key,
        organization_id uuid not null constraint users_organization_fkey references organizations (id),
        email text not null constraint users_email_key unique
          constraint users_email_check check (email = lower(email) and char_length(email) between 3 and 254),
        name text not null constraint users_name_check check (char_length(name) between 1 and 200),
        password_hash text not null,
        roles text[] not null constraint users_roles_check check (
          cardinality(roles) > 0 and roles <@ array['OWNER', 'ADMIN', 'MEMBER', 'FINANCE_PREPARER',
            'FINANCE_APPROVER', 'AUDITOR', 'API_CLIENT']),
        created_at timestamptz not null,
        disabled_at timestamptz
      );
      create index users_organization on users (organization_id);

      create table api_keys (
        id uuid constraint api_keys_pkey primary key,
        organization_id uuid not null constraint api_keys_organization_fkey references organizations (id),
        -- A key of a person acts as that person; without one it is a machine's.
        user_id uuid constraint api_keys_user_fkey references users (id),
        public_id text not null constraint api_keys_public_id_key unique,
        secret_hash bytea not null constraint api_keys_secret_hash_check check (octet_length(secret_hash) = 32),
        mode text not null constraint api_keys_mode_check check (mode in ('live', 'test')),
        name text not null constraint api_keys_name_check check (char_length(name) between 1 and 200),
        roles text[] not null constraint api_keys_roles_check check (
          cardinality(roles) > 0 and roles <@ array['OWNER', 'ADMIN', 'MEMBER', 'FINANCE_PREPARER',
            'FINANCE_APPROVER', 'AUDITOR', 'API_CLIENT']),
        -- Permissions that the key is limited to; null is all that its roles allow.
        scopes text[],
        created_at timestamptz not null,
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz
      );
      create index api_keys_organization on api_keys (organization_id, id);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
