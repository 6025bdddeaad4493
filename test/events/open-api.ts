/** Events and webhooks through the API, with a relay that sends and a server that receives. */
import { UnitOfWork } from '#database';
import { startRelay, WebhookQueueStore } from '#events';
import { showId } from '../../apps/process/src/show-id.js';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import { Marketplace } from '../support/marketplace.js';
import { Receiver } from '../webhooks/receiver.js';
import { openSender, until } from './open-relay.js';

export interface Told {
  readonly id: string;
  readonly type: string;
  readonly test: boolean;
  readonly occurredAt: string;
  readonly subject: { readonly id: string; readonly __typename: string } | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface Endpoint {
  readonly id: string;
  readonly status: string;
  readonly disabledReason: string | null;
  readonly circuit: { readonly state: string };
}

export interface Delivery {
  readonly id: string;
  readonly status: string;
  readonly webhookId: string;
  readonly sample: boolean;
  readonly eventType: string;
  readonly event: { readonly id: string } | null;
  readonly lastFailure: string | null;
  readonly attempts: readonly Readonly<Record<string, unknown>>[];
}

export const endpointFields =
  'id url description types status disabledReason circuit { state failures until }';
export const deliveryFields = `id status webhookId sample eventType lastFailure event { id }
  attempts { number status failure requestHeaders bodyHash answerBytes answer }`;

export const usd = (amount: string) => ({ amount, currency: 'USD' });

/** A page of the feed, as it is answered. */
interface FeedPage {
  readonly events: {
    readonly nodes: readonly Told[];
    readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
  };
}

export class EventsApi {
  private constructor(
    readonly app: TestApp,
    readonly market: Marketplace,
    readonly receiver: Receiver,
    readonly stop: () => Promise<void>,
  ) {}

  static async open(): Promise<EventsApi> {
    const [app, receiver] = [await startTestApp(), await Receiver.start()];
    const sender = openSender();
    const relay = startRelay({
      queue: app.nest.get(WebhookQueueStore, { strict: false }),
      unitOfWork: app.nest.get(UnitOfWork),
      sender,
      showId,
      onError: (error) => {
        throw error;
      },
    });
    return new EventsApi(app, new Marketplace(app), receiver, async () => {
      await relay.stop(5_000);
      await sender.close();
      await receiver.stop();
      await app.verifyInvariants();
      await app.stop();
    });
  }

  /** The whole feed, in pages of three. */
  async feed(key: TestKey, types?: readonly string[]): Promise<Told[]> {
    const all: Told[] = [];
    for (let after: string | null = null; ;) {
      const { events }: FeedPage = await this.app.ask<FeedPage>(
        this.app.keys[key],
        `query ($after: String, $types: [String!]) { events(first: 3, after: $after, types: $types) {
           nodes { id type test occurredAt subject { id __typename } payload } pageInfo { endCursor hasNextPage } } }`,
        { after, types },
      );
      all.push(...events.nodes);
      after = events.pageInfo.endCursor ?? after;
      if (!events.pageInfo.hasNextPage) return all;
    }
  }

  async create(
    url: string,
    key: TestKey = 'agency',
    types: readonly string[] | null = null,
  ): Promise<{ readonly endpoint: Endpoint; readonly secret: string }> {
    const input = { url, description: 'our CRM', types };
    const selection = `endpoint { ${endpointFields} } secret replayed`;
    return await this.market.done(key, 'createWebhookEndpoint', input, selection);
  }

  /** What was sent to an endpoint, newest first. */
  async log(endpointId: string, key: TestKey = 'agency', status?: string): Promise<Delivery[]> {
    const { node } = await this.app.ask<{ node: { deliveries: { nodes: Delivery[] } } }>(
      this.app.keys[key],
      `query ($id: ID!, $status: WebhookDeliveryStatus) { node(id: $id) { ... on WebhookEndpoint {
         deliveries(first: 30, status: $status) { nodes { ${deliveryFields} } } } } }`,
      { id: endpointId, status },
    );
    return node.deliveries.nodes;
  }

  /** The same once so many have come to an end. */
  async over(endpointId: string, count: number): Promise<Delivery[]> {
    const isOver = async () =>
      (await this.log(endpointId)).filter(({ status }) => status !== 'WAITING').length >= count;
    await until(isOver, 'the messages came to an end');
    return await this.log(endpointId);
  }
}
