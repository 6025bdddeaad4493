import type { TimeWindow } from '#calendar';
import { invariant } from '#outcome';

/** What was sold under a contract within a window so far. */
export interface Count {
  readonly leads: number;
  readonly amountMinor: bigint;
}

/** What keeps a contract from taking leads at present, whatever the leads. */
export interface Circumstance {
  readonly active: boolean;
  readonly buyerPaused: boolean;
  readonly circuitOpen: boolean;
}

/** How an entry stands against the others of its route. */
export interface Standing {
  /** WEIGHTED: leads that it was owed minus leads that it got; above zero it is owed more. */
  readonly owed: number;
  /** ROUND_ROBIN: the number of its last turn, 0 before the first; lower has waited longer. */
  readonly lastTurn: number;
}

/** How an entry stands that was never served. */
export const newStanding: Standing = { owed: 0, lastTurn: 0 };

/**
 * Everything about the present that a decision rests on beside rules and lead. Read it under locks: nobody else may
 * sell under these contracts until what follows from it is written.
 */
export interface RoutingState {
  readonly at: Date;
  /** By contract. A contract that is not in it is taken to be inactive. */
  readonly contracts: ReadonlyMap<string, Circumstance>;
  /** By {@link creditKey}: what the buyer can still be charged, in minor units. A buyer not in it has no limit. */
  readonly credit: ReadonlyMap<string, bigint>;
  /** By {@link counterKey}. Every counter that neededOf names must be in it. */
  readonly counters: ReadonlyMap<string, Count>;
  /** By {@link standingKey}. An entry that is not in it is new. */
  readonly standings: ReadonlyMap<string, Standing>;
}

/** A counter to lock and read before routing, or to make when it is missing. */
export interface CounterRef {
  readonly contractId: string;
  readonly window: TimeWindow;
}

/** The counter of a contract in a window, by the window's key. */
export function counterKey(of: { readonly contractId: string; readonly windowKey: string }): string {
  return `${of.contractId} ${of.windowKey}`;
}

/** A buyer's credit with the agency is one for all its contracts in a currency. */
export function creditKey(of: { readonly buyerId: string; readonly currency: string }): string {
  return `${of.buyerId} ${of.currency}`;
}

/** A contract may stand in several routes, and stands in each on its own. */
export function standingKey(of: { readonly routeId: string; readonly contractId: string }): string {
  return `${of.routeId} ${of.contractId}`;
}

/** What a batch adds to a counter. */
export interface CounterIncrement {
  readonly contractId: string;
  readonly window: TimeWindow;
  readonly leads: number;
  readonly amountMinor: bigint;
}

/** How an entry stands after a batch. */
export interface StandingChange extends Standing {
  readonly routeId: string;
  readonly contractId: string;
}

/** What a batch takes of a buyer's credit. */
export interface CreditUse {
  readonly buyerId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
}

/** All that a batch changes, each part in the order of its keys: lock and write in this order. */
export interface RoutingChanges {
  readonly increments: readonly CounterIncrement[];
  readonly standings: readonly StandingChange[];
  readonly creditUses: readonly CreditUse[];
}

/** The state once the changes are written. Counters that were not in it begin at zero. */
export function stateAfter(state: RoutingState, changes: RoutingChanges): RoutingState {
  const draft = draftOf(state);
  applyChanges(draft, changes);
  return draft;
}

/** A state that may be written to. */
export interface DraftState extends RoutingState {
  readonly credit: Map<string, bigint>;
  readonly counters: Map<string, Count>;
  readonly standings: Map<string, Standing>;
}

/** A copy to write to. */
export function draftOf(state: RoutingState): DraftState {
  const { credit, counters, standings } = state;
  return {
    ...state,
    credit: new Map(credit),
    counters: new Map(counters),
    standings: new Map(standings),
  };
}

/** Does to the draft what writing the changes does to the database. */
export function applyChanges({ credit, counters, standings }: DraftState, changes: RoutingChanges): void {
  for (const { contractId, window, leads, amountMinor } of changes.increments) {
    const key = counterKey({ contractId, windowKey: window.key });
    const before = counters.get(key) ?? nothing;
    counters.set(key, { leads: before.leads + leads, amountMinor: before.amountMinor + amountMinor });
  }
  for (const { routeId, contractId, owed, lastTurn } of changes.standings) {
    standings.set(standingKey({ routeId, contractId }), { owed, lastTurn });
  }
  for (const use of changes.creditUses) {
    const key = creditKey(use);
    const before = credit.get(key);
    if (before !== undefined) credit.set(key, before - use.amountMinor);
  }
}

/** The count of a window in which nothing was sold yet. */
export const nothing: Count = { leads: 0, amountMinor: 0n };

/** A state as plain JSON, to be stored beside the decisions that rest on it. No personal data. */
export interface StoredState {
  readonly at: string;
  /** By contract: the letters of what holds, of A(ctive), P(aused), C(ircuit open). */
  readonly contracts: Readonly<Record<string, string>>;
  readonly credit: Readonly<Record<string, string>>;
  readonly counters: Readonly<Record<string, readonly [leads: number, amountMinor: string]>>;
  readonly standings: Readonly<Record<string, readonly [owed: number, lastTurn: number]>>;
}

/** Writes a state; {@link readState} reads it. */
export function storedState(state: RoutingState): StoredState {
  return {
    at: state.at.toISOString(),
    contracts: mapped(
      state.contracts,
      ({ active, buyerPaused, circuitOpen }) =>
        (active ? 'A' : '') + (buyerPaused ? 'P' : '') + (circuitOpen ? 'C' : ''),
    ),
    credit: mapped(state.credit, (amountMinor) => amountMinor.toString()),
    counters: mapped(state.counters, ({ leads, amountMinor }) => [leads, amountMinor.toString()] as const),
    standings: mapped(state.standings, ({ owed, lastTurn }) => [owed, lastTurn] as const),
  };
}

/** Reads what {@link storedState} wrote. Throws InvariantViolation for an instant that is none. */
export function readState(stored: StoredState): RoutingState {
  const at = new Date(stored.at);
  invariant(!Number.isNaN(at.getTime()), 'a stored routing state has no instant');
  return {
    at,
    contracts: read(stored.contracts, (letters) => ({
      active: letters.includes('A'),
      buyerPaused: letters.includes('P'),
      circuitOpen: letters.includes('C'),
    })),
    credit: read(stored.credit, BigInt),
    counters: read(stored.counters, ([leads, amountMinor]) => ({ leads, amountMinor: BigInt(amountMinor) })),
    standings: read(stored.standings, ([owed, lastTurn]) => ({ owed, lastTurn })),
  };
}

function mapped<T, U>(map: ReadonlyMap<string, T>, write: (value: T) => U): Record<string, U> {
  return Object.fromEntries([...map].map(([key, value]) => [key, write(value)]));
}

function read<T, U>(record: Readonly<Record<string, T>>, readOne: (value: T) => U): Map<string, U> {
  return new Map(Object.entries(record).map(([key, value]) => [key, readOne(value)]));
}
