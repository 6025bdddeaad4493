import { billedColumns, billedJoins } from './billing-sql.js';
import { destinationOfContract } from './destination-sql.js';

/** The terms of leads as a statement takes them, for {@link termsNowTable}. */
export const termsAskedColumns = `k integer, agency_id uuid, contract_id uuid, row_version integer, is_only boolean,
    vertical_version integer, buyer_id uuid, currency char(3), schedule text, time_zone text, period_start date`;

/**
 * For a statement that sells leads: a common table (`terms_now`) with what they meet now under the terms of `source`, held
 * until the transaction ends. The lock on the contract keeps its terms in force; the lock on the settlement keeps it
 * from closing. A row is missing where the contract or the vertical has changed since it was read, and root_id is null
 * where the settlement that should take the charges is not open.
 */
export function termsNowTable(source: string): string {
  return `terms_now as materialized (
  select t.k, c.credit_blocked, ${billedColumns},
    ${destinationOfContract({
      agencyId: 't.agency_id',
      contractId: 't.contract_id',
      buyerId: 't.buyer_id',
    })} as destination_id
  from ${source} t
  cross join lateral (
    select vertical, credit_blocked_at is not null as credit_blocked from contracts
    where agency_id = t.agency_id and id = t.contract_id and row_version = t.row_version and state = 'ACTIVE'
    for key share
  ) c
  ${billedJoins}
  where not (t.is_only and exists (
    select from contracts o
    where o.agency_id = t.agency_id and o.vertical = c.vertical and o.state = 'ACTIVE' and o.id <> t.contract_id))
  and t.vertical_version = coalesce((select version from verticals where key = c.vertical collate "C"), 0)
)`;
}
