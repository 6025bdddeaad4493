// Why: leads are routed under one lock for each agency, and what it counts is known as long as nobody else has written.
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One row for each agency that routes; standings by route instead of by entry; decisions with a time of their own. */
export class RoutingDesks1760000000030 implements MigrationInterface {
  name = 'RoutingDesks1760000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      -- Held by whoever decides on leads of the agency, or changes what is counted for it.
      create table routing_desks (
        agency_id uuid not null constraint routing_desks_agency_fkey references organizations (id),
        -- Another one with every change of the agency's counters and standings: who knows them under it knows them.
        token uuid not null,
        constraint routing_desks_pkey primary key (agency_id)
      ) with (fillfactor = 50);
      insert into routing_desks (agency_id, token) select distinct agency_id, gen_random_uuid() from routes;

      -- A lead that is routed by shares changes how all entries stand: as a row each that was fifty rows a batch.
      alter table route_standings rename to route_standings_by_entry;
      alter index route_standings_pkey rename to route_standings_by_entry_pkey;
      create table route_standings (
        agency_id uuid not null,
        route_id uuid not null,
        contract_ids uuid[] not null,
        owed double precision[] not null,
        last_turns bigint[] not null,
        constraint route_standings_pkey primary key (agency_id, route_id),
        constraint route_standings_length_check check (
          cardinality(owed) = cardinality(contract_ids) and cardinality(last_turns) = cardinality(contract_ids))
      ) with (fillfactor = 50);
      insert into route_standings (agency_id, route_id, contract_ids, owed, last_turns)
      select agency_id, route_id, array_agg(contract_id order by contract_id), array_agg(owed order by contract_id),
        array_agg(last_turn order by contract_id)
      from route_standings_by_entry group by agency_id, route_id;
      drop table route_standings_by_entry;

      -- Null: at the time of its batch. Several transactions share what their decisions rest on.
      alter table routing_decisions add column decided_at timestamptz;

      create index contracts_vertical on contracts (agency_id, vertical) include (row_version, credit_blocked_at);
      create index destinations_troubled on destinations (buyer_id)
        where state <> 'ENABLED' or open_until is not null;

      -- Ends a transaction that was decided on what is no longer so: it is begun anew.
      create function batch_moved() returns boolean language plpgsql as $moved$
      begin
        raise exception 'something moved while a batch of leads was decided' using errcode = 'LD001';
      end $moved$;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
