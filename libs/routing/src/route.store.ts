import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import { asCurrency, money } from '#money';
import { invariant } from '#outcome';
import type { BuyingRules, RoutedContract, RouteEntry, RouteRules } from './route.js';
import {
  readBuyingRules,
  readRules,
  type StoredBuyingRules,
  storedBuyingRules,
  type StoredRules,
  storedRules,
} from './stored-route.js';

/** A route with its row held: nobody routes by it, or changes it, until the transaction ends. */
export interface HeldRoute {
  readonly id: string;
  readonly vertical: string;
  /** Null: the conditions of one contract alone. */
  readonly name: string | null;
  readonly isDefault: boolean;
  readonly version: number;
  /** As the agency gave it. */
  readonly given: RouteRules;
  /** With what the buyers want. */
  readonly rules: RouteRules;
}

interface HeldRouteRecord {
  readonly id: string;
  readonly vertical: string;
  readonly name: string | null;
  readonly is_default: boolean;
  readonly latest_version: number;
  readonly given: StoredRules;
  readonly rules: StoredRules;
}

/** A version to be written. */
export interface NewVersion {
  readonly agencyId: string;
  readonly routeId: string;
  readonly version: number;
  readonly given: RouteRules;
  readonly rules: RouteRules;
  readonly cause: 'AGENCY' | 'BUYER';
  readonly changedBy: string;
  readonly changedAt: Date;
}

/** The contracts that a route may name, and what their buyers want under them. */
export interface ContractsForRoute {
  readonly contracts: readonly RoutedContract[];
  readonly wanted: ReadonlyMap<string, BuyingRules>;
}

/**
 * Writes routes and what buyers want. Whoever changes rules holds the agency's routes of the vertical first, so that two
 * changes at once see each other and a fallback that is removed is not chosen at the same time.
 */
@Injectable()
export class RouteStore {
  /** Every route of the vertical that is not removed, with the places of single contracts, in the order of their ids. */
  async hold(tx: Transaction, agencyId: string, vertical: string): Promise<HeldRoute[]> {
    // The organization's row keeps routes from being made at the same time.
    await tx.query('select 1 from organizations where id = $1 for no key update', [agencyId]);
    await tx.query(
      `select 1 from routes where agency_id = $1 and vertical = $2 and removed_at is null order by id for no key update`,
      [agencyId, vertical],
    );
    return await this.read(tx, agencyId, vertical);
  }

  /** The same, read and not held. */
  async read(tx: Transaction, agencyId: string, vertical: string): Promise<HeldRoute[]> {
    const records = await tx.query<HeldRouteRecord>(
      `select r.id, r.vertical, r.name, r.is_default, r.latest_version, v.given, v.rules
       from routes r join route_versions v
         on v.agency_id = r.agency_id and v.route_id = r.id and v.version = r.latest_version
       where r.agency_id = $1 and r.vertical = $2 and r.removed_at is null order by r.id`,
      [agencyId, vertical],
    );
    return records.map(heldRouteOf);
  }

  /** The agency's contracts of the vertical that are not over, at the price in force or the newest proposed. */
  async contracts(tx: Transaction, agencyId: string, vertical: string): Promise<ContractsForRoute> {
    const records = await tx.query<{
      id: string;
      buyer_id: string;
      base_rate_minor: string;
      currency: string;
      time_zone: string;
      consent_required: boolean;
      platform_fee_rate_ppm: number;
      rules: StoredBuyingRules | null;
    }>(
      `select c.id, c.buyer_id, v.base_rate_minor, v.currency, v.time_zone, v.consent_required, v.platform_fee_rate_ppm, b.rules
       from contracts c
       join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id
         and v.version = coalesce(c.in_force_version, c.latest_version)
       left join lateral (
         select rules from buying_rules where agency_id = c.agency_id and contract_id = c.id
         order by version desc limit 1
       ) b on true
       where c.agency_id = $1 and c.vertical = $2 and c.state not in ('EXPIRED', 'TERMINATED')`,
      [agencyId, vertical],
    );
    return {
      contracts: records.map((record) => ({
        contractId: record.id,
        buyerId: record.buyer_id,
        baseRate: money(BigInt(record.base_rate_minor), asCurrency(record.currency)),
        timeZone: record.time_zone,
        consentRequired: record.consent_required,
        platformFeeRatePpm: record.platform_fee_rate_ppm,
      })),
      wanted: new Map(records.flatMap(({ id, rules }) => (rules ? [[id, readBuyingRules(rules)]] : []))),
    };
  }

  async insertRoute(
    tx: Transaction,
    route: {
      readonly agencyId: string;
      readonly id: string;
      readonly vertical: string;
      readonly name: string | null;
      readonly contractId: string | null;
      readonly isDefault: boolean;
      readonly createdAt: Date;
    },
  ): Promise<void> {
    await tx.query(
      `insert into routes (agency_id, id, vertical, name, contract_id, is_default, latest_version, created_at)
       values ($1, $2, $3, $4, $5, $6, 1, $7)`,
      [
        route.agencyId,
        route.id,
        route.vertical,
        route.name,
        route.contractId,
        route.isDefault,
        route.createdAt,
      ],
    );
  }

  /** Writes a version and makes it the one by which leads are routed from this commit on. */
  async insertVersion(tx: Transaction, added: NewVersion): Promise<void> {
    const { agencyId, routeId, version, given, rules } = added;
    await tx.query(
      `insert into route_versions (agency_id, route_id, version, given, rules, cause, changed_by, changed_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        agencyId,
        routeId,
        version,
        JSON.stringify(storedRules(given)),
        JSON.stringify(storedRules(rules)),
        added.cause,
        added.changedBy,
        added.changedAt,
      ],
    );
    const contractIds = rules.entries.map(({ contractId }) => contractId);
    await tx.query(
      `delete from route_contracts where agency_id = $1 and route_id = $2 and contract_id <> all ($3::uuid[])`,
      [agencyId, routeId, contractIds],
    );
    await tx.query(
      `insert into route_contracts (agency_id, contract_id, route_id)
       select $1, contract_id, $2 from unnest($3::uuid[]) as c (contract_id) on conflict do nothing`,
      [agencyId, routeId, contractIds],
    );
    await tx.query(
      `insert into routing_desks (agency_id, token) values ($1, gen_random_uuid()) on conflict do nothing`,
      [agencyId],
    );
    const moved = await tx.query(
      `update routes set latest_version = $3
       where agency_id = $1 and id = $2 and latest_version in ($3, $3 - 1) returning id`,
      [agencyId, routeId, version],
    );
    invariant(moved.length === 1, 'a held route has changed');
  }

  /** Which of the vertical's routes takes leads that name no contract; null: none. */
  async setDefault(
    tx: Transaction,
    agencyId: string,
    { vertical, routeId }: { readonly vertical: string; readonly routeId: string | null },
  ): Promise<void> {
    await tx.query(
      `update routes set is_default = false
       where agency_id = $1 and vertical = $2 and is_default and id is distinct from $3`,
      [agencyId, vertical, routeId],
    );
    if (routeId === null) return;
    await tx.query(`update routes set is_default = true where agency_id = $1 and id = $2`, [
      agencyId,
      routeId,
    ]);
  }

  async remove(tx: Transaction, agencyId: string, routeId: string, at: Date): Promise<void> {
    await tx.query(`update routes set removed_at = $3, is_default = false where agency_id = $1 and id = $2`, [
      agencyId,
      routeId,
      at,
    ]);
    await tx.query(`delete from route_contracts where agency_id = $1 and route_id = $2`, [agencyId, routeId]);
  }

  /** The newest rules of a buyer for a contract; undefined while it has set none. */
  async buyingRules(
    tx: Transaction,
    agencyId: string,
    contractId: string,
  ): Promise<{ readonly version: number; readonly rules: BuyingRules } | undefined> {
    const [record] = await tx.query<{ version: number; rules: StoredBuyingRules }>(
      `select version, rules from buying_rules where agency_id = $1 and contract_id = $2
       order by version desc limit 1`,
      [agencyId, contractId],
    );
    return record && { version: record.version, rules: readBuyingRules(record.rules) };
  }

  async insertBuyingRules(
    tx: Transaction,
    added: {
      readonly agencyId: string;
      readonly contractId: string;
      readonly version: number;
      readonly rules: BuyingRules;
      readonly changedBy: string;
      readonly changedAt: Date;
    },
  ): Promise<void> {
    await tx.query(
      `insert into buying_rules (agency_id, contract_id, version, rules, changed_by, changed_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [
        added.agencyId,
        added.contractId,
        added.version,
        JSON.stringify(storedBuyingRules(added.rules)),
        added.changedBy,
        added.changedAt,
      ],
    );
  }
}

function heldRouteOf(record: HeldRouteRecord): HeldRoute {
  return {
    id: record.id,
    vertical: record.vertical,
    name: record.name,
    isDefault: record.is_default,
    version: record.latest_version,
    given: readRules(record.given),
    rules: readRules(record.rules),
  };
}

/** The entry that stands for one contract alone. */
export function bareEntry({ contractId, buyerId, timeZone }: RoutedContract): RouteEntry {
  return {
    contractId,
    buyerId,
    timeZone,
    priority: 1,
    weight: 1,
    bid: null,
    rules: [],
    geography: { only: [], except: [] },
    sources: { only: [], except: [] },
    hours: [],
    caps: [],
    minScore: null,
    maxAgeSeconds: null,
    requiresConsent: false,
    pause: null,
    buyer: null,
  };
}
