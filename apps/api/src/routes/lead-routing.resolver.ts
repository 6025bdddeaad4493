import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { type LeadDecided, RouteUnsoldLead } from '#leads';
import type { Actor } from '#organizations';
import { invariant, refuse } from '#outcome';
import type { DecisionViewer } from '#routing';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { ContractType } from '../contracts/contracts.types.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import { LeadLoaders } from '../leads/leads.loaders.js';
import { LeadType } from '../leads/leads.types.js';
import { explainedDecision } from './explained-decision.js';
import { RouteLeadInput, RouteLeadPayload } from './routes.inputs.js';
import { RouteLoaders } from './routes.loaders.js';
import { RoutingDecisionType, RoutingEntryType } from './routes.types.js';

/** Why a lead went where it went. */
@Resolver(() => LeadType)
export class LeadRoutingResolver {
  constructor(
    private readonly load: RouteLoaders,
    private readonly leads: LeadLoaders,
    private readonly unsold: RouteUnsoldLead,
  ) {}

  @Requires('leads:submit')
  @Mutation(() => RouteLeadPayload, {
    description: 'Routes an UNSOLD lead again, by what its route and the buyers want now.',
  })
  async routeLead(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RouteLeadInput,
  ): Promise<RouteLeadPayload> {
    const leadId = decodeId('lead', input.leadId);
    const outcome =
      leadId === undefined
        ? refuse<LeadDecided>('NOT_FOUND', { field: ['input', 'leadId'] })
        : await this.unsold.execute(actor, { ...input, leadId });
    if (!outcome.ok) return { lead: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    const { replayed } = outcome.value;
    return { lead: await this.leads.changedLead(loaders, outcome.value.leadId), replayed, userErrors: [] };
  }

  @ResolveField(() => [RoutingDecisionType], {
    description:
      'Every decision on it, the first one first; none where it named its contract and nothing was decided.',
  })
  async routing(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: LeadType,
  ): Promise<RoutingDecisionType[]> {
    const decisions = await this.load.decisions(loaders, of.id);
    return decisions.flatMap((decision) => explainedDecision(decision, viewerOf(actor)));
  }
}

/** The contract of a considered entry. */
@Resolver(() => RoutingEntryType)
export class RoutingEntriesResolver {
  constructor(private readonly contracts: ContractLoaders) {}

  @ResolveField(() => ContractType)
  async contract(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: RoutingEntryType,
  ): Promise<ContractType> {
    const contract = await this.contracts.contract(loaders, of.contractId);
    invariant(contract, 'an entry has no contract that its reader may see');
    return contract;
  }
}

function viewerOf({ kind, organizationId }: Actor): DecisionViewer {
  if (kind === 'AGENCY') return { kind, agencyId: organizationId };
  if (kind === 'BUYER') return { kind, buyerId: organizationId };
  return { kind: 'OPERATOR' };
}
