/** Inputs about files of leads that the schema alone does not explain. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';

/** Which kind of id these inputs take. */
export const importPrefixes: Readonly<Record<string, IdPrefix>> = { importId: 'imp' };
export const importQueries: Readonly<Record<string, IdPrefix>> = { leadImport: 'imp' };

export const importValues: Readonly<Record<string, () => unknown>> = {
  columns: () => [{ column: 'email', field: 'contact.email' }],
};

/** Every file that has an id. */
export const importObjectsSql = `
  select 'imp' as prefix, id, array[agency_id] as sides, state from lead_imports`;
