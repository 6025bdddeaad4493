import type { CompiledRoute } from './compile-route.js';
import type { Decision } from './decision.js';
import { fillCounters, stateBefore, withCounters } from './replay.js';
import type { RoutableLead } from './routable-lead.js';
import { routeBatch } from './route-batch.js';
import {
  type Count,
  type DraftState,
  type RoutingState,
  type Standing,
  applyChanges,
  draftOf,
} from './routing-state.js';

/** A decision of the past, and its lead; null for one that is not looked at anew: it stays as it was. */
export interface PastDecision {
  readonly decision: Decision;
  readonly lead: RoutableLead | null;
}

/** What was decided together, with the rules of then and the state before the first of it, in the order of the batch. */
export interface PastBatch {
  readonly compiled: CompiledRoute;
  readonly state: RoutingState;
  readonly decisions: readonly PastDecision[];
}

/** What was decided on a lead, and what would have been. */
export interface Redecided {
  readonly before: Decision;
  readonly after: Decision;
}

/**
 * What the route would have made of leads of the past, in batches in the order of time. Counts, turns, shares and credit go on
 * from what it decides itself; what happened beside these decisions (other sales, room that was given back, a limit that was
 * raised, a contract that was paused) happens as it did. So the rules of then come out as they did. Of contracts that no state
 * of then tells of, `present` holds, and what they count begins at zero.
 */
export function dryRun(
  compiled: CompiledRoute,
  past: { readonly present: Present; readonly batches: readonly PastBatch[] },
): readonly Redecided[] {
  const redecided: Redecided[] = [];
  let actual: RoutingState | undefined;
  let draft: DraftState | undefined;
  for (const batch of past.batches) {
    const given = withCounters(batch.compiled, batch.state);
    draft =
      draft && actual
        ? followed(draft, { actual, given, of: batch.compiled })
        : begun(given, past.present, batch.compiled);
    fillCounters(compiled, draft);
    actual = merged(actual, given);
    for (const { decision, lead } of batch.decisions) {
      const { at } = decision;
      const made = { earlier: [decision] };
      actual = stateBefore(batch.compiled, { state: { ...actual, at }, ...made });
      // Several transactions share a batch: other rules may count in other windows at each of them.
      draft = { ...draft, at };
      fillCounters(compiled, draft);
      if (!lead) {
        draft = draftOf(stateBefore(batch.compiled, { state: draft, ...made }));
        continue;
      }
      const routed = routeBatch(compiled, [lead], draft);
      applyChanges(draft, routed);
      for (const after of routed.decisions) redecided.push({ before: decision, after });
    }
  }
  return redecided;
}

/** What holds now of contracts and of buyers' credit, by the keys of a routing state. */
export type Present = Pick<RoutingState, 'contracts' | 'credit'>;

function begun(
  given: RoutingState,
  { contracts, credit }: Present,
  { creditNumbers }: CompiledRoute,
): DraftState {
  const draft = draftOf({ ...given, contracts: new Map([...contracts, ...given.contracts]) });
  // Of buyers that the batch knows it tells the limit, or that there was none.
  for (const [key, room] of credit) if (!creditNumbers.has(key)) draft.credit.set(key, room);
  return draft;
}

/** What is known of the past: the newest of each. */
function merged(older: RoutingState | undefined, newer: RoutingState): RoutingState {
  if (!older) return newer;
  return {
    ...newer,
    counters: new Map([...older.counters, ...newer.counters]),
    standings: new Map([...older.standings, ...newer.standings]),
    credit: new Map([...older.credit, ...newer.credit]),
  };
}

/** The state of the dry run at the next batch: what happened beside the decisions since the last one is done to it as well. */
function followed(
  draft: DraftState,
  {
    actual,
    given,
    of,
  }: { readonly actual: RoutingState; readonly given: RoutingState; readonly of: CompiledRoute },
): DraftState {
  const next = draftOf({
    ...draft,
    at: given.at,
    contracts: new Map([...draft.contracts, ...given.contracts]),
  });
  for (const [key, now] of given.counters) {
    const moved = moveOf(draft.counters.get(key), actual.counters.get(key), now, moveCount);
    next.counters.set(key, moved);
  }
  for (const [key, now] of given.standings) {
    next.standings.set(key, moveOf(draft.standings.get(key), actual.standings.get(key), now, moveStanding));
  }
  for (const key of of.creditNumbers.keys()) {
    const now = given.credit.get(key);
    if (now === undefined) next.credit.delete(key);
    else next.credit.set(key, moveOf(draft.credit.get(key), actual.credit.get(key), now, moveCredit));
  }
  return next;
}

/** `own` moved by as much as the actual value has moved; one that only the dry run knows of stays its own. */
function moveOf<T>(own: T | undefined, actual: T | undefined, now: T, move: Move<T>): T {
  if (own === undefined) return now;
  return actual === undefined ? own : move(own, actual, now);
}

type Move<T> = (own: T, actual: T, now: T) => T;

const moveCount: Move<Count> = (own, actual, now) => ({
  leads: Math.max(0, own.leads + now.leads - actual.leads),
  amountMinor: atLeastNothing(own.amountMinor + now.amountMinor - actual.amountMinor),
});
const moveStanding: Move<Standing> = (own, actual, now) => ({
  // What is the same comes out the same: a sum of fractions would be off by the last digit.
  owed: own.owed === actual.owed ? now.owed : own.owed + now.owed - actual.owed,
  lastTurn: own.lastTurn === actual.lastTurn ? now.lastTurn : own.lastTurn + now.lastTurn - actual.lastTurn,
});
const moveCredit: Move<bigint> = (own, actual, now) => atLeastNothing(own + now - actual);

function atLeastNothing(amountMinor: bigint): bigint {
  return amountMinor > 0n ? amountMinor : 0n;
}
