import type { Actor } from './actor.js';
import { unreachable } from '#outcome';

/**
 * The condition under which the actor sees a row that has `agency_id` and `buyer_id`; `$1` is the actor's organization. The
 * agency is always part of it, since it leads every key: without it each look-up would ask every shard.
 */
export function visibleTo(actor: Actor, alias: string): string {
  switch (actor.kind) {
    case 'AGENCY':
      return `${alias}.agency_id = $1`;
    case 'BUYER':
      return `${alias}.buyer_id = $1 and ${alias}.agency_id in (select agency_id from contracts where buyer_id = $1)`;
    case 'OPERATOR':
    case 'SYSTEM':
      return `$1::uuid is not null and ${alias}.agency_id in (select id from organizations where kind = 'AGENCY')`;
    default:
      return unreachable(actor.kind);
  }
}

/**
 * The same for what hangs on a delivery (`delivery` is the column with its id): a deal, an outcome, a return. A test key
 * sees and changes those of test leads only, as it sees those leads only.
 */
export function visibleWithDelivery(actor: Actor, alias: string, delivery: string): string {
  if (actor.mode !== 'test') return visibleTo(actor, alias);
  return `${visibleTo(actor, alias)} and exists (select 1 from deliveries t
    where t.agency_id = ${alias}.agency_id and t.id = ${alias}.${delivery} and t.test)`;
}
