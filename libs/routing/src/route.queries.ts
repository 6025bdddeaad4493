import { parseVertical } from '#contracts';
import { Database, keyset, type KeysetPage } from '#database';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import type { Decision, RoutingResult, Sale } from './decision.js';
import type { BuyingRules, Route, RouteRules } from './route.js';
import { readState, type RoutingState, type StoredState } from './routing-state.js';
import { readBuyingRules, readRules, type StoredBuyingRules, type StoredRules } from './stored-route.js';

/** A route as its agency reads it. */
export interface RouteView {
  readonly agencyId: string;
  readonly id: string;
  readonly isDefault: boolean;
  readonly version: number;
  /** As the agency gave it. */
  readonly given: RouteRules;
  /** With what the buyers want: by it leads are routed. */
  readonly rules: RouteRules;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

export interface RouteFilter {
  readonly vertical: string | null;
}

/** What a buyer wants under a contract. */
export interface BuyingRulesView {
  readonly agencyId: string;
  readonly contractId: string;
  readonly version: number;
  readonly rules: BuyingRules;
  readonly changedAt: Date;
}

/** A decision with the versions of the routes that it went by. */
export interface DecisionView {
  readonly number: number;
  readonly decision: Decision;
  readonly routes: readonly Route[];
}

interface RouteRecord {
  readonly agency_id: string;
  readonly id: string;
  readonly is_default: boolean;
  readonly version: number;
  readonly given: StoredRules;
  readonly rules: StoredRules;
  readonly created_at: Date;
  readonly changed_at: Date;
}

const routeSql = `select r.agency_id, r.id, r.is_default, r.latest_version as version, v.given, v.rules, r.created_at,
    v.changed_at
  from routes r join route_versions v
    on v.agency_id = r.agency_id and v.route_id = r.id and v.version = r.latest_version
  where r.name is not null and r.removed_at is null`;

/** What cannot be the name of a vertical has no routes, and is no text of the database. */
function isNowhere(vertical: string | null): boolean {
  return vertical !== null && parseVertical(vertical) === undefined;
}

/** $1 is the actor's organization: an agency sees its routes, the operator all of them, a buyer none. */
function visibleRoute({ kind }: Actor): string {
  if (kind === 'OPERATOR' || kind === 'SYSTEM') return '$1::uuid is not null';
  return kind === 'AGENCY' ? 'r.agency_id = $1' : '$1::uuid is null';
}

/** Reads routes, what buyers want, and what was decided. */
@Injectable()
export class RouteQueries {
  constructor(private readonly database: Database) {}

  async page(actor: Actor, { vertical }: RouteFilter, page: KeysetPage): Promise<RouteView[]> {
    if (isNowhere(vertical)) return [];
    const { condition, orderBy, key } = keyset(page, {
      column: 'r.id',
      newestFirst: true,
      placeholder: '$3',
    });
    const records = await this.database.query<RouteRecord>(
      `${routeSql} and ${visibleRoute(actor)} and ($2::text is null or r.vertical = $2) and ${condition}
       order by ${orderBy} limit $4`,
      [actor.organizationId, vertical, key, page.limit + 1],
    );
    return records.map(routeOf);
  }

  async count(actor: Actor, { vertical }: RouteFilter, max: number): Promise<number> {
    if (isNowhere(vertical)) return 0;
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from routes r where r.name is not null and r.removed_at is null and ${visibleRoute(actor)}
           and ($2::text is null or r.vertical = $2) limit $3) counted`,
      [actor.organizationId, vertical, max],
    );
    return row?.count ?? 0;
  }

  /** The visible ones among these ids, in no order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<RouteView[]> {
    const records = await this.database.query<RouteRecord>(
      `${routeSql} and ${visibleRoute(actor)} and r.id = any ($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return records.map(routeOf);
  }

  /** What buyers want under these contracts: their own for a buyer, of its contracts for an agency, all for the operator. */
  async buyingRules(actor: Actor, contractIds: readonly string[]): Promise<BuyingRulesView[]> {
    const { kind } = actor;
    const isAll = kind === 'OPERATOR' || kind === 'SYSTEM';
    const side = kind === 'AGENCY' ? 'c.agency_id = $1' : 'c.buyer_id = $1';
    const rows = await this.database.query<{
      agency_id: string;
      contract_id: string;
      version: number;
      rules: StoredBuyingRules;
      changed_at: Date;
    }>(
      `select b.agency_id, b.contract_id, b.version, b.rules, b.changed_at
       from contracts c cross join lateral (
         select * from buying_rules where agency_id = c.agency_id and contract_id = c.id
         order by version desc limit 1
       ) b
       where c.id = any ($2::uuid[]) and ${isAll ? '$1::uuid is not null' : side}`,
      [actor.organizationId, contractIds],
    );
    return rows.map((row) => ({
      agencyId: row.agency_id,
      contractId: row.contract_id,
      version: row.version,
      rules: readBuyingRules(row.rules),
      changedAt: row.changed_at,
    }));
  }

  /**
   * Every decision on these leads, the first one first. Whoever calls it has seen the leads; what may be told of a
   * decision, and to whom, is `explainDecision`'s to say.
   */
  async decisions(leadIds: readonly string[]): Promise<DecisionView[]> {
    const records = await this.database.query<DecisionRecord>(
      `select d.agency_id, d.lead_id, d.number, d.position, d.result, d.sales, d.trail,
         coalesce(d.decided_at, b.routed_at) as decided_at, b.routes, l.test
       from leads l
       join routing_decisions d on d.agency_id = l.agency_id and d.lead_id = l.id
       join routing_batches b on b.agency_id = d.agency_id and b.id = d.batch_id
       where l.id = any ($1::uuid[]) order by d.lead_id, d.number`,
      [leadIds],
    );
    const routes = await this.versions(
      records.flatMap(({ agency_id: agencyId, routes: named }) =>
        named.map(([routeId, version]) => ({ agencyId, routeId, version })),
      ),
    );
    return records.map((record) => {
      const decision = decisionOf(record);
      return {
        number: record.number,
        decision,
        routes: decision.routes.map(({ routeId, version }) => {
          const route = routes.get(`${routeId} ${version}`);
          invariant(route, 'a decision went by a version that is not there');
          return route;
        }),
      };
    });
  }

  /** What the decisions on a lead's batch rested on, with those before it; for deciding again. */
  async batchOf(
    agencyId: string,
    leadId: string,
  ): Promise<{ readonly state: RoutingState; readonly earlier: readonly Decision[] } | undefined> {
    const rows = await this.database.query<DecisionRecord & { state: StoredState; is_own: boolean }>(
      `select e.agency_id, e.lead_id, e.number, e.position, e.result, e.sales, e.trail,
         coalesce(e.decided_at, b.routed_at) as decided_at, b.routes,
         l.test, b.state, e.lead_id = $2 as is_own
       from routing_decisions d
       join routing_batches b on b.agency_id = d.agency_id and b.id = d.batch_id
       join routing_decisions e on e.agency_id = d.agency_id and e.batch_id = d.batch_id
         and e.position <= d.position
       join leads l on l.agency_id = e.agency_id and l.id = e.lead_id
       where d.agency_id = $1 and d.lead_id = $2 and d.number = 1 order by e.position`,
      [agencyId, leadId],
    );
    const own = rows.find((row) => row.is_own);
    if (!own) return undefined;
    // What the batch began with, at the time of the decision: between the two no window ended.
    return {
      state: { ...readState(own.state), at: own.decided_at },
      earlier: rows.filter((row) => !row.is_own).map(decisionOf),
    };
  }

  /** Versions of routes, by "id version". Not limited to an actor. */
  async versions(
    wanted: readonly { readonly agencyId: string; readonly routeId: string; readonly version: number }[],
  ): Promise<ReadonlyMap<string, Route>> {
    const refs = [...new Map(wanted.map((ref) => [`${ref.routeId} ${ref.version}`, ref])).values()];
    if (refs.length === 0) return new Map();
    const records = await this.database.query<{
      agency_id: string;
      route_id: string;
      version: number;
      rules: StoredRules;
    }>(
      `select v.agency_id, v.route_id, v.version, v.rules
       from unnest($1::uuid[], $2::uuid[], $3::integer[]) as w (agency_id, route_id, version)
       join route_versions v using (agency_id, route_id, version)`,
      [
        refs.map(({ agencyId }) => agencyId),
        refs.map(({ routeId }) => routeId),
        refs.map(({ version }) => version),
      ],
    );
    return new Map(
      records.map(({ agency_id: agencyId, route_id: routeId, version, rules }) => [
        `${routeId} ${version}`,
        { ...readRules(rules), agencyId, routeId, version },
      ]),
    );
  }
}

/** A decision as the driver hands it over. */
export interface DecisionRecord {
  readonly agency_id: string;
  readonly lead_id: string;
  readonly number: number;
  readonly result: RoutingResult;
  readonly sales: readonly (Omit<Sale, 'amountMinor'> & { readonly amountMinor: string })[];
  readonly trail: readonly string[];
  readonly decided_at: Date;
  readonly routes: readonly (readonly [routeId: string, version: number])[];
  readonly test: boolean;
}

/** Row to domain type. */
export function decisionOf(record: DecisionRecord): Decision {
  return {
    agencyId: record.agency_id,
    leadId: record.lead_id,
    at: record.decided_at,
    test: record.test,
    result: record.result,
    sales: record.sales.map((sale) => ({ ...sale, amountMinor: BigInt(sale.amountMinor) })),
    // A decision names its routes as far as the lead came.
    routes: record.routes.slice(0, record.trail.length).map(([routeId, version]) => ({ routeId, version })),
    trail: record.trail,
  };
}

function routeOf(record: RouteRecord): RouteView {
  return {
    agencyId: record.agency_id,
    id: record.id,
    isDefault: record.is_default,
    version: record.version,
    given: readRules(record.given),
    rules: readRules(record.rules),
    createdAt: record.created_at,
    changedAt: record.changed_at,
  };
}
