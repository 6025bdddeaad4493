import { Args, Mutation, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { CurrentActor, Requires } from '../access/index.js';
import { toUserErrors } from '../graphql/index.js';
import { AdvanceClock } from './advance-clock.js';
import { AdvanceSandboxClockInput, AdvanceSandboxClockPayload } from './sandbox.types.js';

@Resolver()
export class SandboxResolver {
  constructor(private readonly advanceClock: AdvanceClock) {}

  @Requires('sandbox:advance')
  @Mutation(() => AdvanceSandboxClockPayload, {
    description:
      'Makes it later in the sandbox, for everyone, and does at once what falls due. Sandbox mode only.',
  })
  async advanceSandboxClock(
    @CurrentActor() actor: Actor,
    @Args('input') input: AdvanceSandboxClockInput,
  ): Promise<AdvanceSandboxClockPayload> {
    const outcome = await this.advanceClock.execute(actor, input.to);
    return outcome.ok
      ? { now: outcome.value, userErrors: [] }
      : { now: this.advanceClock.present(), userErrors: toUserErrors(outcome.refusals) };
  }
}
