import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Allow } from 'class-validator';
import {
  type BuyingRulesView,
  describeEntry,
  describeRoute,
  type EntryOutcome,
  type ExplainedEntry,
  type RouteEntry,
  type RouteMethod,
  routeMethods,
  type RouteView,
  type RoutingResult,
  routingResults,
  type SaleMode,
  saleModes,
  skipReasons,
} from '#routing';
import { Connection, DateTimeScalar, encodeId, MoneyInput, MoneyType } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { ConditionsInput, ConditionsType, enumOf } from './conditions.types.js';
import { conditionsTypeOf, moneyOf } from './raw-conditions.js';

export const RouteMethodEnum = enumOf(
  'RouteMethod',
  routeMethods,
  'PRIORITY: in order. WEIGHTED: to each its share. ROUND_ROBIN: to who has waited longest. HIGHEST_BID: by standing bids. PING_POST: by bids for this very lead. FIRST_CLAIM: to the first that claims it.',
);
export const SaleModeEnum = enumOf(
  'SaleMode',
  saleModes,
  'EXCLUSIVE: to one buyer. SHARED: to several, each under its own contract and price.',
);
export const RoutingResultEnum = enumOf(
  'RoutingResult',
  routingResults,
  'SOLD: to buyers. OFFERED: buyers may bid for it or claim it. UNSOLD: to nobody, for now.',
);
export const RoutingOutcomeEnum = enumOf(
  'RoutingOutcome',
  ['SOLD', 'OFFERED', ...skipReasons],
  'What became of one entry of a route, or the first reason against it.',
);

@InputType()
export class RouteEntryInput extends ConditionsInput {
  @Allow()
  @Field(() => ID, { description: 'Each contract once.' })
  contractId: string;

  @Allow()
  @Field(() => Int, { nullable: true, description: '1, which is also the default, comes first.' })
  priority?: number | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'Its share for WEIGHTED: 1 to 10,000, 1 by default.' })
  weight?: number | null;
}

@InputType()
export class RouteInput {
  @Allow()
  @Field(() => String, { description: 'Unique in the vertical: it names the route. 1 to 64 characters.' })
  name: string;

  @Allow()
  @Field(() => String)
  vertical: string;

  @Allow()
  @Field(() => RouteMethodEnum)
  method: RouteMethod;

  @Allow()
  @Field(() => SaleModeEnum)
  saleMode: SaleMode;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'Needed when SHARED: different buyers at most, 2 to 20.' })
  maxBuyers?: number | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'The route that gets what nobody here takes.' })
  fallback?: string | null;

  @Allow()
  @Field(() => MoneyInput, { nullable: true, description: 'Lower bids do not count.' })
  minBid?: MoneyInput | null;

  @Allow()
  @Field(() => Int, {
    nullable: true,
    description: 'Of FIRST_CLAIM: how long a lead may be claimed, 5 to 86,400 seconds; 120 when left out.',
  })
  claimSeconds?: number | null;

  @Allow()
  @Field(() => [RouteEntryInput], { description: 'At most 200.' })
  entries: readonly RouteEntryInput[];
}

@InputType({ description: 'All of them: what is left out sets no condition.' })
export class BuyingRulesInput extends ConditionsInput {}

@ObjectType('RouteEntry', { description: "One contract's place in a route, with the agency's conditions." })
export class RouteEntryType extends ConditionsType {
  readonly of: RouteEntry;

  @Field(() => Int)
  priority: number;

  @Field(() => Int)
  weight: number;

  @Field(() => [String], {
    description: "What counts, in plain words: the agency's conditions and the buyer's.",
  })
  clauses: readonly string[];
}

@ObjectType('Route', {
  implements: () => [Node],
  description: 'How an agency gives the leads of a vertical to buyers.',
})
export class RouteType extends Node {
  readonly __typename = 'Route' as const;

  readonly of: RouteView;

  @Field(() => String)
  name: string;

  @Field(() => String)
  vertical: string;

  @Field(() => RouteMethodEnum)
  method: RouteMethod;

  @Field(() => SaleModeEnum)
  saleMode: SaleMode;

  @Field(() => Int)
  maxBuyers: number;

  @Field(() => String, { nullable: true })
  fallback: string | null;

  @Field(() => MoneyType, { nullable: true })
  minBid: MoneyType | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How long a lead may be claimed; null but for FIRST_CLAIM.',
  })
  claimSeconds: number | null;

  @Field(() => Boolean, { description: 'Leads of the vertical that name no contract take it.' })
  isDefault: boolean;

  @Field(() => Int, { description: 'Counts the changes by either side.' })
  version: number;

  @Field(() => String, { description: 'How it works, in plain words.' })
  summary: string;

  @Field(() => [RouteEntryType], { description: 'In the order in which they are considered.' })
  entries: readonly RouteEntryType[];

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar)
  changedAt: Date;
}

export const RouteConnection = Connection(() => RouteType, 'Route');

@ObjectType('BuyingRules', {
  description: "What a buyer wants under a contract: it holds beside the agency's conditions.",
})
export class BuyingRulesType extends ConditionsType {
  @Field(() => Int, { description: 'Counts the changes.' })
  version: number;

  @Field(() => DateTimeScalar, { nullable: true })
  changedAt: Date | null;
}

@ObjectType('RoutingEntry', { description: 'What became of one contract in a decision.' })
export class RoutingEntryType {
  readonly of: ExplainedEntry;

  @Field(() => String, { nullable: true, description: 'The route; null for a buyer.' })
  route: string | null;

  @Field(() => RoutingOutcomeEnum)
  outcome: EntryOutcome;

  @Field(() => String, { description: 'A sentence, without personal data.' })
  reason: string;

  @Field(() => MoneyType, { nullable: true, description: 'What the delivery is charged, where it was sold.' })
  price: MoneyType | null;
}

@ObjectType('RoutingDecision', {
  description: 'Who was considered for a lead, and why each got it or not. A buyer sees its own part alone.',
})
export class RoutingDecisionType {
  @Field(() => Int, { description: '1 is the decision at intake.' })
  number: number;

  @Field(() => RoutingResultEnum, { nullable: true, description: 'Null for a buyer.' })
  result: RoutingResult | null;

  @Field(() => String)
  summary: string;

  @Field(() => DateTimeScalar)
  decidedAt: Date;

  @Field(() => [RoutingEntryType])
  entries: readonly RoutingEntryType[];
}

/** Domain to API type. */
export function routeTypeOf(route: RouteView): RouteType {
  const { given, rules } = route;
  const effective = new Map(rules.entries.map((entry) => [entry.contractId, entry]));
  return {
    __typename: 'Route',
    of: route,
    id: encodeId('rte', route.id),
    name: given.name,
    vertical: given.vertical,
    method: given.method,
    saleMode: given.saleMode,
    maxBuyers: given.maxBuyers,
    fallback: given.fallback,
    minBid: given.minBid && moneyOf(given.minBid),
    claimSeconds: given.method === 'FIRST_CLAIM' ? given.claimSeconds : null,
    isDefault: route.isDefault,
    version: route.version,
    summary: describeRoute(rules).summary,
    entries: given.entries.toSorted(byOrder).map((entry) => ({
      of: entry,
      priority: entry.priority,
      weight: entry.weight,
      ...conditionsTypeOf(entry),
      clauses: describeEntry(effective.get(entry.contractId) ?? entry, given.method),
    })),
    createdAt: route.createdAt,
    changedAt: route.changedAt,
  };
}

function byOrder(a: RouteEntry, b: RouteEntry): number {
  return a.priority - b.priority || (a.contractId < b.contractId ? -1 : 1);
}

/** Domain to API type. */
export function buyingRulesTypeOf({ version, rules, changedAt }: BuyingRulesView): BuyingRulesType {
  return { version, changedAt, ...conditionsTypeOf(rules) };
}
