/** Routes and what buyers want, in the generated tests of access. */
import { newId } from '#database';
import { decodeId } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';
import { routeValues } from './tenancy-route-inputs.js';
import { make, pairs, send } from './tenancy-world.js';

const newPerson = () => ({ externalId: newId(), contact: { email: `${newId()}@people.example` } });

/** A route of each pair, with what its buyer wants. */
export async function buildRoutes(app: TestApp): Promise<void> {
  for (const pair of pairs) {
    const { contracts } = await app.ask<{
      contracts: { nodes: { id: string; vertical: string; buyer: { id: string } }[] };
    }>(app.keys[pair.agency], '{ contracts(first: 100) { nodes { id vertical buyer { id } } } }');
    const own = contracts.nodes.find(
      ({ vertical, buyer }) => vertical === 'solar' && buyer.id === app.organizations[pair.buyer].id,
    );
    if (!own) continue;
    // No default: leads of the others go where they did.
    const route = { ...(routeValues['route']?.() as object), entries: [{ contractId: own.id }] };
    await make(app, app.keys[pair.agency], 'defineRoute', { route, isDefault: false }, 'route');
    const contractId = own.id;
    await send(app, app.keys[pair.buyer], 'setBuyingRules', { contractId, rules: {} });
    // One that passes the buyer by, and one whose person was to be reached long ago.
    await send(app, app.keys[pair.buyer], 'pauseBuying', { contractId });
    const lead = { vertical: 'solar', contractId, ...newPerson() };
    await make(app, app.keys[pair.agency], 'submitLead', lead, 'lead');
    await send(app, app.keys[pair.buyer], 'resumeBuying', { contractId });
    await make(app, app.keys[pair.agency], 'submitLead', { ...lead, ...newPerson() }, 'lead');
    await app.database.query(
      `update deliveries set contact_due_at = delivered_at, contact_overdue_at = delivered_at
       where contract_id = $1 and state = 'ACCEPTED' and stage = 'NEW'`,
      [decodeId('ctr', contractId)],
    );
  }
}
