import type { Stripe } from 'stripe';
import { invalid, missing } from './failure.js';
import { listOf } from './lists.js';
import { present } from './present.js';
import { schemas } from './schemas.js';
import { platformId, type EndpointRow, type ThinEvent } from './tables.js';
import { find, route, type Call, type Route, type World } from './world.js';

/** The version that the SDK of this project is made for. */
export const apiVersion = '2026-10-28.endive';

/** Records that something happened to a row, and queues it for every endpoint that listens. */
export function emit(
  world: World,
  type: string,
  row: { readonly id: string },
  details: { readonly owner?: string; readonly previous?: Readonly<Record<string, unknown>> } = {},
): void {
  const owner = details.owner ?? world.store.ownerOf(row.id);
  const endpoints = world.store.all('endpoints').filter(({ payload }) => payload === 'snapshot');
  const listening = endpoints.filter((endpoint) => listens(endpoint, type, owner));
  const event = {
    id: world.store.newId('evt'),
    object: 'event',
    ...(owner !== platformId && { account: owner }),
    api_version: apiVersion,
    created: world.clock.seconds(),
    data: {
      object: present(world, row),
      ...(details.previous && { previous_attributes: details.previous }),
    },
    livemode: false,
    pending_webhooks: listening.length,
    request: world.cause && { id: world.cause.requestId, idempotency_key: world.cause.idempotencyKey },
    type,
  };
  // The SDK's type is a union over all events, which a type only known when it runs cannot be checked against.
  world.store.add('events', event as unknown as Stripe.Event, owner);
  for (const endpoint of listening) queue(world, endpoint, event.id, type);
}

/** As `emit`, for what API v2 tells of: the event only says which object to fetch. */
export function emitThin(
  world: World,
  type: string,
  related: { readonly id: string; readonly type: string; readonly url: string },
  data: Readonly<Record<string, string>> = {},
): void {
  const { store, clock, cause } = world;
  const event: ThinEvent = {
    id: store.newId('evt', 30),
    object: 'v2.core.event',
    type,
    created: new Date(clock.nowMs()).toISOString(),
    livemode: false,
    context: null,
    reason: cause && {
      type: 'request',
      request: { id: cause.requestId, idempotency_key: cause.idempotencyKey ?? '' },
    },
    related_object: related,
    data,
  };
  store.add('thin_events', event);
  for (const endpoint of store.all('endpoints')) {
    if (endpoint.payload === 'thin' && listens(endpoint, type, platformId)) {
      queue(world, endpoint, event.id, type);
    }
  }
}

function listens(endpoint: EndpointRow, type: string, owner: string): boolean {
  const isOwn = owner === platformId;
  const isInScope = endpoint.scope === 'both' || (endpoint.scope === 'platform') === isOwn;
  return endpoint.isEnabled && isInScope && (endpoint.events.includes('*') || endpoint.events.includes(type));
}

function queue(world: World, endpoint: EndpointRow, event: string, type: string): void {
  world.store.add('deliveries', {
    id: `del_${world.store.next('deliveries')}`,
    event,
    type,
    endpoint: endpoint.id,
    state: 'waiting',
    attempts: [],
    notBeforeMs: 0,
  });
}

function listEvents(call: Call<Stripe.EventListParams>) {
  const { type, types } = call.params;
  return listOf(call, 'events', '/v1/events', (event) => {
    if (type !== undefined) return matches(event.type, type);
    return types === undefined || types.some((wanted) => matches(event.type, wanted));
  });
}

function matches(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted;
}

/** A thin event as it is delivered: without what only fetching tells. */
export function notificationOf(event: ThinEvent): Omit<ThinEvent, 'data'> {
  const { data: _data, ...notification } = event;
  return notification;
}

function fetchedEvent(event: ThinEvent): unknown {
  return Object.keys(event.data).length > 0 ? event : notificationOf(event);
}

function listThin({ world, params }: Call<Stripe.V2.Core.EventListParams>) {
  const { object_id: objectId, types, limit = 20 } = params;
  if (limit < 1 || limit > 100) throw invalid('limit must be between 1 and 100', { param: 'limit' });
  const data = world.store
    .all('thin_events')
    .filter((event) => objectId === undefined || event.related_object.id === objectId)
    .filter((event) => types === undefined || types.includes(event.type))
    .toReversed()
    .slice(0, limit)
    .map(fetchedEvent);
  return { data, next_page_url: null, previous_page_url: null };
}

export const eventRoutes: readonly Route[] = [
  route('GET', '/v1/events', schemas.events['list'], listEvents),
  route('GET', '/v1/events/:id', null, (call) => find(call, 'events', call.path['id'] ?? '', 'event')),
  route('GET', '/v2/core/events', schemas.v2Core['listEvents'], listThin),
  route('GET', '/v2/core/events/:id', null, ({ world, path }) => {
    const event = world.store.get('thin_events', path['id'] ?? '');
    if (!event) throw missing('event', path['id'] ?? '');
    return fetchedEvent(event);
  }),
];
