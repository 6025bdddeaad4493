import type { Transaction } from '#database';

/** Whether one buyer has credit left, from `at` on. */
export interface CreditBlocks {
  readonly buyerId: string;
  readonly blocked: boolean;
  readonly at: Date;
}

/**
 * Blocks every contract of a buyer whose prepaid balance or credit limit is used up, with all agencies and in every
 * state, or lifts the block; returns how many it changed, so 0 when all were so already (their time then stays). Every
 * intake statement that begins after the commit obeys; one that runs already is not waited for, so neither side ever
 * holds up the other. Neither `rowVersion` nor `changedAt` moves: nobody has to read a contract again because of it.
 */
export async function setCreditBlocks(
  tx: Transaction,
  { buyerId, blocked, at }: CreditBlocks,
): Promise<number> {
  // In one order, so that two of these never wait for each other in a circle.
  const changed = await tx.query(
    `with held as (
       select agency_id, id from contracts
       where buyer_id = $1 and (credit_blocked_at is null) = $2
       order by agency_id, id for no key update
     )
     update contracts c set credit_blocked_at = case when $2 then $3::timestamptz end
     from held where c.agency_id = held.agency_id and c.id = held.id
     returning c.id`,
    [buyerId, blocked, at],
  );
  return changed.length;
}

/** Since when the buyer's contracts are blocked, or null: a new contract is no way around the block of the others. */
export async function creditBlockOf(tx: Transaction, buyerId: string): Promise<Date | null> {
  const [row] = await tx.query<{ since: Date | null }>(
    'select min(credit_blocked_at) as since from contracts where buyer_id = $1',
    [buyerId],
  );
  return row?.since ?? null;
}
