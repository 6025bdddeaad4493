/** Payouts in the generated tests of access: an agency's own business, and the operator's. */
import { newId } from '#database';
import type { IdPrefix } from '../../apps/api/src/graphql/ids.js';
import type { TestApp } from '../support/app.js';

/** What `node(id:)` answers for an id of the kind. */
export const payoutTypes = { pyo: ['Payout'] } as const;

/** Which kind of id the root field of that name takes. */
export const payoutQueries: Readonly<Record<string, IdPrefix>> = { payout: 'pyo' };

/** Everything of payouts that has an id. */
export const payoutObjectsSql = `select 'pyo' as prefix, id, array[agency_id] as sides, state from payouts`;

/** A payout of each agency in the world of those tests. It sends nothing, so that no book misses it. */
export async function buildPayouts(app: TestApp): Promise<void> {
  for (const name of ['agency', 'otherAgency'] as const) {
    const id = newId();
    await app.database.query(
      `insert into payouts (agency_id, id, number, currency, amount_minor, released_minor, netted_minor, carried_minor,
         attempt, state, requested_at, finished_at)
       values ($1, $2::uuid, 'P' || $2::text, 'USD', 0, 0, 0, 0, 1, 'NETTED', now(), now())`,
      [app.organizations[name].uuid, id],
    );
  }
}
