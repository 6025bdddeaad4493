import { newId, type Transaction } from '#database';
import { Injectable } from '@nestjs/common';
import type { CompiledRoute } from './compile-route.js';
import type { Decision } from './decision.js';
import type { RoutedBatch } from './route-batch.js';
import { type CounterIncrement, counterKey, type RoutingState, storedState } from './routing-state.js';

/** What was decided at one desk. */
export interface RoutedAtDesk {
  readonly compiled: CompiledRoute;
  /** As it was before the first of the decisions. */
  readonly state: RoutingState;
  readonly batch: RoutedBatch;
}

// Counters and standings are held by whoever writes them, so the order of writing does not matter.
const writeSql = `
with counted as (
  update cap_counters c set leads = c.leads + i.leads, amount_minor = c.amount_minor + i.amount_minor
  from json_to_recordset($1::json) as i(agency_id uuid, contract_id uuid, window_key text, leads integer,
    amount_minor bigint)
  where c.agency_id = i.agency_id and c.contract_id = i.contract_id
    and c.window_key = i.window_key collate "C"
), stood as (
  update route_standings s set owed = i.owed, last_turn = i.last_turn
  from json_to_recordset($2::json) as i(agency_id uuid, route_id uuid, contract_id uuid, owed double precision,
    last_turn bigint)
  where s.agency_id = i.agency_id and s.route_id = i.route_id and s.contract_id = i.contract_id
), batch as (
  insert into routing_batches (agency_id, id, routed_at, routes, state)
  select agency_id, id, routed_at, routes, state
  from json_to_recordset($3::json) as b(agency_id uuid, id uuid, routed_at timestamptz, routes jsonb, state jsonb)
)
insert into routing_decisions (agency_id, lead_id, number, batch_id, position, result, sales, trail)
select d.agency_id, d.lead_id, case when d.is_first then 1 else 1 + coalesce((
    select max(number) from routing_decisions e where e.agency_id = d.agency_id and e.lead_id = d.lead_id), 0) end,
  d.batch_id, d.position, d.result, d.sales, array(select json_array_elements_text(d.trail))
from json_to_recordset($4::json) as d(agency_id uuid, lead_id uuid, is_first boolean, batch_id uuid,
  position smallint, result text, sales jsonb, trail json)`;

/** Keeps what was decided, and counts it. */
@Injectable()
export class DecisionStore {
  /** `isFirst`: the leads are new, and no earlier decision need be looked for. */
  async write(
    tx: Transaction,
    routed: readonly RoutedAtDesk[],
    { isFirst }: { readonly isFirst: boolean },
  ): Promise<void> {
    if (routed.length === 0) return;
    const batches = routed.map((each) => ({ ...each, id: newId() }));
    await tx.query(writeSql, [
      JSON.stringify(incrementRows(routed)),
      JSON.stringify(batches.flatMap(standingRows)),
      JSON.stringify(
        batches.map(({ compiled, state, id }) => ({
          agency_id: compiled.agencyId,
          id,
          routed_at: state.at.toISOString(),
          routes: compiled.versions.map(({ routeId, version }) => [routeId, version]),
          state: storedState(ownState(compiled, state)),
        })),
      ),
      JSON.stringify(
        batches.flatMap(({ id, batch }) =>
          batch.decisions.map((decision, position) => ({
            ...decisionRow(decision, batch),
            is_first: isFirst,
            batch_id: id,
            position,
          })),
        ),
      ),
    ]);
  }

  /** Gives back what sales took that came to nothing: the room of the caps in whose windows they were made. */
  async giveBack(tx: Transaction, sales: readonly SaleLost[]): Promise<void> {
    if (sales.length === 0) return;
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
       ), held as (
         select c.agency_id, c.contract_id, c.window_key from cap_counters c
         join lost l on c.agency_id = l.agency_id and c.contract_id = l.contract_id and c.window_key = l.window_key
         order by c.agency_id, c.contract_id, c.window_key for no key update of c
       )
       update cap_counters c set leads = c.leads - l.leads, amount_minor = c.amount_minor - l.amount_minor
       from held h join lost l using (agency_id, contract_id, window_key)
       where c.agency_id = h.agency_id and c.contract_id = h.contract_id and c.window_key = h.window_key`,
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

/** A contract may be sold by two desks of a transaction, and an update changes a row once. */
function incrementRows(routed: readonly RoutedAtDesk[]): object[] {
  const sums = new Map<string, { agencyId: string; increment: CounterIncrement }>();
  for (const { compiled, batch } of routed) {
    for (const increment of batch.increments) {
      const key = counterKey({ contractId: increment.contractId, windowKey: increment.window.key });
      const { leads = 0, amountMinor = 0n } = sums.get(key)?.increment ?? {};
      const sum = { leads: leads + increment.leads, amountMinor: amountMinor + increment.amountMinor };
      sums.set(key, { agencyId: compiled.agencyId, increment: { ...increment, ...sum } });
    }
  }
  return [...sums.values()].map(({ agencyId, increment: { contractId, window, leads, amountMinor } }) => ({
    agency_id: agencyId,
    contract_id: contractId,
    window_key: window.key,
    leads,
    amount_minor: amountMinor.toString(),
  }));
}

function standingRows({ compiled: { agencyId }, batch }: RoutedAtDesk): object[] {
  return batch.standings.map(({ routeId, contractId, owed, lastTurn }) => ({
    agency_id: agencyId,
    route_id: routeId,
    contract_id: contractId,
    owed,
    last_turn: lastTurn,
  }));
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
      ...sale,
      amountMinor: sale.amountMinor.toString(),
      windows: test
        ? []
        : increments.flatMap(({ contractId, window }) =>
            contractId === sale.contractId ? [window.key] : [],
          ),
    })),
    trail,
  };
}
