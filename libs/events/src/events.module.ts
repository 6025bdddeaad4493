import { type Clock, SystemClock } from '#calendar';
import type { Config } from '#config';
import { Database } from '#database';
import { createResolve, Targets } from '#webhooks';
import { Module, type OnModuleInit } from '@nestjs/common';
import { CreateWebhookEndpoint } from './create-webhook-endpoint.action.js';
import { settleEventClock } from './event-clock.store.js';
import { EventQueries } from './event.queries.js';
import {
  ManageWebhookEndpoint,
  RotateWebhookSecret,
  SendTestEvent,
} from './manage-webhook-endpoint.action.js';
import { ReplayWebhooks, ResendWebhook } from './replay-webhooks.action.js';
import { TidyWebhooks } from './tidy-webhooks.action.js';
import { WebhookActs } from './webhook-acts.action.js';
import { WebhookEndpointStore } from './webhook-endpoint.store.js';
import { WebhookQueueStore } from './webhook-queue.store.js';
import { WebhookReplayStore } from './webhook-replay.store.js';
import { WebhookQueries } from './webhook.queries.js';

const offered = [
  CreateWebhookEndpoint,
  EventQueries,
  ManageWebhookEndpoint,
  ReplayWebhooks,
  ResendWebhook,
  RotateWebhookSecret,
  SendTestEvent,
  TidyWebhooks,
  WebhookQueries,
  WebhookQueueStore,
];

/** Where webhooks may be sent by these settings, by the machine's clock: names are kept by real time. */
export function webhookTargets(
  config: Pick<Config, 'webhookLoopback'>,
  clock: Clock = new SystemClock(),
): Targets {
  return new Targets({ loopbackAllowed: config.webhookLoopback }, createResolve(), clock);
}

/** The feed of events and its webhooks. Needs 'Clock', 'Config' and the database module. */
@Module({
  providers: [
    ...offered,
    WebhookActs,
    WebhookEndpointStore,
    WebhookReplayStore,
    { provide: Targets, inject: ['Config'], useFactory: webhookTargets },
  ],
  exports: [...offered, Targets],
})
export class EventsModule implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    await settleEventClock(this.database);
  }
}
