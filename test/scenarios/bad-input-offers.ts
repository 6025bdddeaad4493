/** How each mutation of offers succeeds: what the bad inputs differ from in one thing. */
import { newId } from '#database';
import { make, send } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import type { PreparedActs } from './bad-input-payments.js';

const url = 'http://127.0.0.1:9/';

export function offerActs({
  app,
  inForce,
}: {
  readonly app: TestApp;
  readonly inForce: () => Promise<string>;
}): PreparedActs {
  const { agency, buyer } = app.keys;
  const addressed = async (): Promise<string> => {
    const contractId = await inForce();
    await send(app, buyer, 'setPingAddress', { contractId, url });
    return contractId;
  };
  const verticalOf = async (id: string): Promise<string> => {
    const query = 'query ($id: ID!) { contract(id: $id) { vertical } }';
    return (await app.ask<{ contract: { vertical: string } }>(agency, query, { id })).contract.vertical;
  };
  /** A lead that the buyer may claim. */
  const offer = async (): Promise<string> => {
    const contractId = await inForce();
    const vertical = await verticalOf(contractId);
    const route = { name: newId(), vertical, method: 'FIRST_CLAIM', saleMode: 'EXCLUSIVE' };
    await make(app, agency, 'defineRoute', { route: { ...route, entries: [{ contractId }] } }, 'route');
    const lead = () => ({ externalId: newId(), vertical, contact: { email: `${newId()}@people.example` } });
    // One that is sold before: then the charge finds an open settlement, as that of every other does.
    await make(app, agency, 'submitLead', { ...lead(), contractId }, 'lead');
    const leadId = await make(app, agency, 'submitLead', lead(), 'lead');
    const { leadOffers } = await app.ask<{ leadOffers: { nodes: { id: string; leadId: string }[] } }>(
      buyer,
      '{ leadOffers(last: 50) { nodes { id leadId } } }',
    );
    return leadOffers.nodes.find((each) => each.leadId === leadId)?.id ?? '';
  };
  return {
    setPingAddress: async () => ['buyer', { contractId: await inForce() }, { url }],
    removePingAddress: async () => ['buyer', { contractId: await addressed() }],
    rotatePingSecret: async () => ['buyer', { contractId: await addressed() }],
    sendSamplePing: async () => ['buyer', { contractId: await addressed() }],
    claimLead: async () => ['buyer', { offerId: await offer() }],
    pingLead: async () => {
      const contractId = await inForce();
      return [
        'agency',
        { contractId },
        { vertical: await verticalOf(contractId), contact: { country: 'US' } },
      ];
    },
  };
}
