import { asCurrency, formatMoney, money } from '#money';
import { unreachable } from '#outcome';
import { clausesOf } from './clauses.js';
import {
  type ConsideredEntry,
  type Decision,
  type EntryOutcome,
  type RoutingResult,
  type Sale,
  bidDetails,
  offerDetails,
  duplicateDetails,
  outcomesOf,
} from './decision.js';
import { describeCap, describeSeconds } from './describe-route.js';
import { describeClause } from './describe-rule.js';
import { type Route, capsOf, maxAgeSecondsOf, minScoreOf } from './route.js';

/** Who asks. The operator's people see what agencies see. */
export type DecisionViewer =
  | { readonly kind: 'OPERATOR' }
  | { readonly kind: 'AGENCY'; readonly agencyId: string }
  | { readonly kind: 'BUYER'; readonly buyerId: string };

/** One considered entry, explained. */
export interface ExplainedEntry {
  readonly contractId: string;
  readonly buyerId: string;
  /** The name of the route; null for a buyer, who need not know how the agency calls it. */
  readonly routeName: string | null;
  readonly outcome: EntryOutcome;
  /** A sentence, without the lead's own data. */
  readonly reason: string;
  /** What a delivery is charged, where it was sold. */
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
}

/** Whether it was decided, or is tried out only: then it is told as what would be. */
export type Mood = 'DECIDED' | 'TRIED';

/** What a viewer may know of a decision. */
export interface DecisionExplanation {
  readonly leadId: string;
  readonly at: Date;
  /** Null for a buyer: what others made of the lead is not its business. */
  readonly result: RoutingResult | null;
  readonly summary: string;
  /** For agency and operator all that were considered, in order; for a buyer its own. */
  readonly entries: readonly ExplainedEntry[];
}

/**
 * Explains a decision to someone: everything to the agency and the operator; to a buyer only what became of its own
 * entries, without the place, price, number or names of others. Undefined for whoever has no part in it, as if there
 * were no such decision. `routes` are the versions that the decision names.
 */
export function explainDecision(
  asked: { readonly decision: Decision; readonly routes: readonly Route[]; readonly mood?: Mood },
  viewer: DecisionViewer,
): DecisionExplanation | undefined {
  const { decision, routes, mood = 'DECIDED' } = asked;
  const considered = outcomesOf(decision, routes);
  const { leadId, at } = decision;
  switch (viewer.kind) {
    case 'AGENCY':
      if (viewer.agencyId !== decision.agencyId) return undefined;
      return explainWhole({ decision, routes, mood }, considered);
    case 'OPERATOR':
      return explainWhole({ decision, routes, mood }, considered);
    case 'BUYER': {
      const own = considered.filter(({ entry }) => entry.buyerId === viewer.buyerId);
      const [first] = own;
      if (!first) return undefined;
      const entries = own.map((each) => explainEntry(each, { decision, mood }, null));
      // A buyer with two contracts in the route has the lead by one of them, or has it not.
      const told = entries.find(({ outcome }) => outcome === 'SOLD') ?? entries[0];
      return { leadId, at, result: null, summary: told?.reason ?? '', entries };
    }
    default:
      return unreachable(viewer);
  }
}

interface Told {
  readonly decision: Decision;
  readonly routes: readonly Route[];
  readonly mood: Mood;
}

function explainWhole(
  { decision, routes, mood }: Told,
  considered: readonly ConsideredEntry[],
): DecisionExplanation {
  const { leadId, at, result } = decision;
  return {
    leadId,
    at,
    result,
    summary: summaryOf({ decision, routes, mood }, considered),
    entries: considered.map((each) =>
      explainEntry(each, { decision, mood }, routes[each.stage]?.name ?? null),
    ),
  };
}

function summaryOf(
  { decision: { result, sales, trail, test }, routes, mood }: Told,
  considered: readonly ConsideredEntry[],
): string {
  const tried = mood === 'TRIED';
  const asked = `${considered.length} ${considered.length === 1 ? 'entry' : 'entries'} considered`;
  const last = routes[trail.length - 1];
  const by = last ? `${last.method} on the route ${last.name}` : 'no route';
  const note = test ? ' A test lead: it counts nowhere.' : '';
  const would = (word: string): string => (tried ? `Would be ${word.toLowerCase()}` : word);
  switch (result) {
    case 'SOLD':
      return `${would('Sold')} to ${sales.length} of ${asked}, by ${by}.${note}`;
    case 'OFFERED': {
      const offered = considered.filter(({ outcome }) => outcome === 'OFFERED').length;
      return `${would('Offered')} to ${offered} of ${asked}, by ${by}.${note}`;
    }
    case 'UNSOLD':
      return `${would('Unsold')}: ${asked}, and each ${tried ? 'has' : 'had'} a reason not to take it.${note}`;
    default:
      return unreachable(result);
  }
}

function explainEntry(
  each: ConsideredEntry,
  { decision, mood }: Pick<Told, 'decision' | 'mood'>,
  routeName: string | null,
): ExplainedEntry {
  const { contractId, buyerId } = each.entry;
  const sale = decision.sales.find((one) => one.contractId === contractId && one.stage === each.stage);
  return {
    contractId,
    buyerId,
    routeName,
    outcome: each.outcome,
    reason: (mood === 'TRIED' ? triedReason(each, sale) : undefined) ?? reasonOf(each, sale),
    amountMinor: sale?.amountMinor ?? null,
    currency: sale?.currency ?? null,
  };
}

/** Where the reason tells of what was done; undefined where it tells only what stands against the entry. */
function triedReason({ outcome, detail }: ConsideredEntry, sale: Sale | undefined): string | undefined {
  switch (outcome) {
    case 'SOLD':
      return sale
        ? `Would be sold for ${formatMoney(money(sale.amountMinor, asCurrency(sale.currency)))}.`
        : 'Would be sold.';
    case 'OFFERED':
      return detail === offerDetails.lapsed ? undefined : 'Would be offered, to be claimed or bid for.';
    case 'SELL_LIMIT_REACHED':
      return 'It fits, but others would come first, and the lead could not be sold again.';
    case 'DUPLICATE_FOR_BUYER':
      return detail === duplicateDetails.sameLead
        ? 'The buyer would get this lead under another of its contracts.'
        : undefined;
    default:
      return undefined;
  }
}

function reasonOf(each: ConsideredEntry, sale: Sale | undefined): string {
  const { entry, outcome, detail } = each;
  switch (outcome) {
    case 'SOLD':
      return sale ? `Sold for ${formatMoney(money(sale.amountMinor, asCurrency(sale.currency)))}.` : 'Sold.';
    case 'OFFERED':
      return detail === offerDetails.lapsed
        ? 'It was offered, and not claimed in time.'
        : 'Offered: it may be claimed or bid for.';
    case 'FILTER_MISMATCH':
      return mismatchReason(each);
    case 'CAP_REACHED':
    case 'BUDGET_REACHED': {
      const cap = capsOf(entry)[detail];
      const limit = cap ? `${describeCap(cap)}, in ${entry.timeZone}` : 'a limit that is set';
      return outcome === 'CAP_REACHED'
        ? `The cap was reached: ${limit}.`
        : `The budget had no room: ${limit}.`;
    }
    case 'OUT_OF_SCHEDULE':
      return `Outside the hours, by the clock in ${entry.timeZone}.`;
    case 'INSUFFICIENT_BALANCE':
      return "The buyer's balance or credit limit does not cover the price.";
    case 'DUPLICATE_FOR_BUYER':
      return duplicateReason(detail);
    case 'BELOW_MIN_SCORE':
      return `The score was below ${minScoreOf(entry) ?? 0} of 100, or not known.`;
    case 'BELOW_MIN_BID':
      return bidReason(detail);
    case 'TOO_OLD':
      return `The lead was older than ${describeSeconds(maxAgeSecondsOf(entry) ?? 0)}.`;
    case 'CONSENT_MISSING':
      return 'No consent was recorded with the lead.';
    case 'SUPPRESSED':
      return 'The person is on a list of those who must not be contacted.';
    case 'CONTRACT_INACTIVE':
      return 'The contract was not active.';
    case 'BUYER_PAUSED':
      return 'The buyer had paused.';
    case 'CIRCUIT_OPEN':
      return 'Deliveries to the buyer were failing, so none was tried.';
    case 'SELL_LIMIT_REACHED':
      return 'It fitted, but others came first and the lead may not be sold again.';
    default:
      return unreachable(outcome);
  }
}

function mismatchReason({ entry, detail }: ConsideredEntry): string {
  const clause = clausesOf(entry)[detail];
  return clause
    ? `The lead did not fit the filter: only leads ${describeClause(clause)}.`
    : 'A filter did not fit.';
}

function duplicateReason(detail: number): string {
  switch (detail) {
    case duplicateDetails.hasLead:
      return 'The buyer has this lead already.';
    case duplicateDetails.sameLead:
      return 'The buyer got this lead under another of its contracts.';
    case duplicateDetails.failedBefore:
      return 'The buyer was given the lead before, and did not take it or did not reach the person in time.';
    default:
      return 'The buyer was given this person before, within the window for duplicates.';
  }
}

function bidReason(detail: number): string {
  switch (detail) {
    case bidDetails.none:
      return 'There was no bid.';
    case bidDetails.expired:
      return 'The bid had expired.';
    case bidDetails.otherCurrency:
      return 'The bid was in another currency.';
    case bidDetails.late:
      return 'The answer to the ping came too late.';
    case bidDetails.unreadable:
      return 'The answer to the ping could not be read.';
    case bidDetails.tooHigh:
      return 'The bid was so high that it is taken for a mistake.';
    case bidDetails.unreachable:
      return "The buyer's system could not be asked for a bid.";
    case bidDetails.noAddress:
      return 'The buyer has set no address for pings.';
    default:
      return 'The bid was below the lowest that counts.';
  }
}
