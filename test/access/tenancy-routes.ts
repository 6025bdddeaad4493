/** Routes and what buyers want, in the generated tests of access. */
import type { TestApp } from '../support/app.js';
import { routeValues } from './tenancy-route-inputs.js';
import { make, pairs, send } from './tenancy-world.js';

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
    await send(app, app.keys[pair.buyer], 'setBuyingRules', { contractId: own.id, rules: {} });
  }
}
