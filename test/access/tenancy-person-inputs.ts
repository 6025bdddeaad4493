/** Inputs about persons that the schema alone does not explain. */
import { newId } from '#database';
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';

/** Which kind of id these inputs take. */
export const personPrefixes: Readonly<Record<string, IdPrefix>> = { suppressionId: 'sup' };
export const personQueries: Readonly<Record<string, IdPrefix>> = {};

const somebody = () => ({ email: `${newId()}@people.example` });

export const personValues: Readonly<Record<string, () => unknown>> = {
  entries: () => [{ who: somebody() }],
  who: () => [somebody()],
};

/** Everything about persons that has an id. */
export const personObjectsSql = `
  select 'sup' as prefix, id, array[organization_id] as sides, '' as state from suppressions`;
