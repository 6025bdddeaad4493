import { invariant } from '#outcome';
import { type CompiledRoute, countersNeeded } from './compile-route.js';
import { type Decision, codesOf, duplicateDetails, outcomeOf } from './decision.js';
import { Desk } from './desk.js';
import {
  type DraftState,
  type RoutingState,
  counterKey,
  draftOf,
  nothing,
  stateAfter,
} from './routing-state.js';

/**
 * What held when a lead was decided: the state at the beginning of its batch and what the decisions before it in the
 * batch took, which their trails tell. No lead is needed for it. `compiled` is of the versions that the decisions name.
 * With it a decision can be made again: by the same rules it comes out the same, by others it is a dry run.
 */
export function stateBefore(
  compiled: CompiledRoute,
  batch: { readonly state: RoutingState; readonly earlier: readonly Decision[] },
): RoutingState {
  const desk = new Desk(compiled, batch.state);
  for (const decision of batch.earlier) redo(desk, compiled, decision);
  return stateAfter(batch.state, desk.changes());
}

function redo(desk: Desk, compiled: CompiledRoute, decision: Decision): void {
  if (decision.test || decision.result !== 'SOLD') return;
  const index = decision.trail.length - 1;
  const stage = compiled.stages[index];
  const [own, named] = [compiled.versions[index], decision.routes[index]];
  invariant(
    stage && own && named && own.routeId === named.routeId && own.version === named.version,
    'a decision is read with another version of its route',
  );
  const codes = codesOf(decision.trail[index] ?? '');
  let left = stage.entries
    .filter(({ position }) => wasCandidate(codes[position] ?? 0))
    .map((compiledEntry) => ({ compiled: compiledEntry }));
  for (const sale of decision.sales) {
    const chosen = left.find(({ compiled: { entry } }) => entry.contractId === sale.contractId)?.compiled;
    invariant(chosen, 'a decision sold to an entry that was no candidate');
    if (stage.route.method === 'WEIGHTED') desk.settleShare(left, chosen);
    if (stage.route.method === 'ROUND_ROBIN') desk.settleTurn(stage, chosen);
    desk.sell(chosen, sale.amountMinor);
    left = left.filter(({ compiled: { buyer } }) => buyer !== chosen.buyer);
  }
}

function wasCandidate(code: number): boolean {
  const found = outcomeOf(code);
  if (!found) return false;
  const { outcome, detail } = found;
  return (
    outcome === 'SOLD' ||
    outcome === 'SELL_LIMIT_REACHED' ||
    (outcome === 'DUPLICATE_FOR_BUYER' && detail === duplicateDetails.sameLead)
  );
}

/** The state with each counter that the route needs; those that it lacks begin at zero. For dry runs only. */
export function withCounters(compiled: CompiledRoute, state: RoutingState): RoutingState {
  const draft = draftOf(state);
  fillCounters(compiled, draft);
  return draft;
}

/** Counters that the route needs at the draft's time and that it lacks begin at zero. */
export function fillCounters(compiled: CompiledRoute, draft: DraftState): void {
  for (const { contractId, window } of countersNeeded(compiled, draft.at)) {
    const key = counterKey({ contractId, windowKey: window.key });
    if (!draft.counters.has(key)) draft.counters.set(key, nothing);
  }
}

/** How two ways of deciding on the same leads differ. */
export interface DecisionDifference {
  readonly leadId: string;
  /** The contracts that it was sold under, first chosen first. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The leads that go elsewhere, in the order of `before`; a lead that is decided in one of the two only is left out. */
export function differencesOf(
  before: readonly Decision[],
  after: readonly Decision[],
): readonly DecisionDifference[] {
  const others = new Map(after.map((decision) => [decision.leadId, decision]));
  return before.flatMap((decision) => {
    const other = others.get(decision.leadId);
    if (!other) return [];
    const [old, now] = [contractsOf(decision), contractsOf(other)];
    return old.join() === now.join() ? [] : [{ leadId: decision.leadId, before: old, after: now }];
  });
}

function contractsOf({ sales }: Decision): readonly string[] {
  return sales.map(({ contractId }) => contractId);
}
