// Why: what became of a lead decides what is owed, so every fact is kept as it was reported.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** Deals, outcome events and returns. */
export class Outcomes1760000000006 implements MigrationInterface {
  name = 'Outcomes1760000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table deals (
        agency_id uuid not null,
        id uuid not null,
        delivery_id uuid not null,
        lead_id uuid not null,
        buyer_id uuid not null constraint deals_buyer_fkey references organizations (id),
        contract_id uuid not null,
        -- The buyer's own name for the deal; a lead brings at most one deal without a name.
        reference text constraint deals_reference_check check (char_length(reference) between 1 and 200),
        amount_minor bigint not null constraint deals_amount_check check (amount_minor > 0),
        currency char(3) not null,
        state text not null constraint deals_state_check check (state in ('WON', 'REFUNDED', 'CANCELED')),
        row_version integer not null default 1,
        closed_at timestamptz not null,
        reported_at timestamptz not null,
        constraint deals_pkey primary key (agency_id, id),
        constraint deals_reference_key unique (agency_id, contract_id, reference),
        constraint deals_delivery_fkey foreign key (agency_id, delivery_id) references deliveries (agency_id, id),
        constraint deals_lead_fkey foreign key (agency_id, lead_id) references leads (agency_id, id),
        constraint deals_contract_fkey foreign key (agency_id, contract_id) references contracts (agency_id, id)
      );
      create unique index deals_one_unnamed on deals (agency_id, delivery_id) where reference is null;
      create index deals_buyer on deals (buyer_id, id);
      create index deals_delivery on deals (agency_id, delivery_id);

      create table outcome_events (
        agency_id uuid not null,
        id uuid not null,
        delivery_id uuid not null,
        kind text not null constraint outcome_events_kind_check check (kind in (
          'NEW', 'ATTEMPTED', 'CONTACTED', 'QUALIFIED', 'APPOINTMENT_SET', 'APPOINTMENT_HELD', 'PROPOSAL', 'WON',
          'LOST', 'UNREACHABLE', 'NOT_INTERESTED', 'DISQUALIFIED', 'AMOUNT_RESTATED', 'REFUNDED', 'CANCELED')),
        provenance text not null constraint outcome_events_provenance_check check (provenance in (
          'CRM_SIGNED', 'DOCUMENT', 'API', 'PORTAL_MANUAL', 'CSV_IMPORT', 'CONSUMER_CONFIRMED', 'INFERRED')),
        deal_id uuid,
        amount_minor bigint,
        currency char(3),
        reason text,
        note text,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        actor text not null,
        constraint outcome_events_pkey primary key (agency_id, id),
        constraint outcome_events_delivery_fkey foreign key (agency_id, delivery_id)
          references deliveries (agency_id, id),
        constraint outcome_events_deal_fkey foreign key (agency_id, deal_id) references deals (agency_id, id)
      );
      create index outcome_events_delivery on outcome_events (agency_id, delivery_id, id);

      create table returns (
        agency_id uuid not null,
        id uuid not null,
        delivery_id uuid not null,
        lead_id uuid not null,
        buyer_id uuid not null constraint returns_buyer_fkey references organizations (id),
        state text not null constraint returns_state_check check (state in (
          'REQUESTED', 'UNDER_REVIEW', 'APPROVED', 'AUTO_APPROVED', 'DENIED', 'ESCALATED', 'WITHDRAWN', 'EXPIRED')),
        reason text not null constraint returns_reason_check check (reason in (
          'INVALID_PHONE', 'INVALID_EMAIL', 'WRONG_PERSON', 'BOGUS_DATA', 'DUPLICATE', 'OUT_OF_AREA',
          'OUT_OF_CRITERIA', 'DENIES_REQUEST', 'CONSENT_MISSING', 'DNC_COMPLAINT', 'PRIOR_RELATIONSHIP', 'TEST_LEAD',
          'FRAUD', 'OTHER')),
        note text,
        requested_by text not null,
        requested_at timestamptz not null,
        -- Undecided by then, it is approved: the agency had its chance to object.
        decide_by timestamptz not null,
        decided_by text,
        decided_at timestamptz,
        decision_note text,
        constraint returns_pkey primary key (agency_id, id),
        -- A lead is given back once.
        constraint returns_delivery_key unique (agency_id, delivery_id),
        constraint returns_delivery_fkey foreign key (agency_id, delivery_id) references deliveries (agency_id, id),
        constraint returns_decided_check check (
          (state in ('APPROVED', 'AUTO_APPROVED', 'DENIED')) = (decided_by is not null and decided_at is not null))
      );
      create index returns_undecided on returns (decide_by) where state in ('REQUESTED', 'UNDER_REVIEW');
      create index returns_buyer on returns (buyer_id, id);
    `);
    await refuseChanges(runner, 'outcome_events');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
