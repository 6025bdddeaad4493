import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { PlaceDestination, ResendDelivery, SendSampleLead } from '#handover';
import type { Actor } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { ContractLoaders } from '../contracts/contracts.loaders.js';
import { decodeId, decodeOptionalId, toUserErrors } from '../graphql/index.js';
import { LeadLoaders } from '../leads/leads.loaders.js';
import {
  ResendDeliveryInput,
  ResendDeliveryPayload,
  SendSampleLeadInput,
  SendSampleLeadPayload,
  SetContractDestinationInput,
  SetContractDestinationPayload,
  SetDefaultDestinationInput,
  SetDefaultDestinationPayload,
} from './destinations.inputs.js';
import { HandoverLoaders } from './handover.loaders.js';

/** What is no id is as the id of nobody: only a buyer is told that it is missing. */
const nobody = '00000000-0000-0000-0000-000000000000';
const orNobody = (id: string | null | undefined): string | null => (id === undefined ? nobody : id);
const missing = (name: string): Refusal => refusal('NOT_FOUND', { field: ['input', name] });

/** Saying where leads go, trying it out, and sending again. */
@Resolver()
export class HandoverActsResolver {
  constructor(
    private readonly place: PlaceDestination,
    private readonly sample: SendSampleLead,
    private readonly resend: ResendDelivery,
    private readonly load: HandoverLoaders,
    private readonly contracts: ContractLoaders,
    private readonly leads: LeadLoaders,
  ) {}

  @Requires('destinations:manage')
  @Mutation(() => SetDefaultDestinationPayload, {
    description: 'Says where leads go whose contract has no destination of its own, from now on.',
  })
  async setDefaultDestination(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SetDefaultDestinationInput,
  ): Promise<SetDefaultDestinationPayload> {
    const none = { destination: null, replayed: false };
    const destinationId = orNobody(decodeOptionalId('dst', input.destinationId));
    const { idempotencyKey } = input;
    const placed = await this.place.setDefault(actor, { destinationId, idempotencyKey });
    if (!placed.ok) return { ...none, userErrors: toUserErrors(placed.refusals) };
    const destination = destinationId === null ? null : await this.load.destination(loaders, destinationId);
    return { destination, replayed: placed.value.replayed, userErrors: [] };
  }

  @Requires('destinations:manage')
  @Mutation(() => SetContractDestinationPayload, {
    description: 'Says where the leads of one contract go, from now on.',
  })
  async setContractDestination(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SetContractDestinationInput,
  ): Promise<SetContractDestinationPayload> {
    const none = { contract: null, destination: null, replayed: false };
    const contractId = decodeId('ctr', input.contractId) ?? nobody;
    const destinationId = orNobody(decodeOptionalId('dst', input.destinationId));
    const { idempotencyKey } = input;
    const placed = await this.place.setForContract(actor, { contractId, destinationId, idempotencyKey });
    if (!placed.ok) return { ...none, userErrors: toUserErrors(placed.refusals) };
    return {
      contract: await this.contracts.contract(loaders, contractId),
      destination: destinationId === null ? null : await this.load.destination(loaders, destinationId),
      replayed: placed.value.replayed,
      userErrors: [],
    };
  }

  @Requires('destinations:manage')
  @Mutation(() => SendSampleLeadPayload, {
    description:
      'Sends a made-up lead to a destination now, with test: true, and shows what was sent and answered. A replay sends nothing.',
  })
  async sendSampleLead(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SendSampleLeadInput,
  ): Promise<SendSampleLeadPayload> {
    const none = { sample: null, replayed: false };
    const destinationId = decodeId('dst', input.destinationId);
    if (destinationId === undefined) return { ...none, userErrors: toUserErrors([missing('destinationId')]) };
    const sent = await this.sample.execute(actor, {
      ...input,
      destinationId,
      vertical: input.vertical ?? null,
    });
    if (!sent.ok) return { ...none, userErrors: toUserErrors(sent.refusals) };
    const { sampleId, replayed } = sent.value;
    return { sample: await this.load.sample(loaders, sampleId), replayed, userErrors: [] };
  }

  @Requires('destinations:manage')
  @Mutation(() => ResendDeliveryPayload, {
    description:
      'Sends a lead that you have once more, under the same id. It is not charged again, whatever is answered.',
  })
  async resendDelivery(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ResendDeliveryInput,
  ): Promise<ResendDeliveryPayload> {
    const none = { delivery: null, replayed: false };
    const deliveryId = decodeId('dlv', input.deliveryId) ?? nobody;
    const { idempotencyKey } = input;
    const resent = await this.resend.execute(actor, { deliveryId, idempotencyKey });
    if (!resent.ok) return { ...none, userErrors: toUserErrors(resent.refusals) };
    const { replayed } = resent.value;
    return { delivery: await this.leads.delivery(loaders, deliveryId), replayed, userErrors: [] };
  }
}
