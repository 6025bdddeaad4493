/** Where leads go, in the generated tests of access. */
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';
import { make } from './tenancy-world.js';

/** What `node(id:)` answers for an id of the kind. */
export const handoverTypes = {
  dst: ['Destination'],
  smp: ['SampleLead'],
} as const satisfies Partial<Record<IdPrefix, readonly string[]>>;

/** A destination of each buyer with a sample that nobody received. Nothing goes there: what the world sells is sold at once. */
export async function buildHandover(app: TestApp): Promise<void> {
  for (const name of ['buyer', 'otherBuyer'] as const) {
    const key = app.keys[name];
    const webhook = { url: `http://127.0.0.1:9/secret-hook-of-${name}` };
    const destinationId = await make(
      app,
      key,
      'createDestination',
      { name, target: { webhook } },
      'destination',
    );
    await make(app, key, 'sendSampleLead', { destinationId }, 'sample');
  }
}
