/** Inputs of handing leads over that the schema alone does not explain. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';

/** Which kind of id these inputs take. */
export const handoverPrefixes: Readonly<Record<string, IdPrefix>> = { destinationId: 'dst' };

/** Where a name means another kind of id than elsewhere. */
export const handoverPlaces: Readonly<Record<string, IdPrefix>> = { resendDelivery: 'dlv' };

export const handoverValues: Readonly<Record<string, () => unknown>> = {
  target: () => ({ webhook: { url: 'http://127.0.0.1:9/' } }),
  header: () => 'x-token',
  path: () => 'person.email',
  address: () => 'leads@buyer.example',
};

/** Everything of it that has an id. */
export const handoverObjectsSql = `
  select 'dst' as prefix, id, array[buyer_id] as sides, '' as state from destinations
  union all select 'smp', h.id, array[d.buyer_id], '' from handovers h
    join destinations d on d.id = h.destination_id where h.kind = 'SAMPLE'`;
