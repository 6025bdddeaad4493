/** How each mutation of handing leads over succeeds: what the bad inputs differ from in one thing. */
import { make, send } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import type { PreparedActs } from './bad-input-payments.js';

/** Fewer than a buyer may have, with room for those that are being made. */
const maxKept = 30;

export function handoverActs(acts: {
  readonly app: TestApp;
  readonly inForce: () => Promise<string>;
  readonly delivery: () => Promise<{ readonly deliveryId: string; readonly contractId: string }>;
}): PreparedActs {
  const { app } = acts;
  const { buyer } = app.keys;
  const target = { webhook: { url: 'http://127.0.0.1:9/' } };
  // Those that the acts themselves make are there too.
  const makeRoom = async (): Promise<void> => {
    const { destinations } = await app.ask<{ destinations: { nodes: { id: string }[] } }>(
      buyer,
      '{ destinations(first: 50) { nodes { id } } }',
    );
    for (const { id } of destinations.nodes.slice(0, -maxKept))
      await make(app, buyer, 'deleteDestination', { destinationId: id }, 'destination');
  };
  const destination = async (key = buyer): Promise<string> => {
    await makeRoom();
    return await make(app, key, 'createDestination', { name: 'to act on', target }, 'destination');
  };
  let byDefault: Promise<string> | undefined;
  const disabled = async (): Promise<string> => {
    const destinationId = await destination();
    return await make(app, buyer, 'disableDestination', { destinationId }, 'destination');
  };
  /** Sold at once; its contract has a destination afterwards. */
  const resendable = async (): Promise<string> => {
    const { deliveryId, contractId } = await acts.delivery();
    await send(app, buyer, 'setContractDestination', { contractId, destinationId: await destination() });
    return deliveryId;
  };
  return {
    createDestination: async () => {
      await makeRoom();
      return ['buyer', {}];
    },
    updateDestination: async () => ['buyer', { destinationId: await destination() }],
    rotateDestinationSecret: async () => ['buyer', { destinationId: await destination() }],
    enableDestination: async () => ['buyer', { destinationId: await disabled() }],
    disableDestination: async () => ['buyer', { destinationId: await destination() }],
    deleteDestination: async () => ['buyer', { destinationId: await destination() }],
    sendSampleLead: async () => ['buyer', { destinationId: await destination() }],
    // Of the other buyer: leads of other acts are sold at once.
    setDefaultDestination: async () => [
      'otherBuyer',
      { destinationId: await (byDefault ??= destination(app.keys.otherBuyer)) },
    ],
    setContractDestination: async () => [
      'buyer',
      { contractId: await acts.inForce(), destinationId: await destination() },
    ],
    resendDelivery: async () => ['buyer', { deliveryId: await resendable() }],
  };
}
