import type { OnModuleInit } from '@nestjs/common';
import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { ExplainedChargeQueries, type ReportedOutcome, ReportOutcome } from '#deals';
import type { Actor } from '#organizations';
import { invariant, type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import { LeadType } from '../leads/leads.types.js';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { chargeTypeOf } from './charges.types.js';
import { DealReader } from './deal-reader.js';
import { DealType } from './deals.types.js';
import {
  OutcomeEventType,
  type OutcomeInput,
  ReportOutcomeInput,
  ReportOutcomePayload,
} from './outcomes.types.js';

@Resolver(() => OutcomeEventType)
export class OutcomesResolver implements OnModuleInit {
  constructor(
    private readonly report: ReportOutcome,
    private readonly charges: ExplainedChargeQueries,
    private readonly read: DealReader,
    private readonly nodes: NodeResolverRegistry,
  ) {}

  onModuleInit(): void {
    this.nodes.register('out', {
      requires: 'leads:read',
      load: async (loaders, id) => await this.read.event(loaders, id),
    });
  }

  @Requires('outcomes:report')
  @Mutation(() => ReportOutcomePayload, {
    description: 'Says what became of a lead, and charges what that makes owed.',
  })
  async reportOutcome(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ReportOutcomeInput,
  ): Promise<ReportOutcomePayload> {
    const leadId = decodeId('lead', input.leadId);
    if (leadId === undefined) return refused([refusal('NOT_FOUND', { field: ['input', 'leadId'] })]);
    const { idempotencyKey } = input;
    const reported = await this.report.execute(actor, {
      leadId,
      outcome: reportedOutcomeOf(input.outcome),
      idempotencyKey,
    });
    if (!reported.ok) return refused(reported.refusals);
    const { agencyId, dealId, outcomeEventId, chargeIds, notes, replayed } = reported.value;
    const [lead, deal, outcome, charges] = await Promise.all([
      this.read.changedLead(loaders, leadId),
      dealId === null ? null : this.read.changedDeal(loaders, dealId),
      outcomeEventId === null ? null : this.read.event(loaders, outcomeEventId),
      this.charges.byIds(agencyId, chargeIds),
    ]);
    return { lead, deal, outcome, charges: charges.map(chargeTypeOf), notes, replayed, userErrors: [] };
  }

  @ResolveField(() => LeadType)
  async lead(@Loaders() loaders: RequestLoaders, @Parent() { of }: OutcomeEventType): Promise<LeadType> {
    return await this.read.lead(loaders, of.leadId);
  }

  @ResolveField(() => DealType, { nullable: true })
  async deal(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: OutcomeEventType,
  ): Promise<DealType | null> {
    return of.dealId === null ? null : await this.read.deal(loaders, of.dealId);
  }
}

/** GraphQL has made sure that there is exactly one. */
function reportedOutcomeOf({ stage, won, lost }: OutcomeInput): ReportedOutcome {
  if (stage) {
    const { occurredAt, note } = stage;
    return {
      kind: 'STAGE',
      stage: stage.stage,
      ...(occurredAt ? { occurredAt } : {}),
      ...(typeof note === 'string' ? { note } : {}),
    };
  }
  if (won) {
    const { amount, closedAt, dealReference } = won;
    return {
      kind: 'WON',
      amount: { amount: amount.amount, currency: amount.currency },
      ...(closedAt ? { closedAt } : {}),
      ...(typeof dealReference === 'string' ? { dealReference } : {}),
    };
  }
  invariant(lost, 'an outcome says nothing');
  const { reason, closedAt } = lost;
  return { kind: 'LOST', reason, ...(closedAt ? { closedAt } : {}) };
}

function refused(refusals: readonly Refusal[]): ReportOutcomePayload {
  return {
    lead: null,
    deal: null,
    outcome: null,
    charges: [],
    notes: [],
    replayed: false,
    userErrors: toUserErrors(refusals, 'deal'),
  };
}
