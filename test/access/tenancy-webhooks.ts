/** Events and webhooks in the generated tests of access. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';
import { make, send } from './tenancy-world.js';

/** What `node(id:)` answers for an id of the kind. */
export const webhookTypes = {
  evt: ['Event'],
  whe: ['WebhookEndpoint'],
  whd: ['WebhookDelivery'],
} as const satisfies Partial<Record<IdPrefix, readonly string[]>>;

/** An endpoint of each side and of the operator, with a sample that waits and what came of the deals there are. Nobody sends it. */
export async function buildWebhooks(app: TestApp): Promise<void> {
  for (const name of ['agency', 'buyer', 'otherAgency', 'otherBuyer', 'admin'] as const) {
    const key = app.keys[name];
    const input = {
      url: `http://127.0.0.1:9/secret-hook-of-${name}`,
      description: name,
      types: ['deal.won'],
    };
    const endpointId = await make(app, key, 'createWebhookEndpoint', input, 'endpoint');
    await make(app, key, 'sendTestEvent', { endpointId, eventType: 'deal.won' }, 'delivery');
    await send(app, key, 'replayWebhooks', { endpointId, what: { events: {} } });
  }
}
