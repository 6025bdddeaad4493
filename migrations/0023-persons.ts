// Why: a person's data must be readable by few, erasable for good, and found again without being in the clear.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Wrapped keys, sealed persons, hashes to find them by, proofs of consent, suppression lists and legal holds. */
export class Persons1760000000023 implements MigrationInterface {
  name = 'Persons1760000000023';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table wrapped_keys (
        -- An organization, or the nil uuid for what belongs to the whole installation; so no foreign key.
        owner_id uuid not null,
        purpose text not null constraint wrapped_keys_purpose_check check (purpose in ('PERSON', 'CONSENT', 'LOOKUP')),
        version smallint not null constraint wrapped_keys_version_check check (version between 1 and 255),
        -- Tells by which master key.
        master_key_id bytea not null,
        wrapped bytea not null,
        constraint wrapped_keys_pkey primary key (owner_id, purpose, version)
      );

      -- Nobody has stored a lead with these columns yet, so nothing is carried over.
      alter table leads drop column contact;
      alter table leads drop column consent;
      -- Both null: erased. Together they are everything of the person; attributes has only what is not personal.
      alter table leads add column data_key bytea;
      alter table leads add column person bytea;
      alter table leads add constraint leads_person_check check ((data_key is null) = (person is null));
      -- Why it is QUARANTINED, or was.
      alter table leads add column state_reason text;
      -- Of a DUPLICATE: the earlier lead, if it is the agency's own.
      alter table leads add column duplicate_of uuid;
      alter table leads add column erased_at timestamptz;
      -- The contract that it was submitted for, if one was named: it is asked for again when the lead is released.
      alter table leads add column asked_contract_id uuid;
      alter table leads add constraint leads_erased_check check (
        (erased_at is not null) = (state = 'ERASED') and (erased_at is null or person is null));
      create index leads_quarantined on leads (agency_id, id) where state = 'QUARANTINED';

      -- By whom a lead is found again. The row with ordinal 0 is also what those who submit the same person at the same
      -- time wait for, so it stays as long as any other of its key does. No foreign key: erasing cuts the tie, and a
      -- lead that is not written takes its rows with it.
      create table person_hashes (
        -- HMAC-SHA-256 of a phone or an e-mail address, its first half.
        hash bytea not null constraint person_hashes_hash_check check (octet_length(hash) = 16),
        vertical text collate "C" not null,
        ordinal integer not null constraint person_hashes_ordinal_check check (ordinal >= 0),
        -- Null: erased.
        agency_id uuid,
        lead_id uuid,
        -- Since when the person counts as had; null for a lead that was not accepted, and for a test.
        accepted_at timestamptz,
        -- Of an erased lead: who had it and when, as [{"buyerId", "at"}].
        former_buyers jsonb,
        constraint person_hashes_pkey primary key (hash, vertical, ordinal),
        constraint person_hashes_lead_check check ((agency_id is null) = (lead_id is null))
      );
      -- Those who came again and were accepted are few; those who come again and again are not, and are not in it.
      create index person_hashes_again on person_hashes (hash, vertical, accepted_at desc)
        where accepted_at is not null and ordinal > 0;
      create index person_hashes_erased on person_hashes (accepted_at) where lead_id is null;

      -- No foreign key: the statement that writes it writes the lead.
      create table consent_proofs (
        agency_id uuid not null,
        lead_id uuid not null,
        sealed bytea not null,
        -- HMAC-SHA-256 of the text, so that leads with the same wording are found.
        text_hash bytea,
        recorded_at timestamptz not null,
        constraint consent_proofs_pkey primary key (agency_id, lead_id)
      );
      -- Proofs come in by time, so a summary finds the old ones, and costs intake next to nothing.
      create index consent_proofs_age on consent_proofs using brin (recorded_at);

      create table legal_holds (
        agency_id uuid not null,
        id uuid not null,
        lead_id uuid not null,
        reason text not null constraint legal_holds_reason_check check (char_length(reason) between 1 and 200),
        placed_by text not null,
        placed_at timestamptz not null,
        lifted_by text,
        lifted_at timestamptz,
        constraint legal_holds_pkey primary key (agency_id, id),
        constraint legal_holds_lead_fkey foreign key (agency_id, lead_id) references leads (agency_id, id),
        constraint legal_holds_lifted_check check ((lifted_by is null) = (lifted_at is null))
      );
      create unique index legal_holds_one on legal_holds (agency_id, lead_id) where lifted_at is null;

      create table suppressions (
        hash bytea not null constraint suppressions_hash_check check (octet_length(hash) = 16),
        organization_id uuid not null constraint suppressions_organization_fkey references organizations (id),
        id uuid not null,
        kind text not null constraint suppressions_kind_check check (kind in ('PHONE', 'EMAIL', 'DOMAIN')),
        -- Sealed: people write names into notes.
        note bytea,
        expires_at timestamptz,
        added_by text not null,
        added_at timestamptz not null,
        constraint suppressions_pkey primary key (hash, organization_id)
      );
      create index suppressions_listed on suppressions (organization_id, id);

      -- The defaults are what every version written so far means.
      alter table contract_versions add column consent_required boolean not null default false;
      -- Null: that of the vertical.
      alter table contract_versions add column dedupe_window_days integer
        constraint contract_versions_dedupe_window_days_check check (dedupe_window_days between 0 and 365);
      alter table verticals add column dedupe_window_days integer not null default 30
        constraint verticals_dedupe_window_days_check check (dedupe_window_days between 0 and 365);
      -- Null: as many as come.
      alter table verticals add column source_leads_per_minute integer
        constraint verticals_source_leads_per_minute_check check (source_leads_per_minute > 0);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
