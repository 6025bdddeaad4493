/** Inputs of payments that the schema alone does not explain. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';

/** Which kind of id these inputs take. */
export const paymentPrefixes: Readonly<Record<string, IdPrefix>> = { operationId: 'opn', requestId: 'frq' };

/** A movement at the provider that nobody has booked, in the world of the tests of access. */
export const knownMovement = 'txn_known';

export const paymentValues: Readonly<Record<string, () => unknown>> = { movementId: () => knownMovement };

/** Everything of payments that has an id; nobody but the operator sees it. */
export const paymentObjectsSql = `
  select 'opn' as prefix, id, array[]::uuid[] as sides, state from stripe_operations
  union all select 'frq', id, array[]::uuid[], state from finance_requests`;
