import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { DryRunRoute, LeadQueries, type RouteDryRun } from '#leads';
import { asCurrency, money } from '#money';
import type { Actor } from '#organizations';
import { invariant, refusal } from '#outcome';
import { type Mood, type Sale, type Sold, type Tally, tallyOf } from '#routing';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { ContractType } from '../contracts/contracts.types.js';
import { decodeOptionalId, encodeId, type MoneyType, toUserErrors } from '../graphql/index.js';
import {
  DryRunContractType,
  type DryRunCountType,
  DryRunRouteArgs,
  type DryRunSalesType,
  RouteDryRunType,
} from './dry-run.types.js';
import { explainedDecision } from './explained-decision.js';
import { moneyOf } from './raw-conditions.js';
import { rawRouteOf } from './raw-route-of.js';
import type { RoutingDecisionType } from './routes.types.js';

const lastByDefault = 50;

/** Trying a route out on what came before. */
@Resolver()
export class DryRunResolver {
  constructor(
    private readonly dryRun: DryRunRoute,
    private readonly leads: LeadQueries,
  ) {}

  @Requires('routes:manage')
  @Query(() => RouteDryRunType, {
    description:
      'Tries a route on the last leads that took one: what each was decided, what it would be, and what all of it comes to. Nothing is written.',
  })
  async dryRunRoute(
    @CurrentActor() actor: Actor,
    @Args() { route, last, before }: DryRunRouteArgs,
  ): Promise<RouteDryRunType> {
    const beforeLeadId = decodeOptionalId('lead', before);
    if (beforeLeadId === undefined || !(await this.isThere(actor, beforeLeadId))) {
      const userErrors = toUserErrors([refusal('NOT_FOUND', { field: ['before'] })]);
      return { ...dryRunTypeOf(actor, { leads: [], unreadable: 0 }), userErrors };
    }
    const outcome = await this.dryRun.execute(actor, {
      route: rawRouteOf(route),
      last: last ?? lastByDefault,
      beforeLeadId,
    });
    if (outcome.ok) return dryRunTypeOf(actor, outcome.value);
    return {
      ...dryRunTypeOf(actor, { leads: [], unreadable: 0 }),
      userErrors: toUserErrors(outcome.refusals),
    };
  }

  private async isThere(actor: Actor, leadId: string | null): Promise<boolean> {
    return leadId === null || (await this.leads.byIds(actor, [leadId])).length > 0;
  }
}

/** The contract of a line of a dry run. */
@Resolver(() => DryRunContractType)
export class DryRunContractsResolver {
  constructor(private readonly contracts: ContractLoaders) {}

  @ResolveField(() => ContractType)
  async contract(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: DryRunContractType,
  ): Promise<ContractType> {
    const contract = await this.contracts.contract(loaders, of);
    invariant(contract, 'a dry run has no contract that its reader may see');
    return contract;
  }
}

function dryRunTypeOf(
  { organizationId: agencyId }: Actor,
  { leads, unreadable }: RouteDryRun,
): RouteDryRunType {
  const decisions = leads.map(({ number, before, after, routesBefore, routesAfter }) => {
    const viewer = { kind: 'AGENCY', agencyId } as const;
    const told = (decision: typeof before, routes: typeof routesBefore, mood: Mood): RoutingDecisionType => {
      const [explained] = explainedDecision({ number, decision, routes, mood }, viewer);
      invariant(explained, 'a dry run tells of a decision that is not its agency’s');
      return explained;
    };
    return {
      leadId: encodeId('lead', before.leadId),
      decidedAt: before.at,
      isChanged: soldAs(before.sales) !== soldAs(after.sales) || before.result !== after.result,
      before: told(before, routesBefore, 'DECIDED'),
      after: told(after, routesAfter, 'TRIED'),
    };
  });
  const [before, after] = [
    tallyOf(leads.map((each) => each.before)),
    tallyOf(leads.map((each) => each.after)),
  ];
  return {
    before: countTypeOf(before),
    after: countTypeOf(after),
    changed: decisions.filter(({ isChanged }) => isChanged).length,
    unreadable,
    contracts: [...new Set([...before.byContract.keys(), ...after.byContract.keys()])]
      .toSorted()
      .map((of) => ({
        of,
        before: salesTypeOf(before.byContract.get(of)),
        after: salesTypeOf(after.byContract.get(of)),
      })),
    decisions,
    userErrors: [],
  };
}

function soldAs(sales: readonly Sale[]): string {
  return sales
    .map(({ contractId, amountMinor, currency }) => `${contractId} ${amountMinor} ${currency}`)
    .join();
}

function countTypeOf({ leads: sold, offered, unsold, amounts }: Tally): DryRunCountType {
  return { sold, offered, unsold, amounts: amountTypesOf(amounts) };
}

function salesTypeOf(sold: Sold | undefined): DryRunSalesType {
  return sold ? { leads: sold.leads, amounts: amountTypesOf(sold.amounts) } : { leads: 0, amounts: [] };
}

function amountTypesOf(amounts: Sold['amounts']): MoneyType[] {
  return [...amounts].map(([currency, amountMinor]) => moneyOf(money(amountMinor, asCurrency(currency))));
}
