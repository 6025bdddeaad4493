import { unreachable } from '#outcome';
import type { Candidate, Stage } from './compile-route.js';
import type { Desk } from './desk.js';

/** What is chosen from, and by. */
export interface Choice {
  readonly stage: Stage;
  readonly desk: Desk;
  /** Those against whom nothing stands, in the order of consideration. */
  readonly candidates: readonly Candidate[];
  /** How many different buyers may have it. */
  readonly most: number;
  /** False for a test lead, which leaves turns and shares as they are. */
  readonly counts: boolean;
}

/**
 * The candidates that get the lead, first chosen first: at most `most`, each of another buyer. Equals go by the order
 * of consideration, so the same input always gives the same answer.
 */
export function choose(choice: Choice): readonly Candidate[] {
  const chosen: Candidate[] = [];
  let left: readonly Candidate[] = inPreference(choice);
  while (chosen.length < choice.most) {
    const next = pick(choice, left);
    if (!next) break;
    chosen.push(next);
    if (chosen.length === choice.most) break;
    left = left.filter(({ compiled }) => compiled.buyer !== next.compiled.buyer);
  }
  return chosen;
}

/** Brings candidates into an order of which the first is the best, where there is one that outlasts a sale. */
function inPreference({ stage, candidates }: Choice): readonly Candidate[] {
  switch (stage.route.method) {
    case 'HIGHEST_BID':
    case 'PING_POST':
      // Sorting is stable: equal bids stay in the order of consideration.
      return candidates.length < 2
        ? candidates
        : candidates.toSorted((a, b) =>
            a.amountMinor < b.amountMinor ? 1 : -Number(a.amountMinor > b.amountMinor),
          );
    case 'PRIORITY':
    case 'WEIGHTED':
    case 'ROUND_ROBIN':
    case 'FIRST_CLAIM':
      return candidates;
    default:
      return unreachable(stage.route.method);
  }
}

function pick({ stage, desk, counts }: Choice, left: readonly Candidate[]): Candidate | undefined {
  switch (stage.route.method) {
    case 'WEIGHTED': {
      const next = mostUrgent(desk, left);
      if (next && counts) desk.settleShare(left, next.compiled);
      return next;
    }
    case 'ROUND_ROBIN': {
      const next = longestWaiting(desk, left);
      if (next && counts) desk.settleTurn(stage, next.compiled);
      return next;
    }
    case 'PRIORITY':
    case 'HIGHEST_BID':
    case 'PING_POST':
    case 'FIRST_CLAIM':
      return left[0];
    default:
      return unreachable(stage.route.method);
  }
}

/** Far below the smallest difference of two shares, far above what adding them up can get wrong. */
const tiny = 1e-9;

/**
 * The deficit rule. A lead makes every candidate be owed its share of it, weight ÷ weights; of those that are owed
 * anything, the one gets it that would be owed a whole lead soonest if it were passed over. Giving it to the one that
 * is owed most, as is usual, lets a small weight wait for more than a lead while several compete; by the deadline, with
 * the same candidates all along, what each got never differs from what it is owed by a whole lead (Steiner and Yeomans
 * 1993, on level schedules).
 */
function mostUrgent(desk: Desk, left: readonly Candidate[]): Candidate | undefined {
  let total = 0;
  for (const { compiled } of left) total += compiled.entry.weight;
  let urgent: Candidate | undefined;
  let urgentOwed = 0;
  let soonest = Infinity;
  let richest: Candidate | undefined;
  let most = -Infinity;
  for (const candidate of left) {
    const { index, entry } = candidate.compiled;
    const share = entry.weight / total;
    const owed = (desk.owed[index] ?? 0) + share;
    const leadsToWait = (1 - owed) / share;
    const isSooner = leadsToWait < soonest - tiny;
    const isAsSoonAndOwedMore = leadsToWait < soonest + tiny && owed > urgentOwed + tiny;
    if (owed > tiny && (isSooner || isAsSoonAndOwedMore)) {
      urgent = candidate;
      urgentOwed = owed;
      soonest = leadsToWait;
    }
    if (owed > most + tiny) {
      richest = candidate;
      most = owed;
    }
  }
  // Where candidates come and go it may be that nobody present is owed anything: then whoever had least too much.
  return urgent ?? richest;
}

/** Who was never served comes first, and then whoever was served before all others. */
function longestWaiting(desk: Desk, left: readonly Candidate[]): Candidate | undefined {
  let longest: Candidate | undefined;
  let earliest = Infinity;
  for (const candidate of left) {
    const turn = desk.lastTurn[candidate.compiled.index] ?? 0;
    if (turn < earliest) {
      longest = candidate;
      earliest = turn;
    }
  }
  return longest;
}
