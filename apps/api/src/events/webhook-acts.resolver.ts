import { Args, Mutation, Resolver } from '@nestjs/graphql';
import {
  CreateWebhookEndpoint,
  type EndpointAct,
  ManageWebhookEndpoint,
  RotateWebhookSecret,
  SendTestEvent,
} from '#events';
import type { Actor } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { decodeId, toUserErrors } from '../graphql/index.js';
import { EventLoaders } from './events.loaders.js';
import {
  CreateWebhookEndpointInput,
  CreateWebhookEndpointPayload,
  DeleteWebhookEndpointInput,
  DeleteWebhookEndpointPayload,
  DisableWebhookEndpointInput,
  DisableWebhookEndpointPayload,
  EnableWebhookEndpointInput,
  EnableWebhookEndpointPayload,
  RotateWebhookSecretInput,
  RotateWebhookSecretPayload,
  SendTestEventInput,
  SendTestEventPayload,
  type WebhookEndpointPayload,
} from './webhooks.inputs.js';

/** What people do to endpoints. */
@Resolver()
export class WebhookActsResolver {
  constructor(
    private readonly create: CreateWebhookEndpoint,
    private readonly manage: ManageWebhookEndpoint,
    private readonly rotate: RotateWebhookSecret,
    private readonly test: SendTestEvent,
    private readonly load: EventLoaders,
  ) {}

  @Requires('webhooks:manage')
  @Mutation(() => CreateWebhookEndpointPayload, {
    description: 'Has every event from now on sent to a URL of yours. The secret is shown this once.',
  })
  async createWebhookEndpoint(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: CreateWebhookEndpointInput,
  ): Promise<CreateWebhookEndpointPayload> {
    const created = await this.create.execute(actor, { ...input, types: input.types ?? null });
    if (!created.ok) return { ...noEndpoint(created.refusals), secret: null };
    const { endpointId, secret, replayed } = created.value;
    return { endpoint: await this.load.endpoint(loaders, endpointId), secret, replayed, userErrors: [] };
  }

  @Requires('webhooks:manage')
  @Mutation(() => RotateWebhookSecretPayload, {
    description: 'Makes a new secret. During the overlap messages have two signatures, one by each.',
  })
  async rotateWebhookSecret(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: RotateWebhookSecretInput,
  ): Promise<RotateWebhookSecretPayload> {
    const endpointId = decodeId('whe', input.endpointId);
    if (endpointId === undefined) return { ...noEndpoint([missingEndpoint]), secret: null };
    const rotated = await this.rotate.execute(actor, { ...input, endpointId });
    if (!rotated.ok) return { ...noEndpoint(rotated.refusals), secret: null };
    const { secret, replayed } = rotated.value;
    return { endpoint: await this.load.endpoint(loaders, endpointId), secret, replayed, userErrors: [] };
  }

  @Requires('webhooks:manage')
  @Mutation(() => EnableWebhookEndpointPayload, {
    description:
      'Goes on with a disabled endpoint, with what waited for it. What happened meanwhile: replayWebhooks.',
  })
  async enableWebhookEndpoint(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: EnableWebhookEndpointInput,
  ): Promise<EnableWebhookEndpointPayload> {
    return await this.act(actor, loaders, 'enable', input);
  }

  @Requires('webhooks:manage')
  @Mutation(() => DisableWebhookEndpointPayload, { description: 'Sends nothing more, and queues nothing.' })
  async disableWebhookEndpoint(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: DisableWebhookEndpointInput,
  ): Promise<DisableWebhookEndpointPayload> {
    return await this.act(actor, loaders, 'disable', input);
  }

  @Requires('webhooks:manage')
  @Mutation(() => DeleteWebhookEndpointPayload, {
    description: 'Ends an endpoint for good, and what waits for it.',
  })
  async deleteWebhookEndpoint(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: DeleteWebhookEndpointInput,
  ): Promise<DeleteWebhookEndpointPayload> {
    return await this.act(actor, loaders, 'delete', input);
  }

  @Requires('webhooks:manage')
  @Mutation(() => SendTestEventPayload, {
    description: 'Sends a made-up event to an endpoint. Read the delivery again to see how it was answered.',
  })
  async sendTestEvent(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SendTestEventInput,
  ): Promise<SendTestEventPayload> {
    const endpointId = decodeId('whe', input.endpointId);
    const none = { delivery: null, replayed: false };
    if (endpointId === undefined) return { ...none, userErrors: toUserErrors([missingEndpoint]) };
    const sent = await this.test.execute(actor, { ...input, endpointId });
    if (!sent.ok) return { ...none, userErrors: toUserErrors(sent.refusals) };
    const { messageId, replayed } = sent.value;
    return { delivery: await this.load.delivery(loaders, messageId), replayed, userErrors: [] };
  }

  private async act(
    actor: Actor,
    loaders: RequestLoaders,
    act: EndpointAct,
    input: { readonly endpointId: string; readonly idempotencyKey: string },
  ): Promise<WebhookEndpointPayload> {
    const endpointId = decodeId('whe', input.endpointId);
    if (endpointId === undefined) return noEndpoint([missingEndpoint]);
    const acted = await this.manage.execute(actor, act, { ...input, endpointId });
    if (!acted.ok) return noEndpoint(acted.refusals);
    const { replayed } = acted.value;
    return { endpoint: await this.load.endpoint(loaders, endpointId), replayed, userErrors: [] };
  }
}

const missingEndpoint = refusal('NOT_FOUND', { field: ['input', 'endpointId'] });

function noEndpoint(refusals: readonly Refusal[]): WebhookEndpointPayload {
  return { endpoint: null, replayed: false, userErrors: toUserErrors(refusals) };
}
