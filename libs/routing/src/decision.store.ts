import { newId, type Transaction } from '#database';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import { type CompiledRoute, countingAt } from './compile-route.js';
import type { Decision } from './decision.js';
import type { OpenedDesk } from './desk-states.js';
import type { KnownStandings, OpenBatch } from './known-desks.js';
import type { RoutedBatch } from './route-batch.js';
import type { HeldDesk } from './routing-desk.store.js';
import {
  type Count,
  type CounterIncrement,
  counterKey,
  nothing,
  type RoutingState,
  storedState,
} from './routing-state.js';

/** What was decided at one desk. */
export interface RoutedAtDesk {
  readonly desk: HeldDesk;
  readonly opened: OpenedDesk;
  readonly batch: RoutedBatch;
}

// The desk is held by whoever writes, so nobody else writes any of it.
const writeSql = `
with desk as (
  update routing_desks d set token = t.token from json_to_recordset($5::json) as t(agency_id uuid, token uuid)
  where d.agency_id = t.agency_id
), counted as (
  insert into cap_counters as c (agency_id, contract_id, window_key, leads, amount_minor, ends_at)
  select agency_id, contract_id, window_key, leads, amount_minor, ends_at
  from json_to_recordset($1::json) as i(agency_id uuid, contract_id uuid, window_key text, leads integer,
    amount_minor bigint, ends_at timestamptz)
  on conflict on constraint cap_counters_pkey
  do update set leads = c.leads + excluded.leads, amount_minor = c.amount_minor + excluded.amount_minor
), stood as (
  insert into route_standings as s (agency_id, route_id, contract_ids, owed, last_turns)
  select agency_id, route_id, contract_ids, owed, last_turns
  from json_to_recordset($2::json) as i(agency_id uuid, route_id uuid, contract_ids uuid[], owed double precision[],
    last_turns bigint[])
  on conflict on constraint route_standings_pkey
  do update set contract_ids = excluded.contract_ids, owed = excluded.owed, last_turns = excluded.last_turns
), moved as (
  update route_standings s set owed = i.owed, last_turns = i.last_turns
  from json_to_recordset($6::json) as i(agency_id uuid, route_id uuid, owed double precision[], last_turns bigint[])
  where s.agency_id = i.agency_id and s.route_id = i.route_id
), batch as (
  insert into routing_batches (agency_id, id, routed_at, routes, state)
  select agency_id, id, routed_at, routes, state
  from json_to_recordset($3::json) as b(agency_id uuid, id uuid, routed_at timestamptz, routes jsonb, state jsonb)
)
insert into routing_decisions (agency_id, lead_id, number, batch_id, position, result, sales, trail, decided_at)
select d.agency_id, d.lead_id, case when d.is_first then 1 else 1 + coalesce((
    select max(number) from routing_decisions e where e.agency_id = d.agency_id and e.lead_id = d.lead_id), 0) end,
  d.batch_id, d.position, d.result, d.sales, array(select json_array_elements_text(d.trail)), d.decided_at
from json_to_recordset($4::json) as d(agency_id uuid, lead_id uuid, is_first boolean, batch_id uuid,
  position smallint, result text, sales jsonb, trail json, decided_at timestamptz)`;

/** Keeps what was decided, and counts it. */
@Injectable()
export class DecisionStore {
  /**
   * One statement, on its way when this returns. `isFirst`: the leads are new, and no earlier decision need be looked
   * for. What is known of the desks is from now on as it will be when the transaction commits; if it does not, their
   * tokens are none that the database has.
   */
  async write(
    tx: Transaction,
    routed: readonly RoutedAtDesk[],
    { isFirst, now }: { readonly isFirst: boolean; readonly now: Date },
  ): Promise<void> {
    if (routed.length === 0) return;
    // First of all: what is known is changed for these tokens alone.
    const tokens = tokenRows(routed);
    const batches: object[] = [];
    const decisions: object[] = [];
    for (const each of routed) {
      const { open, begun } = batchFor(each, now);
      if (begun) batches.push(begun);
      each.batch.decisions.forEach((decision, index) => {
        decisions.push({
          is_first: isFirst,
          batch_id: open.id,
          position: open.length + index,
          decided_at: now,
          ...decisionRow(decision, each.batch),
        });
      });
      each.desk.known.open.set(each.desk.vertical, {
        ...open,
        length: open.length + each.batch.decisions.length,
      });
    }
    const increments = incrementRows(routed);
    const { whole, moved } = standingRows(routed);
    await tx.prepared('routing-write', writeSql, [
      JSON.stringify(increments),
      JSON.stringify(whole),
      JSON.stringify(batches),
      JSON.stringify(decisions),
      JSON.stringify(tokens),
      JSON.stringify(moved),
    ]);
  }

  /** Gives back what sales took that came to nothing: the room of the caps in whose windows they were made. */
  async giveBack(tx: Transaction, sales: readonly SaleLost[]): Promise<void> {
    if (sales.length === 0) return;
    await tx.query(
      `with held as (
         select agency_id from routing_desks where agency_id = any ($1::uuid[]) order by agency_id for no key update
       )
       update routing_desks d set token = gen_random_uuid() from held h where d.agency_id = h.agency_id`,
      [sales.map(({ agencyId }) => agencyId)],
    );
    await tx.query(
      `with lost as (
         select d.agency_id, s.contract_id, w.window_key, count(*)::integer as leads,
           sum(s.amount_minor)::bigint as amount_minor
         from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as l (agency_id, lead_id, contract_id)
         join routing_decisions d on d.agency_id = l.agency_id and d.lead_id = l.lead_id
         cross join lateral (
           select (e->>'contractId')::uuid as contract_id, (e->>'amountMinor')::bigint as amount_minor, e->'windows' as windows
           from jsonb_array_elements(d.sales) e
         ) s
         cross join lateral (select jsonb_array_elements_text(s.windows) collate "C" as window_key) w
         where s.contract_id = l.contract_id
         group by d.agency_id, s.contract_id, w.window_key
       )
       update cap_counters c set leads = c.leads - l.leads, amount_minor = c.amount_minor - l.amount_minor
       from lost l
       where c.agency_id = l.agency_id and c.contract_id = l.contract_id and c.window_key = l.window_key`,
      [
        sales.map(({ agencyId }) => agencyId),
        sales.map(({ leadId }) => leadId),
        sales.map(({ contractId }) => contractId),
      ],
    );
  }
}

/** A sale of which nothing came: its buyer did not take the lead. */
export interface SaleLost {
  readonly agencyId: string;
  readonly leadId: string;
  readonly contractId: string;
}

/** The part of the state that is about the contracts of a route: its desk needs no more to decide again. */
function ownState(compiled: CompiledRoute, state: RoutingState): RoutingState {
  const ids = [...compiled.contractNumbers.keys()];
  const own = new Set(ids);
  const ofOwn = <T>(map: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...map].filter(([key]) => own.has(key.slice(0, key.indexOf(' ')))));
  const routeIds = new Set(compiled.versions.map(({ routeId }) => routeId));
  return {
    at: state.at,
    contracts: new Map([...state.contracts].filter(([id]) => own.has(id))),
    credit: new Map([...state.credit].filter(([key]) => compiled.creditNumbers.has(key))),
    counters: ofOwn(state.counters),
    standings: new Map([...state.standings].filter(([key]) => routeIds.has(key.slice(0, key.indexOf(' '))))),
  };
}

/** The batch that takes the decisions, and its row when it begins with them. */
function batchFor(
  { desk: { compiled, circuitsOpen }, opened }: RoutedAtDesk,
  now: Date,
): { readonly open: OpenBatch; readonly begun?: object } {
  if (opened.goesOn) return { open: opened.goesOn };
  const id = newId();
  return {
    open: { id, desk: opened.at, counting: countingAt(compiled, now), circuitsOpen, length: 0 },
    begun: {
      agency_id: compiled.agencyId,
      id,
      routed_at: now.toISOString(),
      routes: compiled.versions.map(({ routeId, version }) => [routeId, version]),
      state: storedState(ownState(compiled, opened.state)),
    },
  };
}

/** A contract may be sold by two desks of a transaction, and an update changes a row once. */
function incrementRows(routed: readonly RoutedAtDesk[]): object[] {
  const sums = new Map<string, { agencyId: string; increment: CounterIncrement }>();
  for (const { desk, batch } of routed) {
    for (const increment of batch.increments) {
      const key = counterKey({ contractId: increment.contractId, windowKey: increment.window.key });
      const added = sumOf(sums.get(key)?.increment, increment);
      sums.set(key, { agencyId: desk.compiled.agencyId, increment: { ...increment, ...added } });
      desk.known.counters.set(key, sumOf(desk.known.counters.get(key), increment));
    }
  }
  return [...sums.values()].map(({ agencyId, increment: { contractId, window, leads, amountMinor } }) => ({
    agency_id: agencyId,
    contract_id: contractId,
    window_key: window.key,
    leads,
    amount_minor: amountMinor.toString(),
    ends_at: window.endsAt,
  }));
}

function sumOf(one: Count | undefined, other: Count): Count {
  const { leads, amountMinor } = one ?? nothing;
  return { leads: leads + other.leads, amountMinor: amountMinor + other.amountMinor };
}

/**
 * Each route whose standings changed, with those too that are not in it any more, and may come back: whole, or, where the same
 * are stored, only how they stand.
 */
function standingRows(routed: readonly RoutedAtDesk[]): {
  readonly whole: object[];
  readonly moved: object[];
} {
  const changed = new Map<string, { readonly agencyId: string; readonly standings: KnownStandings }>();
  for (const { desk, batch } of routed) {
    for (const change of batch.standings) {
      const standings = desk.known.standings.get(change.routeId);
      invariant(standings, 'standings change that were not read');
      standings.byContract.set(change.contractId, change);
      changed.set(change.routeId, { agencyId: desk.compiled.agencyId, standings });
    }
  }
  const whole: object[] = [];
  const moved: object[] = [];
  for (const [routeId, { agencyId, standings }] of changed) {
    const { byContract, stored } = standings;
    const all = [...byContract.values()];
    const row = {
      agency_id: agencyId,
      route_id: routeId,
      owed: all.map(({ owed }) => owed),
      last_turns: all.map(({ lastTurn }) => lastTurn),
    };
    if (stored === all.length) moved.push(row);
    else whole.push({ ...row, contract_ids: [...byContract.keys()] });
    standings.stored = all.length;
  }
  return { whole, moved };
}

function tokenRows(routed: readonly RoutedAtDesk[]): object[] {
  const desks = new Map(routed.map(({ desk }) => [desk.compiled.agencyId, desk.known]));
  return [...desks].map(([agencyId, known]) => {
    known.token = newId();
    return { agency_id: agencyId, token: known.token };
  });
}

function decisionRow(
  { agencyId, leadId, result, sales, trail, test }: Decision,
  { increments }: RoutedBatch,
): object {
  return {
    agency_id: agencyId,
    lead_id: leadId,
    result,
    sales: sales.map((sale) => ({
      windows: test
        ? []
        : increments.flatMap(({ contractId, window }) =>
            contractId === sale.contractId ? [window.key] : [],
          ),
      ...sale,
      amountMinor: sale.amountMinor.toString(),
    })),
    trail,
  };
}
