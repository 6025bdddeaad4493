/** Inputs about offers that the schema alone does not explain. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';

/** What `node(id:)` answers for an id of the kind. */
export const offerTypes = {
  off: ['LeadOffer'],
  ping: ['LeadPing'],
} as const satisfies Partial<Record<IdPrefix, readonly string[]>>;

/** Which kind of id these inputs take. */
export const offerPrefixes: Readonly<Record<string, IdPrefix>> = { offerId: 'off', pingId: 'ping' };

/** Everything of it that has an id. */
export const offerObjectsSql = `
  select 'off' as prefix, id, array[agency_id, buyer_id] as sides, '' as state from lead_offer_contracts where is_open
  union all select 'ping', id, array[agency_id], '' from pings`;
