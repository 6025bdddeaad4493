import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { DecideQuarantine, HoldLead, type LeadDecided } from '#leads';
import type { Actor } from '#organizations';
import { type Outcome, refuse } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import { LeadLoaders } from '../leads/leads.loaders.js';
import {
  type LeadActPayload,
  LiftLegalHoldInput,
  LiftLegalHoldPayload,
  PlaceLegalHoldInput,
  PlaceLegalHoldPayload,
  RejectLeadInput,
  RejectLeadPayload,
  ReleaseLeadInput,
  ReleaseLeadPayload,
} from './persons.inputs.js';

/** What people decide on single leads: whether one goes on its way, and whether its person must be kept. */
@Resolver()
export class LeadActsResolver {
  constructor(
    private readonly quarantine: DecideQuarantine,
    private readonly holds: HoldLead,
    private readonly leads: LeadLoaders,
  ) {}

  @Requires('leads:decide')
  @Mutation(() => ReleaseLeadPayload, {
    description:
      'Lets a QUARANTINED lead go on its way, as if it came in now: it is delivered and charged, or turns out a duplicate.',
  })
  async releaseLead(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ReleaseLeadInput,
  ): Promise<ReleaseLeadPayload> {
    return await this.act(loaders, input, (leadId) => this.quarantine.release(actor, { ...input, leadId }));
  }

  @Requires('leads:decide')
  @Mutation(() => RejectLeadPayload, { description: 'Nobody gets a QUARANTINED lead, for good.' })
  async rejectLead(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RejectLeadInput,
  ): Promise<RejectLeadPayload> {
    return await this.act(loaders, input, (leadId) => this.quarantine.reject(actor, { ...input, leadId }));
  }

  @Requires('persons:manage')
  @Mutation(() => PlaceLegalHoldPayload, {
    description: 'Keeps the person of a lead from being erased, as long as a dispute or a court needs it.',
  })
  async placeLegalHold(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: PlaceLegalHoldInput,
  ): Promise<PlaceLegalHoldPayload> {
    return await this.act(loaders, input, (leadId) => this.holds.place(actor, { ...input, leadId }));
  }

  @Requires('persons:manage')
  @Mutation(() => LiftLegalHoldPayload, { description: 'The person of a lead may be erased again.' })
  async liftLegalHold(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: LiftLegalHoldInput,
  ): Promise<LiftLegalHoldPayload> {
    return await this.act(loaders, input, (leadId) => this.holds.lift(actor, { ...input, leadId }));
  }

  private async act(
    loaders: RequestLoaders,
    input: { readonly leadId: string },
    execute: (leadId: string) => Promise<Outcome<LeadDecided>>,
  ): Promise<LeadActPayload> {
    const leadId = decodeId('lead', input.leadId);
    const outcome =
      leadId === undefined
        ? refuse<LeadDecided>('NOT_FOUND', { field: ['input', 'leadId'] })
        : await execute(leadId);
    if (!outcome.ok)
      return { lead: null, replayed: false, userErrors: toUserErrors(outcome.refusals, 'lead') };
    const { replayed } = outcome.value;
    return { lead: await this.leads.changedLead(loaders, outcome.value.leadId), replayed, userErrors: [] };
  }
}
