/** Inputs of webhooks that the schema alone does not explain. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';

/** Which kind of id these inputs take. */
export const webhookPrefixes: Readonly<Record<string, IdPrefix>> = {
  endpointId: 'whe',
  deliveryId: 'whd',
  afterEventId: 'evt',
  throughEventId: 'evt',
};

export const webhookValues: Readonly<Record<string, () => unknown>> = {
  url: () => 'http://127.0.0.1:9/',
  description: () => 'made for a test',
  eventType: () => 'deal.won',
};

/** Everything of events and webhooks that has an id. */
export const webhookObjectsSql = `
  select 'evt' as prefix, id, array[organization_id, counterparty_id] as sides, '' as state from events
  union all select 'whe', id, array[organization_id], '' from webhook_endpoints
  union all select 'whd', d.id, array[w.organization_id], '' from webhook_deliveries d
    join webhook_endpoints w on w.id = d.endpoint_id`;
