/** Inputs and objects of billing in the generated tests. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';

/** Which kind of id these inputs take. */
export const billingPrefixes: Readonly<Record<string, IdPrefix>> = { invoiceId: 'inv', collectionId: 'col' };

/** Which kind of id the root field of that name takes. */
export const billingQueries: Readonly<Record<string, IdPrefix>> = { invoice: 'inv' };

/** Everything of billing that has an id. */
export const billingObjectsSql = `
  select 'inv' as prefix, id, array[buyer_id] as sides, state from invoices
  union all select 'col', id, array[buyer_id], state from collections
  union all select 'dsp', id, array[buyer_id], state from disputes where buyer_id is not null
  union all select 'rfd', id, array[buyer_id], state from refunds`;
