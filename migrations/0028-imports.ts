// Why: agencies have leads in files of a million rows, which are taken in the background, by any worker, whatever dies meanwhile.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files of leads: what was uploaded, how far each has come, and what became of every row. */
export class Imports1760000000028 implements MigrationInterface {
  name = 'Imports1760000000028';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table lead_imports (
        id uuid constraint lead_imports_pkey primary key,
        agency_id uuid not null constraint lead_imports_agency_fkey references organizations (id),
        test boolean not null,
        vertical text not null,
        -- Null: whichever contract or route takes leads of the vertical.
        contract_id uuid,
        file_name text constraint lead_imports_file_name_check check (char_length(file_name) between 1 and 200),
        state text not null constraint lead_imports_state_check check (state in ('UPLOADING', 'READY', 'RUNNING',
          'CHECKED', 'COMPLETED', 'CANCELLING', 'CANCELLED', 'FAILED', 'EXPIRED')),
        dry_run boolean not null default false,
        -- Keyed hash of the whole file; null until it is all there.
        content_hash bytea,
        -- Wrapped by the agency's key; seals everything else of this import. Null: nothing of the file is left.
        data_key bytea,
        -- Sealed: names of columns may be anything, if the file has no header even a person.
        header bytea,
        header_hash bytea,
        mapping bytea,
        mapping_name text,
        -- GUESSED: by the names of columns. REMEMBERED: saved for a file with the same columns. CHOSEN: for this one.
        mapping_source text constraint lead_imports_mapping_source_check
          check (mapping_source in ('GUESSED', 'REMEMBERED', 'CHOSEN')),
        delimiter text constraint lead_imports_delimiter_check check (delimiter in (',', ';', E'\\t')),
        -- Written by a download of failed rows: its cells are made as they were before they were neutralized.
        is_corrected boolean not null default false,
        bytes_total bigint not null default 0,
        chunks integer not null default 0,
        -- Where the first row after the header begins, and how many rows and lines lie before it.
        body_offset bigint not null default 0,
        body_line integer not null default 1,
        -- The checkpoint: where the next row begins, and how many rows and lines of the file lie before it.
        next_offset bigint not null default 0,
        next_row integer not null default 1,
        next_line integer not null default 1,
        rows_done integer not null default 0,
        taken integer not null default 0,
        duplicates integer not null default 0,
        suppressed integer not null default 0,
        quarantined integer not null default 0,
        already_taken integer not null default 0,
        refused integer not null default 0,
        rows_per_second real,
        failure text,
        failure_line integer,
        -- The queue, in real time: who has the highest fence may write, as long as the lease lasts.
        fence bigint not null default 0,
        leased_until timestamptz,
        served_at timestamptz,
        -- Since it came any further.
        tries integer not null default 0,
        -- Real time of the last piece that was uploaded.
        touched_at timestamptz not null default now(),
        created_by text not null,
        created_at timestamptz not null,
        started_at timestamptz,
        ended_at timestamptz,
        -- When the rows of the report are forgotten, the failed ones with what stands in them.
        forget_at timestamptz,
        constraint lead_imports_total_check check (
          rows_done = taken + duplicates + suppressed + quarantined + already_taken + refused),
        constraint lead_imports_failure_check check ((state = 'FAILED') = (failure is not null))
      );
      create index lead_imports_agency on lead_imports (agency_id, id);
      create unique index lead_imports_one_file on lead_imports (agency_id, test, vertical, content_hash)
        where content_hash is not null and state not in ('CANCELLED', 'FAILED', 'EXPIRED');
      create index lead_imports_queue on lead_imports (served_at) where state in ('RUNNING', 'CANCELLING');
      create index lead_imports_uploading on lead_imports (touched_at) where state = 'UPLOADING';
      create index lead_imports_keyed on lead_imports (created_at) where data_key is not null;

      -- Pieces of files, sealed. All of one size but the last, so that any place of the file is found at once.
      create table import_chunks (
        import_id uuid not null constraint import_chunks_import_fkey references lead_imports (id) on delete cascade,
        number integer not null,
        sealed bytea not null,
        constraint import_chunks_pkey primary key (import_id, number)
      );
      -- What is sealed cannot be made smaller; trying costs more than keeping it.
      alter table import_chunks alter column sealed set storage external;

      -- What became of rows, as many at a time as were decided together.
      create table import_batches (
        import_id uuid not null constraint import_batches_import_fkey references lead_imports (id) on delete cascade,
        first_row integer not null,
        last_row integer not null,
        -- The three have one element for each row: its number, its result and its lead.
        rows integer[] not null,
        results text[] not null,
        lead_ids uuid[] not null,
        constraint import_batches_pkey primary key (import_id, first_row)
      );
      create unique index import_batches_last on import_batches (import_id, last_row);

      -- Rows that were refused, with what stands in them, sealed, so that they can be corrected.
      create table import_failed_rows (
        import_id uuid not null constraint import_failed_rows_import_fkey references lead_imports (id) on delete cascade,
        row_number integer not null,
        -- Codes, fields and sentences of ours; never a value.
        refusals jsonb not null,
        sealed bytea not null,
        constraint import_failed_rows_pkey primary key (import_id, row_number)
      );

      -- Which column is what, remembered for the next file with the same columns.
      create table import_mappings (
        agency_id uuid not null constraint import_mappings_agency_fkey references organizations (id),
        vertical text not null,
        name text not null constraint import_mappings_name_check check (char_length(name) between 1 and 100),
        -- Keyed hash of the names of all columns of the file.
        header_hash bytea not null,
        -- Sealed by the agency's key.
        columns bytea not null,
        changed_by text not null,
        changed_at timestamptz not null,
        constraint import_mappings_pkey primary key (agency_id, vertical, name)
      );
      create index import_mappings_header on import_mappings (agency_id, vertical, header_hash);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
