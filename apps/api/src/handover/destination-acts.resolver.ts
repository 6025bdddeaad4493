import { Args, Mutation, Resolver } from '@nestjs/graphql';
import {
  CreateDestination,
  type DestinationAct,
  ManageDestination,
  type RawTarget,
  RotateDestinationSecret,
  UpdateDestination,
} from '#handover';
import type { Actor } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import {
  CreateDestinationInput,
  CreateDestinationPayload,
  DeleteDestinationInput,
  DeleteDestinationPayload,
  type DestinationPayload,
  DestinationTargetInput,
  DisableDestinationInput,
  DisableDestinationPayload,
  EnableDestinationInput,
  EnableDestinationPayload,
  RotateDestinationSecretInput,
  RotateDestinationSecretPayload,
  UpdateDestinationInput,
  UpdateDestinationPayload,
} from './destinations.inputs.js';
import { HandoverLoaders } from './handover.loaders.js';

/** What people do to destinations. */
@Resolver()
export class DestinationActsResolver {
  constructor(
    private readonly create: CreateDestination,
    private readonly update: UpdateDestination,
    private readonly manage: ManageDestination,
    private readonly rotate: RotateDestinationSecret,
    private readonly load: HandoverLoaders,
  ) {}

  @Requires('destinations:manage')
  @Mutation(() => CreateDestinationPayload, {
    description:
      'Makes a place to which leads can go. None go there before setDefaultDestination or setContractDestination. The secret is shown this once.',
  })
  async createDestination(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: CreateDestinationInput,
  ): Promise<CreateDestinationPayload> {
    const created = await this.create.execute(actor, { ...input, target: targetOf(input.target) });
    if (!created.ok) return { ...nothing(created.refusals), secret: null };
    const { destinationId, secret, replayed } = created.value;
    return {
      destination: await this.load.destination(loaders, destinationId),
      secret,
      replayed,
      userErrors: [],
    };
  }

  @Requires('destinations:manage')
  @Mutation(() => UpdateDestinationPayload, {
    description: 'Changes where leads go and in what form; holds for every try from now on.',
  })
  async updateDestination(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: UpdateDestinationInput,
  ): Promise<UpdateDestinationPayload> {
    const destinationId = decodeId('dst', input.destinationId);
    if (destinationId === undefined) return nothing([missingDestination]);
    const updated = await this.update.execute(actor, {
      destinationId,
      name: input.name ?? null,
      target: input.target ? targetOf(input.target) : null,
      expectedVersion: input.expectedVersion ?? null,
      idempotencyKey: input.idempotencyKey,
    });
    if (!updated.ok) return nothing(updated.refusals);
    const { replayed } = updated.value;
    return { destination: await this.load.destination(loaders, destinationId), replayed, userErrors: [] };
  }

  @Requires('destinations:manage')
  @Mutation(() => RotateDestinationSecretPayload, {
    description: 'Makes a new secret. During the overlap leads have two signatures, one by each.',
  })
  async rotateDestinationSecret(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RotateDestinationSecretInput,
  ): Promise<RotateDestinationSecretPayload> {
    const destinationId = decodeId('dst', input.destinationId);
    if (destinationId === undefined) return { ...nothing([missingDestination]), secret: null };
    const rotated = await this.rotate.execute(actor, { ...input, destinationId });
    if (!rotated.ok) return { ...nothing(rotated.refusals), secret: null };
    const { secret, replayed } = rotated.value;
    return {
      destination: await this.load.destination(loaders, destinationId),
      secret,
      replayed,
      userErrors: [],
    };
  }

  @Requires('destinations:manage')
  @Mutation(() => EnableDestinationPayload, { description: 'Leads go there again, from now on.' })
  async enableDestination(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: EnableDestinationInput,
  ): Promise<EnableDestinationPayload> {
    return await this.act(actor, loaders, 'enable', input);
  }

  @Requires('destinations:manage')
  @Mutation(() => DisableDestinationPayload, {
    description: 'Nothing is sent there any more: your leads go to other buyers until it is enabled.',
  })
  async disableDestination(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: DisableDestinationInput,
  ): Promise<DisableDestinationPayload> {
    return await this.act(actor, loaders, 'disable', input);
  }

  @Requires('destinations:manage')
  @Mutation(() => DeleteDestinationPayload, {
    description: 'Ends it for good. Contracts that named it go by the default from now on.',
  })
  async deleteDestination(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: DeleteDestinationInput,
  ): Promise<DeleteDestinationPayload> {
    return await this.act(actor, loaders, 'delete', input);
  }

  private async act(
    actor: Actor,
    loaders: RequestLoaders,
    act: DestinationAct,
    input: { readonly destinationId: string; readonly idempotencyKey: string },
  ): Promise<DestinationPayload> {
    const destinationId = decodeId('dst', input.destinationId);
    if (destinationId === undefined) return nothing([missingDestination]);
    const acted = await this.manage.execute(actor, act, { ...input, destinationId });
    if (!acted.ok) return nothing(acted.refusals);
    const { replayed } = acted.value;
    return { destination: await this.load.destination(loaders, destinationId), replayed, userErrors: [] };
  }
}

const missingDestination = refusal('NOT_FOUND', { field: ['input', 'destinationId'] });

/** The schema lets exactly one through. */
function targetOf({ webhook, email }: DestinationTargetInput): RawTarget {
  if (webhook) return { kind: 'WEBHOOK', webhook };
  return { kind: 'EMAIL', email: email ?? { address: '' } };
}

function nothing(refusals: readonly Refusal[]): DestinationPayload {
  return { destination: null, replayed: false, userErrors: toUserErrors(refusals) };
}
