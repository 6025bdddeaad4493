import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { AcceptContract, DeclineContract, ProposeContract, ProposeContractVersion } from '#contracts';
import type { Actor } from '#organizations';
import { type Outcome, type Refusal, refused } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { contractPayload, idOf, onContract } from './contract-payload.js';
import {
  AcceptContractInput,
  AcceptContractPayload,
  DeclineContractInput,
  DeclineContractPayload,
  ProposeContractInput,
  ProposeContractPayload,
  ProposeContractVersionInput,
  ProposeContractVersionPayload,
} from './contracts.inputs.js';
import { ContractLoaders } from './contracts.loaders.js';

/** How an agency and a buyer come to terms. */
@Resolver()
export class ContractProposalsResolver {
  constructor(
    private readonly propose: ProposeContract,
    private readonly proposeVersion: ProposeContractVersion,
    private readonly accept: AcceptContract,
    private readonly decline: DeclineContract,
    private readonly load: ContractLoaders,
  ) {}

  @Requires('contracts:propose')
  @Mutation(() => ProposeContractPayload, {
    nullable: true,
    description: 'Proposes a contract to the other side, which accepts or declines its version 1.',
  })
  async proposeContract(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ProposeContractInput,
  ): Promise<ProposeContractPayload> {
    const agencyId = idOf('org', input.agencyId, 'agencyId');
    const buyerId = idOf('org', input.buyerId, 'buyerId');
    const outcome =
      agencyId.ok && buyerId.ok
        ? await this.propose.execute(actor, { ...input, agencyId: agencyId.value, buyerId: buyerId.value })
        : refused(...refusalsOf(agencyId), ...refusalsOf(buyerId));
    return await contractPayload(this.load, loaders, outcome);
  }

  @Requires('contracts:propose')
  @Mutation(() => ProposeContractVersionPayload, {
    nullable: true,
    description: 'Proposes other terms. Those in force stay so until the other side accepts.',
  })
  async proposeContractVersion(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ProposeContractVersionInput,
  ): Promise<ProposeContractVersionPayload> {
    const outcome = await onContract(input, (act) => this.proposeVersion.execute(actor, act));
    return await contractPayload(this.load, loaders, outcome);
  }

  @Requires('contracts:answer')
  @Mutation(() => AcceptContractPayload, {
    nullable: true,
    description: 'Accepts a version that the other side proposed; it is in force from now on.',
  })
  async acceptContract(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: AcceptContractInput,
  ): Promise<AcceptContractPayload> {
    const outcome = await onContract(input, (act) => this.accept.execute(actor, act));
    return await contractPayload(this.load, loaders, outcome);
  }

  @Requires('contracts:answer')
  @Mutation(() => DeclineContractPayload, {
    nullable: true,
    description: 'Declines a version that the other side proposed; what is in force stays so.',
  })
  async declineContract(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: DeclineContractInput,
  ): Promise<DeclineContractPayload> {
    const outcome = await onContract(input, (act) => this.decline.execute(actor, act));
    return await contractPayload(this.load, loaders, outcome);
  }
}

function refusalsOf(outcome: Outcome<unknown>): readonly Refusal[] {
  return outcome.ok ? [] : outcome.refusals;
}
