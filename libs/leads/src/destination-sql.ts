/** How long a lead is tried to be handed over, from when it was taken: the queue's, in real time. */
const triedFor = `interval '60 seconds'`;

/**
 * The destination of a contract's leads, as an SQL expression over its agency_id, contract_id and buyer_id; null: the buyer
 * fetches its leads through the API, and has taken them at once.
 */
export function destinationOfContract(contract: {
  readonly agencyId: string;
  readonly contractId: string;
  readonly buyerId: string;
}): string {
  return `coalesce(
    (select destination_id from contract_destinations
     where agency_id = ${contract.agencyId} and contract_id = ${contract.contractId}),
    (select id from destinations where buyer_id = ${contract.buyerId} and is_default))`;
}

/**
 * For a statement that makes deliveries: a common table (`handover`) that queues those rows of `source` (a common table with
 * agency_id, delivery_id and destination_id) that have a destination. Their deliveries are written PENDING with it.
 */
export function handoverTable(source: string): string {
  return `handover as (
    insert into handovers (id, agency_id, destination_id, kind, state, next_try_at, give_up_at, created_at)
    select delivery_id, agency_id, destination_id, 'FIRST', 'WAITING', now(), now() + ${triedFor}, now()
    from ${source} where destination_id is not null
  )`;
}
