// Why: a lead goes to whoever may have it by rules that both sides can read, and every decision can be made again.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** Routes with their versions, what buyers want, what was counted, and every decision with what it rested on. */
export class Routing1760000000024 implements MigrationInterface {
  name = 'Routing1760000000024';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table routes (
        agency_id uuid not null constraint routes_agency_fkey references organizations (id),
        id uuid not null,
        vertical text collate "C" not null,
        -- Null: not a route of the agency's making, but the place of one contract's conditions when it is named.
        name text collate "C",
        contract_id uuid,
        -- Takes the leads of the vertical that name no contract.
        is_default boolean not null,
        -- Locked FOR SHARE by whoever routes, and written by whoever changes the rules: they wait for each other.
        latest_version integer not null constraint routes_version_check check (latest_version > 0),
        removed_at timestamptz,
        created_at timestamptz not null,
        constraint routes_pkey primary key (agency_id, id),
        constraint routes_contract_fkey foreign key (agency_id, contract_id) references contracts (agency_id, id),
        constraint routes_kind_check check ((name is null) = (contract_id is not null)),
        constraint routes_default_check check (not is_default or (name is not null and removed_at is null))
      );
      create unique index routes_name on routes (agency_id, vertical, name) where removed_at is null;
      create unique index routes_default on routes (agency_id, vertical) where is_default;
      create unique index routes_contract on routes (agency_id, contract_id);
      create index routes_id on routes (id);

      create table route_versions (
        agency_id uuid not null,
        route_id uuid not null,
        version integer not null,
        -- As the agency gave it, and with what the buyers want: by the second leads are routed.
        given jsonb not null,
        rules jsonb not null,
        cause text not null constraint route_versions_cause_check check (cause in ('AGENCY', 'BUYER')),
        changed_by text not null,
        changed_at timestamptz not null,
        constraint route_versions_pkey primary key (agency_id, route_id, version),
        constraint route_versions_route_fkey foreign key (agency_id, route_id) references routes (agency_id, id)
      );

      -- Which routes name a contract, by their newest versions.
      create table route_contracts (
        agency_id uuid not null,
        contract_id uuid not null,
        route_id uuid not null,
        constraint route_contracts_pkey primary key (agency_id, contract_id, route_id),
        constraint route_contracts_route_fkey foreign key (agency_id, route_id) references routes (agency_id, id),
        constraint route_contracts_contract_fkey foreign key (agency_id, contract_id)
          references contracts (agency_id, id)
      );

      create table buying_rules (
        agency_id uuid not null,
        contract_id uuid not null,
        version integer not null constraint buying_rules_version_check check (version > 0),
        rules jsonb not null,
        changed_by text not null,
        changed_at timestamptz not null,
        constraint buying_rules_pkey primary key (agency_id, contract_id, version),
        constraint buying_rules_contract_fkey foreign key (agency_id, contract_id)
          references contracts (agency_id, id)
      );

      create table cap_counters (
        agency_id uuid not null,
        contract_id uuid not null,
        window_key text collate "C" not null,
        leads integer not null constraint cap_counters_leads_check check (leads >= 0),
        amount_minor bigint not null constraint cap_counters_amount_check check (amount_minor >= 0),
        ends_at timestamptz not null,
        constraint cap_counters_pkey primary key (agency_id, contract_id, window_key)
      ) with (fillfactor = 50);
      create index cap_counters_ended on cap_counters (ends_at);

      create table route_standings (
        agency_id uuid not null,
        route_id uuid not null,
        contract_id uuid not null,
        owed double precision not null,
        last_turn bigint not null,
        constraint route_standings_pkey primary key (agency_id, route_id, contract_id)
      ) with (fillfactor = 50);

      -- What the decisions of one batch on one route rested on.
      create table routing_batches (
        agency_id uuid not null,
        id uuid not null,
        routed_at timestamptz not null,
        -- [[route, version], ...]: the route, then its fallbacks.
        routes jsonb not null,
        state jsonb not null,
        constraint routing_batches_pkey primary key (agency_id, id)
      );

      -- What the buyer bid for the lead, which then stands for the base rate. Null: it pays the base rate.
      alter table deliveries add column bid_minor bigint
        constraint deliveries_bid_check check (bid_minor > 0);

      create table routing_decisions (
        agency_id uuid not null,
        lead_id uuid not null,
        -- 1 is the decision at intake; what follows decides anew on what was not sold or not handed over.
        number smallint not null,
        batch_id uuid not null,
        -- Its place in the batch, from 0.
        position smallint not null,
        result text not null constraint routing_decisions_result_check check (
          result in ('SOLD', 'OFFERED', 'UNSOLD')),
        sales jsonb not null,
        -- See the routing library: two characters for each entry, one text for each route that the lead came to.
        trail text[] not null,
        constraint routing_decisions_pkey primary key (agency_id, lead_id, number),
        constraint routing_decisions_batch_fkey foreign key (agency_id, batch_id)
          references routing_batches (agency_id, id)
      );
      -- Leads that a buyer did not take, until they are routed again.
      create table leads_to_route (
        agency_id uuid not null,
        lead_id uuid not null,
        queued_at timestamptz not null,
        constraint leads_to_route_pkey primary key (agency_id, lead_id),
        constraint leads_to_route_lead_fkey foreign key (agency_id, lead_id) references leads (agency_id, id)
      );
      create index leads_to_route_queued on leads_to_route (queued_at);

      create index routing_decisions_batch on routing_decisions (agency_id, batch_id);
    `);
    for (const table of ['route_versions', 'buying_rules', 'routing_batches', 'routing_decisions']) {
      await refuseChanges(runner, table);
    }
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
