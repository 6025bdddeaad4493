import { VerticalsModule } from '#verticals';
import { Module } from '@nestjs/common';
import { DecisionStore } from './decision.store.js';
import { DefineRoute } from './define-route.action.js';
import { RouteQueries } from './route.queries.js';
import { RouteStore } from './route.store.js';
import { RoutingDeskStore } from './routing-desk.store.js';
import { SetBuyingRules } from './set-buying-rules.action.js';

/** Routes, what buyers want, and decisions. Needs a provider of 'Clock' and the database module. */
@Module({
  imports: [VerticalsModule],
  providers: [DecisionStore, DefineRoute, RouteQueries, RouteStore, RoutingDeskStore, SetBuyingRules],
  exports: [DecisionStore, DefineRoute, RouteQueries, RoutingDeskStore, SetBuyingRules],
})
export class RoutingModule {}
