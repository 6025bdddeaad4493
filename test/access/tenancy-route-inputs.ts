/** Inputs of routes that the schema alone does not explain. */
import { newId } from '#database';
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';

/** What `node(id:)` answers for an id of the kind. */
export const routeTypes = { rte: ['Route'] } as const;

/** Which kind of id these inputs take, and the root field of that name. */
export const routePrefixes: Readonly<Record<string, IdPrefix>> = { routeId: 'rte', before: 'lead' };
export const routeQueries: Readonly<Record<string, IdPrefix>> = { route: 'rte' };

export const routeValues: Readonly<Record<string, () => unknown>> = {
  route: () => ({ name: newId(), vertical: 'solar', method: 'PRIORITY', saleMode: 'EXCLUSIVE', entries: [] }),
};

/** Every route that has an id to be seen. */
export const routeObjectsSql = `select 'rte' as prefix, id, array[agency_id] as sides, '' as state from routes
  where name is not null and removed_at is null`;
