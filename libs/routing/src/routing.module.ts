import { VerticalsModule } from '#verticals';
import { Module } from '@nestjs/common';
import { DecisionStore } from './decision.store.js';
import { DefineRoute } from './define-route.action.js';
import { MissedLeadQueries } from './missed-leads.queries.js';
import { PastDecisions } from './past-decisions.queries.js';
import { ProposeRoute } from './propose-route.queries.js';
import { RouteQueries } from './route.queries.js';
import { RouteStore } from './route.store.js';
import { RoutingDeskStore } from './routing-desk.store.js';
import { SetBuyingRules } from './set-buying-rules.action.js';
import { TidyCounters } from './tidy-counters.action.js';

/** Routes, what buyers want, and decisions. Needs a provider of 'Clock' and the database module. */
@Module({
  imports: [VerticalsModule],
  providers: [
    DecisionStore,
    DefineRoute,
    MissedLeadQueries,
    PastDecisions,
    ProposeRoute,
    RouteQueries,
    RouteStore,
    RoutingDeskStore,
    SetBuyingRules,
    TidyCounters,
  ],
  exports: [
    DecisionStore,
    DefineRoute,
    MissedLeadQueries,
    PastDecisions,
    ProposeRoute,
    RouteQueries,
    RoutingDeskStore,
    SetBuyingRules,
    TidyCounters,
  ],
})
export class RoutingModule {}
