import { invariant } from '#outcome';
import { type Route, type RouteEntry, type SkipReason, skipReasons } from './route.js';

/**
 * SOLD: to those in `sales`. OFFERED: to those whose outcome says so, who may claim it (FIRST_CLAIM) or bid for it
 * (PING_POST). UNSOLD: to nobody, for now.
 */
export const routingResults = ['SOLD', 'OFFERED', 'UNSOLD'] as const;
export type RoutingResult = (typeof routingResults)[number];

/** One buyer's purchase of a lead. */
export interface Sale {
  readonly contractId: string;
  readonly buyerId: string;
  /** Which of the decision's routes sold it. */
  readonly stage: number;
  /** 0 was chosen first. */
  readonly rank: number;
  /** What a delivery under the contract is charged: the base rate, or the bid that won. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** PING_POST: the buyer's name for its bid. */
  readonly bidId: string | null;
}

/** The rules that a decision went by. */
export interface RouteVersion {
  readonly routeId: string;
  readonly version: number;
}

/**
 * What became of a lead and why. With the state of its batch and the decisions before it in the batch it can be made
 * again, by the same rules or by others; see stateBefore. It holds no personal data.
 */
export interface Decision {
  readonly agencyId: string;
  readonly leadId: string;
  readonly at: Date;
  readonly test: boolean;
  readonly result: RoutingResult;
  readonly sales: readonly Sale[];
  /** The route, then its fallbacks as far as the lead came. */
  readonly routes: readonly RouteVersion[];
  /**
   * The outcome of each entry, for each of `routes` in the order of its entries: two characters, a letter and what
   * more is known of it. Read it with {@link outcomesOf}. So short because every lead has one for every entry.
   */
  readonly trail: readonly string[];
}

/** What became of one entry that was considered. */
export type EntryOutcome = SkipReason | 'SOLD' | 'OFFERED';

/** One entry in a decision, in the order in which the route considers its entries. */
export interface ConsideredEntry {
  readonly stage: number;
  readonly entry: RouteEntry;
  readonly outcome: EntryOutcome;
  /**
   * What more is known: FILTER_MISMATCH: which clause (see clausesOf); CAP_REACHED, BUDGET_REACHED: which of the caps;
   * BELOW_MIN_BID: see {@link bidDetails}; DUPLICATE_FOR_BUYER: see {@link duplicateDetails}; OFFERED: see
   * {@link offerDetails}; SOLD: its rank. Otherwise 0.
   */
  readonly detail: number;
}

/** What BELOW_MIN_BID says more exactly. */
export const bidDetails = {
  tooLow: 0,
  none: 1,
  expired: 2,
  otherCurrency: 3,
  /** The answer came too late, could not be read, or bid more than is believed. */
  late: 4,
  unreadable: 5,
  tooHigh: 6,
  /** The buyer's system could not be asked, or the buyer gave no address to ask at. */
  unreachable: 7,
  noAddress: 8,
} as const;
/** What OFFERED says more exactly: it is offered now, or was and nobody claimed it in time. */
export const offerDetails = { open: 0, lapsed: 1 } as const;
/** What DUPLICATE_FOR_BUYER says more exactly: had the person before, has this lead, failed to take it, got it by another contract. */
export const duplicateDetails = { hadPerson: 0, hasLead: 1, failedBefore: 2, sameLead: 3 } as const;

/** An outcome as a number, for speed: detail in the lower six bits; 0 is "nothing stands against it". */
export type OutcomeCode = number;
const detailBits = 6;
export const mostDetails = 1 << detailBits;

const outcomes = [...skipReasons, 'SOLD', 'OFFERED'] as const satisfies readonly EntryOutcome[];
/** Stored in every decision: never give a letter another meaning. */
const letters: Readonly<Record<EntryOutcome, string>> = {
  CONTRACT_INACTIVE: 'X',
  BUYER_PAUSED: 'P',
  CIRCUIT_OPEN: 'Z',
  OUT_OF_SCHEDULE: 'H',
  SUPPRESSED: 'U',
  DUPLICATE_FOR_BUYER: 'D',
  CONSENT_MISSING: 'N',
  TOO_OLD: 'O',
  FILTER_MISMATCH: 'F',
  BELOW_MIN_SCORE: 'M',
  BELOW_MIN_BID: 'W',
  CAP_REACHED: 'C',
  BUDGET_REACHED: 'B',
  INSUFFICIENT_BALANCE: 'I',
  SELL_LIMIT_REACHED: 'L',
  SOLD: 'S',
  OFFERED: 'Q',
};
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-';
/** Of an entry that was not asked: the lead named another contract. */
export const notConsidered: OutcomeCode = (outcomes.length + 1) << detailBits;
const notConsideredText = '--';

const byLetter: ReadonlyMap<string, EntryOutcome> = new Map(
  outcomes.map((outcome) => [letters[outcome], outcome]),
);
const codes: ReadonlyMap<EntryOutcome, OutcomeCode> = new Map(
  outcomes.map((outcome, index) => [outcome, (index + 1) << detailBits]),
);

/** The code of an outcome; `detail` from 0 to 63. */
export function outcomeCode(outcome: EntryOutcome, detail = 0): OutcomeCode {
  const code = codes.get(outcome);
  invariant(code !== undefined && detail >= 0 && detail < mostDetails, 'an outcome has no code');
  return code | detail;
}

/** The character codes of each outcome code: the letter's in the upper byte, the detail's in the lower. */
const characters = new Uint16Array((outcomes.length + 2) << detailBits);
for (let detail = 0; detail < mostDetails; detail += 1) {
  for (const outcome of outcomes) {
    characters[outcomeCode(outcome, detail)] =
      (letters[outcome].charCodeAt(0) << 8) | digits.charCodeAt(detail);
  }
  characters[notConsidered | detail] =
    (notConsideredText.charCodeAt(0) << 8) | notConsideredText.charCodeAt(1);
}

/** Writes trails. One of them serves many leads, so that a lead costs one short string and nothing else. */
export class TrailWriter {
  private readonly bytes: Buffer;

  constructor(mostEntries: number) {
    this.bytes = Buffer.alloc(mostEntries * 2);
  }

  /** The trail of the first `count` codes. Throws InvariantViolation for a code without an outcome. */
  write(entryCodes: ArrayLike<OutcomeCode>, count: number): string {
    for (let index = 0; index < count; index += 1) {
      const pair = characters[entryCodes[index] ?? 0] ?? 0;
      invariant(pair !== 0, 'an entry was left without an outcome');
      this.bytes[2 * index] = pair >>> 8;
      this.bytes[2 * index + 1] = pair & 255;
    }
    return this.bytes.toString('latin1', 0, 2 * count);
  }
}

/** The codes that a trail tells. Throws InvariantViolation for text that is no trail. */
export function codesOf(trail: string): OutcomeCode[] {
  invariant(trail.length % 2 === 0, 'a trail is cut off');
  return Array.from({ length: trail.length / 2 }, (_, index) => {
    const text = trail.slice(2 * index, 2 * index + 2);
    if (text === notConsideredText) return notConsidered;
    const outcome = byLetter.get(text.charAt(0));
    invariant(outcome !== undefined, 'a trail has an unknown letter');
    return outcomeCode(outcome, digits.indexOf(text.charAt(1)));
  });
}

/** The outcome that a code stands for; undefined for an entry that was not considered, or not yet decided. */
export function outcomeOf(
  code: OutcomeCode,
): { readonly outcome: EntryOutcome; readonly detail: number } | undefined {
  const outcome = outcomes[(code >>> detailBits) - 1];
  return outcome && { outcome, detail: code & (mostDetails - 1) };
}

/** The entries of a route in the order in which they are considered, and in which a trail tells of them. */
export function entriesInOrder(route: Pick<Route, 'entries'>): readonly RouteEntry[] {
  return route.entries.toSorted(
    (a, b) =>
      a.priority - b.priority || (a.contractId < b.contractId ? -1 : Number(a.contractId > b.contractId)),
  );
}

/**
 * Reads the trail of a decision: every entry that was considered, with its one outcome. `routes` are the versions that
 * the decision names, in its order. Throws InvariantViolation when they are others.
 */
export function outcomesOf(decision: Decision, routes: readonly Route[]): readonly ConsideredEntry[] {
  return decision.trail.flatMap((trail, stage) => {
    const route = routes[stage];
    const version = decision.routes[stage];
    invariant(
      route && version && route.routeId === version.routeId && route.version === version.version,
      'a decision is read with another version of its route',
    );
    const entryCodes = codesOf(trail);
    const entries = entriesInOrder(route);
    invariant(entries.length === entryCodes.length, 'a trail does not fit its route');
    return entries.flatMap((entry, index) => {
      const found = outcomeOf(entryCodes[index] ?? notConsidered);
      return found ? [{ stage, entry, ...found }] : [];
    });
  });
}
