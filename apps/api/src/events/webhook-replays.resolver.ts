import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { missingEvent, type ReplayedPart, ReplayWebhooks, ResendWebhook } from '#events';
import type { Actor } from '#organizations';
import { done, type Outcome, type Refusal, refusal, refused } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { decodeId, decodeOptionalId, encodeId, toUserErrors } from '../graphql/index.js';
import { EventLoaders } from './events.loaders.js';
import {
  ReplayedPartInput,
  ReplayWebhooksInput,
  ReplayWebhooksPayload,
  ResendWebhookInput,
  ResendWebhookPayload,
} from './webhooks.inputs.js';

/** Sending again. */
@Resolver()
export class WebhookReplaysResolver {
  constructor(
    private readonly replay: ReplayWebhooks,
    private readonly resend: ResendWebhook,
    private readonly load: EventLoaders,
  ) {}

  @Requires('webhooks:manage')
  @Mutation(() => ReplayWebhooksPayload, {
    description: 'Sends again what was given up, or a part of the feed: under the same webhook-id as before.',
  })
  async replayWebhooks(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ReplayWebhooksInput,
  ): Promise<ReplayWebhooksPayload> {
    const endpointId = decodeId('whe', input.endpointId);
    const what = readPart(input.what);
    const missing =
      endpointId === undefined ? [refusal('NOT_FOUND', { field: ['input', 'endpointId'] })] : [];
    if (endpointId === undefined || !what.ok) return nothing([...missing, ...(what.ok ? [] : what.refusals)]);
    const { idempotencyKey } = input;
    const outcome = await this.replay.execute(actor, { endpointId, what: what.value, idempotencyKey });
    if (!outcome.ok) return nothing(outcome.refusals);
    const { queued, hasMore, lastEventId, replayed } = outcome.value;
    return {
      endpoint: await this.load.endpoint(loaders, endpointId),
      queued,
      hasMore,
      lastEventId: lastEventId === null ? null : encodeId('evt', lastEventId),
      replayed,
      userErrors: [],
    };
  }

  @Requires('webhooks:manage')
  @Mutation(() => ResendWebhookPayload, {
    description: 'Sends one message again, whether it arrived or not.',
  })
  async resendWebhook(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: ResendWebhookInput,
  ): Promise<ResendWebhookPayload> {
    const messageId = decodeId('whd', input.deliveryId);
    const missing = refusal('NOT_FOUND', { field: ['input', 'deliveryId'] });
    const none = { delivery: null, replayed: false };
    if (messageId === undefined) return { ...none, userErrors: toUserErrors([missing]) };
    const { idempotencyKey } = input;
    const outcome = await this.resend.execute(actor, { messageId, idempotencyKey });
    if (!outcome.ok) return { ...none, userErrors: toUserErrors(outcome.refusals) };
    const { replayed } = outcome.value;
    return { delivery: await this.load.delivery(loaders, messageId), replayed, userErrors: [] };
  }
}

function readPart({ failedSince, events }: ReplayedPartInput): Outcome<ReplayedPart> {
  if (failedSince) return done({ kind: 'FAILED_SINCE', since: failedSince });
  const afterId = decodeOptionalId('evt', events?.afterEventId);
  const throughId = decodeOptionalId('evt', events?.throughEventId);
  const missing = [
    ...(afterId === undefined ? [missingEvent('afterId')] : []),
    ...(throughId === undefined ? [missingEvent('throughId')] : []),
  ];
  if (afterId === undefined || throughId === undefined) return refused(...missing);
  return done({ kind: 'EVENTS', afterId, throughId });
}

function nothing(refusals: readonly Refusal[]): ReplayWebhooksPayload {
  const none = { endpoint: null, queued: 0, hasMore: false, lastEventId: null, replayed: false };
  return { ...none, userErrors: toUserErrors(refusals) };
}
