import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { asCurrency, money } from '#money';
import { ManagePingAddress, type PingAddressActed, type SamplePinged, SendSamplePing } from '#offers';
import { type Actor, may } from '#organizations';
import { type Outcome, refuse } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { ContractType } from '../contracts/contracts.types.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import {
  type PingSecretPayload,
  RemovePingAddressInput,
  RemovePingAddressPayload,
  RotatePingSecretInput,
  RotatePingSecretPayload,
  SendSamplePingInput,
  SendSamplePingPayload,
  SetPingAddressInput,
  SetPingAddressPayload,
} from './offers.inputs.js';
import { moneyOf } from '../routes/raw-conditions.js';
import { OfferLoaders } from './offers.loaders.js';
import { PingAddressType, type SamplePingType } from './offers.types.js';

/** Where a buyer is asked what it bids. */
@Resolver(() => ContractType)
export class PingAddressesResolver {
  constructor(
    private readonly manage: ManagePingAddress,
    private readonly sample: SendSamplePing,
    private readonly load: OfferLoaders,
    private readonly contracts: ContractLoaders,
  ) {}

  @ResolveField(() => PingAddressType, {
    nullable: true,
    description:
      'Where the buyer is asked what it bids for a lead. Shown to the buyer and the operator, with the permission destinations:manage.',
  })
  async pingAddress(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() contract: ContractType,
  ): Promise<PingAddressType | null> {
    if (!may(actor, 'destinations:manage')) return null;
    return await this.load.pingAddress(loaders, contract.of.id);
  }

  @Requires('destinations:manage')
  @Mutation(() => SetPingAddressPayload, {
    description:
      'Says where you are asked what you bid for the leads of a contract. The secret of a first address is shown this once.',
  })
  async setPingAddress(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SetPingAddressInput,
  ): Promise<SetPingAddressPayload> {
    return await this.answer(loaders, input, (contractId) =>
      this.manage.set(actor, { ...input, contractId }),
    );
  }

  @Requires('destinations:manage')
  @Mutation(() => RemovePingAddressPayload, { description: 'You bid for no lead of the contract any more.' })
  async removePingAddress(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RemovePingAddressInput,
  ): Promise<RemovePingAddressPayload> {
    const { secret: _none, ...payload } = await this.answer(loaders, input, (contractId) =>
      this.manage.remove(actor, { ...input, contractId }),
    );
    return payload;
  }

  @Requires('destinations:manage')
  @Mutation(() => RotatePingSecretPayload, {
    description: 'Makes a new secret, shown this once; the old one signs beside it for a time.',
  })
  async rotatePingSecret(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RotatePingSecretInput,
  ): Promise<RotatePingSecretPayload> {
    return await this.answer(loaders, input, (contractId) =>
      this.manage.rotate(actor, { ...input, contractId }),
    );
  }

  @Requires('destinations:manage')
  @Mutation(() => SendSamplePingPayload, {
    description: 'Sends a made-up ping (`test: true`) at once, and tells how the answer is read.',
  })
  async sendSamplePing(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SendSamplePingInput,
  ): Promise<SendSamplePingPayload> {
    const none = { contract: null, answer: null, replayed: false };
    const contractId = decodeId('ctr', input.contractId);
    const outcome: Outcome<SamplePinged> =
      contractId === undefined ? missing() : await this.sample.execute(actor, { ...input, contractId });
    if (!outcome.ok) return { ...none, userErrors: toUserErrors(outcome.refusals) };
    const { answer, replayed } = outcome.value;
    const contract = await this.contracts.contract(loaders, outcome.value.contractId);
    return { contract, answer: answer && sampleTypeOf(answer), replayed, userErrors: [] };
  }

  private async answer(
    loaders: RequestLoaders,
    input: { readonly contractId: string },
    act: (contractId: string) => Promise<Outcome<PingAddressActed>>,
  ): Promise<PingSecretPayload> {
    const id = decodeId('ctr', input.contractId);
    const outcome: Outcome<PingAddressActed> = id === undefined ? missing() : await act(id);
    if (!outcome.ok)
      return { contract: null, secret: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    this.load.forget(loaders);
    const { contractId, secret, replayed } = outcome.value;
    return { contract: await this.contracts.contract(loaders, contractId), secret, replayed, userErrors: [] };
  }
}

function missing<T>(): Outcome<T> {
  return refuse('NOT_FOUND', { field: ['input', 'contractId'] });
}

function sampleTypeOf({
  outcome,
  amountMinor,
  currency,
  durationMs,
}: NonNullable<SamplePinged['answer']>): SamplePingType {
  const bid =
    amountMinor === null || currency === null ? null : moneyOf(money(amountMinor, asCurrency(currency)));
  return { outcome, bid, durationMs };
}
