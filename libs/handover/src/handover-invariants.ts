import type { LedgerInvariant } from '#ledger';

const onlyTakenIsCharged = `
  select 'delivery ' || v.id || ' is ' || v.state || ' and was charged' as violation from deliveries v
  where v.state not in ('ACCEPTED', 'RETURNED')
    and exists (select from charges c where c.agency_id = v.agency_id and c.delivery_id = v.id)`;

const everyDeliveryEnds = `
  select 'delivery ' || v.id || ' is pending and on its way to nobody' as violation from deliveries v
  where v.state = 'PENDING' and not exists (
    select from handovers h where h.id = v.id and h.state = 'WAITING' and h.kind = 'FIRST')
  union all
  select 'delivery ' || h.id || ' is on its way and is ' || v.state from handovers h
  join deliveries v on v.agency_id = h.agency_id and v.id = h.id
  where h.state = 'WAITING' and h.kind = 'FIRST' and v.state <> 'PENDING'`;

/** What must hold between deliveries, their queue and the books. */
export const handoverInvariants: readonly LedgerInvariant[] = [
  { name: 'I17', title: 'What no buyer has taken is not charged', sql: onlyTakenIsCharged },
  { name: 'I17', title: 'A pending delivery is on its way, and nothing else is', sql: everyDeliveryEnds },
];
