// Why: some leads are sold to whoever bids most for them or claims them first, so who was offered which, and what came of it, is kept.
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseChanges } from './0003-ledger.js';

/** Where buyers are asked for bids, what agencies asked before they sent a lead, what was offered to whom, and what was bid. */
export class Offers1760000000027 implements MigrationInterface {
  name = 'Offers1760000000027';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`set local lock_timeout = '1s'`);
    await runner.query(`
      create table ping_addresses (
        agency_id uuid not null,
        contract_id uuid not null,
        buyer_id uuid not null constraint ping_addresses_buyer_fkey references organizations (id),
        url text not null constraint ping_addresses_url_check check (char_length(url) between 1 and 2000),
        version integer not null constraint ping_addresses_version_check check (version > 0),
        changed_by text not null,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        constraint ping_addresses_pkey primary key (agency_id, contract_id),
        constraint ping_addresses_contract_fkey foreign key (agency_id, contract_id)
          references contracts (agency_id, id)
      );

      create table ping_secrets (
        agency_id uuid not null,
        contract_id uuid not null,
        number integer not null constraint ping_secrets_number_check check (number > 0),
        -- What pings are signed with, so it cannot be a hash. No query of the API reads it.
        secret bytea not null constraint ping_secrets_secret_check check (octet_length(secret) between 24 and 64),
        created_at timestamptz not null,
        -- Real time. Null: until it is replaced.
        expires_at timestamptz,
        constraint ping_secrets_pkey primary key (agency_id, contract_id, number),
        constraint ping_secrets_address_fkey foreign key (agency_id, contract_id)
          references ping_addresses (agency_id, contract_id) on delete cascade
      );
      create unique index ping_secrets_one_current on ping_secrets (agency_id, contract_id)
        where expires_at is null;

      -- What an agency asked before it sends the lead. The id is the one that the lead has then.
      create table pings (
        agency_id uuid not null constraint pings_agency_fkey references organizations (id),
        id uuid not null,
        external_id text not null,
        test boolean not null,
        -- Keyed hashes of what was told, part by part: the lead must be the same. Nothing of it is kept in the clear.
        content jsonb not null,
        -- What the best sale would bring; null: nobody would take it, or it is not known yet.
        price_minor bigint constraint pings_price_check check (price_minor >= 0),
        currency char(3),
        -- What was told of each contract, for the same answer again.
        answer jsonb not null,
        expires_at timestamptz not null,
        created_by text not null,
        created_at timestamptz not null,
        posted_at timestamptz,
        constraint pings_pkey primary key (agency_id, id),
        constraint pings_price_currency_check check ((price_minor is null) = (currency is null))
      );
      create index pings_external_id on pings (agency_id, external_id, test);
      create index pings_not_posted on pings (expires_at) where posted_at is null;

      -- A lead offered to several: a round of bids, or a time in which it may be claimed. Without a foreign key to the lead: a ping
      -- is offered before there is one.
      create table lead_offers (
        agency_id uuid not null,
        lead_id uuid not null,
        number smallint not null constraint lead_offers_number_check check (number > 0),
        method text not null constraint lead_offers_method_check check (method in ('PING_POST', 'FIRST_CLAIM')),
        route_id uuid not null,
        route_version integer not null,
        -- OPEN: bids are gathered, or it may be claimed. HELD: that is over, and the lead is routed by what came of it.
        -- DONE: so it was.
        state text not null constraint lead_offers_state_check check (state in ('OPEN', 'HELD', 'DONE')),
        -- Different buyers that may claim it, and that did.
        most smallint not null constraint lead_offers_most_check check (most > 0),
        taken smallint not null default 0,
        opened_at timestamptz not null,
        -- Until when it may be claimed.
        closes_at timestamptz,
        closed_at timestamptz,
        -- Of a round, in real time: until when nobody else holds it, and how often somebody began.
        leased_until timestamptz,
        fence integer not null default 0,
        constraint lead_offers_pkey primary key (agency_id, lead_id, number),
        constraint lead_offers_taken_check check (taken between 0 and most),
        constraint lead_offers_closes_check check ((method = 'FIRST_CLAIM') = (closes_at is not null)),
        constraint lead_offers_closed_check check ((state = 'OPEN') = (closed_at is null))
      );
      create index lead_offers_rounds on lead_offers (opened_at) where state = 'OPEN' and method = 'PING_POST';
      create index lead_offers_closing on lead_offers (closes_at) where state = 'OPEN' and method = 'FIRST_CLAIM';

      create table lead_offer_contracts (
        agency_id uuid not null,
        lead_id uuid not null,
        number smallint not null,
        contract_id uuid not null,
        buyer_id uuid not null constraint lead_offer_contracts_buyer_fkey references organizations (id),
        -- Names the offer to its buyer.
        id uuid not null,
        -- The base rate when it was offered.
        price_minor bigint not null,
        currency char(3) not null,
        -- It may be claimed: a copy of the offer's state, so that a buyer's list is walked along an index.
        is_open boolean not null,
        constraint lead_offer_contracts_pkey primary key (agency_id, lead_id, number, contract_id),
        constraint lead_offer_contracts_offer_fkey foreign key (agency_id, lead_id, number)
          references lead_offers (agency_id, lead_id, number)
      );
      create index lead_offer_contracts_open on lead_offer_contracts (buyer_id, id) where is_open;
      create index lead_offer_contracts_id on lead_offer_contracts (id);

      -- What became of asking each buyer.
      create table bids (
        agency_id uuid not null,
        lead_id uuid not null,
        number smallint not null,
        contract_id uuid not null,
        buyer_id uuid not null constraint bids_buyer_fkey references organizations (id),
        outcome text not null constraint bids_outcome_check check (outcome in
          ('BID', 'NO_BID', 'LATE', 'UNREADABLE', 'TOO_HIGH', 'UNREACHABLE', 'NO_ADDRESS')),
        amount_minor bigint constraint bids_amount_check check (amount_minor > 0),
        currency char(3),
        expires_at timestamptz,
        duration_ms integer not null,
        asked_at timestamptz not null,
        constraint bids_pkey primary key (agency_id, lead_id, number, contract_id),
        constraint bids_offer_fkey foreign key (agency_id, lead_id, number)
          references lead_offers (agency_id, lead_id, number),
        constraint bids_bid_check check ((outcome in ('BID', 'TOO_HIGH')) = (amount_minor is not null)
          and (amount_minor is null) = (currency is null) and (outcome = 'BID') = (expires_at is not null))
      );
    `);
    await refuseChanges(runner, 'bids');
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward');
  }
}
