// Why: where a contract says so, a lead whose person its buyer did not reach in time is given to another buyer.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The term by which a lead is taken from its buyer, what was taken so, and what is to be looked at for it. */
export class Rerouting1760000000029 implements MigrationInterface {
  name = 'Rerouting1760000000029';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      alter table contract_versions
        add column contact_sla_reroute boolean not null default false,
        add constraint contract_versions_contact_reroute_check
          check (not contact_sla_reroute or contact_sla_seconds is not null);

      -- When it was taken from its buyer, who had not reached the person. A delivery that is RETURNED without it was given back.
      alter table deliveries
        add column rerouted_at timestamptz,
        add constraint deliveries_rerouted_check check (rerouted_at is null or state = 'RETURNED');

      -- Deliveries whose time to the first contact has run out, until it is decided whether another buyer gets the lead.
      create table deliveries_to_reroute (
        agency_id uuid not null,
        delivery_id uuid not null,
        queued_at timestamptz not null,
        constraint deliveries_to_reroute_pkey primary key (agency_id, delivery_id),
        constraint deliveries_to_reroute_delivery_fkey foreign key (agency_id, delivery_id)
          references deliveries (agency_id, id)
      );
      create index deliveries_to_reroute_queued on deliveries_to_reroute (queued_at);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
