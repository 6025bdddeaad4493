import { includesMinute, minuteOfWeek } from '#calendar';
import { invariant } from '#outcome';
import { type CompiledEntry, type CompiledRoute, type Stage, countingAt, owedFor } from './compile-route.js';
import { type OutcomeCode, outcomeCode } from './decision.js';
import type { RoutableLead } from './routable-lead.js';
import { conditionsOf } from './route.js';
import {
  type Circumstance,
  type CounterIncrement,
  type CreditUse,
  type RoutingChanges,
  type RoutingState,
  type StandingChange,
  newStanding,
  standingKey,
} from './routing-state.js';

/** What an entry's outcome is while nothing stands against it. */
export const eligible: OutcomeCode = 0;

const code = {
  inactive: outcomeCode('CONTRACT_INACTIVE'),
  paused: outcomeCode('BUYER_PAUSED'),
  circuitOpen: outcomeCode('CIRCUIT_OPEN'),
  outOfSchedule: outcomeCode('OUT_OF_SCHEDULE'),
  noBalance: outcomeCode('INSUFFICIENT_BALANCE'),
} as const;

const minuteMs = 60_000;

/**
 * One batch at work: the state as it changes from lead to lead, in arrays that are looked at by number. Made of a
 * state, and in the end asked for what has changed. While nobody else changes what is counted, it may go on with the next
 * batch.
 */
export class Desk {
  /** By entry: what keeps it from every lead of the batch. */
  readonly closed: Int32Array;
  /** By entry: whether its caps and its buyer's credit have room for a lead at its own price. */
  readonly room: Int32Array;
  /** By entry. */
  readonly owed: Float64Array;
  readonly lastTurn: Float64Array;
  /** By stage: the number of the turn that was served last. */
  private readonly turns: Float64Array;
  private readonly standingChanged: Uint8Array;
  private readonly capRoom: Float64Array;
  /** By credit; Infinity without a limit. */
  private readonly creditRoom: Float64Array;
  private readonly soldLeads: Int32Array;
  private readonly soldMinor: bigint[];
  private readonly creditMinor: bigint[];
  private readonly personHolders = new Map<string, number[]>();
  private readonly circumstances: RoutingState['contracts'];
  private present: Date;

  constructor(
    readonly compiled: CompiledRoute,
    state: RoutingState,
  ) {
    const { entries, stages, contractNumbers, creditNumbers, capCount } = compiled;
    this.present = state.at;
    this.circumstances = state.contracts;
    this.closed = new Int32Array(entries.length);
    this.room = new Int32Array(entries.length);
    this.owed = new Float64Array(entries.length);
    this.lastTurn = new Float64Array(entries.length);
    this.standingChanged = new Uint8Array(entries.length);
    this.turns = new Float64Array(stages.length);
    this.capRoom = new Float64Array(capCount);
    this.soldLeads = new Int32Array(contractNumbers.size);
    this.soldMinor = Array.from({ length: contractNumbers.size }, () => 0n);
    this.creditMinor = Array.from({ length: creditNumbers.size }, () => 0n);
    this.creditRoom = Float64Array.from(creditNumbers.keys(), (key) =>
      Number(state.credit.get(key) ?? Infinity),
    );
    this.close();
    const counterKeys = countingAt(compiled, state.at).keys;
    for (const stage of stages) this.open(stage, state, counterKeys);
  }

  /** When its batch is decided. */
  get at(): Date {
    return this.present;
  }

  /**
   * Goes on with another batch, within the same windows: with what was counted, and for the same buyers, of whom none has a
   * limit of credit.
   */
  goOn(at: Date): void {
    const before = this.present;
    this.present = at;
    this.soldLeads.fill(0);
    this.soldMinor.fill(0n);
    this.creditMinor.fill(0n);
    this.standingChanged.fill(0);
    this.personHolders.clear();
    const isSameMinute = Math.floor(before.getTime() / minuteMs) === Math.floor(at.getTime() / minuteMs);
    if (this.compiled.hasPauses || !isSameMinute) this.close();
  }

  /** What stands against selling at this price, in whole minor units; a test lead asks not. */
  roomFor(entry: CompiledEntry, amountMinor: bigint): OutcomeCode {
    const { caps, credit } = entry;
    const amount = Number(amountMinor);
    for (const { index, detail, isMoney } of caps) {
      const left = this.capRoom[index] ?? 0;
      if (isMoney ? left < amount : left < 1) {
        return outcomeCode(isMoney ? 'BUDGET_REACHED' : 'CAP_REACHED', detail);
      }
    }
    const creditRoom = this.creditRoom[credit] ?? 0;
    // Most buyers have no limit, and nothing need be computed for them.
    if (creditRoom === Infinity) return eligible;
    return creditRoom < Number(owedFor(entry, amountMinor)) ? code.noBalance : eligible;
  }

  /** Counts a sale: from now on there is less room under the contract and for the buyer. */
  sell(sold: CompiledEntry, amountMinor: bigint): void {
    const amount = Number(amountMinor);
    const { contract, credit } = sold;
    this.soldLeads[contract] = (this.soldLeads[contract] ?? 0) + 1;
    this.soldMinor[contract] = (this.soldMinor[contract] ?? 0n) + amountMinor;
    const owed = owedFor(sold, amountMinor);
    this.creditMinor[credit] = (this.creditMinor[credit] ?? 0n) + owed;
    this.creditRoom[credit] = (this.creditRoom[credit] ?? 0) - Number(owed);
    for (const each of this.compiled.entries) {
      if (each.credit !== credit) continue;
      if (each.contract === contract) {
        for (const { index, isMoney } of each.caps) {
          this.capRoom[index] = (this.capRoom[index] ?? 0) - (isMoney ? amount : 1);
        }
      }
      this.room[each.index] = this.roomFor(each, each.amountMinor);
    }
  }

  /** Every one of `among` is owed its share of one lead, and `chosen`, one of them, got the whole. */
  settleShare(among: readonly { readonly compiled: CompiledEntry }[], chosen: CompiledEntry): void {
    let total = 0;
    for (const { compiled } of among) total += compiled.entry.weight;
    for (const { compiled } of among) {
      const { index, entry } = compiled;
      this.owed[index] = (this.owed[index] ?? 0) + entry.weight / total;
      this.standingChanged[index] = 1;
    }
    this.owed[chosen.index] = (this.owed[chosen.index] ?? 0) - 1;
  }

  /** It had its turn in its stage. */
  settleTurn(stage: Stage, chosen: CompiledEntry): void {
    const turn = (this.turns[stage.index] ?? 0) + 1;
    this.turns[stage.index] = turn;
    this.lastTurn[chosen.index] = turn;
    this.standingChanged[chosen.index] = 1;
  }

  /** Remembers persons whom several leads of the batch are about, for who buys the first. */
  watchPersons(leads: readonly RoutableLead[]): void {
    if (leads.length < 2) return;
    const seen = new Set<string>();
    for (const { personKeys } of leads) {
      for (const key of personKeys) {
        if (seen.has(key)) this.personHolders.set(key, []);
        else seen.add(key);
      }
    }
  }

  /** The buyers, by number, who bought another lead of this batch about the same person. */
  holdersOf(lead: RoutableLead): readonly number[] {
    if (this.personHolders.size === 0) return [];
    return lead.personKeys.flatMap((key) => this.personHolders.get(key) ?? []);
  }

  rememberHolder(lead: RoutableLead, { buyer }: CompiledEntry): void {
    if (this.personHolders.size === 0) return;
    for (const key of lead.personKeys) this.personHolders.get(key)?.push(buyer);
  }

  /** Everything that is to be written, in the order of its keys. */
  changes(): RoutingChanges {
    const { counters, contracts } = countingAt(this.compiled, this.present);
    const increments: CounterIncrement[] = [];
    for (const [index, { contractId, window }] of counters.entries()) {
      const number = contracts[index] ?? -1;
      const leads = this.soldLeads[number] ?? 0;
      if (leads > 0)
        increments.push({ contractId, window, leads, amountMinor: this.soldMinor[number] ?? 0n });
    }
    const standings = this.compiled.stages.flatMap((stage) => this.standingChanges(stage));
    return {
      increments,
      standings:
        this.compiled.stages.length === 1
          ? standings
          : standings.toSorted((a, b) => order(standingKey(a), standingKey(b))),
      creditUses: this.creditUses(),
    };
  }

  private standingChanges({ route: { routeId }, byKey }: Stage): StandingChange[] {
    const changes: StandingChange[] = [];
    for (const { index, entry } of byKey) {
      if (this.standingChanged[index] !== 1) continue;
      const [owed, lastTurn] = [this.owed[index] ?? 0, this.lastTurn[index] ?? 0];
      changes.push({ routeId, contractId: entry.contractId, owed, lastTurn });
    }
    return changes;
  }

  private creditUses(): readonly CreditUse[] {
    const used: [key: string, amountMinor: bigint][] = [];
    for (const [key, number] of this.compiled.creditNumbers) {
      const amountMinor = this.creditMinor[number] ?? 0n;
      if (amountMinor > 0n) used.push([key, amountMinor]);
    }
    return used
      .sort(([a], [b]) => order(a, b))
      .map(([key, amountMinor]) => {
        const [buyerId = '', currency = ''] = key.split(' ');
        return { buyerId, currency, amountMinor };
      });
  }

  private open(stage: Stage, state: RoutingState, counterKeys: readonly string[]): void {
    for (const each of stage.entries) {
      const { index, caps } = each;
      for (const { index: cap, isMoney, limit } of caps) {
        const count = state.counters.get(counterKeys[cap] ?? '');
        // A counter that was not read was not locked either: somebody else could sell the same room.
        invariant(count, 'a counter that routing needs was not read');
        this.capRoom[cap] = Number(limit - (isMoney ? count.amountMinor : BigInt(count.leads)));
      }
      this.room[index] = this.roomFor(each, each.amountMinor);
      const { owed, lastTurn } = state.standings.get(each.standingKey) ?? newStanding;
      this.owed[index] = owed;
      this.lastTurn[index] = lastTurn;
      this.turns[stage.index] = Math.max(this.turns[stage.index] ?? 0, lastTurn);
    }
  }

  /** Finds out who takes nothing at present, whatever the lead. */
  private close(): void {
    const { compiled, circumstances, present: at } = this;
    const weekMinutes = compiled.zones.map((zone) => minuteOfWeek(at, zone));
    for (const each of compiled.entries) {
      const circumstance = circumstances.get(each.entry.contractId);
      this.closed[each.index] = closedBy(each, { circumstance, at, weekMinute: weekMinutes[each.zone] ?? 0 });
    }
  }
}

function closedBy(
  { entry, weeks }: CompiledEntry,
  {
    circumstance,
    at,
    weekMinute,
  }: {
    readonly circumstance: Circumstance | undefined;
    readonly at: Date;
    readonly weekMinute: number;
  },
): OutcomeCode {
  if (!circumstance?.active) return code.inactive;
  const isPaused = conditionsOf(entry).some(
    ({ pause }) => pause !== null && pause.from <= at && (pause.until === null || at < pause.until),
  );
  if (circumstance.buyerPaused || isPaused) return code.paused;
  if (circumstance.circuitOpen) return code.circuitOpen;
  return weeks.every((week) => includesMinute(week, weekMinute)) ? eligible : code.outOfSchedule;
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
