import { Module, type OnModuleInit } from '@nestjs/common';
import { EventsModule } from '#events';
import { NodeResolverRegistry } from '../node/node-registry.js';
import { OrganizationsApiModule } from '../organizations/organizations.module.js';
import { EventLoaders } from './events.loaders.js';
import { EventsResolver } from './events.resolver.js';
import { WebhookActsResolver } from './webhook-acts.resolver.js';
import { WebhookReplaysResolver } from './webhook-replays.resolver.js';
import { WebhookDeliveriesResolver, WebhookEndpointsResolver } from './webhooks.resolver.js';

/** The feed of events and its webhooks as the API shows them. */
@Module({
  imports: [EventsModule, OrganizationsApiModule],
  providers: [
    EventLoaders,
    EventsResolver,
    WebhookEndpointsResolver,
    WebhookDeliveriesResolver,
    WebhookActsResolver,
    WebhookReplaysResolver,
  ],
})
export class EventsApiModule implements OnModuleInit {
  constructor(
    private readonly nodes: NodeResolverRegistry,
    private readonly load: EventLoaders,
  ) {}

  onModuleInit(): void {
    const { nodes, load } = this;
    nodes.register('evt', { requires: 'events:read', load: (loaders, uuid) => load.event(loaders, uuid) });
    nodes.register('whe', {
      requires: 'webhooks:manage',
      load: (loaders, uuid) => load.endpoint(loaders, uuid),
    });
    nodes.register('whd', {
      requires: 'webhooks:manage',
      load: (loaders, uuid) => load.delivery(loaders, uuid),
    });
  }
}
