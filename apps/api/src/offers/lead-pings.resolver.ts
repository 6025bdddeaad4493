import { Args, Mutation, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { CurrentActor, Requires } from '../access/index.js';
import { PingLeadInput } from '../leads/leads.types.js';
import { PingLeadPayload } from './offers.inputs.js';
import { PingSubmissions } from './ping-submissions.js';

/** What an agency asks before it sends a lead. */
@Resolver()
export class LeadPingsResolver {
  constructor(private readonly pings: PingSubmissions) {}

  @Requires('leads:submit')
  @Mutation(() => PingLeadPayload, {
    description:
      'Asks what a lead would bring, within 750 milliseconds, and sells nothing. Leave out whatever is about the person; post the lead with the id of the ping.',
  })
  async pingLead(
    @CurrentActor() actor: Actor,
    @Args('input', { type: () => PingLeadInput }) input: PingLeadInput,
  ): Promise<PingLeadPayload> {
    return await this.pings.take(actor, input, ['input']);
  }
}
