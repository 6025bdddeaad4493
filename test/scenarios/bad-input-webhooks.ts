/** How each mutation of webhooks succeeds: what the bad inputs differ from in one thing. */
import { make } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import type { PreparedActs } from './bad-input-payments.js';

/** Fewer than an organization may have, with room for those that are being made. */
const maxKept = 12;

export function webhookActs({ app }: { readonly app: TestApp }): PreparedActs {
  const { agency } = app.keys;
  const endpoint = async (): Promise<string> => {
    await makeRoom();
    const input = { url: 'http://127.0.0.1:9/', description: 'to act on', types: ['contract.terminated'] };
    const endpointId = await make(app, agency, 'createWebhookEndpoint', input, 'endpoint');
    return endpointId;
  };
  // Those that the acts themselves make are there too.
  const makeRoom = async (): Promise<void> => {
    const { webhookEndpoints } = await app.ask<{ webhookEndpoints: { nodes: { id: string }[] } }>(
      agency,
      '{ webhookEndpoints(first: 20) { nodes { id } } }',
    );
    for (const { id } of webhookEndpoints.nodes.slice(0, -maxKept))
      await make(app, agency, 'deleteWebhookEndpoint', { endpointId: id }, 'endpoint');
  };
  const disabled = async (): Promise<string> => {
    const endpointId = await endpoint();
    return await make(app, agency, 'disableWebhookEndpoint', { endpointId }, 'endpoint');
  };
  const delivery = async (): Promise<string> =>
    await make(
      app,
      agency,
      'sendTestEvent',
      { endpointId: await endpoint(), eventType: 'deal.won' },
      'delivery',
    );
  return {
    createWebhookEndpoint: async () => {
      await makeRoom();
      return ['agency', {}];
    },
    rotateWebhookSecret: async () => ['agency', { endpointId: await endpoint() }],
    enableWebhookEndpoint: async () => ['agency', { endpointId: await disabled() }],
    disableWebhookEndpoint: async () => ['agency', { endpointId: await endpoint() }],
    deleteWebhookEndpoint: async () => ['agency', { endpointId: await endpoint() }],
    sendTestEvent: async () => ['agency', { endpointId: await endpoint() }],
    replayWebhooks: async () => ['agency', { endpointId: await endpoint() }],
    resendWebhook: async () => ['agency', { deliveryId: await delivery() }],
  };
}
