import { type ActiveContract, contractVersionKey, termsOfVersions } from '#contracts';
import type { Transaction } from '#database';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import { type CompiledRoute, compileRoute, countersNeeded } from './compile-route.js';
import { type KnownContract, type KnownRoute, KnownRoutes } from './known-routes.js';
import type { Route } from './route.js';
import {
  type Circumstance,
  type Count,
  type CounterRef,
  counterKey,
  creditKey,
  type DraftState,
  type Standing,
  standingKey,
} from './routing-state.js';
import { readRules, type StoredRules } from './stored-route.js';

/** By what a lead is routed: the contract that it names, or its vertical. */
export interface RouteAsked {
  readonly agencyId: string;
  readonly vertical: string;
  readonly contractId: string | null;
  /** Where it goes without a route, when it names no contract: the only one there is. */
  readonly onlyContractId: string | null;
}

/** A route with everything about the present that its decisions rest on, locked until the transaction ends. */
export interface HeldDesk {
  /** It is about one contract alone: what its buyer wants of leads that go to it without a route. */
  readonly isDirect: boolean;
  readonly compiled: CompiledRoute;
  /** By contract, for delivery under it; those that take no leads are left out. */
  readonly contracts: ReadonlyMap<string, ActiveContract>;
}

/** All desks of a transaction, and the one state that they work on, one after the other. */
export interface HeldDesks {
  /** For each that was asked for, in order; null where no route says how. The same route is the same desk. */
  readonly desks: readonly (HeldDesk | null)[];
  readonly state: DraftState;
}

interface RouteFound {
  readonly k: number;
  readonly agency_id: string;
  readonly id: string;
  readonly is_direct: boolean;
  /** [[id, version, name, fallback], ...]: every live route of the vertical, or the one place of a contract. */
  readonly versions: readonly (readonly [id: string, version: number])[];
}

/**
 * Reads and locks what routing needs. Always in this order, so that two batches wait for each other and never in a
 * circle: routes (shared), standings, counters, each by key.
 */
@Injectable()
export class RoutingDeskStore {
  private readonly known = new KnownRoutes();

  async hold(tx: Transaction, asked: readonly RouteAsked[], now: Date): Promise<HeldDesks> {
    const found = await this.routesFor(tx, asked);
    this.known.keepRouted(asked.map((each, k) => [each, found.get(k)?.is_direct === false]));
    const desks = new Map<string, HeldDesk>();
    const circumstances = new Map<string, Circumstance>();
    const credit = new Map<string, bigint>();
    for (const each of found.values()) {
      const key = keyOf(each);
      if (desks.has(key)) continue;
      const { known, circuitsOpen } = await this.knownOf(tx, each, key);
      const { compiled, contracts } = known;
      for (const [contractId, { active }] of contracts) {
        circumstances.set(contractId, {
          active: active !== null,
          buyerPaused: false,
          circuitOpen: circuitsOpen.has(contractId),
        });
        if (!active?.creditBlocked) continue;
        const { buyerId, terms } = active;
        credit.set(creditKey({ buyerId, currency: terms.baseRate.currency }), 0n);
      }
      const actives = [...contracts].flatMap(([id, { active }]) => (active ? [[id, active] as const] : []));
      desks.set(key, { isDirect: each.is_direct, compiled, contracts: new Map(actives) });
    }
    const all = [...desks.values()].map(({ compiled }) => compiled);
    return {
      desks: asked.map((_, k) => {
        const route = found.get(k);
        return (route && desks.get(keyOf(route))) ?? null;
      }),
      state: {
        at: now,
        contracts: circumstances,
        credit,
        standings: await standingsOf(tx, all),
        counters: await this.countersOf(tx, all, now),
      },
    };
  }

  /** Whether a lead that names no contract took a route when that was last looked at. Nothing is decided by it. */
  seemsRouted(asked: Omit<RouteAsked, 'onlyContractId'>): boolean {
    return asked.contractId === null && this.known.isRouted(asked);
  }

  private async routesFor(tx: Transaction, asked: readonly RouteAsked[]): Promise<Map<number, RouteFound>> {
    const rows = await tx.query<RouteFound>(
      `with asked as materialized (
         select * from json_to_recordset($1::json) as a(k integer, agency_id uuid, vertical text, contract_id uuid,
           only_id uuid)
       ), by_vertical as materialized (
         select a.k, r.agency_id, r.id, r.vertical from asked a
         join routes r on r.agency_id = a.agency_id and r.vertical = a.vertical and r.is_default
         where a.contract_id is null order by r.id for share of r
       ), by_contract as materialized (
         select a.k, r.agency_id, r.id, r.latest_version from asked a
         join routes r on r.agency_id = a.agency_id and r.contract_id = coalesce(a.contract_id, a.only_id)
         where a.contract_id is not null or not exists (select from by_vertical v where v.k = a.k)
         order by r.id for share of r
       )
       select k, agency_id, id, false as is_direct, (
         select json_agg(json_build_array(o.id, o.latest_version) order by o.id) from routes o
         where o.agency_id = f.agency_id and o.vertical = f.vertical and o.name is not null
           and o.removed_at is null) as versions
       from by_vertical f
       union all
       select k, agency_id, id, true, json_build_array(json_build_array(id, latest_version)) from by_contract`,
      [
        JSON.stringify(
          asked.map(({ agencyId, vertical, contractId, onlyContractId }, k) => ({
            k,
            agency_id: agencyId,
            vertical,
            contract_id: contractId,
            only_id: onlyContractId,
          })),
        ),
      ],
    );
    return new Map(rows.map((row) => [row.k, row]));
  }

  private async knownOf(
    tx: Transaction,
    found: RouteFound,
    key: string,
  ): Promise<{ readonly known: KnownRoute; readonly circuitsOpen: ReadonlySet<string> }> {
    const known = this.known.get(key);
    const present = await contractsNow(
      tx,
      found.agency_id,
      known ? [...known.contracts.keys()] : null,
      found,
    );
    const isSame =
      known !== undefined &&
      present.length === known.contracts.size &&
      present.every((now) => isUnchanged(now, known.contracts.get(now.id)));
    const circuitsOpen = new Set(present.flatMap(({ id, circuit_open: isOpen }) => (isOpen ? [id] : [])));
    if (isSame) return { known, circuitsOpen };
    const fresh = await compiledNow(tx, found, present);
    this.known.keep(key, fresh);
    return { known: fresh, circuitsOpen };
  }

  /** Counters that are missing begin at zero: they are made, so that they can be held. */
  private async countersOf(
    tx: Transaction,
    all: readonly CompiledRoute[],
    now: Date,
  ): Promise<Map<string, Count>> {
    const needed = new Map<string, CounterRef & { readonly agencyId: string }>();
    for (const compiled of all) {
      for (const ref of countersNeeded(compiled, now)) {
        const key = counterKey({ contractId: ref.contractId, windowKey: ref.window.key });
        needed.set(key, { ...ref, agencyId: compiled.agencyId });
      }
    }
    if (needed.size === 0) return new Map();
    const rows = [...needed.values()].map(({ agencyId, contractId, window }) => ({
      agency_id: agencyId,
      contract_id: contractId,
      window_key: window.key,
      ends_at: window.endsAt.toISOString(),
    }));
    const parameter = [JSON.stringify(rows)];
    const keys = [...needed.keys()];
    let counts = keys.every((key) => this.known.hasCounter(key)) ? await holdCounters(tx, parameter) : [];
    if (counts.length < needed.size) {
      // Also where they were known: whoever made them may have rolled back.
      await makeCounters(tx, parameter);
      counts = await holdCounters(tx, parameter);
    }
    invariant(counts.length === needed.size, 'a counter is missing');
    this.known.keepCounters(keys);
    return new Map(
      counts.map((row) => [
        counterKey({ contractId: row.contract_id, windowKey: row.window_key }),
        { leads: row.leads, amountMinor: BigInt(row.amount_minor) },
      ]),
    );
  }
}

interface CounterRow {
  readonly contract_id: string;
  readonly window_key: string;
  readonly leads: number;
  readonly amount_minor: string;
}

const counterRecord = 'r(agency_id uuid, contract_id uuid, window_key text, ends_at timestamptz)';

async function makeCounters(tx: Transaction, parameter: readonly string[]): Promise<void> {
  await tx.query(
    `insert into cap_counters (agency_id, contract_id, window_key, leads, amount_minor, ends_at)
     select agency_id, contract_id, window_key, 0, 0, ends_at from json_to_recordset($1::json) as ${counterRecord}
     order by agency_id, contract_id, window_key collate "C" on conflict do nothing`,
    parameter,
  );
}

async function holdCounters(tx: Transaction, parameter: readonly string[]): Promise<CounterRow[]> {
  return await tx.query<CounterRow>(
    `select c.contract_id, c.window_key, c.leads, c.amount_minor
     from json_to_recordset($1::json) as ${counterRecord}
     join cap_counters c on c.agency_id = r.agency_id and c.contract_id = r.contract_id
       and c.window_key = r.window_key collate "C"
     order by c.agency_id, c.contract_id, c.window_key for no key update of c`,
    parameter,
  );
}

/** How the entries of routes stand that look at it, held. */
async function standingsOf(tx: Transaction, all: readonly CompiledRoute[]): Promise<Map<string, Standing>> {
  const stages = all.flatMap((compiled) =>
    compiled.stages
      .filter(({ route: { method } }) => method === 'WEIGHTED' || method === 'ROUND_ROBIN')
      .map(({ route }) => ({ agencyId: compiled.agencyId, routeId: route.routeId })),
  );
  if (stages.length === 0) return new Map();
  const rows = await tx.query<{ route_id: string; contract_id: string; owed: number; last_turn: string }>(
    `select s.route_id, s.contract_id, s.owed, s.last_turn from route_standings s
     join (select distinct * from unnest($1::uuid[], $2::uuid[]) as w (agency_id, route_id)) w
       on s.agency_id = w.agency_id and s.route_id = w.route_id
     order by s.agency_id, s.route_id, s.contract_id for no key update of s`,
    [stages.map(({ agencyId }) => agencyId), stages.map(({ routeId }) => routeId)],
  );
  return new Map(
    rows.map((row) => [
      standingKey({ routeId: row.route_id, contractId: row.contract_id }),
      { owed: row.owed, lastTurn: Number(row.last_turn) },
    ]),
  );
}

interface ContractNow {
  readonly id: string;
  readonly buyer_id: string;
  readonly vertical: string;
  readonly state: string;
  readonly row_version: number;
  readonly version: number;
  readonly credit_blocked: boolean;
  /** What is sent to the buyer fails at present, or it has stopped receiving. */
  readonly circuit_open: boolean;
}

const contractNowColumns = `c.id, c.buyer_id, c.vertical, c.state, c.row_version,
  coalesce(c.in_force_version, c.latest_version) as version, c.credit_blocked_at is not null as credit_blocked,
  exists (select from destinations d where d.id = coalesce(
      (select destination_id from contract_destinations o where o.agency_id = c.agency_id and o.contract_id = c.id),
      (select id from destinations e where e.buyer_id = c.buyer_id and e.is_default))
    and (d.state <> 'ENABLED' or d.open_until > now())) as circuit_open`;

/** The contracts as they are: those that are known to belong to the route, or all that its routes name. */
async function contractsNow(
  tx: Transaction,
  agencyId: string,
  known: readonly string[] | null,
  found: RouteFound,
): Promise<ContractNow[]> {
  if (known) {
    return await tx.query<ContractNow>(
      `select ${contractNowColumns} from contracts c where c.agency_id = $1 and c.id = any ($2::uuid[])`,
      [agencyId, known],
    );
  }
  return await tx.query<ContractNow>(
    `select ${contractNowColumns} from contracts c where c.agency_id = $1 and c.id in (
       select contract_id from route_contracts where agency_id = $1 and route_id = any ($2::uuid[]))`,
    [agencyId, found.versions.map(([id]) => id)],
  );
}

function isUnchanged(now: ContractNow, known: KnownContract | undefined): boolean {
  if (!known || known.rowVersion !== now.row_version) return false;
  return known.active === null || known.active.creditBlocked === now.credit_blocked;
}

async function compiledNow(
  tx: Transaction,
  { agency_id: agencyId, id, versions }: RouteFound,
  contracts: readonly ContractNow[],
): Promise<KnownRoute> {
  const records = await tx.query<{ route_id: string; version: number; rules: StoredRules }>(
    `select v.route_id, v.version, v.rules from unnest($2::uuid[], $3::integer[]) as w (route_id, version)
     join route_versions v on v.agency_id = $1 and v.route_id = w.route_id and v.version = w.version`,
    [agencyId, versions.map(([routeId]) => routeId), versions.map(([, version]) => version)],
  );
  const routes = records.map(({ route_id: routeId, version, rules }): Route => ({
    ...readRules(rules),
    agencyId,
    routeId,
    version,
  }));
  const route = routes.find(({ routeId }) => routeId === id);
  invariant(route, 'a route has no version');
  const terms = await termsOfVersions(
    tx,
    contracts.map((contract) => ({ agencyId, contractId: contract.id, version: contract.version })),
  );
  const known = contracts.map((contract) => {
    const own = terms.get(contractVersionKey({ contractId: contract.id, version: contract.version }));
    invariant(own, 'a contract has no terms');
    return { contract, terms: own };
  });
  return {
    compiled: compileRoute(route, {
      contracts: known.map(
        ({ contract, terms: { baseRate, timeZone, consentRequired, platformFeeRatePpm } }) => ({
          contractId: contract.id,
          buyerId: contract.buyer_id,
          baseRate,
          timeZone,
          consentRequired,
          platformFeeRatePpm,
        }),
      ),
      others: routes.filter((other) => other !== route),
    }),
    contracts: new Map(
      known.map(({ contract, terms: own }) => {
        const active: ActiveContract | null =
          contract.state === 'ACTIVE'
            ? {
                agencyId,
                contractId: contract.id,
                buyerId: contract.buyer_id,
                vertical: contract.vertical,
                rowVersion: contract.row_version,
                version: contract.version,
                creditBlocked: contract.credit_blocked,
                terms: own,
              }
            : null;
        return [contract.id, { active, rowVersion: contract.row_version }];
      }),
    ),
  };
}

function keyOf({ agency_id: agencyId, id, versions }: RouteFound): string {
  return `${agencyId} ${id} ${versions.map(([route, version]) => `${route}.${version}`).join(' ')}`;
}
