import type { Stripe } from 'stripe';
import { apiVersion } from './events.js';
import { Failure, missing } from './failure.js';
import { pageOf } from './lists.js';
import { schemas } from './schemas.js';
import { type EndpointRow } from './tables.js';
import { mergeMetadata, route, type Call, type Route, type World } from './world.js';

export interface NewEndpoint {
  readonly url: string;
  /** `*` is every event. */
  readonly events?: readonly string[];
  readonly scope?: EndpointRow['scope'];
  readonly payload?: EndpointRow['payload'];
  /** Made up, unless told. */
  readonly secret?: string;
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly description?: string | null;
}

export function addEndpoint(world: World, wanted: NewEndpoint): EndpointRow {
  const payload = wanted.payload ?? 'snapshot';
  const row: EndpointRow = {
    id: world.store.newId(payload === 'thin' ? 'ed_test' : 'we'),
    created: world.clock.seconds(),
    url: wanted.url,
    secret: wanted.secret ?? `whsec_${world.store.newId('s', 32).slice(2)}`,
    events: wanted.events ?? ['*'],
    scope: wanted.scope ?? 'platform',
    payload,
    isEnabled: true,
    name: wanted.name ?? '',
    metadata: wanted.metadata ?? {},
    description: wanted.description ?? null,
  };
  return world.store.add('endpoints', row);
}

function view(row: EndpointRow, showsSecret = false): Stripe.WebhookEndpoint {
  return {
    id: row.id,
    object: 'webhook_endpoint',
    api_version: apiVersion,
    application: null,
    created: row.created,
    description: row.description,
    enabled_events: [...row.events],
    livemode: false,
    metadata: row.metadata as Stripe.Metadata,
    ...(showsSecret && { secret: row.secret }),
    status: row.isEnabled ? 'enabled' : 'disabled',
    url: row.url,
  } satisfies Stripe.WebhookEndpoint;
}

function endpointOf({ world, path }: Call<object>): EndpointRow {
  const row = world.store.get('endpoints', path['id'] ?? '');
  if (!row) throw missing('webhook endpoint', path['id'] ?? '');
  return row;
}

function create({ world, params }: Call<Stripe.WebhookEndpointCreateParams>): Stripe.WebhookEndpoint {
  const row = addEndpoint(world, {
    url: params.url,
    events: params.enabled_events,
    scope: params.connect === true ? 'connect' : 'platform',
    metadata: mergeMetadata(null, params.metadata),
    description: params.description || null,
  });
  return view(row, true);
}

function update(call: Call<Stripe.WebhookEndpointUpdateParams>): Stripe.WebhookEndpoint {
  const { disabled, enabled_events: events, url, metadata } = call.params;
  const before = endpointOf(call);
  const row = call.world.store.change('endpoints', before.id, {
    ...(disabled !== undefined && { isEnabled: !disabled }),
    ...(events !== undefined && { events }),
    ...(url !== undefined && { url }),
    ...(metadata !== undefined && { metadata: mergeMetadata(before.metadata, metadata) }),
  });
  return view(row);
}

function list({ world, params }: Call<Stripe.WebhookEndpointListParams>) {
  const rows = world.store.all('endpoints').filter(({ payload }) => payload === 'snapshot');
  return pageOf(
    rows.map((row) => view(row)),
    params,
    '/v1/webhook_endpoints',
  );
}

function destinationView(row: EndpointRow, include: readonly string[] = []) {
  const time = new Date(row.created * 1000).toISOString();
  const shown = {
    ...(include.includes('webhook_endpoint.signing_secret') && { signing_secret: row.secret }),
    ...(include.includes('webhook_endpoint.url') && { url: row.url }),
  };
  return {
    id: row.id,
    object: 'v2.core.event_destination',
    created: time,
    description: row.description ?? '',
    enabled_events: [...row.events],
    event_payload: row.payload,
    events_from: row.scope === 'both' ? ['@self', '@accounts'] : [scopeName(row)],
    livemode: false,
    metadata: row.metadata as Stripe.Metadata,
    name: row.name,
    status: row.isEnabled ? 'enabled' : 'disabled',
    type: 'webhook_endpoint',
    updated: time,
    ...(Object.keys(shown).length > 0 && { webhook_endpoint: shown }),
  } satisfies Stripe.V2.Core.EventDestination;
}

function scopeName({ scope }: EndpointRow): string {
  return scope === 'platform' ? '@self' : '@accounts';
}

function createDestination({ world, params }: Call<Stripe.V2.Core.EventDestinationCreateParams>) {
  const url = params.webhook_endpoint?.url;
  if (params.type !== 'webhook_endpoint' || url === undefined) {
    throw new Failure(400, { code: 'invalid_fields', message: 'the sandbox only knows webhook endpoints' });
  }
  const from = params.events_from ?? ['@self'];
  const isBoth = from.includes('@self') && from.includes('@accounts');
  const row = addEndpoint(world, {
    url,
    events: params.enabled_events,
    payload: params.event_payload,
    // A thin event about an account is the operator's own, whoever the account is.
    scope:
      isBoth || params.event_payload === 'thin' ? 'both' : from.includes('@self') ? 'platform' : 'connect',
    name: params.name,
    metadata: mergeMetadata(null, params.metadata),
    description: params.description ?? null,
  });
  return destinationView(row, params.include);
}

function remove(call: Call<object>): Stripe.DeletedWebhookEndpoint {
  const { id } = endpointOf(call);
  call.world.store.remove('endpoints', id);
  return { id, object: 'webhook_endpoint', deleted: true };
}

export const endpointRoutes: readonly Route[] = [
  route('POST', '/v1/webhook_endpoints', schemas.webhooks['create'], create),
  route('GET', '/v1/webhook_endpoints', schemas.webhooks['list'], list),
  route('GET', '/v1/webhook_endpoints/:id', null, (call) => view(endpointOf(call))),
  route('POST', '/v1/webhook_endpoints/:id', schemas.webhooks['update'], update),
  route('DELETE', '/v1/webhook_endpoints/:id', null, remove),
  route('POST', '/v2/core/event_destinations', schemas.v2Core['createEventDestination'], createDestination),
];
