// Why: what a lead must be differs by industry and changes with time, and every lead says what it was checked by.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** Verticals with the versions of their lead schemas, and the version that each lead was checked by. */
export class Verticals1760000000020 implements MigrationInterface {
  name = 'Verticals1760000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      -- By bytes: the order of a list does not depend on where the database was made.
      create table verticals (
        key text collate "C" not null constraint verticals_key_check check (char_length(key) between 1 and 64),
        name text not null constraint verticals_name_check check (char_length(name) between 1 and 200),
        default_country char(2),
        -- Counts every change; intake compares it with what it checked by.
        version integer not null constraint verticals_version_check check (version > 0),
        -- The newest; null until one is published.
        schema_version integer,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        constraint verticals_pkey primary key (key)
      );

      create table lead_schemas (
        vertical text collate "C" not null constraint lead_schemas_vertical_fkey references verticals (key),
        version integer not null constraint lead_schemas_version_check check (version > 0),
        definition jsonb not null,
        -- Null: what the versions before took, this one takes as well.
        previous_accepted_until timestamptz,
        published_by text not null,
        published_at timestamptz not null,
        constraint lead_schemas_pkey primary key (vertical, version)
      );

      alter table verticals add constraint verticals_schema_fkey foreign key (key, schema_version)
        references lead_schemas (vertical, version);

      -- Null: checked by no schema. No foreign key: the statement that writes a lead has just compared the version.
      alter table leads add column schema_version integer;
    `);
    await refuseChanges(runner, 'lead_schemas');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
