export * from './route.js';
export {
  type AttributeRule,
  type RangeType,
  type ValueType,
  rangeTypes,
  valueTypes,
} from './attribute-rule.js';
export { type Area, type Geography, type PostalRange, anywhere } from './geography.js';
export { type SourceMatch, type SourceRule, anySource } from './source-rule.js';
export * from './raw-route.js';
export {
  readBuyingRules,
  readRules,
  storedBuyingRules,
  type StoredBuyingRules,
  storedRules,
  type StoredRules,
} from './stored-route.js';
export { type RouteContext, validateBuyingRules, validateRoute } from './validate-route.js';
export { type Clause, clausesOf } from './clauses.js';
export { describeClause, describeRule } from './describe-rule.js';
export { type DescribedRoute, describeCap, describeEntry, describeRoute } from './describe-route.js';
export * from './routable-lead.js';
export * from './routing-state.js';
export {
  type CompiledRoute,
  type RouteSurroundings,
  chainOf,
  compileRoute,
  countersNeeded,
} from './compile-route.js';
export {
  type ConsideredEntry,
  type Decision,
  type EntryOutcome,
  type RouteVersion,
  type RoutingResult,
  type Sale,
  bidDetails,
  duplicateDetails,
  entriesInOrder,
  offerDetails,
  outcomesOf,
  routingResults,
} from './decision.js';
export { Desk } from './desk.js';
export { type Claim, type RoutedBatch, claimOffer, routeAt, routeBatch } from './route-batch.js';
export { type DecisionDifference, differencesOf, stateBefore, withCounters } from './replay.js';
export { type PastBatch, type PastDecision, type Present, type Redecided, dryRun } from './dry-run.js';
export { type MissedLead, MissedLeadQueries, mostMissedLooked } from './missed-leads.queries.js';
export { type Sold, type Tally, tallyOf } from './tally.js';
export { type PastFound, type PastOne, type PastWanted, PastDecisions } from './past-decisions.queries.js';
export { type ProposedRoute, ProposeRoute } from './propose-route.queries.js';
export {
  type DecisionExplanation,
  type DecisionViewer,
  type ExplainedEntry,
  explainDecision,
  type Mood,
} from './explain-decision.js';
export {
  DefineRoute,
  type DefineRouteInput,
  type RemoveRouteInput,
  type RouteActed,
} from './define-route.action.js';
export {
  type BuyingRulesSet,
  type PauseBuyingInput,
  type ResumeBuyingInput,
  SetBuyingRules,
  type SetBuyingRulesInput,
} from './set-buying-rules.action.js';
export {
  type BuyingRulesView,
  type DecisionView,
  type RouteFilter,
  RouteQueries,
  type RouteView,
} from './route.queries.js';
export type { RouteAsked } from './known-routes.js';
export { type HeldDesk, type HeldDesks, RoutingDeskStore } from './routing-desk.store.js';
export type { DeskStates } from './desk-states.js';
export { DecisionStore, type RoutedAtDesk, type SaleLost } from './decision.store.js';
export * from './offer.js';
export { keepOffers, pastOffers } from './offer.store.js';
export { TidyCounters } from './tidy-counters.action.js';
export { RoutingModule } from './routing.module.js';
