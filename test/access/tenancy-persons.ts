/** Persons in the generated tests of access. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';
import { send } from './tenancy-world.js';

/** What `node(id:)` answers for an id of the kind. */
export const personTypes = {
  sup: ['Suppression'],
} as const satisfies Partial<Record<IdPrefix, readonly string[]>>;

/** An entry on the list of each side and of the operator. */
export async function buildPersons(app: TestApp): Promise<void> {
  for (const name of ['agency', 'buyer', 'otherAgency', 'otherBuyer', 'admin'] as const) {
    const entries = [
      { who: { email: `suppressed-by-${name}@people.example` }, note: `secret-note-of-${name}` },
    ];
    await send(app, app.keys[name], 'addSuppressions', { entries });
  }
}
