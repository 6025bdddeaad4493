import type { Counting } from './compile-route.js';
import type { Desk } from './desk.js';
import type { Count, Standing } from './routing-state.js';

/** Decisions of one route that rest on one another: what they rested on is stored once, with the first of them. */
export interface OpenBatch {
  readonly id: string;
  /** As the last of them left it. */
  readonly desk: Desk;
  /** The windows in which its sales are counted. */
  readonly counting: Counting;
  /** Contracts whose buyers could not be sent anything, in order. */
  readonly circuitsOpen: string;
  /** How many decisions it has. */
  readonly length: number;
}

/** What is counted for an agency, as it was written under a token. */
export interface KnownDesk {
  token: string;
  /** By `counterKey`: those that were read or written under the token, so not all that there are. */
  readonly counters: Map<string, Count>;
  /** By route; whole for each that is in it. */
  readonly standings: Map<string, KnownStandings>;
  /** By vertical: contracts of two verticals share nothing. */
  readonly open: Map<string, OpenBatch>;
}

/** How the entries of a route stand. */
export interface KnownStandings {
  /** In the order in which they are stored; new ones come last. */
  readonly byContract: Map<string, Standing>;
  /** How many of them are stored. */
  stored: number;
}

const capacity = 1_000;
/** Windows pass, and what was counted in them is forgotten with the rest. */
const mostCounters = 20_000;

/** What this process knows of agencies that route. Another may have written since: the token tells. */
export class KnownDesks {
  private readonly desks = new Map<string, KnownDesk>();

  /** What is known under the token that holds now; nothing at first, and after anybody else has written. */
  of(agencyId: string, token: string): KnownDesk {
    const known = this.desks.get(agencyId);
    if (known?.token === token && known.counters.size <= mostCounters) return known;
    const fresh = { token, counters: new Map(), standings: new Map(), open: new Map() };
    this.desks.delete(agencyId);
    this.desks.set(agencyId, fresh);
    const [oldest] = this.desks.keys();
    if (this.desks.size > capacity && oldest !== undefined) this.desks.delete(oldest);
    return fresh;
  }
}
