import { asCurrency, money } from '#money';
import { type Decision, type DecisionViewer, explainDecision, type Mood, type Route } from '#routing';
import { moneyOf } from './raw-conditions.js';
import type { RoutingDecisionType } from './routes.types.js';

/** A decision with the versions that it names, as it is told to a viewer; none for who has no part in it. */
export function explainedDecision(
  {
    number,
    decision,
    routes,
    mood = 'DECIDED',
  }: {
    readonly number: number;
    readonly decision: Decision;
    readonly routes: readonly Route[];
    readonly mood?: Mood;
  },
  viewer: DecisionViewer,
): RoutingDecisionType[] {
  const found = explainDecision({ decision, routes, mood }, viewer);
  if (!found) return [];
  const { result, summary, at, entries } = found;
  return [
    {
      number,
      result,
      summary,
      decidedAt: at,
      entries: entries.map((entry) => ({
        of: entry,
        route: entry.routeName,
        outcome: entry.outcome,
        reason: entry.reason,
        price:
          entry.amountMinor === null || entry.currency === null
            ? null
            : moneyOf(money(entry.amountMinor, asCurrency(entry.currency))),
      })),
    },
  ];
}
