/** How each mutation of routes succeeds: what the bad inputs differ from in one thing. */
import { newId } from '#database';
import { routeValues } from '../access/tenancy-route-inputs.js';
import { make, send } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import type { PreparedActs } from './bad-input-payments.js';

const amount = { amount: '12.00', currency: 'USD' };

/** A route that says everything that can be wrong on its own. */
function bidRoute(vertical: string, contractId: string): object {
  const area = {
    country: 'US',
    states: ['CA'],
    postalPrefixes: ['9'],
    postalRanges: [{ from: '100', to: '200' }],
  };
  const source = { channel: 'search', campaign: 'spring', subId: 'a' };
  const entry = {
    contractId,
    timeZone: 'UTC',
    bid: amount,
    geography: { only: [area], except: [area] },
    sources: { only: [source], except: [source] },
    hours: [{ days: ['MONDAY'], from: '08:00', to: '18:00' }],
    caps: [{ unit: 'DAY', amount }],
  };
  return {
    ...{ name: newId(), vertical, method: 'HIGHEST_BID', saleMode: 'EXCLUSIVE', minBid: amount },
    entries: [entry],
  };
}

export function routeActs({
  app,
  inForce,
}: {
  readonly app: TestApp;
  readonly inForce: () => Promise<string>;
}): PreparedActs {
  const { agency, buyer } = app.keys;
  return {
    defineRoute: async () => {
      const contractId = await inForce();
      const { contract } = await app.ask<{ contract: { vertical: string } }>(
        agency,
        'query ($id: ID!) { contract(id: $id) { vertical } }',
        { id: contractId },
      );
      return ['agency', {}, { route: bidRoute(contract.vertical, contractId) }];
    },
    removeRoute: async () => {
      const route = routeValues['route']?.();
      return ['agency', { routeId: await make(app, agency, 'defineRoute', { route }, 'route') }];
    },
    setBuyingRules: async () => ['buyer', { contractId: await inForce() }, { rules: {} }],
    pauseBuying: async () => ['buyer', { contractId: await inForce() }],
    routeLead: async () => {
      const contractId = await inForce();
      await send(app, buyer, 'pauseBuying', { contractId });
      const { contract } = await app.ask<{ contract: { vertical: string } }>(
        agency,
        'query ($id: ID!) { contract(id: $id) { vertical } }',
        { id: contractId },
      );
      const input = {
        externalId: newId(),
        contractId,
        vertical: contract.vertical,
        contact: { email: `${newId()}@people.example` },
      };
      return ['agency', { leadId: await make(app, agency, 'submitLead', input, 'lead') }];
    },
    resumeBuying: async () => {
      const contractId = await inForce();
      await send(app, buyer, 'pauseBuying', { contractId });
      return ['buyer', { contractId }];
    },
  };
}
