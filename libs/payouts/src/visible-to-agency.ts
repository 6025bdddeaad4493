import type { Actor } from '#organizations';
import { unreachable } from '#outcome';

/**
 * The condition under which the actor sees a row that has an `agency_id`, and is no buyer's business; `$1` is the
 * actor's organization. The agency is always part of it, since it leads every key.
 */
export function visibleToAgency(actor: Actor, alias: string): string {
  switch (actor.kind) {
    case 'AGENCY':
      return `${alias}.agency_id = $1`;
    case 'OPERATOR':
    case 'SYSTEM':
      return `$1::uuid is not null and ${alias}.agency_id in (select id from organizations where kind = 'AGENCY')`;
    case 'BUYER':
      return '$1::uuid is null';
    default:
      return unreachable(actor.kind);
  }
}
