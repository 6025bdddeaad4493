import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { Actor } from '#organizations';
import { type Outcome, refuse } from '#outcome';
import { type BuyingRulesSet, SetBuyingRules } from '#routing';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { ContractType } from '../contracts/contracts.types.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import {
  type BuyingPayload,
  PauseBuyingInput,
  PauseBuyingPayload,
  ResumeBuyingInput,
  ResumeBuyingPayload,
  SetBuyingRulesInput,
  SetBuyingRulesPayload,
} from './routes.inputs.js';
import { RouteLoaders } from './routes.loaders.js';
import { BuyingRulesType, buyingRulesTypeOf } from './routes.types.js';

/** What a buyer wants under its contracts. */
@Resolver(() => ContractType)
export class BuyingRulesResolver {
  constructor(
    private readonly rules: SetBuyingRules,
    private readonly load: RouteLoaders,
    private readonly contracts: ContractLoaders,
  ) {}

  @ResolveField(() => BuyingRulesType, {
    nullable: true,
    description: 'Which leads the buyer wants, when and how many; null while it has set nothing.',
  })
  async buyingRules(
    @Loaders() loaders: RequestLoaders,
    @Parent() contract: ContractType,
  ): Promise<BuyingRulesType | null> {
    const found = await this.load.buyingRules(loaders, contract.of.id);
    return found && buyingRulesTypeOf(found);
  }

  @Requires('buying:manage')
  @Mutation(() => SetBuyingRulesPayload, {
    description: 'Says which leads you want under a contract, when and how many. It counts at once.',
  })
  async setBuyingRules(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SetBuyingRulesInput,
  ): Promise<SetBuyingRulesPayload> {
    return await this.answer(loaders, input, (contractId) =>
      this.rules.execute(actor, { ...input, contractId }),
    );
  }

  @Requires('buying:manage')
  @Mutation(() => PauseBuyingPayload, {
    description: 'Takes no leads under a contract from now on. Your other rules stay.',
  })
  async pauseBuying(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: PauseBuyingInput,
  ): Promise<PauseBuyingPayload> {
    return await this.answer(loaders, input, (contractId) =>
      this.rules.pause(actor, { ...input, contractId }),
    );
  }

  @Requires('buying:manage')
  @Mutation(() => ResumeBuyingPayload, { description: 'Lifts your pause of a contract.' })
  async resumeBuying(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ResumeBuyingInput,
  ): Promise<ResumeBuyingPayload> {
    return await this.answer(loaders, input, (contractId) =>
      this.rules.resume(actor, { ...input, contractId }),
    );
  }

  private async answer(
    loaders: RequestLoaders,
    input: { readonly contractId: string },
    act: (contractId: string) => Promise<Outcome<BuyingRulesSet>>,
  ): Promise<BuyingPayload> {
    const id = decodeId('ctr', input.contractId);
    const outcome: Outcome<BuyingRulesSet> =
      id === undefined ? refuse('NOT_FOUND', { field: ['input', 'contractId'] }) : await act(id);
    if (!outcome.ok) return { contract: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    this.load.forget(loaders);
    this.contracts.forget(loaders);
    const { contractId, replayed } = outcome.value;
    return { contract: await this.contracts.contract(loaders, contractId), replayed, userErrors: [] };
  }
}
