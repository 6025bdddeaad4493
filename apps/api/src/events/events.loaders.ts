import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { EventQueries, type WebhookAttempt, WebhookQueries } from '#events';
import { invariant } from '#outcome';
import { type LoaderFactory, loaderOf, type RequestLoaders } from '../access/index.js';
import { feedEventTypeOf, type FeedEventType } from './events.types.js';
import {
  deliveryTypeOf,
  endpointTypeOf,
  type WebhookDeliveryType,
  type WebhookEndpointType,
} from './webhooks.types.js';

/** Events, endpoints and messages by UUID, as the API shows them; null for missing and foreign ones. */
@Injectable()
export class EventLoaders {
  private readonly events;
  private readonly endpoints;
  private readonly messages;
  private readonly attemptsOf: LoaderFactory<string, readonly WebhookAttempt[]>;

  constructor(events: EventQueries, webhooks: WebhookQueries) {
    this.events = loaderOf(
      async (actor, ids: readonly string[]) => await events.byIds(actor, ids),
      ({ id }) => id,
    );
    this.endpoints = loaderOf(
      async (actor, ids: readonly string[]) => await webhooks.endpoints(actor, ids),
      ({ id }) => id,
    );
    this.messages = loaderOf(
      async (actor, ids: readonly string[]) => await webhooks.messages(actor, ids),
      ({ id }) => id,
    );
    this.attemptsOf = () =>
      new DataLoader<string, readonly WebhookAttempt[]>(
        async (ids) => {
          const found = await webhooks.attempts(ids);
          return ids.map((id) => found.filter(({ messageId }) => messageId === id));
        },
        { maxBatchSize: 100 },
      );
  }

  async event(loaders: RequestLoaders, uuid: string): Promise<FeedEventType | null> {
    const found = await loaders.of(this.events).load(uuid);
    return found && feedEventTypeOf(found);
  }

  async endpoint(loaders: RequestLoaders, uuid: string): Promise<WebhookEndpointType | null> {
    const found = await loaders.of(this.endpoints).load(uuid);
    return found && endpointTypeOf(found);
  }

  async delivery(loaders: RequestLoaders, uuid: string): Promise<WebhookDeliveryType | null> {
    const found = await loaders.of(this.messages).load(uuid);
    return found && deliveryTypeOf(found);
  }

  /** The endpoint of a message that the actor sees. */
  async endpointOf(loaders: RequestLoaders, uuid: string): Promise<WebhookEndpointType> {
    const found = await this.endpoint(loaders, uuid);
    invariant(found, 'a message has no endpoint that its reader may see');
    return found;
  }

  /** The tries of a message that the actor sees. */
  async attempts(loaders: RequestLoaders, uuid: string): Promise<readonly WebhookAttempt[]> {
    return await loaders.of(this.attemptsOf).load(uuid);
  }
}
