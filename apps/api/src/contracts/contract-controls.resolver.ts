import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { PauseContract, ResumeContract, TerminateContract } from '#contracts';
import type { Actor } from '#organizations';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { contractPayload, onContract } from './contract-payload.js';
import {
  PauseContractInput,
  PauseContractPayload,
  ResumeContractInput,
  ResumeContractPayload,
  TerminateContractInput,
  TerminateContractPayload,
} from './contracts.inputs.js';
import { ContractLoaders } from './contracts.loaders.js';

/** How either side, or the operator, stops a contract. */
@Resolver()
export class ContractControlsResolver {
  constructor(
    private readonly pause: PauseContract,
    private readonly resume: ResumeContract,
    private readonly terminate: TerminateContract,
    private readonly load: ContractLoaders,
  ) {}

  @Requires('contracts:manage')
  @Mutation(() => PauseContractPayload, {
    nullable: true,
    description: 'Stops the contract from taking leads, at once.',
  })
  async pauseContract(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: PauseContractInput,
  ): Promise<PauseContractPayload> {
    const outcome = await onContract(input, (act) => this.pause.execute(actor, act));
    return await contractPayload(this.load, loaders, outcome);
  }

  @Requires('contracts:manage')
  @Mutation(() => ResumeContractPayload, {
    nullable: true,
    description: 'Lets a paused contract take leads again.',
  })
  async resumeContract(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ResumeContractInput,
  ): Promise<ResumeContractPayload> {
    const outcome = await onContract(input, (act) => this.resume.execute(actor, act));
    return await contractPayload(this.load, loaders, outcome);
  }

  @Requires('contracts:manage')
  @Mutation(() => TerminateContractPayload, {
    nullable: true,
    description: 'Ends the contract for good. Leads that were delivered before keep their terms.',
  })
  async terminateContract(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: TerminateContractInput,
  ): Promise<TerminateContractPayload> {
    const outcome = await onContract(input, (act) => this.terminate.execute(actor, act));
    return await contractPayload(this.load, loaders, outcome);
  }
}
