import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { SystemClock } from '#calendar';
import { WebhookQueries } from '#events';
import type { Actor } from '#organizations';
import { circuitState } from '#webhooks';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { type ConnectionOf, decodeOptionalId, readPage, toConnection } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { type AnyOrganization, OrganizationType } from '../organizations/organizations.types.js';
import { EventLoaders } from './events.loaders.js';
import { FeedEventType } from './events.types.js';
import { WebhookDeliveriesArgs, WebhookEndpointsArgs } from './webhooks.inputs.js';
import {
  attemptTypeOf,
  deliveryTypeOf,
  endpointTypeOf,
  WebhookAttemptType,
  WebhookCircuit,
  WebhookDeliveryConnection,
  WebhookDeliveryType,
  WebhookEndpointConnection,
  WebhookEndpointType,
} from './webhooks.types.js';

const cursor = { list: 'webhookEndpoints', key: ['uuid'] } as const;
const deliveryCursor = { list: 'webhookDeliveries', key: ['uuid'] } as const;
/** An id that is none finds nothing: the zero UUID belongs to nobody. */
const noOrganization = '00000000-0000-0000-0000-000000000000';
// Circuits open and close by real time, also where the sandbox is ahead.
const clock = new SystemClock();

@Resolver(() => WebhookEndpointType)
export class WebhookEndpointsResolver {
  constructor(
    private readonly queries: WebhookQueries,
    private readonly organizations: OrganizationLoaders,
  ) {}

  @Requires('webhooks:manage')
  @Query(() => WebhookEndpointConnection, {
    description: 'The endpoints of an organization that are not deleted, oldest first.',
  })
  async webhookEndpoints(
    @CurrentActor() actor: Actor,
    @Args() args: WebhookEndpointsArgs,
  ): Promise<ConnectionOf<WebhookEndpointType>> {
    const page = readPage(args, cursor);
    const named = decodeOptionalId('org', args.organizationId);
    const organizationId = named === null ? actor.organizationId : (named ?? noOrganization);
    return toConnection(await this.queries.endpointPage(actor, organizationId, page), page, {
      keyOf: ({ id }) => [id],
      toNode: endpointTypeOf,
      countUpTo: async (max) => await this.queries.countEndpoints(actor, organizationId, max),
    });
  }

  @ResolveField(() => OrganizationType)
  async organization(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: WebhookEndpointType,
  ): Promise<AnyOrganization | null> {
    return await this.organizations.organization(loaders, of.organizationId);
  }

  @ResolveField(() => WebhookCircuit)
  circuit(@Parent() { of }: WebhookEndpointType): WebhookCircuit {
    const { failures, openUntil: until } = of;
    return { state: circuitState({ failures, opened: 0, openUntil: until }, clock.now()), failures, until };
  }

  @ResolveField(() => WebhookDeliveryConnection, { description: 'What was sent, or is to be; newest first.' })
  async deliveries(
    @Parent() { of }: WebhookEndpointType,
    @Args() args: WebhookDeliveriesArgs,
  ): Promise<ConnectionOf<WebhookDeliveryType>> {
    const page = readPage(args, deliveryCursor);
    const state = args.status ?? null;
    return toConnection(await this.queries.messagePage(of.id, state, page), page, {
      keyOf: ({ id }) => [id],
      toNode: deliveryTypeOf,
      countUpTo: async (max) => await this.queries.countMessages(of.id, state, max),
    });
  }
}

@Resolver(() => WebhookDeliveryType)
export class WebhookDeliveriesResolver {
  constructor(private readonly load: EventLoaders) {}

  @ResolveField(() => WebhookEndpointType)
  async endpoint(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: WebhookDeliveryType,
  ): Promise<WebhookEndpointType> {
    return await this.load.endpointOf(loaders, of.endpointId);
  }

  @ResolveField(() => FeedEventType, {
    nullable: true,
    description: 'Null for a sample, and for what your key may not read.',
  })
  async event(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: WebhookDeliveryType,
  ): Promise<FeedEventType | null> {
    return of.sample ? null : await this.load.event(loaders, of.eventId);
  }

  @ResolveField(() => [WebhookAttemptType], { description: 'The latest twenty, oldest first.' })
  async attempts(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of, webhookId }: WebhookDeliveryType,
  ): Promise<WebhookAttemptType[]> {
    const attempts = await this.load.attempts(loaders, of.id);
    return attempts.map((attempt) => attemptTypeOf(attempt, webhookId));
  }
}
