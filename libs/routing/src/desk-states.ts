import { type CompiledRoute, countersNeeded, countingAt } from './compile-route.js';
import { Desk } from './desk.js';
import type { KnownDesk, OpenBatch } from './known-desks.js';
import type { RoutedBatch } from './route-batch.js';
import type { HeldDesk } from './routing-desk.store.js';
import {
  applyChanges,
  type Circumstance,
  counterKey,
  type DraftState,
  draftOf,
  nothing,
  type RoutingState,
  standingKey,
} from './routing-state.js';

/** Decisions that rest on the same stored state: with more of them, deciding the last of them again takes long. */
const mostInBatch = 1_000;

/** A desk at which a batch is decided, and what its decisions rest on. */
export type OpenedDesk =
  /** What the decisions before them in a stored batch left. */
  | { readonly at: Desk; readonly goesOn: OpenBatch }
  /** This state, which is to be stored. */
  | { readonly at: Desk; readonly goesOn: null; readonly state: RoutingState };

/** The present of a transaction's desks, out of what is known of their agencies: all of it was read, and is held. */
export class DeskStates {
  private readonly states = new Map<KnownDesk, StateToFill>();

  constructor(
    readonly at: Date,
    /** By `creditKey`, for all desks: a buyer is the same to all agencies. */
    readonly credit: Map<string, bigint>,
  ) {}

  /**
   * Opens a desk for the batch: as its last decisions left it, where nothing that it rests on has changed but by them.
   * `isAlone`: no other desk of the transaction may have contracts in common with it.
   */
  open(held: HeldDesk, isAlone: boolean): OpenedDesk {
    const { compiled, vertical, known } = held;
    const last = isAlone ? this.lastBatch(held) : undefined;
    // Until what is decided now is written, nobody may go on from it.
    known.open.delete(vertical);
    if (last) {
      last.desk.goOn(this.at);
      return { at: last.desk, goesOn: last };
    }
    const state = this.of(held);
    return { at: new Desk(compiled, state), goesOn: null, state: draftOf(state) };
  }

  /** Has the desks that are opened next see what was decided. */
  apply({ known }: HeldDesk, batch: RoutedBatch): void {
    const state = this.states.get(known);
    if (state) applyChanges(state, batch);
  }

  /** The stored batch on which decisions may go on. */
  private lastBatch(held: HeldDesk): OpenBatch | undefined {
    const open = countedIn(held, this.at);
    if (!open || open.length >= mostInBatch || open.circuitsOpen !== held.circuitsOpen) return undefined;
    // Credit is used and paid by others too.
    const isLimited = [...this.credit.keys()].some((key) => held.compiled.creditNumbers.has(key));
    return isLimited ? undefined : open;
  }

  /** The state of the agency with all that is about this desk. */
  private of({ compiled, circumstances, known }: HeldDesk): DraftState {
    const state: StateToFill = this.states.get(known) ?? {
      at: this.at,
      contracts: new Map(),
      credit: this.credit,
      counters: new Map(),
      standings: new Map(),
    };
    this.states.set(known, state);
    for (const [contractId, circumstance] of circumstances) state.contracts.set(contractId, circumstance);
    // What is there may have changed by what another desk decided.
    for (const { contractId, window } of countersNeeded(compiled, this.at)) {
      const key = counterKey({ contractId, windowKey: window.key });
      if (!state.counters.has(key)) state.counters.set(key, known.counters.get(key) ?? nothing);
    }
    for (const routeId of standingsNeeded(compiled)) {
      for (const [contractId, standing] of known.standings.get(routeId)?.byContract ?? []) {
        const key = standingKey({ routeId, contractId });
        if (!state.standings.has(key)) state.standings.set(key, standing);
      }
    }
    return state;
  }
}

type StateToFill = DraftState & { readonly contracts: Map<string, Circumstance> };

/** The batch of the last decisions at the desk, by the same rules and within the same windows: its counts are known then. */
export function countedIn({ compiled, vertical, known }: HeldDesk, at: Date): OpenBatch | undefined {
  const open = known.open.get(vertical);
  return open?.desk.compiled === compiled && open.counting === countingAt(compiled, at) ? open : undefined;
}

/** The routes whose entries stand against each other. */
export function standingsNeeded(compiled: CompiledRoute): readonly string[] {
  return compiled.stages.flatMap(({ route: { method, routeId } }) =>
    method === 'WEIGHTED' || method === 'ROUND_ROBIN' ? [routeId] : [],
  );
}
