import { Database } from '#database';
import { asCurrency, money } from '#money';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import { type CompiledRoute, compileRoute } from './compile-route.js';
import type { Decision } from './decision.js';
import { type DecisionRecord, decisionOf, RouteQueries } from './route.queries.js';
import type { Route, RoutedContract } from './route.js';
import { readState, type RoutingState, type StoredState } from './routing-state.js';

/** Which decisions: the last one on each lead of a vertical that went by a route, of the newest leads. */
export interface PastWanted {
  readonly agencyId: string;
  readonly vertical: string;
  readonly test: boolean;
  readonly last: number;
  /** Only leads that came before this one. */
  readonly beforeLeadId: string | null;
}

/** A decision of a batch. */
export interface PastOne {
  readonly decision: Decision;
  /** Of its lead: counts from 1. */
  readonly number: number;
  readonly isWanted: boolean;
}

/** A batch with decisions that are wanted, and with the others that were made in it. */
export interface PastFound {
  readonly compiled: CompiledRoute;
  readonly routes: readonly Route[];
  readonly state: RoutingState;
  readonly decisions: readonly PastOne[];
}

interface Chosen {
  readonly lead_id: string;
  readonly batch_id: string;
  readonly number: number;
}

interface BatchRow extends DecisionRecord {
  readonly batch_id: string;
  readonly routed_at: Date;
  readonly state: StoredState;
}

interface VersionRow {
  readonly contract_id: string;
  readonly buyer_id: string;
  readonly version: number;
  readonly base_rate_minor: string;
  readonly currency: string;
  readonly time_zone: string;
  readonly consent_required: boolean;
  readonly platform_fee_rate_ppm: number;
  readonly effective_from: Date | null;
}

/**
 * In a trail: a buyer has this lead already. A letter is never a digit, so nothing else reads so. A lead that only found nobody more is
 * told by the decision that sold it.
 */
const heldAlready = 'D1';
/** So many leads of the agency are looked through at most, so that a search among others' ends. */
const mostLooked = 50_000;

/** Reads decisions of the past with everything that they rested on, to make them again. */
@Injectable()
export class PastDecisions {
  constructor(
    private readonly database: Database,
    private readonly routes: RouteQueries,
  ) {}

  /** In the order in which the batches were decided. */
  async find(wanted: PastWanted): Promise<readonly PastFound[]> {
    const chosen = await this.database.query<Chosen>(
      `select d.lead_id, d.batch_id, d.number from (
         select agency_id, id, vertical, test, asked_contract_id from leads
         where agency_id = $1 and ($5::uuid is null or id < $5) order by id desc limit ${mostLooked}) l
       cross join lateral (
         select agency_id, lead_id, batch_id, number from routing_decisions
         where agency_id = l.agency_id and lead_id = l.id and not (result = 'UNSOLD' and trail::text like '%${heldAlready}%')
         order by number desc limit 1) d
       join routing_batches b on b.agency_id = d.agency_id and b.id = d.batch_id
       join routes r on r.agency_id = b.agency_id and r.id = (b.routes->0->>0)::uuid and r.name is not null
       where l.vertical = $2 and l.test = $3 and l.asked_contract_id is null
       order by l.id desc limit $4`,
      [wanted.agencyId, wanted.vertical, wanted.test, wanted.last, wanted.beforeLeadId],
    );
    if (chosen.length === 0) return [];
    // A batch may have several decisions on one lead.
    const isWanted = new Map(chosen.map(({ lead_id: leadId, number }) => [leadId, number]));
    const rows = await this.database.query<BatchRow>(
      `select d.agency_id, d.lead_id, d.number, d.batch_id, d.result, d.sales, d.trail, b.routed_at,
         coalesce(d.decided_at, b.routed_at) as decided_at, b.routes, b.state,
         l.test
       from routing_batches b
       join routing_decisions d on d.agency_id = b.agency_id and d.batch_id = b.id
       join leads l on l.agency_id = d.agency_id and l.id = d.lead_id
       where b.agency_id = $1 and b.id = any ($2::uuid[]) order by b.routed_at, b.id, d.position`,
      [wanted.agencyId, [...new Set(chosen.map(({ batch_id: id }) => id))]],
    );
    const compile = await this.compilerFor(wanted.agencyId, rows);
    const batches = new Map<string, BatchRow[]>();
    for (const row of rows) {
      const own = batches.get(row.batch_id);
      if (own) own.push(row);
      else batches.set(row.batch_id, [row]);
    }
    return [...batches.values()].map((own) => {
      const [first] = own;
      invariant(first, 'a batch has no decision');
      return {
        ...compile(first),
        state: readState(first.state),
        decisions: own.map((row) => ({
          decision: decisionOf(row),
          number: row.number,
          isWanted: isWanted.get(row.lead_id) === row.number,
        })),
      };
    });
  }

  /** Compiles the rules that batches name, at the prices in force then; the same ones once. */
  private async compilerFor(
    agencyId: string,
    rows: readonly BatchRow[],
  ): Promise<(row: BatchRow) => Pick<PastFound, 'compiled' | 'routes'>> {
    const versions = await this.routes.versions(
      rows.flatMap(({ routes }) => routes.map(([routeId, version]) => ({ agencyId, routeId, version }))),
    );
    const contractIds = new Set(
      [...versions.values()].flatMap(({ entries }) => entries.map(({ contractId }) => contractId)),
    );
    const terms = await this.terms(agencyId, [...contractIds]);
    const compiled = new Map<string, Pick<PastFound, 'compiled' | 'routes'>>();
    return ({ routes: named, routed_at: at }) => {
      const contracts = [...contractIds].flatMap((id) => contractAt(terms.get(id) ?? [], at) ?? []);
      const key = JSON.stringify([named, contracts.map(({ version }) => version)]);
      const known = compiled.get(key);
      if (known) return known;
      const [route, ...others] = named.map(([routeId, version]) => {
        const found = versions.get(`${routeId} ${version}`);
        invariant(found, 'a decision went by a version that is not there');
        return found;
      });
      invariant(route, 'a batch went by no route');
      const made = {
        compiled: compileRoute(route, { contracts: contracts.map(({ contract }) => contract), others }),
        routes: [route, ...others],
      };
      compiled.set(key, made);
      return made;
    };
  }

  private async terms(
    agencyId: string,
    contractIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly VersionRow[]>> {
    const rows = await this.database.query<VersionRow>(
      `select v.contract_id, c.buyer_id, v.version, v.base_rate_minor, v.currency, v.time_zone, v.consent_required,
         v.platform_fee_rate_ppm, v.effective_from
       from contracts c join contract_versions v on v.agency_id = c.agency_id and v.contract_id = c.id
       where c.agency_id = $1 and c.id = any ($2::uuid[]) order by v.contract_id, v.version`,
      [agencyId, contractIds],
    );
    const byContract = new Map<string, VersionRow[]>();
    for (const row of rows) {
      const own = byContract.get(row.contract_id);
      if (own) own.push(row);
      else byContract.set(row.contract_id, [row]);
    }
    return byContract;
  }
}

/** As it was in force then; one that never was, as it was proposed first. */
function contractAt(
  versions: readonly VersionRow[],
  at: Date,
): { readonly version: number; readonly contract: RoutedContract } | undefined {
  const row = versions.findLast(({ effective_from: from }) => from !== null && from <= at) ?? versions.at(0);
  return (
    row && {
      version: row.version,
      contract: {
        contractId: row.contract_id,
        buyerId: row.buyer_id,
        baseRate: money(BigInt(row.base_rate_minor), asCurrency(row.currency)),
        timeZone: row.time_zone,
        consentRequired: row.consent_required,
        platformFeeRatePpm: row.platform_fee_rate_ppm,
      },
    }
  );
}
