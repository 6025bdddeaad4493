import { type ActiveContract, contractVersionKey, termsOfVersions } from '#contracts';
import type { Transaction } from '#database';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import { compileRoute, countersNeeded } from './compile-route.js';
import { countedIn, DeskStates, standingsNeeded } from './desk-states.js';
import { type KnownDesk, KnownDesks } from './known-desks.js';
import { askedKey, type KnownRoute, KnownRoutes, type RouteAsked } from './known-routes.js';
import type { Route } from './route.js';
import { type Circumstance, type CounterRef, counterKey, creditKey, nothing } from './routing-state.js';
import { readRules, type StoredRules } from './stored-route.js';

/** A route with everything about the present that its decisions rest on, locked until the transaction ends. */
export interface HeldDesk extends Pick<
  KnownRoute,
  'compiled' | 'contracts' | 'withOwnWindow' | 'circumstances'
> {
  /** It is about one contract alone: what its buyer wants of leads that go to it without a route. */
  readonly isDirect: boolean;
  readonly vertical: string;
  /** Contracts whose buyers can be sent nothing at present, in order. */
  readonly circuitsOpen: string;
  /** What is counted for the agency. */
  readonly known: KnownDesk;
}

/** All desks of a transaction, and the state that they work on, one after the other. */
export interface HeldDesks {
  /** For each that was asked for, in order; null where no route says how. The same route is the same desk. */
  readonly desks: readonly (HeldDesk | null)[];
  readonly states: DeskStates;
}

interface RouteFound {
  readonly k: number;
  readonly agency_id: string;
  readonly id: string;
  readonly vertical: string;
  readonly is_direct: boolean;
  /** [[id, version], ...]: every live route of the vertical, or the one place of a contract. */
  readonly versions: readonly (readonly [id: string, version: number])[];
}

interface Held {
  readonly desks: readonly { readonly agency_id: string; readonly token: string }[];
  readonly routes: readonly RouteFound[];
  readonly contracts: readonly {
    readonly agency_id: string;
    readonly vertical: string;
    readonly fingerprint: string;
  }[];
  /** Agencies with a contract whose buyer can perhaps be sent nothing; null: there are none. */
  readonly troubled: readonly string[] | null;
}

/**
 * Holds the agencies' desks and then the routes, each by key, so that two batches wait for each other and never in a
 * circle. Contracts are not held here: whoever sells under one holds it then, and sees whether it has changed.
 */
const holdSql = `
with asked as materialized (
  select * from json_to_recordset($1::json) as a(k integer, agency_id uuid, vertical text, contract_id uuid,
    only_id uuid)
), desk as materialized (
  select agency_id, token from routing_desks where agency_id in (select agency_id from asked)
  order by agency_id for no key update
), by_vertical as materialized (
  select a.k, r.agency_id, r.id, r.vertical from asked a
  join routes r on r.agency_id = a.agency_id and r.vertical = a.vertical and r.is_default
  where a.contract_id is null order by r.id for share of r
), by_contract as materialized (
  select a.k, r.agency_id, r.id, r.vertical, r.latest_version from asked a
  join routes r on r.agency_id = a.agency_id and r.contract_id = coalesce(a.contract_id, a.only_id)
  where a.contract_id is not null or not exists (select from by_vertical v where v.k = a.k)
  order by r.id for share of r
), found as (
  select k, agency_id, id, vertical, false as is_direct, (
    select json_agg(json_build_array(o.id, o.latest_version) order by o.id) from routes o
    where o.agency_id = f.agency_id and o.vertical = f.vertical and o.name is not null
      and o.removed_at is null) as versions
  from by_vertical f
  union all
  select k, agency_id, id, vertical, true, json_build_array(json_build_array(id, latest_version)) from by_contract
), present as (
  select c.agency_id, c.vertical, concat_ws(' ', count(*), sum(c.row_version), count(c.credit_blocked_at),
    sum(extract(epoch from c.credit_blocked_at))) as fingerprint
  from contracts c join (select distinct agency_id, vertical from found) f using (agency_id, vertical)
  group by c.agency_id, c.vertical
), trouble as materialized (
  select buyer_id from destinations where state <> 'ENABLED' or open_until > now()
)
select (select coalesce(json_agg(desk), '[]') from desk) as desks,
  (select coalesce(json_agg(found), '[]') from found) as routes,
  (select coalesce(json_agg(present), '[]') from present) as contracts,
  case when exists (select from trouble) then (
    select json_agg(distinct agency_id) from contracts
    where agency_id in (select agency_id from found) and buyer_id in (select buyer_id from trouble)) end as troubled`;

/** Reads and locks what routing needs. */
@Injectable()
export class RoutingDeskStore {
  private readonly known = new KnownRoutes();
  private readonly knownDesks = new KnownDesks();

  /** Its first statement goes out at once. */
  async hold(tx: Transaction, asked: readonly RouteAsked[], now: Date): Promise<HeldDesks> {
    const kinds = new Map(asked.map((each) => [askedKey(each), each]));
    const [held] = await tx.prepared<Held>('routing-desk', holdSql, [
      JSON.stringify([...kinds.values()].map(askedParameter)),
    ]);
    invariant(held, 'a statement that always answers gave no answer');
    const desks = new Map<string, HeldDesk>();
    const byKind = new Map<string, HeldDesk>();
    const credit = new Map<string, bigint>();
    for (const [k, [key, kind]] of [...kinds].entries()) {
      const found = held.routes.find((route) => route.k === k);
      const routeKey = found ? keyOf(found) : null;
      this.known.keepFound(kind, routeKey, found?.is_direct ?? true);
      if (!found || routeKey === null) continue;
      const desk = desks.get(routeKey) ?? (await this.desk(tx, { found, routeKey, held, credit }));
      desks.set(routeKey, desk);
      byKind.set(key, desk);
    }
    await readCounts(tx, [...desks.values()], now);
    const states = new DeskStates(now, credit);
    return { desks: asked.map((each) => byKind.get(askedKey(each)) ?? null), states };
  }

  /** Whether a lead that names no contract took a route when that was last looked at. Nothing is decided by it. */
  seemsRouted(asked: Omit<RouteAsked, 'onlyContractId'>): boolean {
    return asked.contractId === null && this.known.isRouted(asked);
  }

  /** The buyers of the routes that leads took when that was last looked at. Nothing is decided by it. */
  seeminglyBuyers(asked: readonly RouteAsked[]): Set<string> {
    const routes = new Set(asked.map((each) => this.known.lastFor(each)));
    return new Set([...routes].flatMap((route) => [...(route?.compiled.buyerNumbers.keys() ?? [])]));
  }

  private async desk(tx: Transaction, { found, routeKey, held, credit }: DeskWanted): Promise<HeldDesk> {
    const { agency_id: agencyId, vertical } = found;
    const own = held.contracts.find((each) => each.agency_id === agencyId && each.vertical === vertical);
    const fingerprint = own?.fingerprint ?? '';
    let known = this.known.get(routeKey);
    const circuitsOpen: string[] = [];
    if (known?.fingerprint !== fingerprint || held.troubled?.includes(agencyId)) {
      const present = await contractsNow(tx, found);
      if (known?.fingerprint !== fingerprint) {
        known = { ...(await compiledNow(tx, found, present)), fingerprint };
        this.known.keep(routeKey, known);
      }
      for (const contract of present) if (contract.circuit_open) circuitsOpen.push(contract.id);
    }
    for (const key of known.blocked) credit.set(key, 0n);
    const token = held.desks.find((each) => each.agency_id === agencyId)?.token;
    invariant(token !== undefined, 'an agency with a route has no desk');
    const { compiled, contracts, withOwnWindow, circumstances } = known;
    return {
      compiled,
      contracts,
      withOwnWindow,
      isDirect: found.is_direct,
      vertical,
      circumstances: circuitsOpen.length === 0 ? circumstances : withOpen(circumstances, circuitsOpen),
      circuitsOpen: circuitsOpen.toSorted().join(' '),
      known: this.knownDesks.of(agencyId, token),
    };
  }
}

interface DeskWanted {
  readonly found: RouteFound;
  readonly routeKey: string;
  readonly held: Held;
  /** Gets buyers whose balance is used up. */
  readonly credit: Map<string, bigint>;
}

function withOpen(
  circumstances: ReadonlyMap<string, Circumstance>,
  circuitsOpen: readonly string[],
): ReadonlyMap<string, Circumstance> {
  return new Map(
    [...circumstances].map(([id, circumstance]) => [
      id,
      { ...circumstance, circuitOpen: circuitsOpen.includes(id) },
    ]),
  );
}

function askedParameter({ agencyId, vertical, contractId, onlyContractId }: RouteAsked, k: number): object {
  return { k, agency_id: agencyId, vertical, contract_id: contractId, only_id: onlyContractId };
}

/** Reads what is not known of what is counted. The desks are held, so that nobody writes meanwhile. */
async function readCounts(tx: Transaction, desks: readonly HeldDesk[], now: Date): Promise<void> {
  const needed = desks
    .filter((desk) => !countedIn(desk, now))
    .map((desk) => ({
      desk,
      counters: countersNeeded(desk.compiled, now),
      routeIds: standingsNeeded(desk.compiled),
    }));
  if (needed.length > 0) await Promise.all([readCounters(tx, needed), readStandings(tx, needed)]);
}

interface CountsNeeded {
  readonly desk: HeldDesk;
  readonly counters: readonly CounterRef[];
  readonly routeIds: readonly string[];
}

/** A counter that does not exist stands at nothing. */
async function readCounters(tx: Transaction, needed: readonly CountsNeeded[]): Promise<void> {
  const unknown = needed.flatMap(({ desk, counters }) =>
    counters.flatMap(({ contractId, window: { key: windowKey } }) => {
      const key = counterKey({ contractId, windowKey });
      if (desk.known.counters.has(key)) return [];
      return [{ key, known: desk.known, agencyId: desk.compiled.agencyId, contractId, windowKey }];
    }),
  );
  if (unknown.length === 0) return;
  const rows = await tx.query<{ k: number; leads: number; amount_minor: string }>(
    `select r.k::integer - 1 as k, c.leads, c.amount_minor
     from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality as r (agency_id, contract_id, window_key, k)
     join cap_counters c on c.agency_id = r.agency_id and c.contract_id = r.contract_id
       and c.window_key = r.window_key collate "C"`,
    [
      unknown.map(({ agencyId }) => agencyId),
      unknown.map(({ contractId }) => contractId),
      unknown.map(({ windowKey }) => windowKey),
    ],
  );
  for (const { key, known } of unknown) known.counters.set(key, nothing);
  for (const { k, leads, amount_minor: amount } of rows) {
    const counter = unknown[k];
    invariant(counter, 'a counter was read that was not asked for');
    counter.known.counters.set(counter.key, { leads, amountMinor: BigInt(amount) });
  }
}

/** An entry without a standing is new. */
async function readStandings(tx: Transaction, needed: readonly CountsNeeded[]): Promise<void> {
  const unknown = needed.flatMap(({ desk, routeIds }) =>
    routeIds.flatMap((routeId) => {
      if (desk.known.standings.has(routeId)) return [];
      return [{ known: desk.known, agencyId: desk.compiled.agencyId, routeId }];
    }),
  );
  if (unknown.length === 0) return;
  const rows = await tx.query<{
    k: number;
    contract_ids: readonly string[];
    owed: readonly number[];
    last_turns: readonly string[];
  }>(
    `select w.k::integer - 1 as k, s.contract_ids, s.owed, s.last_turns
     from unnest($1::uuid[], $2::uuid[]) with ordinality as w (agency_id, route_id, k)
     join route_standings s on s.agency_id = w.agency_id and s.route_id = w.route_id`,
    [unknown.map(({ agencyId }) => agencyId), unknown.map(({ routeId }) => routeId)],
  );
  for (const { known, routeId } of unknown)
    known.standings.set(routeId, { byContract: new Map(), stored: 0 });
  for (const { k, contract_ids: ids, owed, last_turns: turns } of rows) {
    const { known, routeId = '' } = unknown[k] ?? {};
    const standings = known?.standings.get(routeId);
    invariant(standings, 'standings were read that were not asked for');
    standings.stored = ids.length;
    for (const [index, id] of ids.entries())
      standings.byContract.set(id, { owed: owed[index] ?? 0, lastTurn: Number(turns[index] ?? 0) });
  }
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

/** The contracts that the routes name, as they are. */
async function contractsNow(
  tx: Transaction,
  { agency_id: agencyId, versions }: RouteFound,
): Promise<ContractNow[]> {
  return await tx.query<ContractNow>(
    `select ${contractNowColumns} from contracts c where c.agency_id = $1 and c.id in (
       select contract_id from route_contracts where agency_id = $1 and route_id = any ($2::uuid[]))`,
    [agencyId, versions.map(([id]) => id)],
  );
}

async function compiledNow(
  tx: Transaction,
  { agency_id: agencyId, id, versions }: RouteFound,
  contracts: readonly ContractNow[],
): Promise<Omit<KnownRoute, 'fingerprint'>> {
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
  const active = known.flatMap(({ contract, terms: own }): ActiveContract[] => {
    if (contract.state !== 'ACTIVE') return [];
    const {
      id: contractId,
      buyer_id: buyerId,
      row_version: rowVersion,
      credit_blocked: creditBlocked,
    } = contract;
    const { vertical, version } = contract;
    return [{ agencyId, contractId, buyerId, vertical, rowVersion, version, creditBlocked, terms: own }];
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
    contracts: new Map(active.map((contract) => [contract.contractId, contract])),
    withOwnWindow: active.filter((contract) => contract.terms.dedupeWindowDays !== null),
    blocked: active.flatMap(({ creditBlocked, buyerId, terms: { baseRate } }) =>
      creditBlocked ? [creditKey({ buyerId, currency: baseRate.currency })] : [],
    ),
    circumstances: new Map(
      contracts.map(({ id: contractId, state }) => [
        contractId,
        { active: state === 'ACTIVE', buyerPaused: false, circuitOpen: false },
      ]),
    ),
  };
}

function keyOf({ agency_id: agencyId, id, versions }: RouteFound): string {
  return `${agencyId} ${id} ${versions.map(([route, version]) => `${route}.${version}`).join(' ')}`;
}
