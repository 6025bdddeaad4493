// Why: a charge says why an amount is owed; its journal says where the money stands.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** Charges: priced amounts, each with exactly one journal (of the same id) and one settlement. */
export class Charges1760000000007 implements MigrationInterface {
  name = 'Charges1760000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table charges (
        agency_id uuid not null,
        -- Also the id of its journal.
        id uuid not null,
        settlement_id uuid not null,
        delivery_id uuid not null,
        lead_id uuid not null,
        deal_id uuid,
        contract_id uuid not null,
        contract_version integer not null,
        -- What it rests on: the deal, or else the delivery.
        source_id uuid not null,
        part text not null constraint charges_part_check check (part in ('BASE', 'COMMISSION')),
        -- Who earns it: the agency, or the operator as its platform fee.
        payee text not null constraint charges_payee_check check (payee in ('AGENCY', 'OPERATOR')),
        component text not null constraint charges_component_check check (component in (
          'BASE', 'COMMISSION_PER_LEAD', 'COMMISSION_PER_DEAL', 'PLATFORM_FEE', 'RETURN_CREDIT', 'RESTATEMENT',
          'CLAWBACK', 'ADJUSTMENT')),
        revision integer not null constraint charges_revision_check check (revision > 0),
        amount_minor bigint not null constraint charges_amount_check check (amount_minor <> 0),
        currency char(3) not null,
        -- What the amount was computed from: a rate of an amount, or the base rate itself.
        input_minor bigint not null,
        rate_ppm integer,
        reverses uuid,
        -- It corrects an approved statement: booked against held money and the buyer's credit, not against unbilled.
        after_approval boolean not null default false,
        -- The first day of the period in which the fact happened, when that is not the settlement's own.
        late_period_start date,
        effective_at timestamptz not null,
        recorded_at timestamptz not null,
        constraint charges_pkey primary key (agency_id, id),
        constraint charges_journal_fkey foreign key (agency_id, id) references journals (book_id, id),
        constraint charges_settlement_fkey foreign key (agency_id, settlement_id)
          references settlements (agency_id, id),
        constraint charges_delivery_fkey foreign key (agency_id, delivery_id) references deliveries (agency_id, id),
        constraint charges_deal_fkey foreign key (agency_id, deal_id) references deals (agency_id, id),
        constraint charges_reverses_fkey foreign key (agency_id, reverses) references charges (agency_id, id),
        -- Revision 1 is the charge itself: a second base line of a delivery cannot be stored.
        constraint charges_source_key unique (agency_id, source_id, part, payee, revision),
        constraint charges_source_check check (source_id = coalesce(deal_id, delivery_id)),
        constraint charges_base_check check (part <> 'BASE' or deal_id is null),
        constraint charges_sign_check check (
          case when component in ('RETURN_CREDIT', 'CLAWBACK') then reverses is not null
               when component in ('BASE', 'COMMISSION_PER_LEAD', 'COMMISSION_PER_DEAL')
                 then reverses is null and amount_minor > 0
               else true end)
      );
      create unique index charges_reversed_once on charges (agency_id, reverses) where reverses is not null;
      create index charges_lines on charges (agency_id, settlement_id, id);
    `);
    await refuseChanges(runner, 'charges');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
